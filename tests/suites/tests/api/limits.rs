//! Rows that take long are named while they run, as libtest names its tests: `.ci/limited` ends a program by these
//! lines.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The rows that run, and since when; `None` once the row was named.
static RUNNING: LazyLock<Mutex<BTreeMap<String, Option<Instant>>>> = LazyLock::new(|| {
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            name_slow_rows();
        }
    });
    Mutex::default()
});

/// Runs a row. After a minute a line on standard output names it.
pub(crate) fn watched<T>(name: &str, row: impl FnOnce() -> T) -> T {
    let running = || RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running().insert(name.to_owned(), Some(Instant::now()));
    let result = row();
    running().remove(name);
    result
}

fn name_slow_rows() {
    for (name, since) in &mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) {
        if since.take_if(|since| since.elapsed() > Duration::from_secs(60)).is_some() {
            println!("test {name} has been running for over 60 seconds");
        }
    }
}
