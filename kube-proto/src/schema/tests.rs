//! Schemas against Go's own results, and what only this library has.

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

/// A value, what the API server makes of it before it is stored, and the server's errors.
#[derive(Deserialize)]
struct Row {
    schema: Value,
    value: Value,
    old: Option<Value>,
    result: Value,
    lost: Vec<String>,
    errors: Vec<String>,
}

#[test]
fn values_are_judged_as_go_judges_them() {
    let rows: Vec<Row> = serde_json::from_str(include_str!("corpus/corpus.json")).unwrap();
    let mut different = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let schema = Schema::of_resource(&row.schema).unwrap();
        let mut value = row.value.clone();
        let mut lost = schema.prune(&mut value);
        schema.drop_nulls(&mut value);
        assert!(schema.fill_defaults(&mut value));
        let report = schema.check(&value, row.old.as_ref(), Limits::default());
        let mut errors: Vec<String> = report.errors().iter().map(ToString::to_string).collect();
        errors.sort();
        lost.sort();
        if (&value, &lost, &errors) != (&row.result, &row.lost, &row.errors) {
            let Row { schema, result, old, .. } = row;
            different.push(format!(
                "{index}: {schema}\n  value {}\n  old {old:?}\n  ours {value} {lost:?} {errors:#?}\n  go   {result} {:?} {:#?}",
                row.value, row.lost, row.errors
            ));
        }
    }
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), rows.len(), different[..1].join("\n"));
}

fn errors(report: &Report) -> Vec<String> {
    report.errors().iter().map(ToString::to_string).collect()
}

/// A document with a few built-in kinds, in the form of the server's.
fn core() -> OpenApi {
    let document = json!({"openapi": "3.0.0", "components": {"schemas": {
        "io.k8s.api.core.v1.Pod": {
            "type": "object",
            "properties": {
                "apiVersion": {"type": "string"}, "kind": {"type": "string"},
                "metadata": {"allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}], "default": {}},
                "spec": {"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"},
                "status": {"type": "object", "required": ["phase"], "properties": {"phase": {"type": "string"}}}
            },
            "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}]
        },
        "io.k8s.api.core.v1.PodSpec": {"type": "object", "required": ["containers"], "properties": {
            "containers": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}], "default": {}}},
            "hostNetwork": {"type": "boolean"}, "priority": {"type": "integer", "format": "int32"},
            "nodeSelector": {"type": "object", "additionalProperties": {"type": "string", "default": ""}}
        }},
        "io.k8s.api.core.v1.Container": {"type": "object", "required": ["name", "port"], "properties": {
            "name": {"type": "string"}, "raw": {"type": "object"}, "seed": {"type": "string", "format": "byte"},
            "port": {"type": "integer", "format": "int32", "default": 0},
            "target": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
            "limits": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"}}
        }},
        "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time": {"type": "string", "format": "date-time"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object", "properties": {
            "name": {"type": "string"}, "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "creationTimestamp": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Time"}
        }}
    }}, "paths": {"/api/v1/namespaces/{namespace}/pods": {"post": {"x-kubernetes-group-version-kind": {"group": "", "version": "v1", "kind": "Pod"}}}}});
    OpenApi::from_slice(document.to_string().as_bytes()).unwrap()
}

#[test]
fn built_in_kinds_are_judged_as_go_decodes_them() {
    let core = core();
    let kind = core.kind_of_resource("", "v1", "pods").unwrap();
    let pod = core.kind(kind).unwrap();
    let container = |fields: Value| json!({"spec": {"containers": [fields]}});
    let wrong = |path: &str, wanted: &str, found: &str| {
        format!("{path}: Invalid value: \"{found}\": {path} in body must be of type {wanted}: \"{found}\"")
    };
    let port = "spec.containers[0].port";
    for (value, want) in [
        (
            container(
                json!({"name": "a", "raw": {"any": [1]}, "limits": {"cpu": 1, "memory": "1Gi"}, "target": "http"}),
            ),
            vec![],
        ),
        (
            json!({"metadata": null, "spec": {"containers": [{"name": "a", "port": null}], "nodeSelector": {"a": null}}, "status": {}}),
            vec![],
        ),
        (
            json!({"spec": {}, "oops": 1, "metadata": {"labls": {}}}),
            vec![
                "unknown field \"metadata.labls\"".into(),
                "unknown field \"oops\"".into(),
                "spec.containers: Required value".into(),
            ],
        ),
        (container(json!({"name": "a", "port": 1.0})), vec![wrong(port, "integer", "number")]),
        (container(json!({"name": "a", "port": 2_147_483_648_u64})), vec![wrong(port, "int32", "integer")]),
        (
            container(json!({"name": "a", "target": true})),
            vec![wrong("spec.containers[0].target", "integer,string", "boolean")],
        ),
        (container(json!({"name": "a", "seed": "hunter2"})), vec![wrong("spec.containers[0].seed", "byte", "string")]),
        (
            json!({"spec": {"containers": {}, "hostNetwork": "yes"}}),
            vec![wrong("spec.containers", "array", "object"), wrong("spec.hostNetwork", "boolean", "string")],
        ),
        (
            json!({"metadata": {"creationTimestamp": "today"}}),
            vec![wrong("metadata.creationTimestamp", "date-time", "string")],
        ),
        (
            container(json!({"name": "a", "limits": {"cpu": "1 core"}})),
            vec![
            "spec.containers[0].limits.cpu: Invalid value: \"string\": quantities must match the regular expression \
             '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".into(),
        ],
        ),
        // Containers of one name are no matter of the schema.
        (json!({"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}), vec![]),
    ] {
        assert_eq!(errors(&pod.validate(&value)), want, "{value}");
    }
    // A value of a built-in kind may be a secret.
    let report = pod
        .validate(&container(json!({"name": "a", "seed": "hunter2", "limits": {"cpu": "hunter2"}, "port": "hunter2"})));
    assert!(report.errors().len() == 3 && !format!("{report} {report:?}").contains("hunter2"), "{report}");
}

#[test]
fn the_metadata_of_custom_resources_is_decoded_by_go() {
    let schema = Schema::of_resource(&json!({"type": "object", "properties": {"spec": {"type": "object"}}})).unwrap();
    let value = json!({"apiVersion": "a/b", "kind": "C", "metadata": {"name": 1, "label": {}, "labels": {"a": null}}, "spec": {"x": 1}});
    assert_eq!(
        errors(&schema.validate(&value)),
        [
            "unknown field \"spec.x\"",
            "unknown field \"metadata.label\"",
            "metadata.name: Invalid value: \"integer\": metadata.name in body must be of type string: \"integer\"",
        ]
    );
}

#[test]
fn an_update_keeps_old_errors() {
    let schema = json!({"type": "object", "properties": {"list": {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
        "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}, "n": {"type": "integer", "maximum": 1}}},
    }}});
    let schema = Schema::of_resource(&schema).unwrap();
    let old = json!({"list": [{"k": "a", "n": 5}, {"k": "b", "n": 5}]});
    let new = json!({"list": [{"k": "b", "n": 5}, {"k": "a", "n": 6}]});
    assert_eq!(schema.validate(&new).errors().len(), 2);
    let report = schema.validate_update(&new, &old);
    assert_eq!(report.errors().iter().map(FieldError::field).collect::<Vec<_>>(), ["list[1].n"]);
    // The old object had one twice already.
    let old = json!({"list": [{"k": "a"}, {"k": "a"}]});
    assert!(schema.validate_update(&json!({"list": [{"k": "b"}, {"k": "b"}]}), &old).is_valid());
}

#[test]
fn json_schema_as_schemars_writes_it() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
        "properties": {
            "name": {"type": ["string", "null"]}, "port": {"anyOf": [{"$ref": "#/$defs/Port"}, {"type": "null"}]},
            "count": {"type": "integer", "format": "uint32", "minimum": 0.0}, "kind": {"const": "a"}, "any": true,
            "ratio": {"type": "number", "exclusiveMinimum": 0}
        },
        "$defs": {"Port": {"type": ["integer", "string"]}}
    });
    // The type null alone is none of OpenAPI's.
    assert_eq!(
        Schema::from_value(&schema).unwrap_err().to_string(),
        "the schema cannot be read: properties.port.anyOf.type: one of string, integer, number, boolean, array and object should stand here"
    );
    let mut schema = schema;
    schema["properties"]["port"] = json!({"$ref": "#/$defs/Port"});
    let schema = Schema::from_value(&schema).unwrap();
    let fine = json!({"name": null, "port": "http", "count": 1, "kind": "a", "any": {"x": [1]}, "ratio": 0.5});
    assert_eq!(errors(&schema.validate(&fine)), Vec::<String>::new());
    let wrong = json!({"name": 1, "port": true, "count": -1, "kind": "b", "ratio": 0});
    let fields: Vec<String> = schema.validate(&wrong).errors().iter().map(|error| error.field().to_owned()).collect();
    assert_eq!(fields, ["count", "kind", "name", "port", "ratio"]);
}

#[test]
fn schemas_that_lead_nowhere() {
    for schema in [
        json!({"$ref": "#/definitions/a"}),
        json!({"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}),
    ] {
        let schema = Schema::from_value(&schema).unwrap();
        let report = schema.validate(&json!({"a": 1}));
        assert_eq!((report.errors().len(), report.unchecked()[0].why()), (0, &Why::Reference));
        assert!(schema.property("a").is_none() && schema.schema_type().is_none());
    }
    for (schema, place) in [
        (json!({"$ref": "other.json"}), "$ref"),
        (json!({"properties": {"a": {"items": {"type": "text"}}}}), "properties.a.items.type"),
        (json!({"properties": []}), "properties"),
        (json!([]), ""),
    ] {
        assert_eq!(Schema::from_value(&schema).unwrap_err().place(), place);
    }
}

#[test]
fn deep_schemas_and_deep_values() {
    let mut schema = json!({"type": "object"});
    for _ in 0..200 {
        schema = json!({"type": "array", "items": schema});
    }
    assert!(Schema::from_value(&schema).unwrap_err().to_string().ends_with("it nests deeper than 128 schemas"));
    let tree = json!({"$ref": "#/definitions/t", "definitions": {"t": {"type": "object", "properties": {
        "next": {"$ref": "#/definitions/t"}, "all": {"anyOf": [{"type": "object"}, {"required": ["x"]}]},
    }, "oneOf": [{"properties": {"next": {"$ref": "#/definitions/t"}}}], "default": {}}}});
    let within = move || {
        let tree = Schema::from_value(&tree).unwrap();
        let of_depth = |depth: usize| (1..depth).fold(json!({}), |inner, _| json!({"next": inner}));
        // Each level is looked at through the schema itself and through `oneOf`: the steps end before the depth does.
        let few = Limits { steps: 100_000, ..Limits::default() };
        let report = tree.validate_within(&of_depth(DEPTH), None, few);
        assert_eq!(report.unchecked()[0].why(), &Why::Steps);
        let report = tree.validate(&of_depth(DEPTH + 1));
        assert_eq!((report.errors().len(), report.unchecked()[0].why()), (0, &Why::Depth));
        let plain = json!({"$ref": "#/definitions/t", "definitions": {"t": {"type": "object", "anyOf": [{"type": "object"}],
            "properties": {"next": {"$ref": "#/definitions/t"}}}}});
        let report = Schema::from_value(&plain).unwrap().validate_update(&of_depth(DEPTH), &of_depth(DEPTH));
        assert_eq!((report.errors().len(), report.unchecked().len()), (0, 0), "{report}");
    };
    // Threads of tests have a stack of 2 MiB, as the documentation of `DEPTH` promises.
    within();
}

#[test]
fn errors_and_defaults_are_bounded() {
    let schema = Schema::from_value(&json!({"type": "array", "items": {"type": "integer"}})).unwrap();
    let many = Value::Array(vec![json!("x"); 2_000]);
    let report = schema.validate(&many);
    assert_eq!((report.errors().len(), report.unchecked()[0].why()), (1_000, &Why::Errors));
    let long = json!([{"a": 1}]);
    let text = Schema::from_value(&json!({"type": "array", "items": {"type": "string", "pattern": "^a"}})).unwrap();
    let big = Value::Array((0..20).map(|n| json!(format!("{n}{}", "x".repeat(1 << 20)))).collect());
    let report = text.validate(&big);
    assert!(report.errors().len() < 5 && report.unchecked()[0].why() == &Why::Errors);
    assert!(!text.validate(&long).is_valid());
    // A default that contains itself, twice a level.
    let twice = json!({"$ref": "#/definitions/t", "definitions": {"t": {"type": "object", "properties": {
        "a": {"allOf": [{"$ref": "#/definitions/t"}], "default": {}}, "b": {"allOf": [{"$ref": "#/definitions/t"}], "default": {}},
    }}}});
    let mut value = json!({});
    assert!(!Schema::from_value(&twice).unwrap().fill_defaults(&mut value));
}

#[test]
fn rules_and_odd_patterns_are_not_checked() {
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "string", "pattern": r"^\pL+$"},
        "b": {"type": "object", "x-kubernetes-validations": [{"rule": "self.unknown() > 1", "message": "no"}]},
    }});
    let schema = Schema::from_value(&schema).unwrap();
    let report = schema.validate(&json!({"a": "x", "b": {}}));
    let texts: Vec<String> = report.unchecked().iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["a: not checked: its pattern cannot be matched", "b: not checked: the rule self.unknown() > 1"]);
    assert_eq!(schema.property("b").unwrap().rules()[0].message, "no");
}

/// The errors of an object by a schema with rules, and what was not checked.
fn judged(schema: &Value, object: &Value, old: Option<&Value>) -> Vec<String> {
    let report = Schema::of_resource(schema).unwrap().check(object, old, Limits::default());
    let errors = report.errors().iter().map(ToString::to_string);
    errors.chain(report.unchecked().iter().map(ToString::to_string)).collect()
}

#[test]
fn rules_of_all_kinds() {
    let schema = json!({"type": "object", "x-kubernetes-validations": [
        {"rule": "self.metadata.name.startsWith('a')", "message": "an a\n"},
    ], "properties": {"spec": {"type": "object",
        "x-kubernetes-validations": [
            {"rule": "self.low <= self.high", "fieldPath": ".high", "reason": "FieldValueForbidden", "messageExpression": "'at least ' + string(self.low)"},
            {"rule": "self.low < 5 || self.low / 0 == 1"},
            {"rule": "self.a__dash__b == 'x' && self.__in__ == 1 && self.int__dot__or == 80"},
            {"rule": "self.high >= oldSelf.high", "message": "no step back"},
            {"rule": "!oldSelf.hasValue() || self.low == oldSelf.value().low", "optionalOldSelf": true, "message": "fixed"},
        ],
        "properties": {
            "low": {"type": "integer"}, "high": {"type": "integer"}, "a-b": {"type": "string"}, "in": {"type": "integer"},
            "int.or": {"x-kubernetes-int-or-string": true},
            "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"},
                "x-kubernetes-validations": [{"rule": "self == ['b', 'a']"}, {"rule": "self + ['a'] == self"}]},
            "map": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {
                "type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer", "x-kubernetes-validations": [
                    {"rule": "self >= oldSelf"}, {"rule": "self < 10"}]}}}},
        },
    }}});
    let object = |low: i64, high: i64, v: i64| {
        json!({"metadata": {"name": "abc"}, "spec": {"low": low, "high": high, "a-b": "x", "in": 1, "int.or": 80,
            "set": ["a", "b"], "map": [{"k": "z", "v": 0}, {"k": "y", "v": v}]}})
    };
    assert_eq!(judged(&schema, &object(1, 2, 3), None), [""; 0]);
    assert_eq!(
        judged(&schema, &object(6, 2, 11), None),
        [
            "spec.high: Forbidden: at least 6",
            "spec: Invalid value: \"object\": division by zero evaluating rule: self.low < 5 || self.low / 0 == 1",
            "spec.map[1].v: Invalid value: 11: failed rule: self < 10",
        ]
    );
    assert_eq!(
        judged(&schema, &object(2, 2, 1), Some(&object(1, 3, 2))),
        [
            "spec: Invalid value: no step back",
            "spec: Invalid value: fixed",
            "spec.map[1].v: Invalid value: 1: failed rule: self >= oldSelf",
        ]
    );
    // A value that did not change is no error, unless the rule compares with the old one.
    assert_eq!(judged(&schema, &object(1, 2, 11), Some(&object(1, 1, 11))), [""; 0]);
    let mut named = object(1, 2, 3);
    named["metadata"]["name"] = json!("b");
    assert_eq!(judged(&schema, &named, None), ["<nil>: Invalid value: an a"]);
    // After an error of some kinds the server evaluates no rules.
    let mut wrong = object(6, 2, 11);
    wrong["spec"]["in"] = json!("1");
    assert_eq!(judged(&schema, &wrong, None).len(), 2);
}

#[test]
fn rules_have_a_budget() {
    let list: Vec<u32> = (0..2_000).collect();
    let schema = json!({"type": "object", "properties": {"list": {"type": "array", "items": {"type": "integer"},
        "x-kubernetes-validations": [{"rule": "self.all(a, self.all(b, a + b >= 0))"}]}}});
    let found = judged(&schema, &json!({"list": list}), None);
    assert_eq!(found, ["list: not checked: the rule self.all(a, self.all(b, a + b >= 0))"]);
    // As deep as a value and a rule may be: threads of tests have a stack of 2 MiB.
    let deep = format!("{}1{} > 0", "(".repeat(60), ")".repeat(60));
    let mut schema = json!({"type": "integer", "x-kubernetes-validations": [{"rule": deep}]});
    let mut value = json!(1);
    for _ in 0..DEPTH - 2 {
        schema = json!({"type": "array", "items": schema});
        value = json!([value]);
    }
    let schema = json!({"type": "object", "properties": {"a": schema}});
    let value = json!({"a": value});
    assert_eq!(judged(&schema, &value, None), [""; 0]);
}

#[test]
fn objects_are_merged_as_kubectl_merges_them() {
    #[derive(Deserialize)]
    struct Merge {
        last: Value,
        live: Value,
        wanted: Value,
        result: Value,
    }
    let rows: Vec<Merge> = serde_json::from_str(include_str!("corpus/merges.json")).unwrap();
    let pod = Schema::from_value(&serde_json::from_str(include_str!("corpus/pod.json")).unwrap()).unwrap();
    let sorted = |value: &Value| {
        let mut value = value.clone();
        let containers = value.pointer_mut("/spec/containers").and_then(Value::as_array_mut);
        containers.into_iter().for_each(|all| all.sort_by_key(|one| one["name"].to_string()));
        value
    };
    let mut in_other_order = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let result = pod.merge_three_way(&row.last, &row.live, &row.wanted).unwrap();
        assert_eq!(sorted(&result), sorted(&row.result), "{index}");
        if result != row.result {
            in_other_order.push(index);
        }
    }
    // A new item and one that only the live object has.
    assert_eq!(in_other_order, [13]);
}

#[test]
fn an_apply_keeps_what_others_own() {
    let pod = Schema::from_value(&serde_json::from_str(include_str!("corpus/pod.json")).unwrap()).unwrap();
    let live = json!({"metadata": {"name": "a", "labels": {"x": "1", "y": "2"}, "managedFields": [
        {"manager": "me", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:x": {}, "f:y": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"old\"}": {".": {}, "f:name": {}, "f:image": {}}}}}},
        {"manager": "other", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:y": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}}}}}},
    ]}, "spec": {"containers": [{"name": "old", "image": "o"}, {"name": "web", "image": "w:1"}]}});
    let wanted = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "web", "image": "w:2"}]}});
    let applied = pod.apply(&live, &wanted, "me").unwrap();
    assert_eq!(applied.object["metadata"]["labels"], json!({"y": "2"}));
    assert_eq!(applied.object["spec"], json!({"containers": [{"name": "web", "image": "w:2"}]}));
    let conflicts: Vec<(&str, &str)> =
        applied.conflicts.iter().map(|one| (one.manager.as_str(), one.field.as_str())).collect();
    assert_eq!(conflicts, [("other", ".spec.containers[name=\"web\"].image")]);
    // The owner of a field may change it.
    assert_eq!(pod.apply(&live, &json!({"metadata": {"labels": {"x": "3"}}}), "me").unwrap().conflicts, []);
}

#[test]
fn differences_that_mean_something() {
    let pod = Schema::from_value(&serde_json::from_str(include_str!("corpus/pod.json")).unwrap()).unwrap();
    let container =
        |limit: Value, port: Value| json!({"name": "a", "ports": [port], "resources": {"limits": {"cpu": limit}}});
    let spec = |containers: Value| json!({"spec": {"containers": containers}});
    let (first, second) = (json!({"name": "z"}), json!({"name": "y", "env": []}));
    let before = spec(json!([first, second, container(json!("1"), json!({"containerPort": 80}))]));
    let after = spec(json!([
        container(json!("1000m"), json!({"containerPort": 80, "protocol": "TCP"})),
        {"name": "z", "command": null}, {"name": "y"}
    ]));
    assert_eq!(pod.differences(&before, &after).unwrap(), []);
    let changed = spec(json!([container(json!(2), json!({"containerPort": 81})), first]));
    let found = pod.differences(&before, &changed).unwrap();
    let fields: Vec<&str> = found.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            ".spec.containers[name=\"y\"]",
            ".spec.containers[name=\"a\"].ports[containerPort=80,protocol=\"TCP\"]",
            ".spec.containers[name=\"a\"].ports[containerPort=81,protocol=\"TCP\"]",
            ".spec.containers[name=\"a\"].resources.limits.cpu",
        ]
    );
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    assert!(pod.differences(&deep, &deep).is_err());
}
