//! The keys of the metrics of calls: made once for each server and method, not for each event.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use ::metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, with_recorder};
use http::StatusCode;

/// The keys of all servers and methods so far.
#[derive(Default)]
pub(crate) struct Keys(RwLock<Vec<Arc<CallKeys>>>);

/// The keys of the calls to one server with one method.
pub(crate) struct CallKeys {
    host: String,
    verb: &'static str,
    pub(crate) calls: Key,
    pub(crate) duration: Key,
    pub(crate) request_size: Key,
    pub(crate) response_size: Key,
    requests: RwLock<Vec<(Option<StatusCode>, Key)>>,
}

impl Keys {
    /// The keys of this server and method.
    pub(crate) fn of(&self, host: &str, verb: &'static str) -> Arc<CallKeys> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = known.iter().find(|keys| keys.verb == verb && keys.host == host) {
            return Arc::clone(keys);
        }
        drop(known);
        let keys = Arc::new(CallKeys::new(host, verb));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.push(Arc::clone(&keys));
        }
        keys
    }
}

impl CallKeys {
    fn new(host: &str, verb: &'static str) -> Self {
        let by_verb = |name: &'static str| {
            Key::from_parts(name, vec![Label::from_static_parts("verb", verb), Label::new("host", host.to_owned())])
        };
        Self {
            calls: Key::from_parts("kube_client_calls", vec![Label::new("host", host.to_owned())]),
            duration: by_verb("rest_client_request_duration_seconds"),
            request_size: by_verb("rest_client_request_size_bytes"),
            response_size: by_verb("rest_client_response_size_bytes"),
            requests: RwLock::default(),
            host: host.to_owned(),
            verb,
        }
    }

    /// Counts an attempt with this status; `None` without a response.
    pub(crate) fn count(&self, status: Option<StatusCode>) {
        let known = self.requests.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = known.iter().find(|(code, _)| *code == status) {
            return counter(key).increment(1);
        }
        drop(known);
        // As in client-go.
        let code = status.map_or_else(|| "<error>".to_owned(), |status| status.as_str().to_owned());
        let method = Label::from_static_parts("method", self.verb);
        let labels = vec![Label::new("code", code), method, Label::new("host", self.host.clone())];
        let key = Key::from_parts("rest_client_requests_total", labels);
        counter(&key).increment(1);
        let mut known = self.requests.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.push((status, key));
        }
    }
}

/// The recorder that is installed now has it: nothing is kept of an earlier one.
fn counter(key: &Key) -> Counter {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA))
}

pub(crate) fn gauge(key: &Key) -> Gauge {
    with_recorder(|recorder| recorder.register_gauge(key, &METADATA))
}

pub(crate) fn histogram(key: &Key) -> Histogram {
    with_recorder(|recorder| recorder.register_histogram(key, &METADATA))
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

static METADATA: Metadata<'static> = Metadata::new("kube_observe", Level::INFO, Some(module_path!()));

/// The most servers and methods, and statuses of each, whose keys are kept. Others are made for each event.
const MOST: usize = 256;
