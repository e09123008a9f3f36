//! The shared code of the benchmarks' programs: [`feed`] is the server of `feeder`, and makes the events for `probe`.

pub mod feed;
