//! A body in chunks: the log of a container, a proxied response, a large document.

use bytes::Bytes;

use super::call::{Call, Reply};
use super::kept::Kept;
use super::timeouts;
use crate::driver::effect::ExchangeKind;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::op::{Inner, pass};
use crate::request::ApiRequest;
use crate::response::info::ResponseInfo;
use crate::settings::policy::RetryPolicy;

/// The bytes of a response in chunks, which are as large as the transport's reads. Chunks are not lines.
///
/// The size has no limit, and by default the time between two chunks has none: a container may log nothing for a day.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Logs {
    call: Call,
}

impl Logs {
    pub(crate) fn new(request: ApiRequest) -> Self {
        let mut call = Call::new(request, ExchangeKind::Stream);
        call.keep(Kept::Awaited);
        Self { call }
    }

    timeouts!();

    /// Disables retries: the machine around this one decides what follows an end.
    pub(crate) fn never_again(mut self) -> Self {
        self.call.set_retry(RetryPolicy::NEVER);
        self
    }

    /// Status code, warnings and audit id, once the head has arrived.
    #[must_use]
    pub fn response_info(&self) -> Option<&ResponseInfo> {
        self.call.kept().info().map(|info| &**info)
    }
}

impl Operation for Logs {
    type Item = Bytes;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Bytes> {
        loop {
            match pass!(self.call.resume(input.take(), cx)) {
                Inner::Yield(Reply::Head(_)) => {}
                Inner::Yield(Reply::Data(data)) => return Step::Yield(data),
                Inner::Done(result) => return Step::Done(result),
            }
        }
    }
}
