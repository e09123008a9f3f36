//! `/version`: the server's version.

use serde::{Deserialize, Serialize};

use crate::resource::null_as_default;

/// The answer to `GET /version`; all fields are texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Version {
    /// `1`.
    pub major: String,
    /// `36`, with some vendors `36+`.
    pub minor: String,
    /// `v1.36.2`.
    pub git_version: String,
    /// The commit of the source.
    pub git_commit: String,
    /// `clean` or `dirty`.
    pub git_tree_state: String,
    /// When it was built, RFC 3339.
    pub build_date: String,
    /// The version of the Go compiler.
    pub go_version: String,
    /// `gc`.
    pub compiler: String,
    /// `linux/amd64`.
    pub platform: String,
    /// The version that the server emulates, if it says so.
    #[serde(deserialize_with = "null_as_default")]
    pub emulation_major: String,
    /// The version that the server emulates, if it says so.
    #[serde(deserialize_with = "null_as_default")]
    pub emulation_minor: String,
    /// The oldest version to which the server can be rolled back, if it says so.
    #[serde(deserialize_with = "null_as_default")]
    pub min_compatibility_major: String,
    /// The oldest version to which the server can be rolled back, if it says so.
    #[serde(deserialize_with = "null_as_default")]
    pub min_compatibility_minor: String,
}

impl Version {
    /// Major and minor as numbers, without the rest after the digits (`27+`).
    #[must_use]
    pub fn numbers(&self) -> Option<(u32, u32)> {
        Some((number(&self.major)?, number(&self.minor)?))
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text, |at| text.split_at(at).0);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, numbers) in [
            (r#"{"major":"1","minor":"36","gitVersion":"v1.36.2"}"#, Some((1, 36))),
            (r#"{"major":"1","minor":"27+"}"#, Some((1, 27))),
            (r#"{"major":"1","minor":""}"#, None),
            ("{}", None),
        ] {
            assert_eq!(serde_json::from_str::<Version>(text).unwrap().numbers(), numbers);
        }
    }
}
