//! How often one operation asks: what tells an operation that spins from one that works.

use std::collections::VecDeque;
use std::time::Duration;

use kube_proto::driver::{Exchange, Moment};

use super::run::Outage;

/// The requests of one operation.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// When its last requests began that were no later pages.
    requests: VecDeque<Moment>,
    /// The most within a minute so far.
    pub(super) busiest: usize,
    /// Requests during the outage that is now.
    pub(super) in_outage: u32,
}

impl Tally {
    /// Counts a request, and gives what is wrong if the operation makes too many.
    pub(super) fn count(
        &mut self,
        name: &str,
        exchange: &Exchange,
        now: Moment,
        outage: Option<&Outage>,
        most: usize,
    ) -> Option<String> {
        if exchange.request.uri().query().unwrap_or_default().contains("continue=") {
            return None;
        }
        while self.requests.front().is_some_and(|at| now.since(*at) >= MINUTE) {
            self.requests.pop_front();
        }
        self.requests.push_back(now);
        let count = self.requests.len();
        self.busiest = self.busiest.max(count);
        if count > most {
            return Some(format!("{name} spins: {count} requests within a minute"));
        }
        let limit = outage?.most(now);
        self.in_outage += 1;
        let tried = self.in_outage;
        (tried > limit)
            .then(|| format!("{name} does not back off: {tried} requests in an outage, and {limit} would do"))
    }
}

const MINUTE: Duration = Duration::from_secs(60);
