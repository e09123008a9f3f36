//! `GET /test/echo` with `Upgrade: echo`: the smallest protocol after 101, for tests of upgraded connections.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode, header};
use std::time::Duration;

use super::negotiate::header_has_token;
use super::reply::Upgrade;
use super::request::Query;
use super::status::{Failure, Outcome};
use super::switch::{Protocol, Turn};

/// Echoes all bytes; ends when the client ends, or after `close` bytes (query parameter).
#[derive(Debug)]
pub struct Echo {
    pending: BytesMut,
    left: Option<u64>,
    ended: bool,
}

impl Protocol for Echo {
    fn receive(&mut self, bytes: &[u8], end: bool) {
        let take = match self.left {
            Some(left) => bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
            None => bytes.len(),
        };
        self.pending.extend_from_slice(bytes.get(..take).unwrap_or_default());
        if let Some(left) = &mut self.left {
            *left -= take as u64;
            self.ended |= *left == 0;
        }
        self.ended |= end;
    }

    fn poll(&mut self, _: Duration) -> Turn {
        match (self.pending.is_empty(), self.ended) {
            (false, _) => Turn::Send(self.pending.split().freeze()),
            (true, true) => Turn::End,
            (true, false) => Turn::Wait { until: None },
        }
    }
}

/// Answers the request: 101, or 400 if it asks for no upgrade.
///
/// The server sends the query's `first` together with the 101 (`echo ready\n` if absent, nothing if empty).
pub(crate) fn upgrade(headers: &HeaderMap, query: &Query) -> Outcome<Upgrade> {
    let wanted = header_has_token(headers, header::CONNECTION, "upgrade");
    let protocol = headers.get(header::UPGRADE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !wanted || !protocol.eq_ignore_ascii_case("echo") {
        return Err(Failure::bad_request("Upgrade request required"));
    }
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    head.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("Upgrade"));
    head.headers_mut().insert(header::UPGRADE, header::HeaderValue::from_static("echo"));
    let first = query.first("first").unwrap_or("echo ready\n");
    let left = query.first("close").and_then(|n| n.parse().ok());
    let echo = Echo { pending: BytesMut::new(), left, ended: left == Some(0) };
    Ok(Upgrade { head, first: Bytes::copy_from_slice(first.as_bytes()), protocol: Box::new(echo) })
}
