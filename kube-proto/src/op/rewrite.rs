//! A change of a kubeconfig as an operation.

use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::kubeconfig::Rewrite;

impl OneResult for Rewrite {}

impl Operation for Rewrite {
    type Item = bool;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<bool> {
        self.advance(input, cx.now.mono)
    }
}
