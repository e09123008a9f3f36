//! Idle connections: which to keep, for how long, and which to use again. The policy works for any connection type.

use std::collections::VecDeque;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::time::Moment;

/// How many idle connections are kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// The most for one endpoint. client-go keeps 25.
    pub per_endpoint: usize,
    /// The most in all.
    pub total: usize,
    /// The longest idle time of a connection. The pool never returns an older one to use; it gives it out to be closed when
    /// the next connection is put into it. API
    /// servers close after 90 seconds; a shorter time avoids that race.
    pub age: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { per_endpoint: 25, total: 100, age: Duration::from_secs(75) }
    }
}

/// Idle connections of type `C`.
///
/// The last connection in is the first one out: the youngest is the likeliest to be alive, and the others can expire. The
/// pool is a list in the order of their ages: a call to the one server of a client finds its connection at once, and a
/// pool of many servers is searched, at most [`PoolLimits::total`] steps.
#[derive(Debug)]
pub struct Idle<C> {
    limits: PoolLimits,
    /// The youngest is the last.
    idle: VecDeque<(Endpoint, Moment, C)>,
}

impl<C> Idle<C> {
    /// An empty pool.
    #[must_use]
    pub fn new(limits: PoolLimits) -> Self {
        Self { limits, idle: VecDeque::new() }
    }

    /// Takes the youngest idle connection to this endpoint, if that has not been idle for too long. Check it before use:
    /// it may have died meanwhile.
    pub fn take(&mut self, endpoint: &Endpoint, now: Moment) -> Option<C> {
        let place = self.idle.iter().rposition(|(to, ..)| to == endpoint)?;
        let fresh = self.idle.get(place).is_some_and(|(_, since, _)| since.after(self.limits.age) > now);
        if !fresh {
            return None;
        }
        self.idle.remove(place).map(|(.., connection)| connection)
    }

    /// Keeps a connection for later. Returns the connections to drop: those that are idle for too long, and the oldest
    /// above a limit. Drop them outside of a lock, because observers learn of their ends.
    #[must_use = "these connections are to be dropped outside of a lock"]
    pub fn put(&mut self, endpoint: Endpoint, connection: C, now: Moment) -> Vec<C> {
        let mut out = self.expire(now);
        if self.limits.per_endpoint == 0 || self.limits.total == 0 {
            out.push(connection);
            return out;
        }
        if self.idle.len() >= self.limits.per_endpoint {
            let mut same = self.idle.iter().enumerate().rev().filter(|(_, (to, ..))| *to == endpoint);
            if let Some((oldest, _)) = same.nth(self.limits.per_endpoint - 1) {
                out.extend(self.idle.remove(oldest).map(|(.., connection)| connection));
            }
        }
        // Clocks of several threads may differ a little. The order of ages is that of arrival.
        let since = self.idle.back().map_or(now, |(_, youngest, _)| now.max(*youngest));
        self.idle.push_back((endpoint, since, connection));
        if self.idle.len() > self.limits.total {
            out.extend(self.idle.pop_front().map(|(.., connection)| connection));
        }
        out
    }

    /// Takes out the connections that have been idle for too long. Drop them outside of a lock.
    #[must_use = "these connections are to be dropped outside of a lock"]
    pub fn expire(&mut self, now: Moment) -> Vec<C> {
        let mut out = Vec::new();
        while self.idle.front().is_some_and(|(_, since, _)| since.after(self.limits.age) <= now) {
            out.extend(self.idle.pop_front().map(|(.., connection)| connection));
        }
        out
    }

    /// The number of idle connections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.idle.len()
    }

    /// Whether there is no idle connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.idle.is_empty()
    }

    /// Takes all connections out, so that the caller can drop them outside of a lock.
    #[must_use]
    pub fn take_all(&mut self) -> Vec<C> {
        std::mem::take(&mut self.idle).into_iter().map(|(.., connection)| connection).collect()
    }

    /// Drops all connections.
    pub fn clear(&mut self) {
        self.idle.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [u32; 0] = [];

    const fn s(seconds: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(seconds))
    }

    fn at(host: &str) -> Endpoint {
        Endpoint::new(host, 80, None, None)
    }

    fn pool(per_endpoint: usize, total: usize) -> Idle<u32> {
        Idle::new(PoolLimits { per_endpoint, total, age: s(60).since_zero() })
    }

    #[test]
    fn the_youngest_comes_first() {
        let mut pool = pool(5, 5);
        (1..=3).for_each(|n| assert_eq!(pool.put(at("a"), n, s(n.into())), NONE));
        let order: Vec<_> = std::iter::from_fn(|| pool.take(&at("a"), s(4))).collect();
        assert_eq!(order, [3, 2, 1]);
        assert!(pool.is_empty());
    }

    #[test]
    fn endpoints_do_not_mix() {
        let mut pool = pool(5, 5);
        assert_eq!(pool.put(at("a"), 1, s(0)), NONE);
        assert_eq!(pool.take(&at("b"), s(0)), None);
        assert_eq!(pool.len(), 1);
    }

    #[test]
    fn the_old_are_not_used_again() {
        let mut pool = pool(5, 5);
        assert_eq!(pool.put(at("a"), 1, s(0)), NONE);
        assert_eq!(pool.put(at("a"), 2, s(30)), NONE);
        assert_eq!(pool.take(&at("a"), s(60)), Some(2));
        assert_eq!(pool.take(&at("a"), s(60)), None);
        assert_eq!(pool.expire(s(60)), [1]);
    }

    /// Not only when this endpoint is used again: a rotated identity never is.
    #[test]
    fn the_old_of_all_endpoints_go_when_one_is_put() {
        let mut pool = pool(5, 5);
        assert_eq!(pool.put(at("a"), 1, s(0)), NONE);
        assert_eq!(pool.put(at("b"), 2, s(59)), NONE);
        assert_eq!(pool.len(), 2);
        assert_eq!(pool.put(at("c"), 3, s(60)), [1]);
        assert_eq!(pool.len(), 2);
        assert_eq!(pool.take(&at("b"), s(60)), Some(2));
    }

    #[test]
    fn both_limits_drop_the_oldest() {
        let mut pool = pool(2, 3);
        for (n, host, out) in [(1, "a", 0), (2, "a", 0), (3, "a", 1), (4, "b", 0), (5, "b", 2)] {
            assert_eq!(pool.put(at(host), n, s(n.into())).first().copied().unwrap_or(0), out);
        }
        assert_eq!(pool.len(), 3);
        assert_eq!((pool.take(&at("a"), s(6)), pool.take(&at("a"), s(6))), (Some(3), None));
        assert_eq!((pool.take(&at("b"), s(6)), pool.take(&at("b"), s(6))), (Some(5), Some(4)));
    }

    #[test]
    fn a_limit_of_zero_keeps_nothing() {
        let mut pool = pool(0, 3);
        assert_eq!(pool.put(at("a"), 1, s(0)), [1]);
        assert!(pool.is_empty());
    }
}
