//! The encoding that reads ask for.

/// The encoding of objects that reads ask for, client-go's `AcceptContentTypes`: of a session as
/// [`Settings::content_type`](super::Settings::content_type), and of one API as
/// [`Api::content_type`](crate::Api::content_type), which goes before it.
///
/// A request always accepts JSON too, and the content type of the response decides how it is read. So servers without
/// protobuf, and kinds without it (custom resources), stay JSON by themselves. Writes send and receive JSON. The page
/// [`encodings`](crate::docs::encodings) has the table of the defaults, and why they are so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentType {
    /// The default of each type, by the table of the page [`encodings`](crate::docs::encodings).
    #[default]
    Auto,
    /// JSON for all types.
    Json,
    /// Protobuf for all types that can be read from it: all but those with
    /// [`Protobuf::Never`](crate::resource::Protobuf::Never), such as `DynamicObject`.
    #[cfg(feature = "protobuf")]
    Protobuf,
}
