//! Seeded random numbers.

use std::time::Duration;

use kube_proto::driver::Random;

/// Draws from one seeded sequence.
#[derive(Clone, Debug)]
pub struct Dice(Random);

impl Dice {
    /// The sequence of this seed; each `stream` of a seed is independent of the others.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(Random::new(Random::new(seed).draw() ^ stream.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.draw().checked_rem(bound).unwrap_or(0)
    }

    /// True in this many of a thousand draws.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// A span below `most`, in whole microseconds.
    pub fn span(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
    }

    /// One of these; there must be at least one.
    pub fn pick<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
        const { assert!(N > 0, "there is nothing to pick from") };
        from[self.index(N).unwrap_or(0)]
    }

    /// One of these, if there are any.
    pub fn pick_of<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        self.index(from.len()).and_then(|at| from.get(at))
    }

    /// A position in a sequence of this length.
    pub fn index(&mut self, length: usize) -> Option<usize> {
        usize::try_from(self.below(length as u64)).ok().filter(|_| length > 0)
    }
}
