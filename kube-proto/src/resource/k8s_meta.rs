//! Conversions between the metadata of this crate and that of the `k8s-openapi` crate.
//!
//! Both have the same fields. These differences remain:
//!
//! | field | in `k8s-openapi` | here |
//! |---|---|---|
//! | a time | a `Time`, which only holds valid times | the text |
//! | an absent map or list | `None`, and `Some` of an empty one | empty |
//! | an unknown field | not kept | [`ObjectMeta::other`] |

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1 as k8s;

use super::meta::{ManagedFieldsEntry, ObjectMeta, OwnerReference};

impl From<k8s::ObjectMeta> for ObjectMeta {
    fn from(meta: k8s::ObjectMeta) -> Self {
        let k8s::ObjectMeta {
            annotations,
            creation_timestamp,
            deletion_grace_period_seconds,
            deletion_timestamp,
            finalizers,
            generate_name,
            generation,
            labels,
            managed_fields,
            name,
            namespace,
            owner_references,
            resource_version,
            self_link,
            uid,
        } = meta;
        Self {
            name,
            generate_name,
            namespace,
            self_link,
            uid,
            resource_version,
            generation,
            creation_timestamp: creation_timestamp.map(text),
            deletion_timestamp: deletion_timestamp.map(text),
            deletion_grace_period_seconds,
            labels: labels.unwrap_or_default(),
            annotations: annotations.unwrap_or_default(),
            owner_references: all(owner_references.unwrap_or_default()),
            finalizers: finalizers.unwrap_or_default(),
            managed_fields: all(managed_fields.unwrap_or_default()),
            other: serde_json::Map::new(),
        }
    }
}

impl From<ObjectMeta> for k8s::ObjectMeta {
    /// Drops [`other`](ObjectMeta::other) and times that are not RFC 3339: `k8s-openapi` has no fields for them.
    fn from(meta: ObjectMeta) -> Self {
        let ObjectMeta {
            name,
            generate_name,
            namespace,
            self_link,
            uid,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            deletion_grace_period_seconds,
            labels,
            annotations,
            owner_references,
            finalizers,
            managed_fields,
            other: _,
        } = meta;
        Self {
            annotations: some_map(annotations),
            creation_timestamp: time(creation_timestamp),
            deletion_grace_period_seconds,
            deletion_timestamp: time(deletion_timestamp),
            finalizers: some_list(finalizers),
            generate_name,
            generation,
            labels: some_map(labels),
            managed_fields: some_list(all(managed_fields)),
            name,
            namespace,
            owner_references: some_list(all(owner_references)),
            resource_version,
            self_link,
            uid,
        }
    }
}

impl From<k8s::OwnerReference> for OwnerReference {
    fn from(owner: k8s::OwnerReference) -> Self {
        let k8s::OwnerReference { api_version, block_owner_deletion, controller, kind, name, uid } = owner;
        Self { api_version, kind, name, uid, controller, block_owner_deletion }
    }
}

impl From<OwnerReference> for k8s::OwnerReference {
    fn from(owner: OwnerReference) -> Self {
        let OwnerReference { api_version, kind, name, uid, controller, block_owner_deletion } = owner;
        Self { api_version, block_owner_deletion, controller, kind, name, uid }
    }
}

impl From<k8s::ManagedFieldsEntry> for ManagedFieldsEntry {
    fn from(entry: k8s::ManagedFieldsEntry) -> Self {
        let k8s::ManagedFieldsEntry { api_version, fields_type, fields_v1, manager, operation, subresource, time } =
            entry;
        Self {
            manager,
            operation,
            api_version,
            time: time.map(text),
            fields_type,
            fields_v1: fields_v1.map(|fields| fields.0),
            subresource,
        }
    }
}

impl From<ManagedFieldsEntry> for k8s::ManagedFieldsEntry {
    /// Drops a time that is not RFC 3339.
    fn from(entry: ManagedFieldsEntry) -> Self {
        let ManagedFieldsEntry { manager, operation, api_version, time: at, fields_type, fields_v1, subresource } =
            entry;
        Self {
            api_version,
            fields_type,
            fields_v1: fields_v1.map(k8s::FieldsV1),
            manager,
            operation,
            subresource,
            time: time(at),
        }
    }
}

fn all<A, B: From<A>>(list: Vec<A>) -> Vec<B> {
    list.into_iter().map(B::from).collect()
}

fn some_list<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn some_map(map: BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then_some(map)
}

/// RFC 3339, with fractions of a second only if there are any.
#[allow(clippy::needless_pass_by_value, reason = "it is used with `map`")]
fn text(time: k8s::Time) -> String {
    time.0.to_string()
}

fn time(text: Option<String>) -> Option<k8s::Time> {
    text?.parse().ok().map(k8s::Time)
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn word() -> impl Strategy<Value = String> {
        "[a-z./-]{0,8}"
    }

    fn word_if_any() -> impl Strategy<Value = Option<String>> {
        option::of(word())
    }

    /// A whole second from 1970 to 9999, or `None`.
    fn moment() -> impl Strategy<Value = Option<String>> {
        let text = |second| k8s_openapi::jiff::Timestamp::from_second(second).unwrap().to_string();
        option::of((0..=253_402_207_200_i64).prop_map(text))
    }

    fn words() -> impl Strategy<Value = BTreeMap<String, String>> {
        btree_map(word(), word(), 0..3)
    }

    prop_compose! {
        fn an_owner()(
            (api_version, kind, name, uid) in (word(), word(), word(), word()),
            controller in any::<Option<bool>>(),
            block_owner_deletion in any::<Option<bool>>(),
        ) -> OwnerReference {
            OwnerReference { api_version, kind, name, uid, controller, block_owner_deletion }
        }
    }

    prop_compose! {
        fn an_entry()(
            (manager, operation, api_version) in (word_if_any(), word_if_any(), word_if_any()),
            (fields_type, subresource, time) in (word_if_any(), word_if_any(), moment()),
            field in word_if_any(),
        ) -> ManagedFieldsEntry {
            let fields_v1 = field.map(|name| json!({ format!("f:{name}"): {".": {}} }));
            ManagedFieldsEntry { manager, operation, api_version, time, fields_type, fields_v1, subresource }
        }
    }

    prop_compose! {
        fn a_meta()(
            (name, generate_name, namespace) in (word_if_any(), word_if_any(), word_if_any()),
            (self_link, uid, resource_version) in (word_if_any(), word_if_any(), word_if_any()),
            generation in any::<Option<i64>>(),
            deletion_grace_period_seconds in any::<Option<i64>>(),
            (creation_timestamp, deletion_timestamp) in (moment(), moment()),
            (labels, annotations, finalizers) in (words(), words(), vec(word(), 0..3)),
            owner_references in vec(an_owner(), 0..3),
            managed_fields in vec(an_entry(), 0..3),
        ) -> ObjectMeta {
            ObjectMeta {
                name, generate_name, namespace, self_link, uid, resource_version, generation, creation_timestamp,
                deletion_timestamp, deletion_grace_period_seconds, labels, annotations, owner_references, finalizers,
                managed_fields, other: serde_json::Map::new(),
            }
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(meta in a_meta()) {
            let there = k8s::ObjectMeta::from(meta.clone());
            prop_assert_eq!(serde_json::to_value(&there).unwrap(), serde_json::to_value(&meta).unwrap());
            prop_assert_eq!(&ObjectMeta::from(there.clone()), &meta);
            prop_assert_eq!(k8s::ObjectMeta::from(ObjectMeta::from(there.clone())), there);
        }
    }

    /// Every field, each with a value of its own.
    fn full() -> Value {
        json!({"annotations": {"a": "b"}, "creationTimestamp": "2024-01-01T00:00:00Z", "deletionGracePeriodSeconds": 30,
            "deletionTimestamp": "2024-01-02T00:00:00Z", "finalizers": ["f"], "generateName": "web-", "generation": 3,
            "labels": {"app": "web"}, "managedFields": [{"apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"k:{\"name\":\"x\"}": {".": {}}}}, "manager": "m", "operation": "Apply",
            "subresource": "status", "time": "2024-01-03T00:00:00Z"}], "name": "web-0", "namespace": "default",
            "ownerReferences": [{"apiVersion": "apps/v1", "blockOwnerDeletion": true, "controller": false,
            "kind": "ReplicaSet", "name": "web", "uid": "o"}], "resourceVersion": "7", "selfLink": "/x", "uid": "u"})
    }

    #[test]
    fn every_field_is_kept() {
        let ours: ObjectMeta = serde_json::from_value(full()).unwrap();
        let theirs: k8s::ObjectMeta = serde_json::from_value(full()).unwrap();
        assert_eq!(ObjectMeta::from(theirs.clone()), ours);
        assert_eq!(k8s::ObjectMeta::from(ours.clone()), theirs);
        assert_eq!(serde_json::to_value(&theirs).unwrap(), full(), "the text has every field");
        assert_eq!(serde_json::to_value(&ours).unwrap(), full());
    }

    #[test]
    fn parts_of_a_second_are_kept() {
        let ours =
            ObjectMeta { creation_timestamp: Some("2024-01-01T00:00:00.000250Z".into()), ..ObjectMeta::default() };
        let back = ObjectMeta::from(k8s::ObjectMeta::from(ours));
        assert_eq!(back.creation_timestamp.as_deref(), Some("2024-01-01T00:00:00.00025Z"));
    }

    #[test]
    fn what_has_no_place() {
        let ours: ObjectMeta =
            serde_json::from_value(json!({"name": "a", "creationTimestamp": "yesterday", "future": 1})).unwrap();
        let theirs = k8s::ObjectMeta::from(ours);
        assert_eq!(theirs, k8s::ObjectMeta { name: Some("a".into()), ..k8s::ObjectMeta::default() });
        let empty = k8s::ObjectMeta {
            labels: Some(BTreeMap::new()),
            finalizers: Some(Vec::new()),
            owner_references: Some(Vec::new()),
            ..k8s::ObjectMeta::default()
        };
        assert_eq!(ObjectMeta::from(empty), ObjectMeta::default());
    }
}
