//! Operations: one state machine per file, built around `Call`.

pub(crate) mod call;
pub(crate) mod content;
pub(crate) mod decode;
pub(crate) mod edit;
pub(crate) mod ensure;
pub(crate) mod expected;
pub(crate) mod kept;
pub(crate) mod logs;
pub(crate) mod pages;
mod progress;
mod raw;
mod refusal;
mod rewrite;
pub(crate) mod single_flight;
mod split;
pub(crate) mod unary;
pub(crate) mod upgrade;
pub(crate) mod watch_once;
pub(crate) mod with_info;

/// Methods that every operation around a [`call::Call`] has.
macro_rules! timeouts {
    () => {
        /// Replaces the session's time-outs for this kind of request.
        pub fn timeouts(mut self, timeouts: $crate::settings::Timeouts) -> Self {
            self.call.set_timeouts(timeouts);
            self
        }

        /// Replaces the session's policy of repetitions for this request. The session's
        /// [budget](crate::settings::Settings::retry_budget) holds beside it.
        pub fn retry(mut self, retry: $crate::settings::RetryPolicy) -> Self {
            self.call.set_retry(retry);
            self
        }
    };
}
pub(crate) use timeouts;

/// A step of an inner machine for the machine around it.
pub(crate) enum Inner<T> {
    Yield(T),
    Done(Result<(), crate::error::Error>),
}

/// Returns the steps of an inner machine that are for the driver, and gives the others to the machine around it.
macro_rules! pass {
    ($step:expr) => {
        match $step {
            $crate::driver::step::Step::Do(effect) => return $crate::driver::step::Step::Do(effect),
            $crate::driver::step::Step::Wait(until) => return $crate::driver::step::Step::Wait(until),
            $crate::driver::step::Step::Yield(item) => $crate::op::Inner::Yield(item),
            $crate::driver::step::Step::Done(result) => $crate::op::Inner::Done(result),
        }
    };
}
pub(crate) use pass;
