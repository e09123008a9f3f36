//! Schemas as values: of custom resources, of OpenAPI documents, of `schemars`; validation without a server.
//!
//! A [`Schema`] comes from one of these:
//!
//! | source | call |
//! |---|---|
//! | a CustomResourceDefinition | [`Schema::of_definition`] |
//! | an `openAPIV3Schema`, or what `schemars` writes for a whole resource | [`Schema::of_resource`] |
//! | any other schema, also of `schemars` with its `$defs` | [`Schema::from_value`] |
//! | a document of `/openapi/v3/...` or of `/openapi/v2` | [`OpenApi`], then [`OpenApi::kind`] |
//! | the server's own document of a group version | [`open_api`], with an [`OpenApiCache`] |
//!
//! It judges objects in the words of the API server, and finds all errors and not the first:
//!
//! ```
//! use kube_proto::schema::Schema;
//! use serde_json::json;
//!
//! let schema = Schema::of_resource(&json!({"type": "object", "properties": {"spec": {
//!     "type": "object",
//!     "required": ["size"],
//!     "properties": {
//!         "size": {"type": "integer", "minimum": 1},
//!         "color": {"type": "string", "enum": ["red", "green"], "default": "red"},
//!     },
//! }}}))?;
//! let report = schema.validate(&json!({
//!     "apiVersion": "shop.example/v1", "kind": "Order", "metadata": {"name": "a"},
//!     "spec": {"size": 0, "colour": "red"},
//! }));
//! let texts: Vec<String> = report.errors().iter().map(ToString::to_string).collect();
//! assert_eq!(texts, [
//!     "unknown field \"spec.colour\"",
//!     "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
//! ]);
//! # Ok::<(), kube_proto::schema::SchemaError>(())
//! ```
//!
//! # What is judged how
//!
//! | | custom resources | built-in kinds, and all metadata |
//! |---|---|---|
//! | unknown members | reported, and removed by [`Schema::admit`] | reported |
//! | null | an error unless `nullable`; dropped before that where a default or nothing replaces it | as if absent |
//! | types | by the schema; a whole float is an integer | as Go decodes them; `1.0` is no integer |
//! | required members | reported | reported, but for members with a default and below `status` |
//! | bounds, lengths, patterns, formats, enums, `anyOf`, `oneOf`, `allOf`, `not` | reported | enums, and the formats that Go decodes |
//! | lists of the types `set` and `map` | items that are there twice are reported | accepted, as by the server |
//! | embedded resources | need `apiVersion` and `kind`; their metadata is checked | |
//! | rules in CEL | evaluated by [`cel`]; one that cannot be evaluated is listed in [`Report::unchecked`] | |
//!
//! Where the status is a subresource, the values of a custom resource's `status` are left out: the server drops them
//! ([`Schema::with_status_apart`]).
//!
//! What only the server's own code checks, such as names, labels, and the rules between the fields of a pod, no schema has.
//!
//! [`read_strict`] finds the members that an object of a document has twice.
//!
//! On an update ([`Schema::validate_update`]), an error of a custom resource is dropped where the value did not change, as
//! the server does since 1.33.
//!
//! [`Schema::apply`] and [`Schema::merge_three_way`] merge objects as a server-side and a client-side apply do, and
//! [`Schema::differences`] compares them by what their values mean.
//!
//! [`cel`] evaluates expressions of any other kind too, such as match conditions.
//!
//! [`OpenApi::explain`] is `kubectl explain`. [`ManagedFields`] says who owns which field of an object, and extracts what a
//! manager has applied. [`three_way`] makes the patch of an apply on the client's side.
//!
//! # Limits
//!
//! Schemas nest at most 128 deep, values at most [`DEPTH`]. [`Limits`] bounds the steps, the errors and the defaults. A
//! pattern has at most 16 KiB and 20,000 states, and is matched in linear time. What a limit cuts off is listed in
//! [`Report::unchecked`].

pub mod cel;
mod check;
mod definitions;
mod difference;
mod explain;
mod fetch;
mod field_error;
mod field_set;
mod format;
mod limits;
mod managed;
mod merge;
mod metadata;
mod node;
mod openapi;
mod ownership;
mod pattern;
mod place;
mod quantity;
mod read;
mod shape;
mod strict;
#[cfg(test)]
mod tests;
mod text;
mod three_way;
mod typed;
mod value;

pub use check::{Report, Unchecked, Why};
pub use difference::Difference;
pub use explain::ExplainError;
pub use fetch::{FetchOpenApi, OpenApiCache, open_api};
pub use field_error::{FieldError, FieldErrorKind};
pub use field_set::FieldSet;
pub use limits::{DEPTH, Limits};
pub use managed::{ManagedFields, Manager};
pub use merge::{Applied, Conflict};
pub use node::{GroupVersionKind, ListType, Rule, SchemaError, SchemaType};
pub use openapi::OpenApi;
pub use strict::read_strict;
pub use three_way::{ThreeWay, three_way};
pub use value::Schema;

/// What only this repository's in-memory server, fuzz targets and tests use.
#[doc(hidden)]
pub mod internals {
    pub use super::format::time::{Layout, time};
    pub use super::format::{fits, is_known};
    pub use super::quantity::{canonical, exact};
    pub use super::strict::{Last, Twice, read_twice};
    pub use super::text::{escape, quote};
    pub(crate) use super::text::{float_text, number_text};

    /// Objects as sets of fields.
    pub mod typed {
        pub use super::super::field_set::readable;
        pub use super::super::typed::*;
    }

    /// Whether Go finds the pattern in the text; `None` if it cannot be checked.
    pub fn is_match(pattern: &str, text: &str) -> Option<bool> {
        Some(super::pattern::Pattern::new(pattern)?.is_match(text))
    }
}
