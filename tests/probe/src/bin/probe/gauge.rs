//! The resources that Linux counts for this process.

use std::fs::read_to_string;

type Failure = Box<dyn std::error::Error>;

/// The processor time of all threads, in seconds.
pub(crate) fn cpu() -> Result<f64, Failure> {
    let stat = read_to_string("/proc/self/stat")?;
    // After the name in brackets, which may hold any text: fields 14 and 15 of proc(5) are utime and stime, in ticks.
    let after = stat.rsplit_once(')').ok_or("no ) in /proc/self/stat")?.1;
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(f64::from(ticks) / 100.0)
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
