//! Values that are never printed.

use std::fmt;
use std::sync::Arc;

/// A text that is never printed: a token, a password, a private key.
///
/// `Debug` prints `[redacted]`, there is no `Display`, and it cannot be serialized by accident. Clones share the text.
/// Memory is not wiped when the last clone is dropped.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(Arc<str>);

impl Secret {
    /// A secret with this text. White space is not trimmed.
    pub fn new(text: impl Into<Arc<str>>) -> Secret {
        Secret(text.into())
    }

    /// The text. Keep it out of logs and errors.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.into())
    }
}

/// A URL as written, not yet parsed. `Debug` and `Display` hide a user name and a password in it, and its query.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlText(String);

impl UrlText {
    /// The text as written, secrets included.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Up to the last `@` of the text: an invalid URL may still contain a valid password.
        let rest = match (self.0.rfind('@'), self.0.find("://")) {
            (None, _) => &self.0,
            (Some(at), colon) => {
                let scheme = colon.filter(|colon| *colon < at).map_or("", |colon| &self.0[..colon + 3]);
                write!(f, "{scheme}[redacted]")?;
                &self.0[at..]
            }
        };
        match rest.find(['?', '#']) {
            None => f.write_str(rest),
            Some(end) => write!(f, "{}[redacted]", &rest[..=end]),
        }
    }
}

impl fmt::Debug for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl From<String> for UrlText {
    fn from(text: String) -> UrlText {
        UrlText(text)
    }
}

impl From<&str> for UrlText {
    fn from(text: &str) -> UrlText {
        UrlText(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::from("hunter2");
        assert_eq!(format!("{secret:?} {:?} {:#?}", Some(&secret), [&secret]).matches("hunter2").count(), 0);
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_url_hides_its_user() {
        for (text, shown) in [
            ("https://h:1/p", "https://h:1/p"),
            ("http://u:hunter2@h:1", "http://[redacted]@h:1"),
            ("http://u:hunt@er2@h:1", "http://[redacted]@h:1"),
            ("u:hunter2@h", "[redacted]@h"),
            ("https://h/p?token=hunter2", "https://h/p?[redacted]"),
            ("https://h/p#hunter2", "https://h/p#[redacted]"),
            ("https://u:hunt?er2@h?hunter2", "https://[redacted]@h?[redacted]"),
            ("https://h/p?mail=hunter2@h", "https://[redacted]@h"),
            ("", ""),
        ] {
            let url = UrlText::from(text);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("{shown:?}"));
            assert_eq!(url.expose(), text);
        }
    }
}
