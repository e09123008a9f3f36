//! Where the server's warnings go.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;

use super::warning::warnings;
use crate::error::Attempt;

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
/// // To the program's own log; with the crate `tracing`, `tracing::warn!(text = warning.text, ...)`.
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
            let new = seen.lock().unwrap_or_else(PoisonError::into_inner).is_new(warning.text);
            if new {
                hook(warning);
            }
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
}
