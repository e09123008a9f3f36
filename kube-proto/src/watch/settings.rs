//! The settings of a watch.

use std::ops::Range;
use std::time::Duration;

use super::backoff::Backoff;
use crate::frame::trim::Trim;
use crate::request::fields::FieldSelector;

/// The settings of a [`Watch`](super::Watch): a struct with public fields, and methods for the most common ones.
///
/// ```
/// use kube_proto::watch::WatchSettings;
///
/// let web = WatchSettings::default().label_selector("app=web");
/// let one = WatchSettings::default().name("web-0");
/// # let _ = (web, one);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WatchSettings {
    /// Only objects with matching labels: text, or a [`LabelSelector`](crate::request::labels::LabelSelector).
    pub label_selector: Option<String>,
    /// Only objects with matching fields: text, or a [`FieldSelector`].
    pub field_selector: Option<String>,
    /// Only the object with this name. It need not exist yet.
    pub name: Option<String>,
    /// Only one shard of the objects (alpha in 1.36).
    pub shard_selector: Option<String>,
    /// Start the watch at this version, without a list if the server still has that version.
    pub resume: Option<String>,
    /// Begin with a streaming list if the server supports it (1.32 and later). On by default.
    pub streaming: bool,
    /// The first list may come from the server's cache, even if that is old. Cheaper for servers before 1.31, but the
    /// list may lack objects that this client has seen or created. Off by default.
    pub any_version: bool,
    /// The number of objects per page of a list; 0 for lists without pages. 500 by default.
    pub page_size: u32,
    /// The range of `timeoutSeconds`, after which the server ends a watch. Drawn at random for each watch. 300..600 by
    /// default.
    pub timeout_seconds: Range<u32>,
    /// How long after `timeout_seconds` a silent watch fails. 30 s by default.
    pub grace: Duration,
    /// The longest wait for the head of a streaming list, connection included, before a list in pages is used. 20 s by
    /// default: a busy server keeps a request waiting for 15 s before it answers 429.
    pub streaming_head: Duration,
    /// The longest silence of a streaming list before a list in pages is used, and the longest time in which it has only
    /// live events: a server that does not know streaming lists sends nothing else. 10 s by default.
    pub streaming_silence: Duration,
    /// The longest total wait for a streaming list. Time in which the caller does not poll does not count. 120 s by
    /// default.
    pub streaming_total: Duration,
    /// The waits after failures.
    pub backoff: Backoff,
    /// The longest wait for a `Retry-After`: a longer one is cut to this. 5 minutes by default.
    pub patience: Duration,
    /// The reaction to a refusal of the server (401, 403, 404). Retries by default.
    pub refused: OnRefusal,
    /// The parts of each object to leave out. A watch leaves out nothing by default, a reflector `managedFields`.
    pub trim: Option<Trim>,
}

/// The reaction to a refusal of a list or a watch: 401, 403, or 404 because the resource does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRefusal {
    /// Yield the error and retry with backoff, because roles and resource definitions may be added later. A store keeps
    /// its objects meanwhile.
    #[default]
    Retry,
    /// End with the error.
    End,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            label_selector: None,
            field_selector: None,
            name: None,
            shard_selector: None,
            resume: None,
            streaming: true,
            any_version: false,
            page_size: 500,
            timeout_seconds: 300..600,
            grace: Duration::from_secs(30),
            streaming_head: Duration::from_secs(20),
            streaming_silence: Duration::from_secs(10),
            streaming_total: Duration::from_secs(120),
            backoff: Backoff::default(),
            patience: Duration::from_secs(300),
            refused: OnRefusal::default(),
            trim: None,
        }
    }
}

impl WatchSettings {
    /// Only objects with matching labels: text, or a [`LabelSelector`](crate::request::labels::LabelSelector).
    #[must_use]
    pub fn label_selector(mut self, selector: impl Into<String>) -> Self {
        self.label_selector = Some(selector.into());
        self
    }

    /// Only objects with matching fields: text, or a [`FieldSelector`].
    #[must_use]
    pub fn field_selector(mut self, selector: impl Into<String>) -> Self {
        self.field_selector = Some(selector.into());
        self
    }

    /// Only the object with this name. It need not exist yet.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Start the watch at this version, without a list if the server still has that version.
    #[must_use]
    pub fn resume(mut self, version: impl Into<String>) -> Self {
        self.resume = Some(version.into());
        self
    }

    /// Whether to begin with a streaming list if the server supports it.
    #[must_use]
    pub fn streaming(mut self, wanted: bool) -> Self {
        self.streaming = wanted;
        self
    }

    /// The number of objects per page of a list; 0 for lists without pages.
    #[must_use]
    pub fn page_size(mut self, objects: u32) -> Self {
        self.page_size = objects;
        self
    }

    /// Sets the reaction to a refusal of the server.
    #[must_use]
    pub fn refused(mut self, then: OnRefusal) -> Self {
        self.refused = then;
        self
    }

    /// The parts of each object to leave out.
    ///
    /// An annotation that is left out is missing in the object, and a `replace` with the object deletes it on the server.
    /// `managedFields` are safe to leave out: the server keeps its own if a write has none.
    #[must_use]
    pub fn trim(mut self, trim: Trim) -> Self {
        self.trim = Some(trim);
        self
    }

    /// Whole objects, also in a reflector, which otherwise leaves out `managedFields`.
    #[must_use]
    pub fn whole_objects(self) -> Self {
        self.trim(Trim::default())
    }

    /// The field selector, with the name if there is one.
    pub(super) fn fields(&self) -> Option<String> {
        let name = self.name.as_ref().map(|name| FieldSelector::name(name).to_string());
        match (name, &self.field_selector) {
            (Some(name), Some(fields)) => Some(format!("{name},{fields}")),
            (name, fields) => name.or_else(|| fields.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setter_sets_its_own_field_and_no_other() {
        let plain = WatchSettings::default;
        type Change = fn(&mut WatchSettings);
        let rows: [(WatchSettings, Change); 9] = [
            (plain().label_selector("a=b"), |it| it.label_selector = Some("a=b".into())),
            (plain().field_selector("a=b"), |it| it.field_selector = Some("a=b".into())),
            (plain().name("n"), |it| it.name = Some("n".into())),
            (plain().resume("7"), |it| it.resume = Some("7".into())),
            (plain().streaming(false), |it| it.streaming = false),
            (plain().page_size(7), |it| it.page_size = 7),
            (plain().refused(OnRefusal::End), |it| it.refused = OnRefusal::End),
            (plain().trim(Trim::managed_fields()), |it| it.trim = Some(Trim::managed_fields())),
            (plain().whole_objects(), |it| it.trim = Some(Trim::default())),
        ];
        for (row, (set, change)) in rows.into_iter().enumerate() {
            let mut expected = plain();
            change(&mut expected);
            assert_eq!(set, expected, "row {row}");
        }
    }

    #[test]
    fn a_name_joins_the_other_fields() {
        let fields = |settings: WatchSettings| settings.fields();
        assert_eq!(fields(WatchSettings::default()), None);
        assert_eq!(fields(WatchSettings::default().name("n")).as_deref(), Some("metadata.name=n"));
        assert_eq!(fields(WatchSettings::default().field_selector("a=b")).as_deref(), Some("a=b"));
        assert_eq!(
            fields(WatchSettings::default().name("n").field_selector("a=b")).as_deref(),
            Some("metadata.name=n,a=b")
        );
    }
}
