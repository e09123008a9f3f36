//! The path of an exchange: to the server, through it, and back, with all mishaps.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use kube_proto::driver::{Exchange, ExchangeKind, Fault, FaultKind, Input, Moment};
use kube_test_server::Chunk;
use kube_test_server::status::Failure;

use super::Sim;
use super::cluster::{Answer, answer, refusal};
use super::dice::Dice;
use super::line::{Growing, Line, Side};
use super::mishap::{Cuts, Mishap, NotOlder};
use super::run::Owner;

impl Sim {
    /// An exchange begins; gives the number of its line.
    pub(super) fn start(&mut self, owner: Owner, exchange: Box<Exchange>) -> u64 {
        self.lines_begun += 1;
        let (number, now) = (self.lines_begun, self.now.mono);
        let mut dice = Dice::new(self.seed, 1000 + number);
        let mut mishap = self.faults.draw(&mut dice).filter(|mishap| self.happens(*mishap));
        if mishap == Some(Mishap::Stale) && exchange.fresh {
            mishap = None;
        }
        let name = self.name_of(owner);
        self.trace.note(now, || {
            let what = format!("{} {}", exchange.request.method(), exchange.request.uri());
            format!("{name} #{number} {what}{}", mishap.map(|mishap| format!("  !{mishap:?}")).unwrap_or_default())
        });
        self.count_request(owner, &exchange);
        let arrives = now.after(dice.span(self.faults.delay));
        let mut line = Line::new(Side::Over, mishap, dice);
        let fault = match mishap {
            _ if exchange.kind == ExchangeKind::Upgrade => {
                Some(Fault::unsent(FaultKind::Unsupported, "the simulation has no upgrades"))
            }
            Some(Mishap::Refused) => Some(Fault::unsent(FaultKind::Refused, "connection refused")),
            Some(Mishap::Stale) => {
                let fault = Fault::unknown(FaultKind::Closed, "the pooled connection was closed");
                Some(Fault { stale: true, ..fault })
            }
            _ => None,
        };
        match fault {
            Some(fault) => line.reset(now, &self.faults, fault),
            None if mishap == Some(Mishap::Unanswered) => {}
            None => line.side = Side::Underway { arrives, exchange },
        }
        self.lines.insert(number, line);
        number
    }

    /// Does everything that is due between the lines and the server.
    pub(super) fn network(&mut self) {
        let now = self.now.mono;
        let (generation, unix) = (self.cluster.generation(), self.server_time());
        let due: Vec<u64> = self
            .lines
            .iter()
            .filter(|(_, line)| match &line.side {
                Side::Underway { arrives, .. } => *arrives <= now,
                Side::Growing(growing) => {
                    growing.strikes.is_some_and(|at| at <= now)
                        || (line.has_room()
                            && (growing.seen != Some(generation) || growing.until.is_some_and(|until| until <= unix)))
                }
                Side::Over => false,
            })
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            let Some(mut line) = self.lines.remove(&number) else { continue };
            match std::mem::replace(&mut line.side, Side::Over) {
                Side::Underway { exchange, .. } => {
                    self.arrive(&mut line, number, *exchange);
                    self.observe();
                }
                Side::Growing(growing) => self.grow(&mut line, number, growing),
                Side::Over => {}
            }
            if !line.abandoned {
                self.lines.insert(number, line);
            }
        }
    }

    /// When the next step between the lines and the server is due.
    pub(super) fn network_due(&self) -> Option<Moment> {
        let epoch = self.epoch;
        self.lines
            .values()
            .filter_map(|line| match &line.side {
                Side::Underway { arrives, .. } => Some(*arrives),
                Side::Growing(growing) => {
                    let until = growing.until.filter(|_| line.has_room());
                    let until = until.map(|until| Moment::after_zero(until.saturating_sub(epoch)));
                    until.into_iter().chain(growing.strikes).min()
                }
                Side::Over => None,
            })
            .min()
    }

    /// A request reaches the server.
    fn arrive(&mut self, line: &mut Line, number: u64, exchange: Exchange) {
        let now = self.now.mono;
        if let Some(outage) = &self.outage {
            if let Some(failure) = outage.mishap.status(&mut line.dice) {
                return self.reply(line, &refusal(&failure));
            }
            return line.reset(now, &self.faults, Fault::unsent(FaultKind::Refused, "connection refused"));
        }
        let mut request = exchange.request;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let is_stream = exchange.kind == ExchangeKind::Stream;
        // A log has no events in which an error could come.
        let is_watch = is_stream && query.contains("watch=");
        let is_list = !is_stream && request.method() == http::Method::GET;
        if line.mishap == Some(Mishap::TokenExpired) && query.contains("continue=") {
            self.cluster.compact(self.cluster.version());
        }
        if let Some(response) = self.instead(line, &query, is_watch, is_list) {
            return self.reply(line, &response);
        }
        self.age(line, &mut request, &query, is_stream);
        let streaming = query.contains("sendInitialEvents=true");
        if self.faults.ignores_streaming && streaming {
            let kept =
                |pair: &&str| !pair.starts_with("sendInitialEvents=") && !pair.starts_with("resourceVersionMatch=");
            let pairs: Vec<&str> = query.split('&').filter(kept).collect();
            if let Ok(uri) = format!("{}?{}", request.uri().path(), pairs.join("&")).parse::<Uri>() {
                *request.uri_mut() = uri;
            }
        }
        match self.cluster.handle(request, self.server_time()) {
            Answer::Whole(response) => {
                if line.mishap == Some(Mishap::Lost) {
                    let fault = Fault::unknown(FaultKind::Closed, "the connection was reset");
                    return line.reset(now, &self.faults, fault);
                }
                self.trace.note(now, || format!("  #{number} {}", response.status()));
                self.reply(line, &response);
            }
            Answer::Growing(head, reader) => {
                let head = Box::new(head.into_parts().0);
                if self.faults.cuts == Cuts::BeforeHead {
                    let fault = Fault::unknown(FaultKind::Closed, "the connection was closed");
                    return line.reset(now, &self.faults, fault);
                }
                let head = if self.faults.late_heads {
                    Some(head)
                } else {
                    line.push(now, &self.faults, Input::Head(head));
                    None
                };
                if self.faults.cuts == Cuts::AfterHead && !streaming {
                    line.push_head(now, &self.faults, head);
                    let fault = Fault::answered(FaultKind::Closed, "the connection was reset");
                    return line.reset(now, &self.faults, fault);
                }
                if self.faults.no_watches && !streaming {
                    line.push_head(now, &self.faults, head);
                    line.push(now, &self.faults, Input::End);
                    return;
                }
                let struck = line
                    .mishap
                    .is_some_and(|mishap| !matches!(mishap, Mishap::NoBookmark | Mishap::LateBookmark | Mishap::NoEnd));
                let strikes = now.after(line.dice.span(Duration::from_secs(60)));
                let growing = Growing {
                    reader,
                    head,
                    seen: None,
                    until: None,
                    initial: streaming,
                    left: line.dice.below(20),
                    strikes: Some(strikes).filter(|_| struck),
                    held: None,
                    gathered: Vec::new(),
                };
                self.grow(line, number, Box::new(growing));
            }
        }
    }

    /// The answer of a mishap instead of the server's.
    fn instead(&mut self, line: &mut Line, query: &str, is_watch: bool, is_list: bool) -> Option<Response<Bytes>> {
        let version = parameter(query, "resourceVersion");
        let newer = version.filter(|version| *version != "0");
        if is_watch && !query.contains("sendInitialEvents") && self.faults.poison > 0 {
            let version = newer.unwrap_or_default();
            let poisoned = Dice::new(self.seed ^ 0x9015_0115, version.parse().unwrap_or(0)).chance(self.faults.poison);
            if poisoned {
                return Some(refusal(&Mishap::Failed.status(&mut line.dice)?));
            }
        }
        if is_list && query.contains("resourceVersionMatch=NotOlderThan") && !query.contains("sendInitialEvents") {
            match self.faults.not_older {
                NotOlder::Refused => {
                    return Some(refusal(&Failure::bad_request("resourceVersionMatch?")));
                }
                NotOlder::Ahead => {
                    let asked = newer.and_then(|version| version.parse().ok()).unwrap_or(0);
                    return Some(refusal(&Failure::too_large_version(asked, 1)));
                }
                NotOlder::Fine | NotOlder::Old => {}
            }
        }
        let mishap = line.mishap?;
        if mishap == Mishap::Html {
            let code = if line.dice.chance(500) { 200 } else { 502 };
            let page = "<html><body><h1>Bad Gateway</h1>the upstream is not available</body></html>\n";
            let mut response = answer(code, Bytes::from_static(page.as_bytes()));
            response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/html"));
            return Some(response);
        }
        if mishap == Mishap::Redirect {
            let mut response = answer(302, Bytes::new());
            response.headers_mut().insert("location", http::HeaderValue::from_static("https://login.test/"));
            return Some(response);
        }
        // Half of the errors of a watch come later, in its stream.
        if is_watch && line.dice.chance(500) {
            return None;
        }
        let failure = mishap.status(&mut line.dice)?;
        line.mishap = None;
        Some(refusal(&failure))
    }

    /// Makes a list older than necessary, or than allowed.
    fn age(&mut self, line: &mut Line, request: &mut Request<Bytes>, query: &str, is_watch: bool) {
        if is_watch || query.contains("continue=") {
            return;
        }
        let current = self.cluster.version();
        let version = parameter(query, "resourceVersion").and_then(|version| version.parse::<u64>().ok());
        let not_older = query.contains("resourceVersionMatch=NotOlderThan");
        let before = match version {
            Some(0) if line.mishap == Some(Mishap::Old) => current + 1,
            Some(version) if not_older && self.faults.not_older == NotOlder::Old => version,
            _ => return,
        };
        let old = before.saturating_sub(1 + line.dice.below(10)).max(self.compacted).max(self.first);
        if old >= before {
            return;
        }
        let kept = |pair: &&str| !pair.starts_with("resourceVersion") && !pair.starts_with("limit=");
        let mut pairs: Vec<&str> = query.split('&').filter(kept).filter(|pair| !pair.is_empty()).collect();
        let exact = format!("resourceVersion={old}");
        pairs.extend([exact.as_str(), "resourceVersionMatch=Exact"]);
        if let Ok(uri) = format!("{}?{}", request.uri().path(), pairs.join("&")).parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }

    /// Sends a whole answer.
    fn reply(&mut self, line: &mut Line, response: &Response<Bytes>) {
        let now = self.now.mono;
        let mut head = Response::new(());
        *head.status_mut() = response.status();
        head.headers_mut().clone_from(response.headers());
        line.push(now, &self.faults, Input::Head(Box::new(head.into_parts().0)));
        let mut body = self.spoil(response.body().clone());
        if self.faults.versionless {
            body = without_version(&body);
        }
        let at = line.dice.index(body.len()).unwrap_or(0);
        match line.mishap {
            Some(Mishap::Cut) => {
                line.send(now, &self.faults, body.slice(..at));
                let fault = line.broken();
                line.reset(now, &self.faults, fault);
            }
            Some(Mishap::Hang) => line.send(now, &self.faults, body.slice(..at)),
            Some(Mishap::Drip) => line.drip(now, body, true),
            Some(Mishap::Short) => {
                line.send(now, &self.faults, body.slice(..at));
                line.push(now, &self.faults, Input::End);
            }
            Some(Mishap::Garbled | Mishap::Nonsense) => {
                // Before or after all documents: a client could not notice garbage within one.
                let mut garbled = body.to_vec();
                match line.dice.chance(500) {
                    true => garbled.splice(..0, *b"\0{[\xff").for_each(drop),
                    false => garbled.truncate(body.len().saturating_sub(3)),
                }
                line.send(now, &self.faults, garbled.into());
                line.push(now, &self.faults, Input::End);
            }
            _ => {
                line.send(now, &self.faults, body);
                line.push(now, &self.faults, Input::End);
            }
        }
    }

    /// Continues a watch as far as possible now.
    fn grow(&mut self, line: &mut Line, number: u64, mut growing: Box<Growing>) {
        let (now, unix) = (self.now.mono, self.server_time());
        loop {
            if growing.strikes.is_some_and(|at| at <= now || growing.left == 0) {
                return self.strike(line, number, &mut growing);
            }
            if !line.has_room() {
                growing.seen = None;
                break;
            }
            match self.cluster.poll(&mut growing.reader, unix) {
                Chunk::Data(event) => self.pass(line, &mut growing, event),
                Chunk::Idle { until } => {
                    (growing.seen, growing.until) = (Some(self.cluster.generation()), until);
                    break;
                }
                Chunk::End => {
                    self.trace.note(now, || format!("  #{number} ends"));
                    line.push_head(now, &self.faults, growing.head.take());
                    line.send(now, &self.faults, std::mem::take(&mut growing.gathered).into());
                    line.push(now, &self.faults, Input::End);
                    return;
                }
            }
        }
        if !growing.gathered.is_empty() {
            line.push_head(now, &self.faults, growing.head.take());
        }
        line.send(now, &self.faults, std::mem::take(&mut growing.gathered).into());
        line.side = Side::Growing(growing);
    }

    /// Sends one event.
    fn pass(&mut self, line: &mut Line, growing: &mut Growing, event: Bytes) {
        growing.left = growing.left.saturating_sub(1);
        if event.starts_with(BOOKMARK) {
            if growing.initial && find(&event, b"k8s.io/initial-events-end").is_some() {
                if self.faults.endless || self.faults.ignores_streaming || line.mishap == Some(Mishap::NoEnd) {
                    return;
                }
                growing.initial = false;
            } else if self.faults.bare_bookmarks && line.dice.chance(500) {
                growing.gathered.extend_from_slice(line.dice.pick(BARE).as_bytes());
                return;
            } else if line.mishap == Some(Mishap::NoBookmark) {
                return;
            } else if line.mishap == Some(Mishap::LateBookmark) && growing.held.is_none() {
                growing.held = Some((1 + line.dice.below(3), event));
                return;
            }
        }
        let event = self.spoil(event);
        growing.gathered.extend_from_slice(&event);
        if let Some((left, bookmark)) = growing.held.take() {
            match left {
                0 => growing.gathered.extend_from_slice(&bookmark),
                left => growing.held = Some((left - 1, bookmark)),
            }
        }
        if line.dice.chance(500) {
            let now = self.now.mono;
            line.push_head(now, &self.faults, growing.head.take());
            line.send(now, &self.faults, std::mem::take(&mut growing.gathered).into());
        }
    }

    /// The mishap of a watch happens now.
    fn strike(&mut self, line: &mut Line, number: u64, growing: &mut Growing) {
        let (now, faults) = (self.now.mono, &self.faults);
        let Some(mishap) = line.mishap else { return };
        self.trace.note(now, || format!("  #{number} struck: {mishap:?}"));
        let gathered = Bytes::from(std::mem::take(&mut growing.gathered));
        let most = line.dice.index(gathered.len() + 1).unwrap_or(0);
        if !gathered.is_empty() || !matches!(mishap, Mishap::Hang | Mishap::Unanswered) {
            line.push_head(now, faults, growing.head.take());
        }
        match mishap {
            Mishap::Hang | Mishap::Unanswered => line.send(now, faults, gathered.slice(..most)),
            Mishap::Drip => {
                line.send(now, faults, gathered);
                line.drip(now, Bytes::from(vec![b' '; 4096]), false);
            }
            Mishap::Short => {
                line.send(now, faults, gathered.slice(..most));
                line.push(now, faults, Input::End);
            }
            Mishap::Garbled => {
                line.send(now, faults, gathered);
                line.send(now, faults, Bytes::from_static(b"\0}{\xff\"\n{]\n"));
            }
            Mishap::Nonsense => {
                line.send(now, faults, gathered);
                let nonsense = line.dice.pick([
                    "{\"type\":\"WEIRD\",\"object\":{}}\n",
                    "{\"type\":\"BOOKMARK\",\"object\":7}\n",
                    "null\n",
                    "{\"type\":\"ERROR\",\"object\":\"?\"}\n",
                    "{\"type\":\"ADDED\"\n",
                ]);
                line.send(now, faults, Bytes::from_static(nonsense.as_bytes()));
            }
            mishap => match mishap.status(&mut line.dice) {
                Some(failure) => {
                    line.send(now, faults, gathered);
                    let status = failure.document();
                    let mut event = Vec::with_capacity(status.len() + 40);
                    // As a watch event, or as a bare line.
                    match line.dice.chance(800) {
                        true => {
                            event.extend_from_slice(b"{\"type\":\"ERROR\",\"object\":");
                            event.extend_from_slice(status.trim_ascii_end());
                            event.extend_from_slice(b"}\n");
                        }
                        false => event.extend_from_slice(&status),
                    }
                    line.send(now, faults, event.into());
                    line.push(now, faults, Input::End);
                }
                None => {
                    line.send(now, faults, gathered.slice(..most));
                    if line.dice.chance(300) {
                        line.lose(now);
                    }
                    let fault = line.broken();
                    line.reset(now, faults, fault);
                }
            },
        }
    }

    /// Changes the marked objects so that they do not decode as a config map.
    fn spoil(&self, bytes: Bytes) -> Bytes {
        if self.faults.undecodable == 0 {
            return bytes;
        }
        let mut spoiled = Vec::new();
        let mut at = 0;
        while let Some(found) = bytes.get(at..).and_then(|rest| find(rest, UNDECODABLE)) {
            if spoiled.is_empty() {
                spoiled = bytes.to_vec();
            }
            let value = at + found + UNDECODABLE.len() - 3;
            if let Some(value) = spoiled.get_mut(value..value + 3) {
                value.copy_from_slice(b"777");
            }
            at += found + UNDECODABLE.len();
        }
        if spoiled.is_empty() { bytes } else { spoiled.into() }
    }

    /// All connections break, or die without an end.
    pub(super) fn break_all(&mut self, silently: bool) {
        let now = self.now.mono;
        for line in self.lines.values_mut().filter(|line| !matches!(line.side, Side::Over)) {
            if silently {
                line.side = Side::Over;
            } else {
                let fault = line.broken();
                line.reset(now, &self.faults, fault);
            }
        }
        self.lines.retain(|_, line| !line.abandoned);
    }
}

/// A parameter, encoded as in the query.
fn parameter<'a>(query: &'a str, key: &str) -> Option<&'a str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(other, _)| *other == key).map(|(_, value)| value)
}

/// The list without its resource version.
fn without_version(body: &Bytes) -> Bytes {
    let Some(end) = find(body, b"\"items\":[") else { return body.clone() };
    let key: &[u8] = b"\"resourceVersion\":\"";
    let Some(at) = body.get(..end).and_then(|head| find(head, key)) else { return body.clone() };
    let after = at + key.len();
    let Some(length) = body.get(after..).and_then(|rest| find(rest, b"\"")) else { return body.clone() };
    let rest = body.get(after + length + 1..).unwrap_or_default();
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    [body.get(..at).unwrap_or_default(), rest].concat().into()
}

pub(super) fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = within.get(from..)?.iter().position(|byte| *byte == first) {
        if within.get(from + at..)?.starts_with(what) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Bookmarks that say nothing.
const BARE: [&str; 5] = [
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{}}}\n",
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":7}}}\n",
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"annotations\":null}}}\n",
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":null}}\n",
    "{\"type\":\"BOOKMARK\",\"object\":null}\n",
];

const BOOKMARK: &[u8] = b"{\"type\":\"BOOKMARK\"";
/// The mark that the writer puts into objects that must not decode.
pub(super) const UNDECODABLE: &[u8] = b"\"undecodable\":\"y\"";
