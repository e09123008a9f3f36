//! The parameters of the verbs (docs/wire.md §1.3): plain structs, with a method for each field.
//!
//! Fields that are not set are not sent: the server's default applies.

use std::time::Duration;

use super::query::Query;

/// Writes a struct of parameters with a method for each field: `text` is an optional string, `flag` a `bool` that the
/// method sets, `value` an optional value of the type, `texts` a list to which the method adds.
macro_rules! params {
    (
        $(#[$struct_doc:meta])*
        pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $how:tt $(($type:ty))?,)* }
    ) => {
        $(#[$struct_doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: $crate::request::params::params!(@type $how $(($type))?),)*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), $crate::request::params::params!(@shown $how self.$field)))*
                    .finish()
            }
        }

        impl $name {
            $($crate::request::params::params!(@method $how $(($type))?, $field, $(#[$doc])*);)*
        }
    };
    (@type text) => { Option<String> };
    (@type texts) => { Vec<String> };
    (@type flag) => { bool };
    (@type value ($type:ty)) => { Option<$type> };
    // Several texts are the words of a command, which may hold a password.
    (@shown texts $value:expr) => { &format_args!("{} words", $value.len()) };
    (@shown $how:tt $value:expr) => { &$value };
    (@method text, $field:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl Into<String>) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
    (@method texts, $field:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.$field.extend($field.into_iter().map(Into::into));
            self
        }
    };
    (@method flag, $field:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self) -> Self {
            self.$field = true;
            self
        }
    };
    (@method value ($type:ty), $field:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = Some($field);
            self
        }
    };
}
pub(super) use params;

params! {
    /// Parameters of `get`.
    pub struct GetParams {
        /// Absent: the latest version. `0`: any version, from the server's cache. Otherwise: this version or a later
        /// one.
        resource_version: text,
        /// The server indents its JSON.
        pretty: flag,
        /// The server gives up after this time; at most its own limit, usually 60 s.
        timeout: value(Duration),
    }
}

params! {
    /// Parameters of `list`, which also select the objects of `delete_collection`.
    pub struct ListParams {
        /// Only objects with matching labels: text, or a [`LabelSelector`](super::labels::LabelSelector).
        label_selector: text,
        /// Only objects with matching fields: text, or a [`FieldSelector`](super::fields::FieldSelector).
        field_selector: text,
        /// The most items in one answer; `continue_token` gets the rest.
        limit: value(u32),
        /// Continues a list: `metadata.continue` of the previous answer. With it, `resource_version` and
        /// `resource_version_match` are not sent: the token has them, and servers refuse both together.
        continue_token: text,
        /// Absent: the latest version. `0`: any version, from the server's cache. Otherwise `resource_version_match`
        /// decides.
        resource_version: text,
        /// The meaning of `resource_version`.
        resource_version_match: value(VersionMatch),
        /// The server gives up after this many seconds.
        timeout_seconds: value(u32),
        /// Only one shard of the objects (alpha in 1.36).
        shard_selector: text,
        /// The server indents its JSON.
        pretty: flag,
        /// The server gives up after this time; at most its own limit, usually 60 s.
        timeout: value(Duration),
    }
}

params! {
    /// Parameters of `watch`.
    pub struct WatchParams {
        /// Only objects with matching labels: text, or a [`LabelSelector`](super::labels::LabelSelector).
        label_selector: text,
        /// Only objects with matching fields: text, or a [`FieldSelector`](super::fields::FieldSelector).
        field_selector: text,
        /// Sends the changes after this version. Absent or `0`: all objects first, as if they were new.
        resource_version: text,
        /// The meaning of `resource_version`, only with `send_initial_events`. That needs `NotOlderThan`, which is sent
        /// if this is absent.
        resource_version_match: value(VersionMatch),
        /// Occasional events without an object, which only advance the version.
        allow_bookmarks: flag,
        /// All objects first, then a bookmark that marks their end, then changes: a list and a watch in one. It needs
        /// `allow_bookmarks`.
        send_initial_events: value(bool),
        /// The server ends the watch after this many seconds; absent: 30 to 60 minutes.
        timeout_seconds: value(u32),
        /// Only one shard of the objects (alpha in 1.36).
        shard_selector: text,
    }
}

params! {
    /// Parameters of `create` and `replace`.
    pub struct WriteParams {
        /// Does everything except storing the object.
        dry_run: flag,
        /// The manager of the fields: at most 128 bytes, printable. Absent: the beginning of the `User-Agent`.
        field_manager: text,
        /// The treatment of fields that the server does not know.
        field_validation: value(FieldValidation),
        /// The server indents its JSON.
        pretty: flag,
        /// The server gives up after this time; at most its own limit, usually 60 s.
        timeout: value(Duration),
    }
}

params! {
    /// Parameters of `patch`.
    pub struct PatchParams {
        /// Does everything except storing the object.
        dry_run: flag,
        /// The manager of the fields: at most 128 bytes, printable. An apply needs it.
        field_manager: text,
        /// The treatment of fields that the server does not know.
        field_validation: value(FieldValidation),
        /// Takes conflicting fields away from other managers; only for an apply.
        force: flag,
        /// The server indents its JSON.
        pretty: flag,
        /// The server gives up after this time; at most its own limit, usually 60 s.
        timeout: value(Duration),
    }
}

/// The meaning of a resource version in a list or watch (docs/wire.md §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VersionMatch {
    /// This version or a later one.
    NotOlderThan,
    /// Exactly this version.
    Exact,
}

/// A server's treatment of fields that it does not know, and of duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldValidation {
    /// The server drops them silently.
    Ignore,
    /// The server drops them, with a warning for each. This is its default.
    Warn,
    /// The server refuses the request.
    Strict,
}

impl VersionMatch {
    /// The parameter's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            VersionMatch::NotOlderThan => "NotOlderThan",
            VersionMatch::Exact => "Exact",
        }
    }
}

impl FieldValidation {
    /// The parameter's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FieldValidation::Ignore => "Ignore",
            FieldValidation::Warn => "Warn",
            FieldValidation::Strict => "Strict",
        }
    }
}

impl GetParams {
    pub(super) fn query(&self, query: &mut Query) {
        query.text("resourceVersion", self.resource_version.as_deref());
        common(query, self.pretty, self.timeout);
    }
}

impl ListParams {
    pub(super) fn query(&self, query: &mut Query) {
        query.text("labelSelector", self.label_selector.as_deref());
        query.text("fieldSelector", self.field_selector.as_deref());
        query.number("limit", self.limit);
        match &self.continue_token {
            Some(token) => query.push("continue", token),
            None => {
                query.text("resourceVersion", self.resource_version.as_deref());
                query.text("resourceVersionMatch", self.resource_version_match.map(VersionMatch::as_str));
            }
        }
        query.number("timeoutSeconds", self.timeout_seconds);
        query.text("shardSelector", self.shard_selector.as_deref());
        common(query, self.pretty, self.timeout);
    }

    /// The parameters of a watch of the same objects, from a version on.
    #[must_use]
    pub fn to_watch(&self, resource_version: impl Into<String>) -> WatchParams {
        WatchParams {
            label_selector: self.label_selector.clone(),
            field_selector: self.field_selector.clone(),
            shard_selector: self.shard_selector.clone(),
            resource_version: Some(resource_version.into()),
            allow_bookmarks: true,
            ..WatchParams::default()
        }
    }
}

impl WatchParams {
    pub(super) fn query(&self, query: &mut Query) {
        query.push("watch", "true");
        query.text("labelSelector", self.label_selector.as_deref());
        query.text("fieldSelector", self.field_selector.as_deref());
        query.text("resourceVersion", self.resource_version.as_deref());
        let implied = self.send_initial_events.map(|_| VersionMatch::NotOlderThan);
        query.text("resourceVersionMatch", self.resource_version_match.or(implied).map(VersionMatch::as_str));
        query.flag("allowWatchBookmarks", self.allow_bookmarks);
        query.number("sendInitialEvents", self.send_initial_events);
        query.number("timeoutSeconds", self.timeout_seconds);
        query.text("shardSelector", self.shard_selector.as_deref());
    }
}

impl WriteParams {
    pub(super) fn query(&self, query: &mut Query) -> Result<(), String> {
        write_parameters(query, self.dry_run, self.field_manager.as_deref(), self.field_validation)?;
        common(query, self.pretty, self.timeout);
        Ok(())
    }
}

impl PatchParams {
    pub(super) fn query(&self, query: &mut Query) -> Result<(), String> {
        write_parameters(query, self.dry_run, self.field_manager.as_deref(), self.field_validation)?;
        query.flag("force", self.force);
        common(query, self.pretty, self.timeout);
        Ok(())
    }
}

fn write_parameters(
    query: &mut Query,
    dry_run: bool,
    field_manager: Option<&str>,
    field_validation: Option<FieldValidation>,
) -> Result<(), String> {
    if dry_run {
        query.push("dryRun", "All");
    }
    if let Some(manager) = field_manager {
        if manager.len() > FIELD_MANAGER_MAX {
            return Err(format!(
                "the field manager {manager:?} has {} bytes, and may have {FIELD_MANAGER_MAX}",
                manager.len()
            ));
        }
        if !is_printable(manager) {
            return Err(format!("the field manager {manager:?} has characters that cannot be printed"));
        }
        query.push("fieldManager", manager);
    }
    query.text("fieldValidation", field_validation.map(FieldValidation::as_str));
    Ok(())
}

/// Letters, marks, numbers, punctuation, symbols and the ASCII space, which servers count as printable.
fn is_printable(text: &str) -> bool {
    // The standard library escapes characters that are not printable. It also escapes quotes, backslashes, and marks at
    // the beginning of a text.
    let text = format!("x{}", text.replace(['"', '\'', '\\'], ""));
    text.escape_debug().eq(text.chars())
}

pub(super) fn common(query: &mut Query, pretty: bool, timeout: Option<Duration>) {
    query.flag("pretty", pretty);
    query.text("timeout", timeout.map(go_duration).as_deref());
}

/// A duration in the format of Go's `time.ParseDuration`, rounded up to milliseconds.
fn go_duration(duration: Duration) -> String {
    match duration.as_nanos().div_ceil(1_000_000) {
        millis if millis % 1000 == 0 => format!("{}s", millis / 1000),
        millis => format!("{millis}ms"),
    }
}

const FIELD_MANAGER_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_printed() {
        for text in [
            "",
            "kubectl-client-side-apply",
            "a b",
            "it's \"me\" \\",
            "Prüfer",
            "管理者",
            "e\u{301}",
            "\u{301}",
            "∑€🦀",
        ] {
            assert!(is_printable(text), "{text:?}");
        }
        // Control, tab, no-break space, zero-width space, line separator, right-to-left mark, private use, unassigned.
        for c in
            ['\0', '\t', '\n', '\u{7f}', '\u{85}', '\u{a0}', '\u{200b}', '\u{2028}', '\u{200f}', '\u{e000}', '\u{378}']
        {
            assert!(!is_printable(&format!("a{c}b")), "{c:?}");
        }
    }

    #[test]
    fn durations_are_go_s() {
        for (duration, text) in [
            (Duration::from_secs(10), "10s"),
            (Duration::from_millis(1500), "1500ms"),
            (Duration::from_nanos(1), "1ms"),
            (Duration::ZERO, "0s"),
            (Duration::from_secs(3600), "3600s"),
        ] {
            assert_eq!(go_duration(duration), text);
        }
    }
}
