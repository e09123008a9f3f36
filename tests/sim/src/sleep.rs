//! Waiting in virtual time.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use kube_proto::driver::Moment;

use super::border::Border;

/// Ready at its moment. Dropped earlier, it wakes nothing.
pub(super) struct Sleep {
    until: Moment,
    name: Arc<str>,
    border: Rc<Border>,
    /// Where it waits.
    place: Option<u64>,
}

impl Sleep {
    pub(super) fn new(span: Duration, name: Arc<str>, border: Rc<Border>) -> Self {
        Self { until: border.now().mono.after(span), name, border, place: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !self.border.may_turn(&self.name) {
            return Poll::Pending;
        }
        if self.border.now().mono >= self.until {
            return Poll::Ready(());
        }
        self.place = Some(self.border.sleep(self.until, self.place, cx));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.border.no_sleep(self.until, place);
        }
    }
}
