//! The logs of several containers, merged in the order of their arrival.
//!
//! | state of a container | event | next |
//! |---|---|---|
//! | unknown | its pod is in the list, or is new, and a run has begun | `Waiting`, or `Reading` if there is room |
//! | unknown | its pod is new, and no run has begun | unknown; the pod's next change is looked at |
//! | `Waiting` | another log ends | `Reading` |
//! | `Reading` | a line | `Reading`; yields it with its origin |
//! | `Reading` | the end of its log | `Ended`; yields the end |
//! | any | its pod is deleted, and its log has ended | unknown |
//!
//! The queue of a log is its connection: no line is read before the caller wants one, and the logs take turns. So a container
//! that writes much does not hold back the others, and a slow caller holds back all.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::event::LogEvent;
use super::look::LogPod;
use super::machine::LogLines;
use super::settings::LogSettings;
use super::table::Container;
use crate::driver::group::Group;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::decode;
use crate::op::unary::Unary;
use crate::request::params::GetParams;
use crate::request::path::Namespace;
use crate::request::target::Target;
use crate::resource::{ApiResource, null_as_default};
use crate::watch::{Event, Trouble, Watch, WatchSettings};

/// The pods and containers whose logs are merged, and how each is read.
///
/// ```
/// use kube_proto::api::LogParams;
/// use kube_proto::logs::{Containers, MergeSettings, Pods};
///
/// let web = MergeSettings::new(Pods::labels("app=web"), LogParams::default().follow()).containers(Containers::All);
/// # let _ = web;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MergeSettings {
    /// Which pods.
    pub pods: Pods,
    /// Which of their containers.
    pub containers: Containers,
    /// How each log is read. The container in its parameters does not count.
    pub log: LogSettings,
    /// Pods and containers that start later are joined, from the beginning of their logs, and the merge does not end by
    /// itself. By default if the logs are followed.
    pub join: bool,
    /// The most logs that are read at once; further ones wait until another ends. 100 by default.
    pub most: usize,
}

/// Which pods.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Pods {
    /// The pod of this name.
    Named(String),
    /// The pods with these labels; the empty text is all pods.
    Labels(String),
    /// The pods of this object, by the label selector in its `spec.selector`: a deployment, a replica set, a stateful set, a
    /// daemon set, a job, a replication controller or a service.
    Of(Box<ApiResource>, String),
}

impl Pods {
    /// The pods with these labels: text, or a [`LabelSelector`](crate::api::LabelSelector).
    pub fn labels(selector: impl Into<String>) -> Self {
        Self::Labels(selector.into())
    }

    /// The pods of this object.
    pub fn of(resource: ApiResource, name: impl Into<String>) -> Self {
        Self::Of(Box::new(resource), name.into())
    }
}

/// Which containers of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Containers {
    /// The one that the pod's annotation `kubectl.kubernetes.io/default-container` names, or the first.
    #[default]
    Usual,
    /// The container of this name, in the pods that have one.
    Named(String),
    /// All: those that initialise the pod, the others, and the ephemeral ones.
    All,
}

impl MergeSettings {
    /// The usual containers of these pods.
    pub fn new(pods: Pods, log: impl Into<LogSettings>) -> Self {
        let log = log.into();
        Self { pods, containers: Containers::default(), join: log.params.follow, log, most: 100 }
    }

    /// Sets which containers.
    #[must_use]
    pub fn containers(mut self, containers: Containers) -> Self {
        self.containers = containers;
        self
    }

    /// Whether pods and containers that start later are joined.
    #[must_use]
    pub fn join(mut self, wanted: bool) -> Self {
        self.join = wanted;
        self
    }

    /// Sets the most logs that are read at once, at least 1.
    #[must_use]
    pub fn most(mut self, logs: usize) -> Self {
        self.most = logs;
        self
    }
}

/// Where a line comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogOrigin {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The pod's uid.
    pub uid: String,
    /// The container's name.
    pub container: String,
}

impl fmt::Display for LogOrigin {
    /// `pod/web-0/main`, as kubectl prefixes lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pod/{}/{}", self.pod, self.container)
    }
}

/// An item of [`MergedLogs`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MergedLog {
    /// A log begins.
    Began(Arc<LogOrigin>),
    /// A log has to wait, because the most logs are being read.
    Waits(Arc<LogOrigin>),
    /// An item of a log.
    Log(Arc<LogOrigin>, LogEvent),
    /// A log has ended, with its error if it failed. The others go on.
    Ended(Arc<LogOrigin>, Result<(), Error>),
    /// All pods that exist at the beginning are known, so many logs of theirs were found.
    Listed {
        /// The number of logs.
        logs: usize,
    },
    /// The watch of the pods recovers from an error. The caller need not act.
    Trouble(Box<Trouble>),
}

/// The logs of several containers, merged in the order of their arrival; made by [`Api::merged_logs`](crate::Api::merged_logs). A client's `together` carries
/// it out.
#[derive(Debug)]
#[must_use = "a group does nothing until a driver carries it out"]
pub struct MergedLogs {
    target: Target,
    settings: MergeSettings,
    /// Numbers of members: the first is the search for pods.
    numbers: u64,
    start: VecDeque<(u64, Member)>,
    finding: Option<u64>,
    /// The list of pods is complete.
    listed: bool,
    logs: BTreeMap<Key, State>,
    reading: BTreeMap<u64, Arc<LogOrigin>>,
    waiting: VecDeque<Found>,
    /// Items to yield before the members'.
    said: VecDeque<MergedLog>,
    over: Option<Result<(), Error>>,
}

/// A container: the uid of its pod, and its name.
type Key = (String, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Reading,
    Ended,
}

/// A container whose log is to be read.
#[derive(Clone, Debug)]
struct Found {
    origin: Arc<LogOrigin>,
    /// It is read from its beginning, because it started later.
    later: bool,
    /// The caller knows that it waits.
    told: bool,
}

/// A member of [`MergedLogs`].
#[derive(Debug)]
pub struct Member(Kind);

#[derive(Debug)]
enum Kind {
    Find(Box<Unary<Selecting>>),
    Pods(Box<Watch<LogPod>>),
    Log(Box<LogLines>),
}

/// An item of a member of [`MergedLogs`].
#[derive(Debug)]
pub struct MemberItem(Item);

#[derive(Debug)]
enum Item {
    Selector(Selecting),
    Pod(Box<Event<LogPod>>),
    Log(LogEvent),
}

/// An object that selects pods.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Selecting {
    #[serde(deserialize_with = "null_as_default")]
    spec: SelectingSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SelectingSpec {
    selector: Option<Selector>,
}

/// `metav1.LabelSelector`, or the plain map of services and replication controllers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selector {
    #[serde(deserialize_with = "null_as_default")]
    match_labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    match_expressions: Vec<Expression>,
    #[serde(flatten)]
    plain: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Expression {
    key: String,
    operator: String,
    #[serde(deserialize_with = "null_as_default")]
    values: Vec<String>,
}

impl Selecting {
    /// As a label selector of a request; `None` if it selects nothing.
    fn labels(&self) -> Option<String> {
        let selector = self.spec.selector.as_ref()?;
        let plain = selector.plain.iter().filter_map(|(key, value)| Some((key, value.as_str()?)));
        let pairs = selector.match_labels.iter().map(|(key, value)| (key, value.as_str())).chain(plain);
        let mut terms: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
        for Expression { key, operator, values } in &selector.match_expressions {
            terms.push(match operator.as_str() {
                "In" => format!("{key} in ({})", values.join(",")),
                "NotIn" => format!("{key} notin ({})", values.join(",")),
                "Exists" => key.clone(),
                "DoesNotExist" => format!("!{key}"),
                _ => return None,
            });
        }
        (!terms.is_empty()).then(|| terms.join(","))
    }
}

impl MergedLogs {
    pub(crate) fn new(target: Target, settings: MergeSettings) -> Self {
        let mut settings = settings;
        settings.most = settings.most.max(1);
        let mut merged = Self {
            target,
            settings,
            numbers: 0,
            start: VecDeque::new(),
            finding: None,
            listed: false,
            logs: BTreeMap::new(),
            reading: BTreeMap::new(),
            waiting: VecDeque::new(),
            said: VecDeque::new(),
            over: None,
        };
        match merged.settings.pods.clone() {
            Pods::Named(name) => merged.watch(WatchSettings::default().name(name)),
            Pods::Labels(labels) => merged.watch(WatchSettings::default().label_selector(labels)),
            Pods::Of(resource, name) => {
                let object = Target::of(*resource).within(merged.target.namespace.clone());
                let find = Unary::new(object.get(&name, &GetParams::default()), decode::json);
                merged.find(Kind::Find(Box::new(find)));
            }
        }
        merged
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &MergeSettings {
        &self.settings
    }

    /// How many logs are being read.
    #[must_use]
    pub fn reading(&self) -> usize {
        self.reading.len()
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn find(&mut self, kind: Kind) {
        let number = self.number();
        self.finding = Some(number);
        self.start.push_back((number, Member(kind)));
    }

    fn watch(&mut self, settings: WatchSettings) {
        let pods = Target { resource: ApiResource::of::<LogPod>(), ..self.target.clone() };
        self.find(Kind::Pods(Box::new(Watch::new(pods, settings))));
    }

    fn pod(&mut self, pod: &LogPod) {
        let names: Vec<&str> = match &self.settings.containers {
            Containers::Usual => pod.usual_or_first().into_iter().collect(),
            Containers::Named(name) => pod.names().filter(|known| known == name).collect(),
            Containers::All => pod.names().collect(),
        };
        let head = &pod.metadata;
        for name in names {
            let key = (head.uid.clone(), name.to_owned());
            // A log that is not followed is asked for in any case: the server has the words for what is wrong with it.
            let begun = !self.settings.join || pod.container(name, true).1 != Container::NotStarted;
            if !begun || self.logs.contains_key(&key) {
                continue;
            }
            self.logs.insert(key, State::Waiting);
            let origin = LogOrigin {
                namespace: head.namespace.clone(),
                pod: head.name.clone(),
                uid: head.uid.clone(),
                container: name.to_owned(),
            };
            self.waiting.push_back(Found { origin: Arc::new(origin), later: self.listed, told: false });
        }
    }

    fn fill(&mut self) {
        while self.reading.len() < self.settings.most
            && let Some(Found { origin, later, .. }) = self.waiting.pop_front()
        {
            let mut settings = self.settings.log.clone();
            settings.params.container = Some(origin.container.clone());
            if later {
                let params = &mut settings.params;
                (params.tail_lines, params.since_seconds, params.since_time) = (None, None, None);
            }
            let mut pods = self.target.clone();
            if !origin.namespace.is_empty() {
                pods.namespace = Namespace::from(origin.namespace.as_str());
            }
            let log = LogLines::new(pods, origin.pod.clone(), settings).of(origin.uid.clone());
            let number = self.number();
            self.logs.insert((origin.uid.clone(), origin.container.clone()), State::Reading);
            self.said.push_back(MergedLog::Began(Arc::clone(&origin)));
            self.reading.insert(number, origin);
            self.start.push_back((number, Member(Kind::Log(Box::new(log)))));
        }
        for found in self.waiting.iter_mut().filter(|found| !found.told) {
            found.told = true;
            self.said.push_back(MergedLog::Waits(Arc::clone(&found.origin)));
        }
        if self.finding.is_none() && self.reading.is_empty() && self.waiting.is_empty() {
            self.over.get_or_insert(Ok(()));
        }
    }

    fn changed(&mut self, event: Event<LogPod>) {
        match event {
            Event::InitApplied(pod) | Event::Applied(pod) => self.pod(&pod),
            Event::Deleted(pod) | Event::InitDeleted(pod) => {
                let uid = pod.metadata.uid;
                self.logs.retain(|(of, _), state| *of != uid || *state != State::Ended);
            }
            Event::InitDone { .. } if !self.listed => {
                self.listed = true;
                self.said.push_back(MergedLog::Listed { logs: self.logs.len() });
                if !self.settings.join {
                    self.finding = None;
                }
            }
            Event::Trouble(trouble) => self.said.push_back(MergedLog::Trouble(trouble)),
            _ => {}
        }
    }
}

impl Group for MergedLogs {
    type Member = Member;
    type Item = MergedLog;

    fn start(&mut self) -> Option<(u64, Member)> {
        self.start.pop_front()
    }

    fn queued(&mut self) -> Option<MergedLog> {
        self.said.pop_front()
    }

    fn item(&mut self, member: u64, item: MemberItem) -> Option<MergedLog> {
        match item.0 {
            Item::Log(event) => {
                let origin = Arc::clone(self.reading.get(&member)?);
                return Some(MergedLog::Log(origin, event));
            }
            Item::Pod(event) => self.changed(*event),
            Item::Selector(object) => match object.labels() {
                Some(labels) => self.watch(WatchSettings::default().label_selector(labels)),
                None => self.over = Some(Err(Error::misuse("the object selects no pods"))),
            },
        }
        self.fill();
        None
    }

    fn end(&mut self, member: u64, result: Result<(), Error>) -> Option<MergedLog> {
        if let Some(origin) = self.reading.remove(&member) {
            self.logs.insert((origin.uid.clone(), origin.container.clone()), State::Ended);
            self.fill();
            return Some(MergedLog::Ended(origin, result));
        }
        if self.finding == Some(member) {
            self.finding = None;
            if result.is_err() {
                self.over = Some(result);
            }
        }
        self.fill();
        None
    }

    fn needs(&self, member: u64) -> bool {
        self.finding == Some(member) || self.reading.contains_key(&member)
    }

    fn over(&self) -> Option<Result<(), Error>> {
        self.over.clone()
    }
}

impl Operation for Member {
    type Item = MemberItem;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<MemberItem> {
        match &mut self.0 {
            Kind::Find(find) => find.resume(input, cx).map(|object| MemberItem(Item::Selector(object))),
            Kind::Pods(pods) => pods.resume(input, cx).map(|event| MemberItem(Item::Pod(Box::new(event)))),
            Kind::Log(log) => log.resume(input, cx).map(|event| MemberItem(Item::Log(event))),
        }
    }
}
