//! The resources that Linux counts for this process.

use std::fs::read_to_string;

type Failure = Box<dyn std::error::Error>;

/// The processor time of all threads, the ended ones among them, in seconds.
pub(crate) fn cpu() -> Result<f64, Failure> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(std::time::Duration::try_from(used)?.as_secs_f64())
}

/// The peak memory, in KiB.
pub(crate) fn peak() -> Result<u64, Failure> {
    status("VmHWM:")
}

/// The current memory, in KiB.
pub(crate) fn resident() -> Result<u64, Failure> {
    status("VmRSS:")
}

/// The number of threads.
pub(crate) fn threads() -> Result<u64, Failure> {
    status("Threads:")
}

fn status(name: &str) -> Result<u64, Failure> {
    let status = read_to_string("/proc/self/status")?;
    let value = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("not in /proc/self/status")?;
    Ok(value.trim().trim_end_matches(" kB").parse()?)
}
