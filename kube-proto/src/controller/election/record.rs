//! What a lease says about its holder.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::resource::DynamicObject;
use crate::rfc3339;

/// The fields of `spec` of a Lease that an election reads and writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Empty after a release.
    pub(super) holder: String,
    pub(super) duration: Option<u64>,
    pub(super) acquired: String,
    pub(super) renewed: String,
    pub(super) transitions: i64,
}

impl Record {
    /// Fields that are missing or of another type are as in a new lease.
    pub(super) fn of(lease: &DynamicObject) -> Self {
        let field = |name: &str| lease.data.get("spec").and_then(|spec| spec.get(name));
        let text = |name: &str| field(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            holder: text("holderIdentity"),
            duration: field("leaseDurationSeconds").and_then(Value::as_u64).filter(|seconds| *seconds > 0),
            acquired: text("acquireTime"),
            renewed: text("renewTime"),
            transitions: field("leaseTransitions").and_then(Value::as_i64).unwrap_or_default(),
        }
    }

    /// Sets the fields, and leaves all others as they are.
    pub(super) fn put(&self, lease: &mut DynamicObject) {
        let spec = lease.data.entry("spec").or_insert_with(|| Value::Object(Map::new()));
        if !spec.is_object() {
            *spec = Value::Object(Map::new());
        }
        let Some(spec) = spec.as_object_mut() else { return };
        for (name, value) in [
            ("holderIdentity", Value::from(self.holder.as_str())),
            ("leaseDurationSeconds", Value::from(self.duration.unwrap_or(1))),
            ("acquireTime", Value::from(self.acquired.as_str())),
            ("renewTime", Value::from(self.renewed.as_str())),
            ("leaseTransitions", Value::from(self.transitions)),
        ] {
            spec.insert(name.to_owned(), value);
        }
    }
}

/// A `MicroTime`: RFC 3339 with six digits.
pub(super) fn micro_time(unix: Duration) -> String {
    let second = rfc3339::second(unix);
    format!("{}.{:06}Z", second.trim_end_matches('Z'), unix.subsec_micros())
}
