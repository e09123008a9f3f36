//! Reads and writes YAML as kubectl does.
//!
//! kubectl converts YAML into JSON before it reads any field, by the rules of YAML 1.1: `yes` is a boolean and `0123`
//! is 83. A manifest must have the same meaning here. `documents` (feature `yaml`) reads a stream of YAML and JSON
//! documents; [`to_string`] writes a value in kubectl's block style.
//!
#![cfg_attr(
    feature = "yaml",
    doc = r#"```
use kube_proto::yaml;

let stream = "\
apiVersion: v1
kind: ConfigMap
data: {answer: yes}
---
data: [
---
{\"kind\": \"Secret\"}
";
let read: Vec<_> = yaml::documents(stream).collect();
assert_eq!(read[0].as_ref().unwrap()["data"]["answer"], true);
assert_eq!(read[1].as_ref().unwrap_err().line(), 5);
assert_eq!(read[2].as_ref().unwrap()["kind"], "Secret");
assert_eq!(yaml::to_string(read[2].as_ref().unwrap()), "kind: Secret\n");
```
"#
)]
//!
//! # How YAML becomes JSON
//!
//! | YAML | JSON |
//! |---|---|
//! | `y`, `yes`, `on`, `true` and their opposites, also `Yes` and `YES` | booleans |
//! | `~`, `null`, an empty value | null |
//! | `12`, `1_000`, `0x1F`, `0o17`, `017`, `0b11` | integers, up to 2^64 |
//! | `1.5`, `1e3`, `.5` | numbers; a whole number below 10^21 that fits 64 bits is an integer |
//! | dates, `12:30`, any other text without quotes | strings |
//! | `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!timestamp` | the type of the tag (a timestamp is a string); an error if the value does not fit |
//! | `!!binary` | the decoded text |
//! | other tags | strings; tags on collections have no effect |
//! | `<<` with a map, an alias of a map, or a list of these | the entries of the maps; they replace keys before `<<`, and keys after it replace them; in a list the first map wins |
//! | a duplicate key | the last value |
//! | `.inf`, `.nan`; keys that are null or collections | an error |
//!
//! The test data in `corpus/` has the results of `sigs.k8s.io/yaml` for 1,500 texts. The test beside it lists each
//! difference.
//!
//! # Limits
//!
//! Collections nest at most [`json::DEPTH`](crate::json::DEPTH) deep, as in JSON: a thread with a stack of 2 MiB holds that
//! many. A document has at most 2,000,000 values
//! (`Documents::max_values`), of which anchors and aliases copy at most 100,000, and at most 32 MiB of scalars. The
//! time to read a document is proportional to its text and these copies. The reader never panics.

pub(crate) mod budget;
#[cfg(feature = "yaml")]
mod compose;
#[cfg(feature = "yaml")]
mod documents;
pub(crate) mod emit;
#[cfg(feature = "yaml")]
mod error;
pub(crate) mod json;
pub(crate) mod scalar;
#[cfg(feature = "yaml")]
mod split;
#[cfg(all(test, feature = "kubeconfig"))]
mod tests;

#[cfg(feature = "yaml")]
pub use documents::{Documents, documents};
pub use emit::to_string;
#[cfg(feature = "yaml")]
pub use error::Error;
