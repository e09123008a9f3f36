//! What the tests of recovery share: responses of a server, and the steps of a watch in short forms.

use std::time::Duration;

use http::Uri;
use kube_proto::driver::{Effect, Exchange, ExchangeKind, Fault, FaultKind, Input, Step};
use kube_proto::resource::DynamicObject;
use kube_proto::watch::{Event, Phase, Watch, WatchSettings};

use crate::border::pods;
use crate::script::{Script, answer, data, head, name, session, status};

pub(crate) type Pod = DynamicObject;
pub(crate) type Watching = Script<Watch<Pod>>;

pub(crate) fn script(settings: WatchSettings) -> Watching {
    Script::new(pods().watch(settings), &session())
}

pub(crate) fn paged() -> WatchSettings {
    WatchSettings::default().streaming(false)
}

/// A list's page.
pub(crate) fn page(names: &[&str], version: &str, token: &str) -> String {
    let items: Vec<String> = names
        .iter()
        .map(|name| format!(r#"{{"metadata":{{"name":"{name}","uid":"u-{name}","resourceVersion":"5"}}}}"#))
        .collect();
    format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"{version}","continue":"{token}"}},"items":[{}]}}"#,
        items.join(",")
    )
}

pub(crate) fn event(kind: &str, name: &str, version: &str) -> String {
    let object = format!(
        r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{name}","uid":"u-{name}","resourceVersion":"{version}"}}}}"#
    );
    format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")
}

pub(crate) fn bookmark(version: &str, end: bool) -> String {
    let annotations = if end { r#","annotations":{"k8s.io/initial-events-end":"true"}"# } else { "" };
    format!(
        "{{\"type\":\"BOOKMARK\",\"object\":{{\"metadata\":{{\"resourceVersion\":\"{version}\"{annotations}}}}}}}\n"
    )
}

pub(crate) fn in_stream(code: u16, reason: &str) -> String {
    format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", status(code, reason, "no"))
}

pub(crate) fn query(exchange: &Exchange) -> String {
    let sorted = |uri: &Uri| {
        let mut parts: Vec<_> = uri.query().unwrap_or_default().split('&').map(str::to_owned).collect();
        parts.retain(|part| !part.starts_with("timeoutSeconds=") && part != "allowWatchBookmarks=true");
        parts.join("&")
    };
    sorted(exchange.request.uri())
}

/// A short form of a step.
pub(crate) fn said(step: &Event<Pod>) -> String {
    let name = |pod: &Pod| pod.metadata.name.clone().unwrap_or_default();
    match step {
        Event::InitBegin => "begin".into(),
        Event::InitApplied(pod) => format!("+{}", name(pod)),
        Event::InitDeleted(pod) => format!("-{}", name(pod)),
        Event::InitDone { version } => format!("done {version}"),
        Event::Applied(pod) => format!("applied {}", name(pod)),
        Event::Deleted(pod) => format!("deleted {}", name(pod)),
        Event::Undecodable(what) => format!("undecodable {}", what.name.as_deref().unwrap_or("-")),
        Event::Bookmark { version } => format!("bookmark {version}"),
        Event::Trouble(trouble) => format!("trouble {:?}", trouble.ending),
        other => format!("{other:?}"),
    }
}

pub(crate) trait Play {
    /// All steps before the next effect or wait.
    fn says(&mut self) -> Vec<String>;
    /// The next exchange, with the steps and the pause before it.
    fn next(&mut self) -> (Vec<String>, Duration, String);
    /// A paged list of one object at version 10, and the watch that follows it.
    fn synced(&mut self);
    /// The same; then an event at version 11 shows that the watch works.
    fn firm(&mut self);
}

impl Play for Watching {
    fn says(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            match self.turn() {
                Step::Yield(step) => all.push(said(&step)),
                Step::Wait(_) => return all,
                other => panic!("after {all:?}: {}", name(&other)),
            }
        }
    }

    fn next(&mut self) -> (Vec<String>, Duration, String) {
        let (mut all, mut paused) = (Vec::new(), Duration::ZERO);
        loop {
            match self.turn() {
                Step::Yield(step) => all.push(said(&step)),
                Step::Do(Effect::Exchange(exchange)) => return (all, paused, query(&exchange)),
                Step::Do(Effect::Abort) => {}
                Step::Wait(Some(until)) => {
                    assert!(!self.task.in_flight(), "a pause with something in flight");
                    assert_eq!(self.task.operation().state().phase, Phase::Pausing);
                    paused += until - self.now.mono;
                    self.now = self.now.after(until - self.now.mono);
                }
                other => panic!("after {all:?}: {}", name(&other)),
            }
        }
    }

    fn synced(&mut self) {
        assert_eq!(self.exchange().kind, ExchangeKind::Call);
        self.arrived.extend(answer(200, &page(&["a"], "10", "")));
        let (said, paused, query) = self.next();
        assert_eq!((said, paused), (vec!["begin".into(), "+a".into(), "done 10".into()], Duration::ZERO));
        assert_eq!(query, "watch=true&resourceVersion=10");
    }

    fn firm(&mut self) {
        self.synced();
        self.arrived.extend([head(200, &[]), data(&event("ADDED", "b", "11"))]);
        assert_eq!(self.says(), ["applied b"]);
    }
}

pub(crate) fn closed() -> Input {
    Input::Failed(Box::new(Fault::answered(FaultKind::Closed, "connection reset by peer")))
}

pub(crate) fn refused() -> Input {
    Input::Failed(Box::new(Fault::unsent(FaultKind::Refused, "connection refused")))
}

/// The ranges of the first waits of the backoff.
pub(crate) fn backs_off(wait: Duration, nth: u32) -> bool {
    let base = Duration::from_millis(800) * 2u32.pow(nth);
    wait >= base && wait < base * 2
}
