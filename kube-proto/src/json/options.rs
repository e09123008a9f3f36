//! What reading leaves out, and how deep it goes.

/// The most levels of objects and arrays in values that are decoded. An object that becomes a large type counts as up to
/// eight, one more for each 144 bytes of the type.
///
/// A thread with a stack of 2 MiB holds that many even in a build without optimisation: of `serde_json::Value`, and of
/// `JSONSchemaProps` (seven levels each), the largest type of `k8s-openapi` that contains itself. Dropping them needs
/// less.
pub const DEPTH: usize = 640;

/// The number of levels for which an object counts that becomes a `T`.
pub(super) const fn levels<T>() -> usize {
    let more = size_of::<T>() / 144;
    if more < 7 { 1 + more } else { 8 }
}

/// Members of an object's own metadata that are skipped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unwanted<'a> {
    /// `metadata.managedFields`
    pub(crate) managed_fields: bool,
    /// These members of `metadata.annotations`.
    pub(crate) annotations: &'a [Box<str>],
}

#[cfg(feature = "protobuf")]
impl Unwanted<'_> {
    pub(crate) fn is_nothing(&self) -> bool {
        !self.managed_fields && self.annotations.is_empty()
    }
}
