//! Parameters of `delete`, sent as the body: if there is a body, the server reads none of them from the query
//! (docs/wire.md §1.3).

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::params::params;

params! {
    /// Parameters of `delete`, `delete_collection` and evictions.
    pub struct DeleteParams {
        /// The time that the object has to end, in seconds; 0 deletes it at once. Absent: the object's own value.
        grace_period_seconds: value(u32),
        /// The fate of the objects that it owns.
        propagation_policy: value(PropagationPolicy),
        /// The older form of `propagation_policy`; not together with it.
        orphan_dependents: value(bool),
        /// Deletes only an object with this uid, and not a later one of the same name.
        uid: text,
        /// Deletes only an object of this version.
        resource_version: text,
        /// Does everything except the deletion.
        dry_run: flag,
        /// Deletes the object even if it cannot be read, without finalizers. This is dangerous.
        ignore_store_read_error_with_cluster_breaking_potential: flag,
        /// The server indents its JSON.
        pretty: flag,
        /// The server gives up after this time; at most its own limit, usually 60 s.
        timeout: value(Duration),
    }
}

/// The fate of the objects that a deleted object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum PropagationPolicy {
    /// They stay.
    Orphan,
    /// They are deleted afterwards.
    Background,
    /// They are deleted first.
    Foreground,
}

/// `meta/v1` DeleteOptions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeleteOptions<'a> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_period_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preconditions: Option<Preconditions<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orphan_dependents: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    propagation_policy: Option<PropagationPolicy>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    dry_run: &'static [&'static str],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ignore_store_read_error_with_cluster_breaking_potential: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preconditions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_version: Option<&'a str>,
}

impl DeleteParams {
    /// The body; empty if all of its fields are absent.
    pub(super) fn body(&self) -> Result<Bytes, String> {
        let said_elsewhere = Self { pretty: self.pretty, timeout: self.timeout, ..Self::default() };
        if *self == said_elsewhere { Ok(Bytes::new()) } else { self.document().map(Bytes::from) }
    }

    /// The body, even without fields.
    pub(super) fn document(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(&self.options()?).map_err(|error| error.to_string())
    }

    /// The options as a value, for an eviction.
    pub(super) fn value(&self) -> Result<serde_json::Value, String> {
        serde_json::to_value(self.options()?).map_err(|error| error.to_string())
    }

    fn options(&self) -> Result<DeleteOptions<'_>, String> {
        if self.orphan_dependents.is_some() && self.propagation_policy.is_some() {
            return Err("orphan_dependents and propagation_policy say the same thing in two ways: set one".into());
        }
        let preconditions =
            Preconditions { uid: self.uid.as_deref(), resource_version: self.resource_version.as_deref() };
        Ok(DeleteOptions {
            api_version: "v1",
            kind: "DeleteOptions",
            grace_period_seconds: self.grace_period_seconds,
            preconditions: (self.uid.is_some() || self.resource_version.is_some()).then_some(preconditions),
            orphan_dependents: self.orphan_dependents,
            propagation_policy: self.propagation_policy,
            dry_run: if self.dry_run { &["All"] } else { &[] },
            ignore_store_read_error_with_cluster_breaking_potential: self
                .ignore_store_read_error_with_cluster_breaking_potential,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        for (params, body) in [
            (DeleteParams::default(), ""),
            (DeleteParams::default().pretty().timeout(Duration::from_secs(5)), ""),
            (
                DeleteParams::default().grace_period_seconds(0),
                r#"{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0}"#,
            ),
            (
                DeleteParams::default().uid("u").resource_version("7"),
                r#"{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u","resourceVersion":"7"}}"#,
            ),
            (
                DeleteParams::default().propagation_policy(PropagationPolicy::Foreground).dry_run(),
                r#"{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Foreground","dryRun":["All"]}"#,
            ),
            (
                DeleteParams::default().orphan_dependents(false),
                r#"{"apiVersion":"v1","kind":"DeleteOptions","orphanDependents":false}"#,
            ),
            (
                DeleteParams::default().ignore_store_read_error_with_cluster_breaking_potential(),
                r#"{"apiVersion":"v1","kind":"DeleteOptions","ignoreStoreReadErrorWithClusterBreakingPotential":true}"#,
            ),
        ] {
            assert_eq!(params.body().unwrap(), body, "{params:?}");
        }
        let both = DeleteParams::default().orphan_dependents(true).propagation_policy(PropagationPolicy::Orphan);
        assert!(both.body().is_err());
    }
}
