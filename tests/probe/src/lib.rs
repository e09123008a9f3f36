//! What the programs of the benchmarks share: [`feed`], the server that `feeder` starts and whose events `probe` decodes.

pub mod feed;
