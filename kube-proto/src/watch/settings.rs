//! What to watch, and how.

use std::ops::Range;
use std::time::Duration;

use super::backoff::Backoff;
use crate::frame::trim::Trim;
use crate::request::fields::FieldSelector;

/// What a [`Watch`](super::Watch) follows, and how: a plain struct, with methods for what is set most often.
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
    /// Only objects with matching fields: text, or a [`FieldSelector`](crate::request::fields::FieldSelector).
    pub field_selector: Option<String>,
    /// Only the object of this name. It need not exist yet.
    pub name: Option<String>,
    /// Only one shard of the objects (alpha in 1.36).
    pub shard_selector: Option<String>,
    /// Go on from this version and list nothing, as long as the server remembers it.
    pub resume: Option<String>,
    /// Begin with a streaming list where the server has it (1.32 and later); on by default.
    pub streaming: bool,
    /// The first list may be whatever the server has at hand, even if that is old. Cheaper for servers before 1.31, but
    /// what this client has seen or done before may not be in it. Off by default.
    pub any_version: bool,
    /// How many objects a page of a list has; 0 for lists in one. 500 by default.
    pub page_size: u32,
    /// After how many seconds the server is to end a watch: drawn for each from this range, by default 300..600.
    pub timeout_seconds: Range<u32>,
    /// How long after that its silence is believed; 30 s by default.
    pub grace: Duration,
    /// How long a streaming list may be silent before a list in pages is tried; 10 s by default.
    pub streaming_silence: Duration,
    /// How long to wait for the end of a streaming list in all; time in which the caller did not ask for more does not
    /// count. 120 s by default.
    pub streaming_total: Duration,
    /// The waits after what fails.
    pub backoff: Backoff,
    /// The longest `Retry-After` that is obeyed; 5 minutes by default.
    pub patience: Duration,
    /// What to do when the server refuses (401, 403, 404).
    pub refused: OnRefusal,
    /// What to leave out of each object before it is decoded.
    pub trim: Option<Trim>,
}

/// What to do when the server refuses a list or a watch: 401, 403, or 404 because the resource does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRefusal {
    /// Say so, and try again with the waits of the backoff: roles and resource definitions come and go. What was known
    /// is kept meanwhile.
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

    /// Only objects with matching fields: text, or a [`FieldSelector`](crate::request::fields::FieldSelector).
    #[must_use]
    pub fn field_selector(mut self, selector: impl Into<String>) -> Self {
        self.field_selector = Some(selector.into());
        self
    }

    /// Only the object of this name. It need not exist yet.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Go on from this version and list nothing, as long as the server remembers it.
    #[must_use]
    pub fn resume(mut self, version: impl Into<String>) -> Self {
        self.resume = Some(version.into());
        self
    }

    /// Whether to begin with a streaming list where the server has it.
    #[must_use]
    pub fn streaming(mut self, wanted: bool) -> Self {
        self.streaming = wanted;
        self
    }

    /// How many objects a page of a list has; 0 for lists in one.
    #[must_use]
    pub fn page_size(mut self, objects: u32) -> Self {
        self.page_size = objects;
        self
    }

    /// What to do when the server refuses.
    #[must_use]
    pub fn refused(mut self, then: OnRefusal) -> Self {
        self.refused = then;
        self
    }

    /// What to leave out of each object before it is decoded.
    #[must_use]
    pub fn trim(mut self, trim: Trim) -> Self {
        self.trim = Some(trim);
        self
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
