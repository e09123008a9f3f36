//! What connections become after `101 Switching Protocols`.

mod raw;

pub use raw::Raw;
