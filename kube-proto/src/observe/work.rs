//! Events of work queues and of elections.

use std::time::Duration;

use crate::controller::queue::{Outcome, QueueStats};

/// The work queue of an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct QueueInfo<'a> {
    /// The name that the program gave it.
    pub name: &'a str,
    /// Its counters after the event.
    pub stats: QueueStats,
}

/// An event of a work queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueStep {
    /// Keys were added. `stats` says how many there are now.
    Added,
    /// The run of a key began.
    Started {
        /// How long the key was ready.
        waited: Duration,
    },
    /// The run of a key ended.
    Finished {
        /// How long it took.
        took: Duration,
        /// How it ended.
        outcome: Outcome,
    },
    /// A second has passed, and keys run: `stats` says for how long.
    Running,
}

/// The election of an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ElectionInfo<'a> {
    /// The namespace of the lease.
    pub namespace: &'a str,
    /// The name of the lease.
    pub name: &'a str,
    /// The identity of this process.
    pub identity: &'a str,
}

/// An event of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElectionStep<'a> {
    /// This process takes part, and is no leader yet. It is the first event.
    Began,
    /// This process is the leader.
    Leading,
    /// This process is no longer the leader.
    Lost {
        /// Why, in words.
        why: &'a str,
    },
    /// A leader's renewal failed, so it reads the lease before it tries again. (client-go's slow path.)
    SlowPath,
}
