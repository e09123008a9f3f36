//! The meaning of a failure that hyper reports: how far the request got, and the text.

use std::error::Error;
use std::io;
use std::sync::atomic::Ordering;

use h2::Reason;
use kube_proto::driver::{Fault, FaultKind, Reach};

use crate::socket::Traffic;

/// The state of an exchange when it failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) traffic: &'a Traffic,
    /// How far the request got, as far as the bytes show.
    pub(crate) reach: Reach,
    /// The operation has received the head.
    pub(crate) body: bool,
    /// The connection had been used before.
    pub(crate) reused: bool,
}

/// The fault for this error.
pub(crate) fn fault(error: &hyper::Error, moment: Moment<'_>) -> Fault {
    let place = moment.place();
    let cause = Cause::find(error);
    let ended = moment.traffic.ended.load(Ordering::Relaxed);
    let (kind, unsent, text) = match (&cause, moment.traffic.fault.get()) {
        (Cause::Refused, _) => {
            (FaultKind::Closed, true, "the server refused the request unprocessed (REFUSED_STREAM)".to_owned())
        }
        (Cause::GoAway(reason), _) => (
            FaultKind::Closed,
            true,
            format!("the server closes the connection and did not process the request ({reason:?})"),
        ),
        (Cause::Reset(reason), _) => {
            (FaultKind::Closed, false, format!("the server reset the stream {place} ({reason:?})"))
        }
        (_, Some(broken)) => {
            let text = match broken.text.strip_prefix("the connection broke:") {
                Some(why) => format!("the connection broke {place}:{why}"),
                None => broken.text.clone(),
            };
            (broken.kind, broken.reach == Reach::NotSent, text)
        }
        (Cause::NotHttp, None) => {
            (FaultKind::Protocol, false, format!("the answer is not valid HTTP, {place}: {}", chain(error)))
        }
        _ if ended => (FaultKind::Closed, false, format!("the server closed the connection {place}")),
        (Cause::Silence, None) => {
            let text = format!("the connection was given up {place}: the server did not answer a ping in time");
            (FaultKind::Closed, false, text)
        }
        (Cause::Other, None) => (FaultKind::Closed, false, format!("the connection broke {place}: {}", chain(error))),
    };
    let reach = match moment.reach {
        Reach::Answered => Reach::Answered,
        _ if unsent => Reach::NotSent,
        reach => reach,
    };
    // A refused or reset stream does not mean that its connection is dead.
    let dead = kind == FaultKind::Closed && !matches!(cause, Cause::Refused | Cause::Reset(_));
    Fault { kind, reach, stale: moment.reused && dead && reach != Reach::Answered, text }
}

/// Whether the failure is that of a single stream, so that other exchanges can still use the connection.
pub(crate) fn is_stream_s(error: &hyper::Error) -> bool {
    matches!(Cause::find(error), Cause::Refused | Cause::Reset(_))
}

/// The cause of an error.
#[derive(Debug)]
enum Cause {
    Refused,
    Reset(Reason),
    GoAway(Reason),
    NotHttp,
    /// The client gave the connection up.
    Silence,
    Other,
}

impl Cause {
    fn find(error: &hyper::Error) -> Self {
        if error.is_timeout() {
            return Cause::Silence;
        }
        if error.is_parse() {
            return Cause::NotHttp;
        }
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<h2::Error>() {
                return Cause::http2(error);
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                // hyper reports an invalid chunk in this way.
                return match error.kind() {
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Cause::NotHttp,
                    _ => Cause::Other,
                };
            }
            cause = error.source();
        }
        Cause::Other
    }

    fn http2(error: &h2::Error) -> Self {
        match error.reason() {
            // The connection still serves the streams that a GOAWAY permits, so they do not see it (RFC 9113 §6.8).
            Some(reason) if error.is_go_away() && error.is_remote() => Cause::GoAway(reason),
            Some(Reason::REFUSED_STREAM) if error.is_remote() => Cause::Refused,
            Some(reason) if error.is_remote() => Cause::Reset(reason),
            Some(_) => Cause::NotHttp,
            // The client closed it: hyper does that to a connection whose peer is silent.
            None if error.get_io().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) => Cause::Silence,
            None => Cause::Other,
        }
    }
}

impl Moment<'_> {
    /// The end of a sentence.
    fn place(&self) -> &'static str {
        match (self.body, self.reach) {
            (true, _) => "in the middle of the answer's body",
            (false, Reach::Answered) => "in the middle of the answer's head",
            (false, _) => "before it answered",
        }
    }
}

/// An error with its causes, each of them once.
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
