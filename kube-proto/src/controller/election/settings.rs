use std::time::Duration;

use crate::error::Error;

/// The times of a [`LeaderElection`](super::LeaderElection). The defaults are client-go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaderElectionSettings {
    /// How long the others wait after the last renewal that they have seen. 15 s; whole seconds, because the lease has no
    /// parts of them.
    pub lease_duration: Duration,
    /// How long a leader stays one after the last renewal that the server accepted, counted from when that was sent. 10 s.
    /// The span between this and `lease_duration` is the time in which the work must have ended.
    pub renew_deadline: Duration,
    /// The pause between two renewals, and between two tries. 2 s; the pause before a try to become the leader is
    /// longer by a random part of up to 1.2 of it.
    pub retry_period: Duration,
}

impl Default for LeaderElectionSettings {
    fn default() -> Self {
        Self {
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

/// The jitter of the pause before a try, as in client-go.
pub(super) const JITTER: f64 = 1.2;

impl LeaderElectionSettings {
    pub(super) fn check(&self) -> Result<(), Error> {
        let whole = self.lease_duration.subsec_nanos() == 0 && self.lease_duration.as_secs() <= i32::MAX as u64;
        if !whole || self.lease_duration.is_zero() {
            return Err(Error::misuse("the lease duration must be whole seconds, at least one"));
        }
        if self.lease_duration <= self.renew_deadline {
            return Err(Error::misuse("the lease duration must be longer than the renew deadline"));
        }
        if self.retry_period.is_zero() || self.renew_deadline <= self.retry_period.mul_f64(JITTER) {
            return Err(Error::misuse(
                "the renew deadline must be longer than 1.2 retry periods, and these above zero",
            ));
        }
        Ok(())
    }

    /// The time limit of one request: client-go recommends half of the renew deadline, and at least a second.
    pub(super) fn request(&self) -> Duration {
        (self.renew_deadline / 2).max(Duration::from_secs(1))
    }
}
