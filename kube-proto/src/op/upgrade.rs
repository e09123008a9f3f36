//! A request to switch protocols.
//!
//! `done` is the state: `None` while the request is under way.
//!
//! | `done` | event | next |
//! |---|---|---|
//! | `None` | 101, and `accept` returns a channel | `Some(Ok)`: yields the channel; the driver keeps the connection |
//! | `None` | 101, and `accept` fails | `Some(Err)` with its error |
//! | `None` | any other status | `Some(Err)` with the server's `Status` |
//! | `Some` | | repeats the result |

use std::fmt;

use http::response::Parts;

use super::call::{Call, Reply};
use super::timeouts;
use crate::driver::channel::Channel;
use crate::driver::effect::ExchangeKind;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::{Inner, pass};
use crate::request::ApiRequest;

/// Makes a channel from the head of a 101.
type Accept<C> = Box<dyn FnOnce(&Parts) -> Result<C, Error> + Send>;

/// A request that becomes a two-way session. A driver's `open` carries it out and then drives the [`Channel`].
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Upgrade<C> {
    call: Call,
    accept: Option<Accept<C>>,
    done: Option<Result<(), Error>>,
}

impl<C: Channel> Upgrade<C> {
    /// The request must contain the headers of its upgrade. `accept` checks the head of the 101 and makes the channel.
    /// It may keep the warnings and the audit id with [`ResponseInfo::of`](crate::response::info::ResponseInfo::of).
    pub fn new(request: ApiRequest, accept: impl FnOnce(&Parts) -> Result<C, Error> + Send + 'static) -> Self {
        Self { call: Call::new(request, ExchangeKind::Upgrade), accept: Some(Box::new(accept)), done: None }
    }

    timeouts!();

    fn over(&mut self, result: Result<(), Error>) -> Step<C> {
        self.done = Some(result.clone());
        Step::Done(result)
    }
}

impl<C: Channel> OneResult for Upgrade<C> {}

impl<C: Channel> Operation for Upgrade<C> {
    type Item = C;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<C> {
        if let Some(done) = &self.done {
            return Step::Done(done.clone());
        }
        loop {
            match pass!(self.call.resume(input.take(), cx)) {
                Inner::Yield(Reply::Head(head)) => {
                    let accepted = self.accept.take().map(|accept| accept(&head));
                    return match accepted {
                        Some(Ok(channel)) => {
                            self.done = Some(Ok(()));
                            Step::Yield(channel)
                        }
                        Some(Err(error)) => {
                            let error = self.call.explain(error);
                            self.over(Err(error))
                        }
                        None => self.over(Err(Error::misuse("a second head was reported"))),
                    };
                }
                // No HTTP body follows a 101.
                Inner::Yield(Reply::Data(_)) => {}
                Inner::Done(result) => return self.over(result),
            }
        }
    }
}

impl<C> fmt::Debug for Upgrade<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("call", &self.call).field("done", &self.done).finish_non_exhaustive()
    }
}
