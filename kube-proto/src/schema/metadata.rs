//! The schema of the metadata that every object has.

use std::sync::OnceLock;

use serde_json::Value;

use super::definitions::{At, Definitions, Raw};
use super::node::Node;
use crate::json;

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The definition of `ObjectMeta`, which a definition of a custom resource does not contain.
pub(crate) fn object_meta() -> At<'static> {
    static META: OnceLock<(Definitions, Node)> = OnceLock::new();
    let (definitions, node) = META.get_or_init(|| {
        let all: Value = json::from_str(include_str!("object_meta.json")).unwrap_or_default();
        let all = all.as_object().cloned().unwrap_or_default();
        let named = all.into_iter().map(|(name, schema)| (name.into(), Raw::Value(schema)));
        (Definitions::new(named), Node { reference: Some(OBJECT_META.into()), ..Node::default() })
    });
    let at = At { definitions, node, name: None, built_in: true };
    at.to(node).unwrap_or(at)
}
