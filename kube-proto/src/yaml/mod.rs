//! YAML, as kubectl reads and writes it.
//!
//! Kubernetes turns YAML into JSON before it looks at any field, by the rules of YAML 1.1: `yes` is a boolean and `0123` is 83. The same
//! manifest must mean the same here. `documents` (feature `yaml`) reads a stream of YAML and JSON documents; [`to_string`] writes a value in
//! kubectl's block style.
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
//! # What is read
//!
//! | YAML | JSON |
//! |---|---|
//! | `y`, `yes`, `on`, `true` and their opposites, also `Yes` and `YES` | booleans |
//! | `~`, `null`, nothing | null |
//! | `12`, `1_000`, `0x1F`, `0o17`, `017`, `0b11` | integers, up to 2^64 |
//! | `1.5`, `1e3`, `.5` | numbers; a whole one below 10^21 is an integer where that has 64 bits |
//! | dates, `12:30`, all else without quotes | strings |
//! | `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!timestamp` | what they say, if the value fits |
//! | `!!binary` | the decoded text |
//! | other tags | strings; on collections no tag counts |
//! | `<<` and a map, an alias of one, or a list of these | the entries of the maps: over keys before it, under keys after it; of a list the first counts |
//! | a key that a map has twice | the last |
//! | `.inf`, `.nan`; keys that are null or collections | an error |
//!
//! The test data in `corpus/` holds what `sigs.k8s.io/yaml` makes of 1,500 texts, and the test beside it names each difference.
//!
//! # Limits
//!
//! Collections nest 127 deep, as in `serde_json`. A document has at most 2,000,000 values (`Documents::max_values`), of which anchors and
//! aliases copy at most 100,000, and at most 32 MiB of scalars. Reading takes time in proportion to the text and these copies, and never panics.

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
