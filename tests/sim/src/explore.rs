//! Runs one scenario under many seeds, and reduces the faults of a failing seed.
//!
//! | variable | effect |
//! |---|---|
//! | `KUBE_SIM_SEED=7` | runs this seed alone, and prints what happened |
//! | `KUBE_SIM_SEEDS=100000` | runs this many seeds |
//! | `KUBE_SIM_SEEDS=500..900` | runs these seeds |

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use super::mishap::{Allowed, MENDS, Mishap};
use super::{Faults, Sim};

/// Runs a scenario under this many seeds, on all processors. The faults are [drawn](Faults::drawn) anew for each seed.
///
/// A seed fails if the scenario panics or reports a [violation](Sim::violate). The seed then runs again with fewer
/// mishaps as long as it still fails, and the trace is printed.
///
/// # Panics
/// A seed fails.
pub fn explore(name: &str, seeds: u64, scenario: impl Fn(&mut Sim) + Sync) {
    run_all(name, seeds, Sim::new, &scenario);
}

/// The same, with [plain](Sim::plain) clusters.
///
/// # Panics
/// A seed fails.
pub fn explore_plain(name: &str, seeds: u64, scenario: impl Fn(&mut Sim) + Sync) {
    run_all(name, seeds, Sim::plain, &scenario);
}

/// The first of these seeds that fails, with as few mishaps as the failure needs.
pub fn first_failure(
    seeds: Range<u64>,
    make: impl Fn(u64) -> Sim + Sync,
    scenario: impl Fn(&mut Sim) + Sync,
) -> Option<Failed> {
    let seed = search(seeds, &make, &scenario)?;
    Some(shrink(seed, &make, &scenario))
}

/// Whether any of these seeds fails: the first failure found.
pub fn any_failure(
    seeds: Range<u64>,
    make: impl Fn(u64) -> Sim + Sync,
    scenario: impl Fn(&mut Sim) + Sync,
) -> Option<u64> {
    search(seeds, &make, &scenario)
}

/// A seed that failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// The violation or the panic message.
    pub what: String,
    /// The mishaps that the failure needs.
    pub mishaps: Vec<Mishap>,
    /// The trace of the run.
    pub trace: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\nseed {} (KUBE_SIM_SEED={})", self.what, self.seed, self.seed)?;
        match self.mishaps.as_slice() {
            [] => writeln!(f, "it fails without any mishap")?,
            mishaps => writeln!(f, "with fewer mishaps it does not fail: {mishaps:?}")?,
        }
        write!(f, "{}", self.trace)
    }
}

#[allow(clippy::panic, clippy::print_stderr, reason = "a test ends that way")]
fn run_all(name: &str, seeds: u64, make: impl Fn(u64) -> Sim + Sync, scenario: &(impl Fn(&mut Sim) + Sync)) {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if let Some(seed) = std::env::var("KUBE_SIM_SEED").ok().as_deref().and_then(number) {
        match run(seed, &Allowed::default(), true, &make, scenario) {
            Ok(sim) => eprintln!("{name}: seed {seed} is fine\n{}", sim.trace()),
            Err(_) => panic!("{name}: {}", shrink(seed, &make, scenario)),
        }
        return;
    }
    let range = match std::env::var("KUBE_SIM_SEEDS").ok().as_deref() {
        Some(text) => match text.split_once("..") {
            Some((from, to)) => number(from).zip(number(to)).map(|(from, to)| from..to),
            None => number(text).map(|count| 0..count),
        },
        None => None,
    };
    if let Some(failed) = first_failure(range.unwrap_or(0..seeds), &make, scenario) {
        panic!("{name}: {failed}");
    }
}

/// The smallest failing seed among those that ran before the search stopped.
fn search(
    seeds: Range<u64>,
    make: &(impl Fn(u64) -> Sim + Sync),
    scenario: &(impl Fn(&mut Sim) + Sync),
) -> Option<u64> {
    let (next, failed) = (AtomicU64::new(seeds.start), AtomicU64::new(u64::MAX));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end.min(failed.load(Ordering::Relaxed)) {
                        return;
                    }
                    if run(seed, &Allowed::default(), false, make, scenario).is_err() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    Some(failed.into_inner()).filter(|seed| *seed != u64::MAX)
}

/// Reduces the mishaps to those that the failure needs.
fn shrink(seed: u64, make: &impl Fn(u64) -> Sim, scenario: &impl Fn(&mut Sim)) -> Failed {
    let mut allowed = Allowed::default();
    let fails = |allowed: &Allowed| run(seed, allowed, false, make, scenario).is_err();
    for mishap in Mishap::ALL {
        allowed.without.push(mishap);
        if !fails(&allowed) {
            allowed.without.pop();
        }
    }
    for mend in 0..MENDS {
        let less = Allowed { mended: allowed.mended | 1 << mend, ..allowed.clone() };
        if fails(&less) {
            allowed = less;
        }
    }
    let drawn = match run(seed, &allowed, false, make, scenario) {
        Ok(_) => 0,
        Err(failure) => failure.drawn,
    };
    // Which of the last mishaps the failure needs, and then which of the first, by bisection.
    let (mut low, mut high) = (0, drawn + 1);
    while low < high {
        let middle = low.midpoint(high);
        if fails(&Allowed { to: middle, ..allowed.clone() }) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    allowed.to = high;
    let (mut low, mut high) = (0, high);
    while low < high {
        let middle = low.midpoint(high + 1);
        if fails(&Allowed { from: middle, ..allowed.clone() }) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    allowed.from = low;
    let mishaps = Mishap::ALL.into_iter().filter(|mishap| !allowed.without.contains(mishap)).collect();
    let (what, trace) = match run(seed, &allowed, true, make, scenario) {
        Ok(sim) => (
            "it does not fail again: the scenario does not depend on its seed alone".to_owned(),
            sim.trace().to_string(),
        ),
        Err(failure) => (failure.what, failure.trace),
    };
    Failed { seed, what, mishaps, trace }
}

struct Failure {
    what: String,
    trace: String,
    drawn: u64,
}

fn run(
    seed: u64,
    allowed: &Allowed,
    written: bool,
    make: &impl Fn(u64) -> Sim,
    scenario: &impl Fn(&mut Sim),
) -> Result<Box<Sim>, Failure> {
    let mut sim = Box::new(make(seed));
    sim.allowed = allowed.clone();
    sim.trace.want(written);
    let (result, said) = quietly(|| {
        sim.faults(Faults::drawn(seed));
        scenario(&mut sim);
    });
    let panic = result.err().map(|_| said);
    let what = match (sim.violation.take(), panic) {
        (None, None) => return Ok(sim),
        (Some(violation), _) => violation,
        (None, Some(panic)) => panic,
    };
    Err(Failure { what, trace: sim.trace.to_string(), drawn: sim.drawn })
}

thread_local! {
    /// The panic message of a scenario; absent outside of one.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Catches the panic message instead of printing it: a failing seed runs many times.
fn quietly(what: impl FnOnce()) -> (Result<(), Box<dyn Any + Send>>, String) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let kept = SAID.with_borrow_mut(|said| said.as_mut().map(|said| *said = info.to_string()));
            if kept.is_none() {
                usual(info);
            }
        }));
    });
    SAID.set(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(what));
    (result, SAID.take().unwrap_or_default())
}
