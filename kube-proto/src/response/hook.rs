//! Where the server's warnings go.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use http::HeaderMap;

use super::warning::warnings;
use crate::error::Attempt;
use crate::lock::lock;

/// A warning of the server about a request, for example ``unknown field "spec.replcias"`` or a deprecated API.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Warning<'a> {
    /// The text, on one line and without control characters.
    pub text: &'a str,
    /// The request.
    pub attempt: &'a Attempt,
}

/// What a session does with the warnings of all responses.
///
/// By default a ready transport prints each text once to standard error, as `Warning: ` and the text. client-go prints
/// them to its log by default, and kubectl as here. A session that is made without a transport ignores them.
///
/// ```
/// use kube_proto::response::Warnings;
///
/// // To the program's own log. The feature `tracing` has `Warnings::tracing` for the crate of that name.
/// let log = Warnings::to(|warning| println!("{}: {}", warning.attempt, warning.text));
/// let off = Warnings::off();
/// # let _ = (log, off);
/// ```
///
/// `with_info` and `response_info` return the warnings of one response to its caller; the hook gets them too.
#[derive(Clone, Default)]
pub struct Warnings(Option<Arc<Hook>>);

type Hook = dyn Fn(&Warning<'_>) + Send + Sync;

impl Warnings {
    /// Ignores all warnings.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Calls `hook` with each warning of each response, also if the same text comes again. The hook runs on the thread of
    /// the operation, before its next step: it must not block for long.
    pub fn to(hook: impl Fn(&Warning<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// Calls `hook` once for each text. It remembers 256 KiB of texts; then it forgets all, and they may come again.
    pub fn once(hook: impl Fn(&Warning<'_>) + Send + Sync + 'static) -> Self {
        let seen = Mutex::new(Seen::default());
        Self::to(move |warning| {
            let new = lock(&seen).is_new(warning.text);
            if new {
                hook(warning);
            }
        })
    }

    /// Makes each text once an event of the crate `tracing`: level `WARN`, target `kube_proto::warning`, the request in the
    /// field `request`. As [`once`](Self::once) otherwise.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn tracing() -> Self {
        Self::once(|warning| {
            tracing::warn!(target: "kube_proto::warning", request = %warning.attempt, "{}", warning.text);
        })
    }

    /// Passes the warnings of a response on.
    pub(crate) fn tell(&self, headers: &HeaderMap, attempt: impl FnOnce() -> Attempt) {
        let Some(hook) = &self.0 else { return };
        if headers.contains_key(http::header::WARNING) {
            let attempt = &attempt();
            for text in warnings(headers) {
                hook(&Warning { text: &text, attempt });
            }
        }
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Warnings").field(&if self.0.is_some() { "hook" } else { "off" }).finish()
    }
}

/// Texts that came before.
#[derive(Default)]
struct Seen {
    texts: BTreeSet<String>,
    bytes: usize,
}

impl Seen {
    fn is_new(&mut self, text: &str) -> bool {
        if self.texts.contains(text) {
            return false;
        }
        if self.bytes + text.len() > REMEMBERED {
            *self = Self::default();
        }
        if text.len() <= REMEMBERED {
            self.bytes += text.len();
            self.texts.insert(text.to_owned());
        }
        true
    }
}

/// The most bytes of texts that are remembered.
const REMEMBERED: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn texts_are_remembered_up_to_a_limit() {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let once = Warnings::once(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let tell = |text: String| {
            let value = format!("299 - \"{text}\"").parse().unwrap();
            once.tell(&HeaderMap::from_iter([(http::header::WARNING, value)]), Attempt::default);
            count.load(Ordering::Relaxed)
        };
        let text = |n: usize| format!("{n:01024}");
        for n in 0..256 {
            assert_eq!(tell(text(n)), n + 1);
        }
        assert_eq!(tell(text(5)), 256);
        assert_eq!(tell(text(256)), 257, "the limit is reached, and all are forgotten");
        assert_eq!(tell(text(5)), 258);
        assert_eq!(tell(text(5)), 258);
        let mut seen = Seen::default();
        assert!(seen.is_new("a") && !seen.is_new("a"));
        assert!(seen.is_new(&"x".repeat(REMEMBERED + 1)) && seen.texts.is_empty());
    }

    /// A subscriber that keeps its events.
    #[cfg(feature = "tracing")]
    #[derive(Clone, Default)]
    struct Keep(Arc<Mutex<Vec<String>>>);

    #[cfg(feature = "tracing")]
    impl tracing::Subscriber for Keep {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let mut text = format!("{} {}", event.metadata().level(), event.metadata().target());
            event.record(&mut |field: &tracing::field::Field, value: &dyn fmt::Debug| {
                text += &format!(" {field}={value:?}");
            });
            self.0.lock().unwrap().push(text);
        }

        fn enter(&self, _: &tracing::span::Id) {}

        fn exit(&self, _: &tracing::span::Id) {}
    }

    #[cfg(feature = "tracing")]
    #[test]
    fn each_text_is_one_event_of_tracing() {
        let kept = Keep::default();
        let attempt = Attempt { verb: "get".into(), resource: "pods".into(), ..Attempt::default() };
        let headers = HeaderMap::from_iter([(http::header::WARNING, "299 - \"old\"".parse().unwrap())]);
        let warnings = Warnings::tracing();
        tracing::subscriber::with_default(kept.clone(), || {
            (0..2).for_each(|_| warnings.tell(&headers, || attempt.clone()));
        });
        let expected = format!("WARN kube_proto::warning message=old request={attempt}");
        assert_eq!(*kept.0.lock().unwrap(), [expected]);
    }
}
