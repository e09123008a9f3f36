//! The running pod behind a target, and its ports.
//!
//! | state | answer | next |
//! |---|---|---|
//! | `Service` | the service | `Pods`, with its selector |
//! | `Owner` | the object | `Pods`, with its `spec.selector` |
//! | `Pods` | the pods | yields the best one that runs |
//! | `Pod` | the pod | yields it, if it runs |
//! | any | a failure; no pod that runs | ends with the error |

use std::collections::BTreeMap;

use serde::Deserialize;

use super::port::Port;
use super::target::{PortForward, To};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::unary::Unary;
use crate::op::{Inner, pass};
use crate::request::{GetParams, LabelSelector, ListParams, Target};
use crate::resource::review::SelectorRequirement;
use crate::resource::{ApiResource, Scope};

/// The operation that finds a running pod: see [`PortForward::find`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Find {
    target: PortForward,
    state: State,
    service: Option<Vec<ServicePort>>,
}

#[derive(Debug)]
enum State {
    Service(Box<Unary<Service>>),
    Owner(Box<Unary<Owner>>),
    Pods(Box<Unary<Pods>>),
    Pod(Box<Unary<Pod>>),
    Over(Result<(), Error>),
}

/// A running pod to which a session can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The pod's name.
    pub pod: String,
    /// The ports of the service, if the target is one.
    service: Option<Vec<ServicePort>>,
    /// The named ports of the pod's containers.
    named: Vec<(String, u16)>,
}

impl Destination {
    #[cfg(test)]
    pub(super) fn of_pod_named(name: &str) -> Self {
        Self { pod: name.to_owned(), service: None, named: Vec::new() }
    }

    /// The number of the pod's port behind a port of the target. A service's port leads to its `targetPort`. The port of
    /// a headless service is the pod's own.
    ///
    /// # Errors
    /// The service has no such port, or no container of the pod has a port of this name.
    pub fn port(&self, port: &Port) -> Result<u16, Error> {
        let Some(ports) = &self.service else { return self.of_pod(port) };
        let found = ports.iter().find(|it| match port {
            Port::Number(number) => it.port == *number,
            Port::Name(name) => it.name == *name,
        });
        match (found, port) {
            (Some(found), _) => match &found.target_port {
                Some(TargetPort::Number(number)) if *number > 0 => Ok(*number),
                Some(TargetPort::Name(name)) => self.of_pod(&Port::Name(name.clone())),
                Some(TargetPort::Number(_)) | None => Ok(found.port),
            },
            (None, port) => Err(Error::misuse(format!("the service does not have a port {port}"))),
        }
    }

    fn of_pod(&self, port: &Port) -> Result<u16, Error> {
        let name = match port {
            Port::Number(number) => return Ok(*number),
            Port::Name(name) => name,
        };
        let found = self.named.iter().find(|(known, _)| known == name);
        found.map(|(_, number)| *number).ok_or_else(|| {
            Error::misuse(format!("no container of the pod {:?} has a port of the name {name:?}", self.pod))
        })
    }
}

impl PortForward {
    /// Finds a running pod. A ready one is better than one that only runs; a pod that is being deleted does not count.
    ///
    /// The operation fails if an object does not exist, or if no pod runs.
    pub fn find(&self) -> Find {
        Find::new(self.clone())
    }
}

impl Find {
    fn new(target: PortForward) -> Self {
        let at = |resource: ApiResource| Target::of(resource).within(target.namespace.clone());
        let get = GetParams::default();
        let state = match &target.to {
            To::Pod(name) => State::Pod(Box::new(at(pods()).get(name, &get).json())),
            To::Service(name) => {
                let services = ApiResource::new("v1", "Service", "services", Scope::Namespaced);
                State::Service(Box::new(at(services).get(name, &get).json()))
            }
            To::Owner(resource, name) => State::Owner(Box::new(at(resource.clone()).get(name, &get).json())),
            To::Selector(selector) => list(&target, selector),
        };
        Self { target, state, service: None }
    }

    fn over(&mut self, result: Result<(), Error>) -> Step<Destination> {
        self.state = State::Over(result.clone());
        Step::Done(result)
    }

    /// What to do with the pods of this selector.
    fn select(&mut self, selector: Result<LabelSelector, Error>) -> Result<(), Error> {
        let selector = selector?;
        if selector.requirements().is_empty() {
            return Err(Error::misuse(format!("{} selects no pods", self.target.to)));
        }
        self.state = list(&self.target, &selector);
        Ok(())
    }

    fn found(&mut self, mut pods: Vec<Pod>) -> Step<Destination> {
        if let (To::Pod(name), [pod]) = (&self.target.to, &pods[..])
            && !pod.runs()
        {
            let phase = &pod.status.phase;
            let text = format!("ports of the pod {name:?} cannot be forwarded: it does not run (its phase is {phase})");
            return self.over(Err(Error::misuse(text)));
        }
        pods.retain(|pod| {
            pod.runs() && pod.metadata.deletion_timestamp.is_none() || matches!(self.target.to, To::Pod(_))
        });
        // A ready one is best; among equals the first by name.
        pods.sort_by(|a, b| b.is_ready().cmp(&a.is_ready()).then_with(|| a.metadata.name.cmp(&b.metadata.name)));
        match pods.into_iter().next() {
            Some(pod) => {
                self.state = State::Over(Ok(()));
                Step::Yield(Destination { service: self.service.take(), named: pod.named(), pod: pod.metadata.name })
            }
            None => self.over(Err(Error::misuse(format!("no pod of {} is running", self.target.to)))),
        }
    }
}

impl OneResult for Find {}

impl Operation for Find {
    type Item = Destination;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Destination> {
        loop {
            let next = match &mut self.state {
                State::Over(result) => return Step::Done(result.clone()),
                State::Pod(call) => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(pod) => return self.found(vec![pod]),
                    Inner::Done(result) => result,
                },
                State::Pods(call) => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(pods) => return self.found(pods.items),
                    Inner::Done(result) => result,
                },
                State::Service(call) => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(Service { spec }) => {
                        let headless = spec.cluster_ip.as_deref() == Some("None");
                        self.service = (!headless).then_some(spec.ports);
                        self.select(LabelSelector::of(&spec.selector, &[]))
                    }
                    Inner::Done(result) => result,
                },
                State::Owner(call) => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(Owner { spec: OwnerSpec { selector } }) => {
                        self.select(LabelSelector::of(&selector.match_labels, &selector.match_expressions))
                    }
                    Inner::Done(result) => result,
                },
            };
            let going = matches!(&self.state, State::Pods(_)) && next.is_ok();
            if !going {
                return self.over(next);
            }
        }
    }
}

fn pods() -> ApiResource {
    ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)
}

fn list(target: &PortForward, selector: &LabelSelector) -> State {
    let params = ListParams::default().label_selector(selector);
    State::Pods(Box::new(Target::of(pods()).within(target.namespace.clone()).list(&params).json()))
}

// What matters here of the objects.

#[derive(Debug, Deserialize)]
struct Service {
    #[serde(default)]
    spec: ServiceSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServiceSpec {
    #[serde(rename = "clusterIP")]
    cluster_ip: Option<String>,
    selector: BTreeMap<String, String>,
    ports: Vec<ServicePort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServicePort {
    #[serde(default)]
    name: String,
    port: u16,
    target_port: Option<TargetPort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum TargetPort {
    Number(u16),
    Name(String),
}

#[derive(Debug, Deserialize)]
struct Owner {
    spec: OwnerSpec,
}

#[derive(Debug, Deserialize)]
struct OwnerSpec {
    selector: OwnerSelector,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OwnerSelector {
    match_labels: BTreeMap<String, String>,
    match_expressions: Vec<SelectorRequirement>,
}

#[derive(Debug, Deserialize)]
struct Pods {
    #[serde(default)]
    items: Vec<Pod>,
}

#[derive(Debug, Deserialize)]
struct Pod {
    metadata: PodMetadata,
    #[serde(default)]
    spec: PodSpec,
    #[serde(default)]
    status: PodStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodMetadata {
    name: String,
    deletion_timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodSpec {
    containers: Vec<Container>,
    init_containers: Vec<Container>,
}

#[derive(Debug, Deserialize)]
struct Container {
    #[serde(default)]
    ports: Vec<ContainerPort>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerPort {
    #[serde(default)]
    name: String,
    container_port: u16,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodStatus {
    phase: String,
    conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
struct Condition {
    r#type: String,
    status: String,
}

impl Pod {
    fn runs(&self) -> bool {
        self.status.phase == "Running"
    }

    fn is_ready(&self) -> bool {
        self.status.conditions.iter().any(|it| it.r#type == "Ready" && it.status == "True")
    }

    fn named(&self) -> Vec<(String, u16)> {
        let containers = self.spec.containers.iter().chain(&self.spec.init_containers);
        let ports = containers.flat_map(|container| &container.ports).filter(|port| !port.name.is_empty());
        ports.map(|port| (port.name.clone(), port.container_port)).collect()
    }
}
