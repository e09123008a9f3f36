//! Where a value is in an object.

use std::fmt;

/// A path. It becomes text only for an error: a text for each level would take memory by the square of the depth.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// The whole object.
    Root,
    /// `.key`
    Key(&'a Place<'a>, &'a str),
    /// `[key]`, as some checks of the server show the keys of a map.
    Entry(&'a Place<'a>, &'a str),
    /// `[0]`
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    /// The first key.
    pub(crate) fn top(&self) -> Option<&'a str> {
        match self {
            Place::Root => None,
            Place::Key(Place::Root, key) => Some(key),
            Place::Key(outer, _) | Place::Entry(outer, _) | Place::Item(outer, _) => outer.top(),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Root => Ok(()),
            Place::Key(Place::Root, key) => f.write_str(key),
            Place::Key(outer, key) => write!(f, "{outer}.{key}"),
            Place::Entry(outer, key) => write!(f, "{outer}[{key}]"),
            Place::Item(outer, index) => write!(f, "{outer}[{index}]"),
        }
    }
}
