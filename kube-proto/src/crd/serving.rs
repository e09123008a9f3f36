//! Waits until a definition's resource is served.
//!
//! A definition is stored long before its resource can be used: one controller accepts its names, another establishes it, discovery
//! follows later, and with several API servers each one learns of it by itself. So everything has to succeed several times in a row,
//! each time on new connections, which a load balancer may lead to another server.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Definition` | established, with its names | `Discovery` |
//! | `Definition` | the names are not accepted: another definition has them | `Over` with the error |
//! | `Definition` | not yet; or a failure of the server | `Pausing` |
//! | `Definition` | it does not exist; or this client may not read it | `Over` with the error |
//! | `Discovery` | it has each served version | `Lists`: one object of the first version |
//! | `Discovery` | it does not; or a failure | `Pausing`; what has succeeded does not count |
//! | `Lists` | an answer, or 403: this client may not list, but all else is served | `Lists`: the next version |
//! | `Lists` | an answer for the last version, and more rounds are needed | `Discovery` |
//! | `Lists` | an answer for the last version in the last round | `Over`: yields the definition |
//! | `Lists` | 404, or a failure | `Pausing`; what has succeeded does not count |
//! | `Pausing` | the pause is over: 0.1 s at first, then longer, up to 2 s | `Definition` |
//! | all | the time limit | `Over` with the latest failure, or with a time-out |
//! | `Over` | | `Over`; repeats the result |

use std::time::Duration;

use bytes::Bytes;

use super::definition::{Definition, condition, definitions, is_established};
use crate::api::Api;
use crate::discovery::{Discovering, DiscoveryCache, discover};
use crate::driver::fault::Reach;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::{Moment, earliest};
use crate::error::{Attempt, Error, ErrorKind, TimeoutStage};
use crate::op::unary::Unary;
use crate::op::{Inner, pass};
use crate::request::ListParams;
use crate::resource::DynamicObject;

/// Passes on what is for the driver, with the time limit, and gives the result of one call.
macro_rules! bounded {
    ($step:expr, $until:expr) => {
        match $step {
            Step::Wait(moment) => return Step::Wait(earliest(moment, Some($until))),
            step => match pass!(step) {
                Inner::Yield(item) => Ok(item),
                Inner::Done(result) => Err(result.err().unwrap_or_else(|| Error::misuse("no response"))),
            },
        }
    };
}

/// Waits until the resource of this definition is served, and yields the definition with its status.
///
/// Served means: its names are accepted, it is established, and discovery and a list of each served version succeed three times in a
/// row ([`Served::times`]), each time on new connections. The operation fails if that takes longer than a minute
/// ([`Served::timeout`]), if another definition has the names, or if there is no such definition.
///
/// ```
/// use kube_proto::client::AsyncClient;
/// use kube_proto::crd::{Definition, served};
/// use kube_proto::{Api, Error};
///
/// async fn count<C: AsyncClient>(client: &C) -> Result<usize, Error> {
///     let definition = client.call(served("certificates.cert-manager.io")).await?;
///     let certificates = Api::dynamic(Definition::of(&definition)?.storage());
///     Ok(client.call(certificates.list(&Default::default())).await?.items.len())
/// }
/// ```
pub fn served(name: impl Into<String>) -> Served {
    Served {
        name: name.into(),
        times: TIMES,
        within: WITHIN,
        new_connections: true,
        until: None,
        pause: FIRST_PAUSE,
        succeeded: 0,
        found: None,
        tags: DiscoveryCache::new(Duration::ZERO),
        latest: None,
        waited: false,
        stage: Stage::Begin,
    }
}

/// The operation of [`served`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Served {
    name: String,
    times: u32,
    within: Duration,
    new_connections: bool,
    until: Option<Moment>,
    pause: Duration,
    /// The rounds in a row that succeeded.
    succeeded: u32,
    found: Option<(Definition, DynamicObject)>,
    /// The ETags of discovery.
    tags: DiscoveryCache,
    /// The latest failure.
    latest: Option<Error>,
    /// The last step was `Wait`: what has arrived before the time limit has been read.
    waited: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Definition(Box<Unary<DynamicObject>>),
    Discovery(Box<Discovering>),
    Lists { version: usize, call: Box<Unary<Bytes>> },
    Pausing(Moment),
    Over(Result<(), Error>),
}

impl Served {
    /// How often in a row discovery and the lists have to succeed: 3 unless set, at least once.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times.max(1);
        self
    }

    /// The time limit; a minute unless set.
    pub fn timeout(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Uses the connections that are there. It is enough where there is one API server.
    pub fn on_any_connection(mut self) -> Self {
        self.new_connections = false;
        self
    }

    /// Begins with an answer of the server: what is established needs no other.
    pub(crate) fn seen(mut self, object: DynamicObject) -> Self {
        if is_established(&object)
            && let Ok(definition) = Definition::of(&object)
        {
            self.found = Some((definition, object));
        }
        self
    }

    fn begin(&mut self) -> Stage {
        if self.found.is_some() { self.discovery() } else { self.definition() }
    }

    fn definition(&self) -> Stage {
        Stage::Definition(Box::new(self.connected(definitions().get(&self.name))))
    }

    fn discovery(&self) -> Stage {
        let discovering = discover().cached(&self.tags);
        let discovering = if self.new_connections { discovering.on_new_connections() } else { discovering };
        Stage::Discovery(Box::new(discovering))
    }

    /// The list of a served version; the next round or the end if there is none.
    fn list(&mut self, version: usize) -> Stage {
        let served = self.found.as_ref().map(|(definition, _)| definition.served()).unwrap_or_default();
        if let Some(resource) = served.into_iter().nth(version) {
            let request = Api::dynamic(resource).metadata().target().list(&ListParams::default().limit(1));
            return Stage::Lists { version, call: Box::new(self.connected(request.bytes())) };
        }
        self.succeeded += 1;
        if self.succeeded < self.times { self.discovery() } else { Stage::Over(Ok(())) }
    }

    fn connected<T>(&self, call: Unary<T>) -> Unary<T> {
        if self.new_connections { call.on_new_connection() } else { call }
    }

    fn later(&mut self, now: Moment, failure: Option<Error>) -> Stage {
        self.succeeded = 0;
        self.latest = failure.or_else(|| self.latest.take());
        let until = now.after(self.pause);
        self.pause = (self.pause * 2).min(LAST_PAUSE);
        Stage::Pausing(until)
    }

    fn take_definition(&mut self, found: Result<DynamicObject, Error>, now: Moment) -> Stage {
        let object = match found {
            Ok(object) => object,
            Err(error) if error.is_not_found() || error.is_forbidden() || error.is_unauthorized() => {
                return Stage::Over(Err(error));
            }
            Err(error) => return self.later(now, Some(error)),
        };
        if let Some(("False", message)) = condition(&object, "NamesAccepted") {
            let text = format!("the names of the CustomResourceDefinition {:?} are not accepted: {message}", self.name);
            return Stage::Over(Err(Error::misuse(text)));
        }
        match Definition::of(&object) {
            Ok(definition) if is_established(&object) => {
                self.found = Some((definition, object));
                self.discovery()
            }
            Ok(_) => self.later(now, None),
            Err(error) => Stage::Over(Err(error)),
        }
    }

    /// The error of the time limit.
    fn late(&mut self, cx: &Cx<'_>) -> Error {
        let attempt = Attempt {
            verb: "await".into(),
            resource: "customresourcedefinitions.apiextensions.k8s.io".into(),
            namespace: None,
            name: Some(self.name.clone()),
            server: cx.session.endpoint().to_string(),
            mutates: false,
            request_id: None,
        };
        let timeout = ErrorKind::Timeout { stage: TimeoutStage::Total, limit: self.within, reach: Reach::Answered };
        self.latest.take().unwrap_or_else(|| Error::new(timeout)).during(&attempt)
    }
}

impl OneResult for Served {}

impl Operation for Served {
    type Item = DynamicObject;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<DynamicObject> {
        let step = self.advance(input, cx);
        self.waited = matches!(step, Step::Wait(_));
        step
    }
}

impl Served {
    fn advance(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<DynamicObject> {
        let now = cx.now.mono;
        let until = *self.until.get_or_insert_with(|| now.after(self.within));
        if self.waited && input.is_none() && now >= until && !matches!(self.stage, Stage::Over(_)) {
            self.stage = Stage::Over(Err(self.late(cx)));
        }
        loop {
            let next = match &mut self.stage {
                Stage::Begin => self.begin(),
                Stage::Definition(call) => {
                    let found = bounded!(call.resume(input.take(), cx), until);
                    self.take_definition(found, now)
                }
                Stage::Discovery(discovering) => match bounded!(discovering.resume(input.take(), cx), until) {
                    Ok(discovery) => {
                        let served = self.found.as_ref().map(|(definition, _)| definition.served()).unwrap_or_default();
                        let missing = served.iter().find(|one| !discovery.all().any(|found| found.resource == **one));
                        match missing {
                            None => self.list(0),
                            Some(missing) => {
                                let text = format!("discovery does not have {missing} yet");
                                self.later(now, Some(Error::misuse(text)))
                            }
                        }
                    }
                    Err(error) => self.later(now, Some(error)),
                },
                Stage::Lists { version, call } => {
                    let version = *version;
                    match bounded!(call.resume(input.take(), cx), until) {
                        Err(error) if !error.is_forbidden() => self.later(now, Some(error)),
                        _ => self.list(version + 1),
                    }
                }
                Stage::Pausing(moment) if now >= *moment => self.definition(),
                Stage::Pausing(moment) => return Step::Wait(Some((*moment).min(until))),
                Stage::Over(result) => return Step::Done(result.clone()),
            };
            self.stage = next;
            if let Stage::Over(Ok(())) = &self.stage
                && let Some((_, object)) = self.found.take()
            {
                return Step::Yield(object);
            }
        }
    }
}

const TIMES: u32 = 3;
const WITHIN: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
