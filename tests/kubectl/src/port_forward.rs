//! `port-forward`: local ports that lead to a pod. The transport's `main` opens and serves them, with the lines of here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use kube_proto::port_forward::{PortForward, PortPair};
use kube_proto::resource::{ApiResource, Scope};

use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};

pub(super) const PORT_FORWARD: &[Flag] = &[
    Flag::value(
        "address",
        "[localhost]",
        "Addresses to listen on (comma separated): IP addresses or localhost; repeatable.",
    ),
    Flag::value("pod-running-timeout", "1m0s", "Accepted, and not needed: a pod that does not run is an error."),
];

/// The local ports of a command line, and where they lead.
#[derive(Clone, Debug)]
pub struct Forwarding {
    /// The target.
    pub target: PortForward,
    /// The ports.
    pub pairs: Vec<PortPair>,
    /// The local addresses. Of those of `localhost`, one is enough.
    pub addresses: Vec<IpAddr>,
}

impl Forwarding {
    /// The line for a port that listens.
    #[must_use]
    pub fn listening(local: SocketAddr, remote: u16) -> String {
        format!("Forwarding from {local} -> {remote}")
    }

    /// The line for a connection.
    #[must_use]
    pub fn handling(local: u16) -> String {
        format!("Handling connection for {local}")
    }

    /// The line for a connection that failed.
    #[must_use]
    pub fn failed(local: u16, remote: u16, error: &kube_proto::Error) -> String {
        format!("error: an error occurred forwarding {local} -> {remote}: {error}")
    }

    /// The line for the end of the session.
    pub const LOST: &str = "error: lost connection to pod";
}

pub(super) fn port_forward(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let (subject, ports) = match words {
        [subject, ports @ ..] if !ports.is_empty() => (subject, ports),
        _ => return Err("TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples".into()),
    };
    let pairs = ports.iter().map(|pair| pair.parse()).collect::<Result<Vec<PortPair>, _>>();
    let pairs = pairs.map_err(|error| error.to_string())?;
    let target = match subject.split_once('/') {
        None => PortForward::pod(subject),
        Some((_, name)) if name.is_empty() || name.contains('/') => {
            return Err("arguments in resource/name form must have a single resource and name".into());
        }
        Some((kind, name)) => target(kind, name)?,
    };
    let mut addresses = Vec::new();
    for address in flags.texts("address") {
        for address in address.split(',') {
            match address {
                "localhost" => addresses.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]),
                address => addresses.push(address.parse().map_err(|_| format!("{address} is not a valid IP"))?),
            }
        }
    }
    if addresses.is_empty() {
        addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    Ok(Box::new(Forward(Some(Forwarding { target, pairs, addresses }))))
}

pub(super) fn target(kind: &str, name: &str) -> Result<PortForward, String> {
    let owner = |api_version, kind, plural| {
        PortForward::owner(ApiResource::new(api_version, kind, plural, Scope::Namespaced), name)
    };
    Ok(match kind {
        "pod" | "pods" | "po" => PortForward::pod(name),
        "service" | "services" | "svc" => PortForward::service(name),
        "deployment" | "deployments" | "deploy" => PortForward::deployment(name),
        "replicaset" | "replicasets" | "rs" => owner("apps/v1", "ReplicaSet", "replicasets"),
        "statefulset" | "statefulsets" | "sts" => owner("apps/v1", "StatefulSet", "statefulsets"),
        "daemonset" | "daemonsets" | "ds" => owner("apps/v1", "DaemonSet", "daemonsets"),
        "job" | "jobs" => owner("batch/v1", "Job", "jobs"),
        _ => return Err(format!("cannot forward ports of {kind}: name a pod, a service or a workload")),
    })
}

/// It has no requests of its own.
#[derive(Debug)]
struct Forward(Option<Forwarding>);

impl Command for Forward {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn forwarding(&mut self) -> Option<Forwarding> {
        self.0.take()
    }

    fn next(&mut self, _: News, _: &mut Desk<'_>) -> Result<Next, Failure> {
        Err(Failure::text("error: ports are forwarded by the program, and not by an operation".to_owned()))
    }
}
