//! Seeded pseudo-random numbers (SplitMix64): the same seed, the same numbers, in the same order.

use std::time::Duration;

/// A generator of pseudo-random numbers. Each operation has its own, so that operations do not change each other's
/// sequence. Not for cryptography.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A random span below `width`; zero if that is zero.
    pub fn below(&mut self, width: Duration) -> Duration {
        self.jitter(width, 1.0).saturating_sub(width)
    }

    /// A random span: at least `base` and below `base * (1 + factor)`.
    pub fn jitter(&mut self, base: Duration, factor: f64) -> Duration {
        #[allow(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
        let unit = (self.draw() >> 11) as f64 / (1u64 << 53) as f64;
        base.saturating_add(base.mul_f64((unit * factor).max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_of_seed_1234567() {
        let mut random = Random::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.draw()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn jitter_only_adds_stays_below_its_factor_and_is_evenly_spread() {
        let (second, mut random) = (Duration::from_secs(1), Random::new(7));
        let mut tenths = [0; 10];
        for _ in 0..1000 {
            let d = random.jitter(second, 0.5);
            assert!(d >= second && d < Duration::from_millis(1500));
            tenths[(d - second).as_millis() as usize / 50] += 1;
            assert!(random.below(second) < second);
        }
        assert!(tenths.iter().all(|count| (50..200).contains(count)), "{tenths:?}");
        assert_eq!(random.below(Duration::ZERO), Duration::ZERO);
    }
}
