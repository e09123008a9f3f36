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

impl Version {
    /// Whether the server has this feature unless its operator has turned it off. `false` if the version has no numbers.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.numbers().is_some_and(|numbers| feature.is_in(numbers))
    }
}

/// What this library uses only of servers that have it, or gets more from. It finds out by itself: each row has what it does with
/// an older server.
///
/// | feature | servers | with an older one |
/// |---|---|---|
/// | `AggregatedDiscovery` | 1.27 | discovery asks for each version of each group |
/// | `TunnelledPortForward` | 1.31 | port-forward opens a connection for each connection |
/// | `ExecV5` | 1.30 | standard input of exec cannot be ended alone |
/// | `StreamingLists` | 1.32 and 1.34, not 1.33 | a watch begins with a list in pages |
/// | `CompressedWatches` | 1.37 | watches are not compressed |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Feature {
    /// All resources in two documents.
    AggregatedDiscovery,
    /// All connections of a port-forward in one session.
    TunnelledPortForward,
    /// Version 5 of the protocol of exec and attach, in which each stream has its end.
    ExecV5,
    /// A list as the beginning of its watch.
    StreamingLists,
    /// gzip for watches that begin with a list.
    CompressedWatches,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AggregatedDiscovery,
        Self::TunnelledPortForward,
        Self::ExecV5,
        Self::StreamingLists,
        Self::CompressedWatches,
    ];

    /// Whether servers of this major and minor version have it by default.
    #[must_use]
    pub fn is_in(self, version: (u32, u32)) -> bool {
        match self {
            Self::AggregatedDiscovery => version >= (1, 27),
            Self::TunnelledPortForward => version >= (1, 31),
            Self::ExecV5 => version >= (1, 30),
            Self::StreamingLists => version == (1, 32) || version >= (1, 34),
            Self::CompressedWatches => version >= (1, 37),
        }
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
    fn features() {
        let version = |minor: &str| Version { major: "1".into(), minor: minor.into(), ..Version::default() };
        let of = |minor| Feature::ALL.into_iter().filter(|one| version(minor).has(*one)).count();
        let counts: Vec<_> = ["", "26", "27+", "30", "31", "32", "33", "34", "37"].into_iter().map(of).collect();
        assert_eq!(counts, [0, 0, 1, 2, 3, 4, 3, 4, 5]);
    }

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
