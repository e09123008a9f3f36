//! Panics of rows are kept for the summary, instead of being printed between the rows.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use libtest_mimic::Failed;

use crate::limits;

thread_local! {
    /// The panic of the row that this thread runs; absent outside of rows.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Records the panics of rows. Other threads print theirs.
pub(crate) fn watch() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let kept = SAID.with_borrow_mut(|said| said.as_mut().map(|said| *said = info.to_string()));
        if kept.is_none() {
            usual(info);
        }
    }));
}

/// Runs a row of this name.
pub(crate) fn caught(name: &str, row: impl FnOnce()) -> Result<(), Failed> {
    SAID.set(Some(String::new()));
    let result = limits::watched(name, || catch_unwind(AssertUnwindSafe(row)));
    let said = SAID.take().unwrap_or_default();
    result.map_err(|_| said.into())
}
