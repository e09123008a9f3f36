//! Logs that are followed, all at once, after the command that found them.

use std::collections::{BTreeMap, VecDeque};

use kube_proto::Error;
use kube_proto::driver::{Cx, Group, Input, Operation, Step};
use kube_proto::logs::{LogEvent, LogLines, LogSettings};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};

use super::desk::{Followed, Printed};
use super::failure::message;
use super::machine::Kubectl;

/// A command line as a group: the command, and the logs that it follows. Yields the outputs, and last the exit code.
#[derive(Debug)]
pub struct Running {
    start: VecDeque<(u64, Part)>,
    logs: BTreeMap<u64, Followed>,
    /// The members that have not ended.
    left: usize,
    failed: bool,
    exited: bool,
}

/// A member of [`Running`].
#[derive(Debug)]
pub struct Part(Kind);

#[derive(Debug)]
enum Kind {
    Command(Box<Kubectl>),
    Log(Box<LogLines>),
}

/// An item of a member of [`Running`].
#[derive(Debug)]
pub struct PartItem(Item);

#[derive(Debug)]
enum Item {
    Printed(Printed),
    Log(Box<LogEvent>),
}

impl Running {
    /// The group of a command.
    #[must_use]
    pub fn new(command: Kubectl) -> Self {
        Self {
            start: [(0, Part(Kind::Command(Box::new(command))))].into(),
            logs: BTreeMap::new(),
            left: 1,
            failed: false,
            exited: false,
        }
    }

    fn follow(&mut self, namespace: &str, logs: Vec<Followed>) {
        for (number, followed) in (1..).zip(logs) {
            let log = followed.log(namespace);
            self.start.push_back((number, Part(Kind::Log(Box::new(log)))));
            self.logs.insert(number, followed);
            self.left += 1;
        }
    }
}

impl Followed {
    /// The operation.
    pub fn log(&self, namespace: &str) -> LogLines {
        let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
        let pods = kube_proto::Api::<DynamicObject>::dynamic(pods).within(namespace);
        // As kubectl: a log ends with its container.
        pods.log_lines(&self.pod, LogSettings::new(self.params.clone()).restarts(false))
    }

    /// What is printed of an item; `None` for what only the library's user sees.
    #[must_use]
    pub fn shown(&self, event: &LogEvent) -> Option<Printed> {
        match event {
            LogEvent::Line(line) => {
                let mut out = Vec::new();
                if let Some(prefix) = self.prefix.as_ref().filter(|_| line.begins()) {
                    out.extend_from_slice(prefix.as_bytes());
                }
                line.write(self.params.timestamps, &mut out);
                Some(Printed::Out(out.into()))
            }
            LogEvent::Doubt(doubt) => Some(Printed::Err(format!("Warning: {doubt}\n"))),
            _ => None,
        }
    }
}

impl Group for Running {
    type Member = Part;
    type Item = Printed;

    fn start(&mut self) -> Option<(u64, Part)> {
        self.start.pop_front()
    }

    fn queued(&mut self) -> Option<Printed> {
        if self.exited || !(self.left == 0 || self.failed) {
            return None;
        }
        self.exited = true;
        Some(Printed::Exit(u8::from(self.failed)))
    }

    fn item(&mut self, member: u64, item: PartItem) -> Option<Printed> {
        match item.0 {
            Item::Printed(Printed::Follow(namespace, logs)) => {
                self.follow(&namespace, logs);
                None
            }
            Item::Printed(exit @ Printed::Exit(_)) => {
                self.exited = true;
                Some(exit)
            }
            Item::Printed(printed) => Some(printed),
            Item::Log(event) => self.logs.get(&member)?.shown(&event),
        }
    }

    fn end(&mut self, _member: u64, result: Result<(), Error>) -> Option<Printed> {
        self.left = self.left.saturating_sub(1);
        if let Err(error) = result {
            self.failed = true;
            return Some(Printed::Err(format!("{}\n", message(&error))));
        }
        None
    }

    fn needs(&self, _member: u64) -> bool {
        true
    }

    fn over(&self) -> Option<Result<(), Error>> {
        self.exited.then_some(Ok(()))
    }
}

impl Operation for Part {
    type Item = PartItem;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<PartItem> {
        match &mut self.0 {
            Kind::Command(command) => command.resume(input, cx).map(|printed| PartItem(Item::Printed(printed))),
            Kind::Log(log) => log.resume(input, cx).map(|event| PartItem(Item::Log(Box::new(event)))),
        }
    }
}
