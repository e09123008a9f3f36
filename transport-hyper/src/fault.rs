//! What a failure that hyper reports means: how far the request got, and what to say.

use std::error::Error;
use std::io;
use std::sync::atomic::Ordering;

use h2::Reason;
use kube_proto::driver::{Fault, FaultKind, Reach};

use crate::socket::Traffic;

/// Where an exchange was when it failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) traffic: &'a Traffic,
    /// How far the request got, as far as the bytes show.
    pub(crate) reach: Reach,
    /// The head was given.
    pub(crate) body: bool,
    /// The connection had been used before.
    pub(crate) reused: bool,
}

/// The exchange failed with this.
pub(crate) fn fault(error: &hyper::Error, moment: Moment<'_>) -> Fault {
    let place = moment.place();
    let said = Said::find(error);
    let ended = moment.traffic.ended.load(Ordering::Relaxed);
    let (kind, unsent, text) = match (&said, moment.traffic.fault.get()) {
        (Said::Refused, _) => {
            (FaultKind::Closed, true, "the server refused the request unprocessed (REFUSED_STREAM)".to_owned())
        }
        (Said::GoAway(reason), _) => (
            FaultKind::Closed,
            true,
            format!("the server closes the connection, and did not look at the request ({reason:?})"),
        ),
        (Said::Reset(reason), _) => {
            (FaultKind::Closed, false, format!("the server reset the stream {place} ({reason:?})"))
        }
        (_, Some(broken)) => {
            let text = match broken.text.strip_prefix("the connection broke:") {
                Some(why) => format!("the connection broke {place}:{why}"),
                None => broken.text.clone(),
            };
            (broken.kind, broken.reach == Reach::NotSent, text)
        }
        (Said::NotHttp, None) => {
            (FaultKind::Protocol, false, format!("this is not HTTP as it may be, {place}: {}", chain(error)))
        }
        _ if ended => (FaultKind::Closed, false, format!("the server closed the connection {place}")),
        (Said::Silence, None) => {
            let text = format!("the connection was given up {place}: the server did not answer a ping in time");
            (FaultKind::Closed, false, text)
        }
        (Said::Other, None) => (FaultKind::Closed, false, format!("the connection broke {place}: {}", chain(error))),
    };
    let reach = match moment.reach {
        Reach::Answered => Reach::Answered,
        _ if unsent => Reach::NotSent,
        reach => reach,
    };
    // A stream that was refused says nothing against its connection.
    let dead = kind == FaultKind::Closed && !matches!(said, Said::Refused | Said::Reset(_));
    Fault { kind, reach, stale: moment.reused && dead && reach != Reach::Answered, text }
}

/// Whether the connection can be used by others after this failure: it was one of a single stream.
pub(crate) fn is_stream_s(error: &hyper::Error) -> bool {
    matches!(Said::find(error), Said::Refused | Said::Reset(_))
}

/// What an error is about.
#[derive(Debug)]
enum Said {
    Refused,
    Reset(Reason),
    GoAway(Reason),
    NotHttp,
    /// The connection was given up from this side.
    Silence,
    Other,
}

impl Said {
    fn find(error: &hyper::Error) -> Self {
        if error.is_timeout() {
            return Said::Silence;
        }
        if error.is_parse() {
            return Said::NotHttp;
        }
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<h2::Error>() {
                return Said::http2(error);
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                // How hyper words a chunk that is none.
                return match error.kind() {
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Said::NotHttp,
                    _ => Said::Other,
                };
            }
            cause = error.source();
        }
        Said::Other
    }

    fn http2(error: &h2::Error) -> Self {
        match error.reason() {
            // What a GOAWAY lets live does not see it (RFC 9113 §6.8).
            Some(reason) if error.is_go_away() && error.is_remote() => Said::GoAway(reason),
            Some(Reason::REFUSED_STREAM) if error.is_remote() => Said::Refused,
            Some(reason) if error.is_remote() => Said::Reset(reason),
            Some(_) => Said::NotHttp,
            // Dropped from this side: hyper does that to a connection whose peer is silent.
            None if error.get_io().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) => Said::Silence,
            None => Said::Other,
        }
    }
}

impl Moment<'_> {
    /// As the end of a sentence.
    fn place(&self) -> &'static str {
        match (self.body, self.reach) {
            (true, _) => "in the middle of the answer's body",
            (false, Reach::Answered) => "in the middle of the answer's head",
            (false, _) => "before it answered",
        }
    }
}

/// An error with its causes, each once.
fn chain(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
