//! Objects as sets of fields, by the types of the built-in kinds.

use kube_proto::schema::internals::typed::{compare, fields, merge, prune};
use serde_json::{Value, json};
use std::time::Duration;

use super::{ANCIENT, FieldSet, Managed, UPDATES, Who};
use crate::schema::{Node, Type};

fn deployment() -> Type {
    Type::Named("Deployment".into())
}

#[test]
fn the_fields_of_an_object() {
    let value = json!({
        "metadata": {"labels": {"a": "b"}, "finalizers": ["x/y"]},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {
            "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}], "args": ["1"]}],
            "nodeSelector": {"x": "y"}
        }}}
    });
    let want = json!({
        "f:metadata": {"f:labels": {"f:a": {}}, "f:finalizers": {"v:\"x/y\"": {}}},
        "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {
            "f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:image": {}, "f:args": {},
                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}},
            "f:nodeSelector": {}
        }}}
    });
    assert_eq!(fields(&value, Node::new(&deployment())).to_value(), want);
}

#[test]
fn a_creation_adds_its_fields() {
    // As the real server's `managedFields` after a plain create.
    let after = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 1, "strategy": {"rollingUpdate": {"maxSurge": 1}},
        "template": {"spec": {"containers": [{"name": "c", "resources": {}}]}}}});
    let found = compare(Some(&json!({})), Some(&after), Node::new(&deployment()));
    let want = json!({
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
        "f:spec": {"f:replicas": {}, "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}}},
            "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:resources": {}}}}}}
    });
    assert_eq!(found.added.to_value(), want);
    assert!(found.modified.is_empty() && found.removed.is_empty());
}

#[test]
fn merging_and_pruning() {
    let ty = deployment();
    let node = Node::new(&ty);
    let live = json!({"spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "1", "tty": true}, {"name": "b"}]}}}});
    let applied = json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "2"}, {"name": "c"}]}}}});
    let merged = merge(&live, &applied, node);
    assert_eq!(
        merged,
        json!({"spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "2", "tty": true}, {"name": "b"}, {"name": "c"}]}}}})
    );
    let changed = compare(Some(&live), Some(&merged), node);
    assert_eq!(changed.modified.paths(), [".spec.template.spec.containers[name=\"a\"].image"]);
    let last = fields(&merged, node);
    let keep = fields(&json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "2"}]}}}}), node);
    let mut pruned = merged;
    prune(&mut pruned, node, &last, &keep);
    assert_eq!(pruned, json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "2"}]}}}}));
}

#[test]
fn merged_items_come_in_the_applied_order() {
    let ty = Type::Named("ObjectMeta".into());
    let list = |names: &str| json!({"finalizers": names.split_whitespace().collect::<Vec<_>>()});
    for (live, applied, merged) in [
        ("a b c", "d", "a b c d"),
        ("a b c", "d c e a", "b d c e a"),
        ("a b c", "c a", "b c a"),
        ("a b c", "a b c", "a b c"),
        ("a b c", "b d", "a b c d"),
        ("a b c d", "d x b", "a c d x b"),
        ("", "b a", "b a"),
        ("a", "", "a"),
        // Live duplicates that are not applied stay; applied ones become one.
        ("a b a c", "d", "a b a c d"),
        ("a b a c", "a", "a b c"),
        ("a b a", "b", "a b a"),
    ] {
        assert_eq!(merge(&list(live), &list(applied), Node::new(&ty)), list(merged), "{live} | {applied}");
    }
}

#[test]
fn items_with_the_same_keys_have_one_owner() {
    let ty = Type::Named("Container".into());
    let node = Node::new(&ty);
    let env = |values: &[&str]| -> Value {
        json!({"env": values.iter().map(|value| json!({"name": "E", "value": value})).collect::<Vec<_>>()})
    };
    let (none, one, two, other) = (env(&[]), env(&["1"]), env(&["1", "2"]), env(&["1", "3"]));
    let leaf = json!({"f:env": {"k:{\"name\":\"E\"}": {}}});
    let whole = json!({"f:env": {"k:{\"name\":\"E\"}": {".": {}, "f:name": {}, "f:value": {}}}});
    let (nothing, item) =
        (json!({}), || json!({"f:env": {"k:{\"name\":\"E\"}": {".": {}, "f:name": {}, "f:value": {}}}}));
    assert_eq!(fields(&one, node).to_value(), whole);
    assert_eq!(fields(&two, node).to_value(), leaf);
    for (before, after, added, modified, removed) in [
        (&none, &two, leaf.clone(), nothing.clone(), nothing.clone()),
        (&two, &other, nothing.clone(), leaf.clone(), nothing.clone()),
        (&two, &two, nothing.clone(), nothing.clone(), nothing.clone()),
        (&two, &none, nothing.clone(), nothing.clone(), leaf.clone()),
        (&one, &two, leaf.clone(), nothing.clone(), item()),
        (&two, &one, item(), nothing.clone(), leaf.clone()),
    ] {
        let found = compare(Some(before), Some(after), node);
        let found = [found.added.to_value(), found.modified.to_value(), found.removed.to_value()];
        assert_eq!(found, [added, modified, removed], "{before} {after}");
    }
}

#[test]
fn old_updates_are_joined() {
    let mut managed = Managed::default();
    for n in 0..14_u64 {
        let who = Who { manager: format!("m{n}"), apply: false, version: "v1".into(), subresource: String::new() };
        let set = FieldSet::from_value(&json!({format!("f:x{n}"): {}})).unwrap();
        managed.assign(&who, set, false, Duration::from_secs(n));
        managed.cap();
    }
    assert_eq!(managed.0.len(), UPDATES);
    let ancient = managed.0.iter().find(|e| e.who.manager == ANCIENT).unwrap();
    assert_eq!(ancient.set.paths(), [".x0", ".x1", ".x2", ".x3", ".x4"]);
}
