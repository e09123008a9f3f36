//! Numbers and depth: what is written comes back as the same value.

use crate::support::{Cluster, definition, deployment, parsed};
use http::Response;

use kube_proto::resource::{DynamicObject, Lazy};
use proptest::prelude::*;
use serde_json::{Value, json};

const WIDGETS: &str = "/apis/shop.example.com/v1/namespaces/default/widgets";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

/// A server with a kind whose spec takes anything.
fn open_widgets() -> Cluster {
    let mut cluster = Cluster::new();
    let mut definition = definition();
    let properties = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    properties["spec"] = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition);
    cluster
}

fn widget(name: &str, spec: &str) -> String {
    format!(
        r#"{{"apiVersion":"shop.example.com/v1","kind":"Widget","metadata":{{"name":"{name}"}},"spec":{{"x":{spec}}}}}"#
    )
}

fn json(cluster: &mut Cluster, method: &str, target: &str, media: &str, body: &str) -> Response<bytes::Bytes> {
    cluster.raw(method, target, &[("content-type", media)], body)
}

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const PATCH: &str = "application/json-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// All ways to write `spec.x` of a widget: each answers with the stored object.
fn written(cluster: &mut Cluster, number: &str, yaml: &str) -> Vec<String> {
    let one = format!("{WIDGETS}/a");
    let applied = format!("{WIDGETS}/b?fieldManager=me&force=true");
    let in_yaml =
        format!("apiVersion: shop.example.com/v1\nkind: Widget\nmetadata: {{name: b}}\nspec:\n  x: {yaml}\n  y: 1");
    let merge = format!(r#"{{"spec":{{"x":{number}}}}}"#);
    let replace = format!(r#"[{{"op":"replace","path":"/spec/x","value":{number}}}]"#);
    let other = r#"{"spec":{"x":"other"}}"#;
    let mut answers = Vec::new();
    for (method, target, media, body) in [
        ("POST", WIDGETS, JSON, widget("a", number)),
        ("GET", one.as_str(), JSON, String::new()),
        ("PATCH", &one, MERGE, other.to_owned()),
        ("PATCH", &one, MERGE, merge),
        ("PATCH", &one, MERGE, other.to_owned()),
        ("PATCH", &one, PATCH, replace),
        ("PATCH", &one, MERGE, other.to_owned()),
        ("PUT", &one, JSON, widget("a", number)),
        ("PATCH", &applied, APPLY, widget("b", number)),
        ("PATCH", &applied, APPLY, in_yaml),
        ("GET", &format!("{WIDGETS}/b"), JSON, String::new()),
    ] {
        let body = if method == "PUT" { with_version(cluster, &one, &body) } else { body };
        let answer = json(cluster, method, target, media, &body);
        assert!(answer.status().is_success(), "{method} {target} {body}: {answer:?}");
        if body != other {
            answers.push(String::from_utf8(answer.body().to_vec()).unwrap());
        }
    }
    for name in ["a", "b"] {
        json(cluster, "DELETE", &format!("{WIDGETS}/{name}"), JSON, "");
    }
    answers
}

fn with_version(cluster: &mut Cluster, target: &str, body: &str) -> String {
    let (_, live) = cluster.get(target);
    let version = format!(r#""metadata":{{"resourceVersion":{},"#, live["metadata"]["resourceVersion"]);
    body.replacen(r#""metadata":{"#, &version, 1)
}

fn x_of(answer: &str) -> (f64, f64) {
    let dynamic: DynamicObject = kube_proto::json::from_str(answer).unwrap();
    let lazy = Lazy::<DynamicObject>::new(answer).unwrap().parse().unwrap();
    (dynamic.data["spec"]["x"].as_f64().unwrap(), lazy.data["spec"]["x"].as_f64().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The standard library's parser and printer are the oracle.
    #[test]
    fn a_float_comes_back_as_it_was(bits in any::<u64>(), digits in 0_u64..1_000_000_000, scale in 0_i32..12) {
        let mut cluster = open_widgets();
        let short = f64::from_bits(bits);
        for float in [short, digits as f64 / 10_f64.powi(scale)] {
            prop_assume!(float.is_finite());
            for text in [format!("{float:e}"), serde_json::to_string(&float).unwrap()] {
                for answer in written(&mut cluster, &text, &text) {
                    prop_assert_eq!(x_of(&answer), (float, float), "{} {}", text, answer);
                }
            }
        }
    }

    #[test]
    fn an_integer_of_64_bits_comes_back_as_it_was(integer in any::<i64>()) {
        let mut cluster = open_widgets();
        for answer in written(&mut cluster, &integer.to_string(), &integer.to_string()) {
            let object: DynamicObject = kube_proto::json::from_str(&answer).unwrap();
            prop_assert_eq!(&object.data["spec"]["x"], &json!(integer));
        }
    }
}

/// Compared with a real server: `tests/compare/numbers.http`.
#[test]
fn numbers_of_custom_resources_are_kept_as_the_server_keeps_them() {
    let mut cluster = open_widgets();
    for (number, yaml, kept) in [
        ("985.6906946328695", "985.6906946328695", "985.6906946328695"),
        ("1e3", "1e3", "1000"),
        ("-0.0", "-0.0", "0"),
        ("3.0", "3.0", "3"),
        ("9223372036854775808", "9223372036854775808", "9223372036854776000"),
        ("18446744073709551615", "18446744073709551615", "1.8446744073709552e+19"),
    ] {
        for answer in written(&mut cluster, number, yaml) {
            assert!(answer.contains(&format!("\"x\":{kept}")), "{number}: {answer}");
        }
    }
    let text = widget("surrogates", r#""\ud800y""#);
    let (code, object) = parsed(&json(&mut cluster, "POST", WIDGETS, JSON, &text));
    assert_eq!((code, &object["spec"]["x"]), (201, &json!("\u{fffd}y")));
}

#[test]
fn integers_of_built_in_kinds() {
    let misfit = |number: &str| {
        format!(
            "json: cannot unmarshal number {number} into Go struct field DeploymentSpec.spec.replicas of type int32"
        )
    };
    let mut cluster = Cluster::new();
    cluster.create(DEPLOYMENTS, &deployment("web", 1));
    let (web, applied) = (format!("{DEPLOYMENTS}/web"), format!("{DEPLOYMENTS}/applied?fieldManager=me"));
    for (number, decoded, converted) in [
        ("3", Ok(3), Ok(3)),
        ("3.0", Err(misfit("3.0")), Ok(3)),
        ("1e1", Err(misfit("10.0")), Ok(10)),
        ("2147483648", Err(misfit("2147483648")), Err("must be greater than or equal to 0".to_owned())),
        ("4294967296", Err(misfit("4294967296")), Ok(0)),
        ("18446744073709551615", Err(misfit("18446744073709551615")), Ok(0)),
        ("1.5", Err(misfit("1.5")), Err("cannot convert float64 to int32".to_owned())),
    ] {
        let whole = |name| deployment(name, 0).to_string().replace("\"replicas\":0", &format!("\"replicas\":{number}"));
        let merge = format!(r#"{{"spec":{{"replicas":{number}}}}}"#);
        let replace = format!(r#"[{{"op":"replace","path":"/spec/replicas","value":{number}}}]"#);
        for (method, target, media, body, result) in [
            ("POST", DEPLOYMENTS, JSON, whole("new"), &decoded),
            ("PATCH", &web, MERGE, merge.clone(), &decoded),
            ("PATCH", &web, PATCH, replace, &decoded),
            ("PATCH", &web, STRATEGIC, merge, &converted),
            ("PATCH", &applied, APPLY, whole("applied"), &converted),
        ] {
            let (code, object) = parsed(&json(&mut cluster, method, target, media, &body));
            match result {
                Ok(replicas) => {
                    assert!(code < 300, "{media} {number}: {object}");
                    assert_eq!(object["spec"]["replicas"], json!(replicas), "{media} {number}");
                }
                Err(text) => {
                    let message = object["message"].as_str().unwrap_or_default();
                    assert!(code >= 400 && message.contains(text.as_str()), "{media} {number}: {object}");
                }
            }
        }
        cluster.call("DELETE", &format!("{DEPLOYMENTS}/new"), &Value::Null);
    }
}

/// So deep that a list of the objects, with their managed fields, can be read.
const DEPTH: usize = kube_proto::json::DEPTH - 8;

/// A thread with a usual stack carries the requests out.
#[test]
fn objects_nest_as_deep_as_lists_of_them_can_be_read() {
    // The object and its spec are two levels.
    let maps = |levels: usize| "{\"a\":".repeat(levels - 2) + "1" + &"}".repeat(levels - 2);
    let lists = |levels: usize| "[".repeat(levels - 2) + "1" + &"]".repeat(levels - 2);
    let one = format!("{WIDGETS}/a");
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        let mut cluster = open_widgets();
        let mut watch = cluster.watch(&format!("{WIDGETS}?watch=1"));
        for deep in [maps, lists] {
            for answer in written(&mut cluster, &deep(DEPTH), &deep(DEPTH)) {
                let object: Value = kube_proto::json::from_str(&answer).unwrap();
                let spec = object["spec"]["x"].to_string();
                assert_eq!(spec.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count(), DEPTH - 2);
            }
            for (method, target, media, body) in [
                ("POST", WIDGETS, JSON, widget("a", &deep(DEPTH + 1))),
                ("PATCH", &format!("{one}?fieldManager=me"), APPLY, widget("a", &deep(DEPTH + 1))),
            ] {
                let (code, answer) = parsed(&json(&mut cluster, method, target, media, &body));
                assert_eq!(code, 400, "{answer}");
            }
            json(&mut cluster, "POST", WIDGETS, JSON, &widget("a", &deep(DEPTH)));
            for accept in ["application/yaml", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/json"] {
                for target in [WIDGETS, &one] {
                    let answer = cluster.raw("GET", target, &[("accept", accept)], "");
                    let media = answer.headers()["content-type"].to_str().unwrap();
                    assert!(answer.status() == 200 && accept.starts_with(media), "{answer:?}");
                    let text = std::str::from_utf8(answer.body()).unwrap();
                    assert!(kube_proto::yaml::documents(text).next().unwrap().is_ok());
                }
            }
            cluster.call("DELETE", &one, &Value::Null);
        }
        assert!(!cluster.events(&mut watch).is_empty());
        // Each operation goes one level deeper.
        json(&mut cluster, "POST", WIDGETS, JSON, &widget("a", "{}"));
        let copy = vec![json!({"op": "copy", "from": "/spec", "path": "/spec/x"}); 5000];
        let copy = Value::from(copy).to_string();
        assert_eq!(json(&mut cluster, "PATCH", &one, PATCH, &copy).status(), 422);
        let mut path = String::from("/spec");
        let add: Vec<Value> = (0..700)
            .map(|_| {
                path += "/x";
                json!({"op": "add", "path": path, "value": {}})
            })
            .collect();
        assert_eq!(json(&mut cluster, "PATCH", &one, PATCH, &Value::from(add).to_string()).status(), 422);
    });
    thread.unwrap().join().unwrap();
}
