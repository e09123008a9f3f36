//! Discovery that is kept.
//!
//! The age is measured on the wall clock, because a [`Discovered`] may come from a file of another process. A clock that was set
//! back makes it expired, and not valid for longer.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Discovery;
use crate::driver::time::Now;
use crate::error::Error;
use crate::lock::lock;

/// The resources of a server, and when the server named them. It dereferences to [`Discovery`], and serializes for a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discovered {
    /// The resources.
    pub discovery: Discovery,
    /// When the server answered, since 1970-01-01T00:00:00Z.
    pub fetched: Duration,
    /// The URL of the server: it is never used for another one.
    pub(super) server: String,
    /// The ETag of `/api`, if that was the aggregated form.
    #[serde(default)]
    pub(super) core_tag: String,
    /// The ETag of `/apis`, if that was the aggregated form.
    #[serde(default)]
    pub(super) named_tag: String,
}

impl Discovered {
    /// The most bytes that [`Discovered::from_json`] reads: 64 MiB. Servers with 1,000 resource definitions need less than 1 MiB.
    pub const LIMIT: usize = 64 << 20;

    /// Reads what [`Discovered::to_json`] wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if it is another document, or larger than [`Discovered::LIMIT`].
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        if json.len() > Self::LIMIT {
            return Err(Error::too_large("the kept discovery", Self::LIMIT));
        }
        crate::json::from_slice(json).map_err(|error| Error::decode(format!("this is no kept discovery: {error}"), b""))
    }

    /// Writes it for a file. It has no secrets, but names all resources of the server.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // The fields are texts, lists and numbers: they serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The time since the server answered; `None` if the clock says that this was in the future.
    #[must_use]
    pub fn age(&self, now: Now) -> Option<Duration> {
        now.unix.checked_sub(self.fetched)
    }
}

impl Deref for Discovered {
    type Target = Discovery;

    fn deref(&self) -> &Discovery {
        &self.discovery
    }
}

/// A place for one [`Discovered`] that operations share. It is a cheap clone; all clones are the same place.
///
/// An operation with a cache sends no request while the value is younger than the time to live. After that it sends the ETags of
/// the value along, so that a server without news answers with two empty responses. [`find`](super::find()) asks again before the
/// time, once, if the value does not have the name.
///
/// ```
/// use std::time::Duration;
///
/// use kube_proto::client::AsyncClient;
/// use kube_proto::discovery::{Discovered, DiscoveryCache, find};
/// use kube_proto::Error;
///
/// // kubectl keeps discovery for six hours.
/// let cache = DiscoveryCache::new(Duration::from_secs(6 * 60 * 60));
///
/// async fn resources<C: AsyncClient>(client: &C, cache: &DiscoveryCache) -> Result<(), Error> {
///     for name in ["deploy", "cm", "certificates.cert-manager.io"] {
///         let found = client.call(find(name).cached(cache)).await?;
///         println!("{name} is {}", found.resource);
///     }
///     Ok(())
/// }
///
/// // From a file and back.
/// # let file = Discovered::default().to_json();
/// cache.set(Discovered::from_json(&file)?);
/// let file = cache.value().map(|value| value.to_json());
/// # let _ = file;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DiscoveryCache {
    ttl: Duration,
    value: Arc<Mutex<Option<Arc<Discovered>>>>,
}

impl DiscoveryCache {
    /// An empty cache whose value lives this long. Zero asks the server each time, with ETags.
    #[must_use]
    pub fn new(ttl: Duration) -> Self {
        Self { ttl, value: Arc::default() }
    }

    /// The value, of any age.
    #[must_use]
    pub fn value(&self) -> Option<Arc<Discovered>> {
        self.lock().clone()
    }

    /// Replaces the value, for example by one from a file.
    pub fn set(&self, value: impl Into<Arc<Discovered>>) {
        *self.lock() = Some(value.into());
    }

    /// Forgets the value: after the definition of a resource, for example.
    pub fn clear(&self) {
        *self.lock() = None;
    }

    /// The value, if it may be used without asking the server. One with [failures](Discovery::failures) lives at most 10 seconds.
    #[must_use]
    pub fn fresh(&self, now: Now) -> Option<Arc<Discovered>> {
        let value = self.value()?;
        let ttl = if value.failures.is_empty() { self.ttl } else { self.ttl.min(PARTIAL) };
        value.age(now).is_some_and(|age| age < ttl).then_some(value)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Discovered>>> {
        lock(&self.value)
    }
}

/// How long a value lives in which a group is missing.
const PARTIAL: Duration = Duration::from_secs(10);
