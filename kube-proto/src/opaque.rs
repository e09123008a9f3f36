//! Values that may be secret, inside types that derive `Debug`.

use std::collections::VecDeque;
use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http::{Request, Uri};

/// A value that may be secret. Its `Debug` shows the size and never the content, so that a type with such a field can
/// derive `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Opaque<T>(pub(crate) T);

impl<T> Deref for Opaque<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Opaque<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Opaque<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Outline> fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.outline(f)
    }
}

/// The part of a value that `Debug` may show.
pub(crate) trait Outline {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// For bytes, their number.
macro_rules! bytes {
    ($($of:ty),*) => {$(
        impl Outline for $of {
            fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} bytes", self.len())
            }
        }
    )*};
}

bytes!(&[u8], Bytes, BytesMut);

impl<T> Outline for Vec<T> {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} elements", self.len())
    }
}

impl<T> Outline for VecDeque<T> {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} elements", self.len())
    }
}

impl Outline for Box<Parts> {
    /// Without the headers: they may set cookies.
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {} headers", self.status, self.headers.len())
    }
}

impl Outline for Request<Bytes> {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (headers, body) = (self.headers().len(), self.body().len());
        write!(f, "{} {} with {headers} headers and {body} bytes", self.method(), Target(self.uri()))
    }
}

/// A request's target without its query, which may hold the command of an exec or a token for a proxied service.
pub(crate) struct Target<'a>(pub(crate) &'a Uri);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.path())?;
        self.0.query().map_or(Ok(()), |query| write!(f, "?[{} bytes]", query.len()))
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_size_and_no_content() {
        let bytes = || Bytes::from_static(b"s3cr3t");
        let (head, ()) = http::Response::builder().header("set-cookie", "s3cr3t").body(()).unwrap().into_parts();
        let request = |target| Request::post(target).header("authorization", "s3cr3t").body(bytes()).unwrap();
        for (shown, text) in [
            (format!("{:?}", Opaque(bytes())), "6 bytes"),
            (format!("{:#?}", Some(Opaque(BytesMut::from("s3cr3t")))), "Some(\n    6 bytes,\n)"),
            (format!("{:?}", Opaque(&b"s3cr3t"[..])), "6 bytes"),
            (format!("{:?}", Opaque(b"s3cr3t".to_vec())), "6 elements"),
            (format!("{:?}", Opaque(VecDeque::from([bytes(), bytes()]))), "2 elements"),
            (format!("{:?}", Opaque(Box::new(head))), "200 OK and 1 headers"),
            (format!("{:?}", Opaque(request("/a"))), "POST /a with 1 headers and 6 bytes"),
            (format!("{:?}", Opaque(request("/a?b=s3cr3t"))), "POST /a?[8 bytes] with 1 headers and 6 bytes"),
        ] {
            assert_eq!(shown, text);
        }
    }
}
