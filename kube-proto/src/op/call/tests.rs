//! Runs each row of `CALL.md`.

use std::collections::BTreeSet;
use std::task::Waker;

use http::Method;

use super::*;
use crate::config::{Config, CredentialConfig};
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::time::Now;
use crate::request::ApiRequest;
use crate::session::{Session, SessionOptions};
use crate::settings::{BreakerPolicy, Rate, Settings};

/// All variants of the enum.
const STATES: [&str; 9] =
    ["Start", "Admission", "Credential", "Head", "Refusal", "Body", "Aborting", "Backoff", "Over"];

fn name(state: &State) -> &'static str {
    match state {
        State::Start { .. } => "Start",
        State::Admission { .. } => "Admission",
        State::Credential { .. } => "Credential",
        State::Head { .. } => "Head",
        State::Refusal { .. } => "Refusal",
        State::Body { .. } => "Body",
        State::Aborting { .. } => "Aborting",
        State::Backoff { .. } => "Backoff",
        State::Over(_) => "Over",
    }
}

/// The state after forty seconds with a byte every two seconds; each is an event or not.
fn dripping(play: &mut Play, events: bool) -> &'static str {
    for _ in 0..20 {
        play.step(data(1));
        if events {
            play.call.progress();
        }
        play.step(None);
        play.later(secs(2));
    }
    name(&play.call.state)
}

/// The body of a stream, or of a watch.
fn stream(settings: &Settings, watch: bool) -> Play {
    let mut stream =
        Play::new(&Config::new("http://k").unwrap(), settings.clone(), request(Method::GET), ExchangeKind::Stream);
    stream.call.set_idle(settings.call.idle);
    if watch {
        stream.call.expect_events();
    }
    let mut stream = stream.at("Head");
    assert_eq!(stream.head(200), "Body");
    stream
}

/// A call that takes one transition at a time.
struct Play {
    call: Call,
    session: Session,
    now: Now,
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn request(method: Method) -> ApiRequest {
    ApiRequest::raw(method, "/api", "")
}

impl Play {
    fn new(config: &Config, settings: Settings, request: ApiRequest, kind: ExchangeKind) -> Self {
        let session = Session::new(config, SessionOptions::new(settings, 1)).unwrap();
        let now = Now::default().after(secs(100));
        Self { call: Call::new(request, kind), session, now }
    }

    fn get(settings: Settings) -> Self {
        Self::new(&Config::new("http://k").unwrap(), settings, request(Method::GET), ExchangeKind::Call)
    }

    /// A call whose token is in a file.
    fn with_token_file() -> Self {
        let config = Config::new("http://k").unwrap().with_token_file("/token");
        assert!(matches!(config.credential, CredentialConfig::TokenFile { .. }));
        Self::new(&config, Settings::default(), request(Method::GET), ExchangeKind::Call)
    }

    /// Takes one transition; returns the next state.
    fn step(&mut self, input: Option<Input>) -> &'static str {
        let mut cx = Cx { session: &self.session, now: self.now, waker: Waker::noop() };
        if self.call.plan.is_none() {
            self.call.plan = Some(Box::new(self.call.plan(&cx).unwrap()));
        }
        self.call.waited = input.is_none();
        let state = mem::replace(&mut self.call.state, State::Over(Ok(())));
        self.call.state = self.call.step(state, input, &mut cx).0;
        name(&self.call.state)
    }

    /// Takes transitions up to this state, with a readable token file.
    fn at(mut self, state: &str) -> Self {
        let mut file = false;
        for _ in 0..10 {
            if name(&self.call.state) == state {
                return self;
            }
            let input = (file && name(&self.call.state) == "Credential").then(|| Input::File("t".into()));
            self.step(input);
            file = name(&self.call.state) == "Credential";
        }
        panic!("{state} is not reached, but {}", name(&self.call.state));
    }

    fn head(&mut self, status: u16) -> &'static str {
        self.head_with(status, &[])
    }

    fn head_with(&mut self, status: u16, headers: &[(&str, &str)]) -> &'static str {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        self.step(Some(Input::Head(Box::new(response.body(()).unwrap().into_parts().0))))
    }

    fn fault(&mut self, kind: FaultKind, reach: Reach) -> &'static str {
        self.step(Some(Input::Failed(Box::new(Fault { kind, reach, stale: false, text: String::new() }))))
    }

    fn later(&mut self, span: Duration) -> &'static str {
        self.now = self.now.after(span);
        self.step(None)
    }

    fn refused(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut play = Self::get(Settings::default()).at("Head");
        assert_eq!(play.head_with(status, headers), "Refusal");
        play
    }

    fn reading() -> Self {
        let mut play = Self::get(Settings::default()).at("Head");
        assert_eq!(play.head(200), "Body");
        play
    }
}

fn data(length: usize) -> Option<Input> {
    Some(Input::Data(vec![b'x'; length].into()))
}

/// The state that follows a row of the page; `None` if this row has no test.
fn follows(state: &str, event: &str) -> Option<&'static str> {
    let limit = Settings::default().limits.error;
    let mut settings = Settings::default();
    Some(match (state, event) {
        ("Start", "the breaker is closed") => Play::get(settings).step(None),
        ("Start", "the breaker is open") => {
            settings.breaker = Some(BreakerPolicy { failures: 1, rest: secs(60), longest: secs(60) });
            let mut play = Play::get(settings);
            play.session.breaker().report(None, &Outcome::Unreachable("no".into()), play.now);
            play.step(None)
        }
        ("Admission", "a permit") => Play::get(settings).at("Admission").step(None),
        ("Admission", "no permit yet" | "the total deadline") => {
            settings.concurrent = Some(1);
            settings.call.total = Some(secs(5));
            let mut play = Play::get(settings).at("Admission");
            let mut other = Admission::default();
            let permit = play.session.limiter().admit(&mut other, Class::Read, play.now.mono, None, Waker::noop());
            let next = if event == "no permit yet" { play.step(None) } else { play.later(secs(5)) };
            drop(permit);
            next
        }
        ("Admission", "no token of the rate before the total deadline") => {
            settings.rate = Some(Rate { per_second: 0.001, burst: 1 });
            let mut play = Play::get(settings).at("Admission");
            let mut other = Admission::default();
            assert!(play.session.limiter().admit(&mut other, Class::Read, play.now.mono, None, Waker::noop()).is_ok());
            play.step(None)
        }
        ("Credential", "granted") => Play::get(settings).at("Credential").step(None),
        ("Credential", "failed") => {
            let mut play = Play::with_token_file().at("Credential");
            assert_eq!(play.step(None), "Credential");
            play.fault(FaultKind::NotFound, Reach::NotSent)
        }
        ("Credential", "nothing better than what was refused") => {
            let mut play = Play::with_token_file().at("Head");
            assert_eq!(play.head(401), "Refusal");
            assert_eq!(play.step(Some(Input::End)), "Credential");
            assert_eq!(play.step(None), "Credential");
            play.step(Some(Input::File("t".into())))
        }
        ("Head", "2xx") => Play::get(settings).at("Head").head(201),
        ("Head", "304 of a conditional request") => {
            let mut request = request(Method::GET);
            request.headers.insert(header::IF_NONE_MATCH, http::HeaderValue::from_static("\"e\""));
            let config = Config::new("http://k").unwrap();
            Play::new(&config, settings, request, ExchangeKind::Call).at("Head").head(304)
        }
        ("Head", "101 of an upgrade") => {
            let config = Config::new("http://k").unwrap();
            Play::new(&config, settings, request(Method::GET), ExchangeKind::Upgrade).at("Head").head(101)
        }
        ("Head", "any other status") => Play::get(settings).at("Head").head(404),
        ("Head", "TLS failed, and other certificates may be had") => {
            let mut config = Config::new("https://k").unwrap().with_ca("CA");
            config.tls.files.ca = Some("/ca".into());
            let play = Play::new(&config, settings, request(Method::GET), ExchangeKind::Call);
            play.at("Head").fault(FaultKind::Tls, Reach::NotSent)
        }
        ("Head", "a fault that may be repeated") => {
            Play::get(settings).at("Head").fault(FaultKind::Closed, Reach::NotSent)
        }
        ("Head", "any other fault") => Play::get(settings).at("Head").fault(FaultKind::Refused, Reach::NotSent),
        ("Head", "its deadline") => Play::get(settings).at("Head").later(secs(75)),
        ("Head", "the total deadline") => {
            settings.call.total = Some(secs(10));
            Play::get(settings).at("Head").later(secs(10))
        }
        ("Refusal", "data") => Play::refused(404, &[]).step(data(10)),
        ("Refusal", "more data than its limit") => Play::refused(404, &[]).step(data(limit + 1)),
        ("Refusal", "more data than its limit, and repeatable") => {
            Play::refused(429, &[("retry-after", "1")]).step(data(limit + 1))
        }
        ("Refusal", "end of a 401, and a better credential may be had") => {
            let mut play = Play::with_token_file().at("Head");
            assert_eq!(play.head(401), "Refusal");
            play.step(Some(Input::End))
        }
        ("Refusal", "end, and repeatable") => Play::refused(429, &[("retry-after", "1")]).step(Some(Input::End)),
        ("Refusal", "end, and not repeatable") => Play::refused(404, &[]).step(Some(Input::End)),
        ("Body", "data") => Play::reading().step(data(10)),
        ("Body", "data that cannot be read, or too much of it") => {
            settings.limits.answer = 5;
            let mut play = Play::get(settings).at("Head");
            assert_eq!(play.head(200), "Body");
            play.step(data(10))
        }
        ("Body", "end") => Play::reading().step(Some(Input::End)),
        ("Body", "a fault") => Play::reading().fault(FaultKind::Closed, Reach::Answered),
        ("Body", "silence") => {
            let mut play = Play::reading();
            assert_eq!(play.step(None), "Body");
            play.later(secs(31))
        }
        ("Body", "less than 1 KiB in the time of a silence, unless it is a stream") => {
            assert_eq!(dripping(&mut stream(&settings, false), false), "Body");
            dripping(&mut Play::reading(), false)
        }
        ("Body", "of a watch, neither an event nor 16 KiB in the time of a silence") => {
            assert_eq!(dripping(&mut stream(&settings, true), true), "Body");
            dripping(&mut stream(&settings, true), false)
        }
        ("Body", "the total deadline") => Play::reading().later(secs(601)),
        ("Aborting", "the next turn") => {
            let mut play = Play::refused(429, &[("retry-after", "1")]);
            assert_eq!(play.step(data(limit + 1)), "Aborting");
            play.step(None)
        }
        ("Backoff", "its moment" | "the total deadline") => {
            settings.call.total = Some(secs(2));
            settings.retry.backoff = if event == "its moment" { secs(1) } else { secs(30) };
            let mut play = Play::get(settings).at("Head");
            assert_eq!(play.fault(FaultKind::Closed, Reach::NotSent), "Backoff");
            play.later(secs(2))
        }
        ("Over", "the next turn") => {
            let mut play = Play::get(settings).at("Head");
            assert_eq!(play.fault(FaultKind::Refused, Reach::NotSent), "Over");
            play.step(None)
        }
        _ => return None,
    })
}

#[test]
fn the_page_is_the_machine() {
    let mut seen = BTreeSet::new();
    for line in include_str!("../CALL.md").lines().filter(|line| line.starts_with("| `")) {
        let row: Vec<&str> = line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [state, event, next] = row[..] else { panic!("{line}") };
        assert_eq!(follows(state, event), Some(next), "{line}");
        seen.extend([state, next]);
    }
    assert_eq!(seen, BTreeSet::from(STATES));
}
