//! `kube-counts [NAME [time]]`: carries out one benchmark under callgrind, which counts the instructions in [`measured`].
//! Without a name it lists the names. `run` beside the sources does the rest.
//!
//! Each benchmark warms up once, so that what is made on first use does not count, and then repeats its work
//! [`REPEATS`] times. With `time` and without callgrind it prints the nanoseconds of the quickest of many repetitions, where
//! the work can be repeated: fewer instructions are not always less time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a benchmark reads is its own")]

mod feed;
mod reading;
mod splitting;
mod turning;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// A name, and what is counted.
type Benchmark = (&'static str, fn());

fn main() -> ExitCode {
    let benchmarks: Vec<Benchmark> = [reading::ALL, splitting::ALL, turning::ALL].concat();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => benchmarks.iter().for_each(|(name, _)| println!("{name}")),
        [wanted] | [wanted, _] => match benchmarks.iter().find(|(name, _)| name == wanted) {
            Some((_, run)) => run(),
            None => {
                eprintln!("kube-counts: there is no benchmark {wanted:?}");
                return ExitCode::FAILURE;
            }
        },
        _ => {
            eprintln!("usage: kube-counts [NAME [time]]");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Counts the same work again and again, after one time that does not count. What the work returns is dropped, which
/// counts too.
fn count<T>(mut work: impl FnMut() -> T) {
    drop(black_box(work()));
    measured(&mut || drop(black_box(work())));
    if std::env::args().nth(2).as_deref() == Some("time") {
        let once = |_| {
            let began = Instant::now();
            measured(&mut || drop(black_box(work())));
            began.elapsed().as_nanos()
        };
        println!("{} ns", (0..ROUNDS).map(once).min().unwrap_or_default() / REPEATS as u128);
    }
}

/// callgrind counts in here alone, by this name.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    for _ in 0..REPEATS {
        work();
    }
}

/// `run` divides by it.
const REPEATS: usize = 16;
const ROUNDS: usize = 3000;
