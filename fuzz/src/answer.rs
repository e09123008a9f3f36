//! Reads an HTTP/1.1 response with the core.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, Request};
use kube_proto::driver::wire::{Http1, Http1Event, HttpLimits, READ};
use kube_proto::driver::{Endpoint, Exchange, ExchangeKind, FaultKind, Input, Reach};

/// The result of reading a response, with the body in one piece.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Status, and headers with their values.
    pub head: Option<(u16, Vec<(String, Vec<u8>)>)>,
    /// The received part of the body.
    pub data: Vec<u8>,
    /// The end of the response, if it was reached.
    pub end: Option<Result<(), (FaultKind, Reach)>>,
    /// The unread bytes.
    pub rest: Vec<u8>,
}

/// Reads a response from these chunks, and then the end of the connection.
///
/// # Panics
/// The machine breaks a rule of the driver interface. This is a finding.
#[must_use]
pub fn read(method: Method, kind: ExchangeKind, chunks: Vec<Bytes>) -> Answer {
    let request = Request::builder().method(method).uri("/api").body(Bytes::new()).expect("a request");
    let to = Endpoint::new("k.example", 80, None, None);
    let exchange =
        Exchange { to, request, kind, fresh: false, connect: Duration::from_secs(1), tag: Default::default() };
    let mut machine = Http1::start(&exchange, HttpLimits::default()).expect("it can be sent").0;
    let (mut answer, mut buf) = (Answer::default(), BytesMut::new());
    for chunk in chunks {
        buf.extend_from_slice(&chunk);
        while let Http1Event::Input(input) = machine.next(&mut buf, false) {
            answer.take(input);
        }
    }
    while let Http1Event::Input(input) = machine.next(&mut buf, true) {
        answer.take(input);
    }
    assert_eq!(machine.is_done(), answer.end.is_some() || machine.is_switched());
    // After an error, the number of unread bytes does not matter.
    if !matches!(answer.end, Some(Err(_))) {
        answer.rest = buf.to_vec();
    }
    answer
}

impl Answer {
    fn take(&mut self, input: Input) {
        assert!(self.end.is_none(), "nothing follows the end");
        match input {
            Input::Head(parts) => {
                assert!(self.head.is_none() && (parts.status == 101 || !parts.status.is_informational()));
                let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
                self.head = Some((parts.status.as_u16(), headers.collect()));
            }
            Input::Data(data) => {
                assert!(self.head.is_some() && !data.is_empty() && data.len() <= READ);
                self.data.extend_from_slice(&data);
            }
            Input::End => self.end = Some(Ok(())),
            Input::Failed(fault) => {
                assert!(!fault.text.is_empty());
                self.end = Some(Err((fault.kind, fault.reach)));
            }
            Input::Output(_) | Input::File(_) | Input::Written => panic!("not from a connection"),
        }
    }
}
