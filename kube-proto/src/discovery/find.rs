//! One resource by a name or a kind.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Looking` | the value has it | `Over`: yields the resource |
//! | `Looking` | a value from the cache does not have it | `Again`: asks the server, with ETags |
//! | `Looking` | a value from the server does not have it | `Over` with the error |
//! | `Again` | the value has it | `Over`: yields the resource |
//! | `Again` | it does not | `Over` with the error |
//! | `Looking`, `Again` | discovery fails | `Over` with the error |
//! | `Over` | | `Over`; repeats the result |

use super::cache::DiscoveryCache;
use super::operation::{Discovering, discover};
use super::{DiscoveredResource, Discovery};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::{Inner, pass};

/// The resource of this name, as [`Discovery::resolve`] finds it: `deploy`, `pods`, `certificates.cert-manager.io`.
///
/// Its error is that of [`Discovery::resolve`], or of [`discover`].
///
/// ```
/// use kube_proto::api::ListParams;
/// use kube_proto::client::AsyncClient;
/// use kube_proto::discovery::find;
/// use kube_proto::{Api, Error};
///
/// async fn names<C: AsyncClient>(client: &C, resource: &str) -> Result<Vec<String>, Error> {
///     let found = client.call(find(resource)).await?;
///     let api = Api::dynamic(found.resource).metadata();
///     let list = client.call(api.list(&ListParams::default())).await?;
///     Ok(list.items.into_iter().filter_map(|item| item.metadata.name).collect())
/// }
/// ```
pub fn find(name: impl Into<String>) -> Find {
    Find::new(Wanted::Name(name.into()))
}

/// The resource of objects with this `apiVersion` and `kind`, as in a manifest: `apps/v1`, `Deployment`.
///
/// Its error is that of [`Discovery::kind`], or of [`discover`].
pub fn find_kind(api_version: impl Into<String>, kind: impl Into<String>) -> Find {
    Find::new(Wanted::Kind { api_version: api_version.into(), kind: kind.into() })
}

/// The operation of [`find`] and [`find_kind`]: yields a [`DiscoveredResource`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Find {
    wanted: Wanted,
    cache: Option<DiscoveryCache>,
    stage: Stage,
}

#[derive(Debug)]
enum Wanted {
    Name(String),
    Kind { api_version: String, kind: String },
}

#[derive(Debug)]
enum Stage {
    Looking(Box<Discovering>),
    Again(Box<Discovering>),
    Over(Result<(), Error>),
}

impl Find {
    fn new(wanted: Wanted) -> Self {
        Self { wanted, cache: None, stage: Stage::Looking(Box::new(discover())) }
    }

    /// Looks in this cache first. If its value does not have the resource, asks the server once.
    pub fn cached(mut self, cache: &DiscoveryCache) -> Self {
        self.cache = Some(cache.clone());
        self.stage = Stage::Looking(Box::new(discover().cached(cache)));
        self
    }

    fn over<T>(&mut self, result: Result<(), Error>) -> Step<T> {
        self.stage = Stage::Over(result.clone());
        Step::Done(result)
    }
}

impl Wanted {
    fn look(&self, discovery: &Discovery) -> Result<DiscoveredResource, Error> {
        match self {
            Wanted::Name(name) => discovery.resolve(name).cloned(),
            Wanted::Kind { api_version, kind } => discovery.kind(api_version, kind).cloned(),
        }
    }
}

impl OneResult for Find {}

impl Operation for Find {
    type Item = DiscoveredResource;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<DiscoveredResource> {
        loop {
            let (discovering, last) = match &mut self.stage {
                Stage::Looking(discovering) => (discovering, false),
                Stage::Again(discovering) => (discovering, true),
                Stage::Over(result) => return Step::Done(result.clone()),
            };
            let discovery = match pass!(discovering.resume(input.take(), cx)) {
                Inner::Yield(discovery) => discovery,
                Inner::Done(result) => return self.over(result),
            };
            let last = last || discovering.has_asked();
            match (self.wanted.look(&discovery), &self.cache) {
                (Ok(found), _) => {
                    self.stage = Stage::Over(Ok(()));
                    return Step::Yield(found);
                }
                (Err(_), Some(cache)) if !last => {
                    self.stage = Stage::Again(Box::new(discover().cached(cache).anew()));
                }
                (Err(error), _) => return self.over(Err(error)),
            }
        }
    }
}
