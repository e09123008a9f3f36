//! The JSONPath of Kubernetes: `kubectl get -o jsonpath=...`, custom columns, printer columns, paths of scale subresources.
//!
//! It is client-go's dialect (`k8s.io/client-go/util/jsonpath`), which is not that of RFC 9535: templates of text and of actions in
//! braces.
//!
//! ```
//! use kube_proto::jsonpath::JsonPath;
//! use serde_json::json;
//!
//! let pods = json!({"items": [
//!     {"metadata": {"name": "web-0"}, "status": {"phase": "Running"}},
//!     {"metadata": {"name": "web-1"}, "status": {"phase": "Pending"}},
//! ]});
//! let path = JsonPath::parse(r#"{range .items[?(@.status.phase=="Running")]}{.metadata.name}{"\n"}{end}"#)?;
//! assert_eq!(path.print(&pods)?, "web-0\n");
//! assert_eq!(JsonPath::relaxed("items[*].metadata.name")?.print(&pods)?, "web-0 web-1");
//! # Ok::<(), kube_proto::jsonpath::JsonPathError>(())
//! ```
//!
//! # What it knows
//!
//! | form | meaning |
//! |---|---|
//! | `text{...}text` | text is printed; an action is evaluated |
//! | `.name`, `['name']` | a member; `\.` is a dot in a name |
//! | `[2]`, `[-1]`, `[1:3]`, `[0:5:2]` | items; an index that is not there is an error |
//! | `[*]`, `.*` | all items or members |
//! | `..name` | descends into all members |
//! | `['a','b']` | several of them |
//! | `[?(@.a=="x")]` | the items for which it holds: `==` `!=` `<` `<=` `>` `>=`, or that the member exists |
//! | `"text"`, `'text'`, `7`, `1.5`, `true` | a constant |
//! | `{range .a[*]}...{end}` | once for each |
//! | `@`, `$` | nothing: a path begins at the current value anyway |
//!
//! A member that does not exist is no result, unless [`JsonPath::strict`] makes it an error. Members come in the order of their names;
//! client-go has no order for `[*]` and `..` on an object.
//!
//! # Limits
//!
//! A template has at most [`TEMPLATE`] bytes and [`RANGES`] ranges inside each other. An evaluation visits at most [`STEPS`] values and
//! prints at most [`OUTPUT`] bytes. What is longer is an error.

mod compare;
mod find;
mod node;
mod parse;
mod path;
mod show;
#[cfg(test)]
mod tests;
mod unquote;

pub use find::{RANGES, STEPS};
pub use node::JsonPathError;
pub use parse::TEMPLATE;
pub use path::JsonPath;
pub use show::OUTPUT;
