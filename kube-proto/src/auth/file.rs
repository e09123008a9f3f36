//! A token in a file that another program renews: a projected service-account token.
//!
//! As in client-go, the file is read again about every 50 seconds, and the last token stays in use while reading fails
//! (docs/wire.md §7.4). A token configured beside the file is used only until the file was read, because it is the oldest.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::credential::Credential;
use super::headers::bearer;
use super::slot::Fetched;
use crate::driver::effect::Effect;
use crate::driver::fault::FaultKind;
use crate::driver::input::Input;
use crate::driver::time::Now;
use crate::error::Error;
use crate::secret::Secret;
use crate::settings::Settings;

/// A file with a token, and the token to use until the file was read once.
#[derive(Debug)]
pub(crate) struct FileSource {
    path: PathBuf,
    fallback: Option<Secret>,
    /// Whether the file has given a token.
    was_read: AtomicBool,
}

impl FileSource {
    pub(crate) fn new(path: PathBuf, fallback: Option<Secret>) -> Self {
        Self { path, fallback, was_read: AtomicBool::new(false) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn effect(&self, settings: &Settings) -> Effect {
        Effect::ReadFile { path: self.path.clone(), limit: settings.limits.file }
    }

    pub(crate) fn read(&self, input: Input, now: Now) -> Result<Fetched<Credential>, Error> {
        let fallback = || self.fallback.as_ref().filter(|_| !self.was_read.load(Ordering::Relaxed));
        let authorization = match self.token(input).and_then(|token| bearer(&token)) {
            Ok(authorization) => {
                self.was_read.store(true, Ordering::Relaxed);
                authorization
            }
            Err(error) => bearer(fallback().ok_or(error)?)?,
        };
        Ok(Fetched {
            value: Credential::token(authorization),
            refresh: Some(now.mono.after(PERIOD)),
            expires: None,
            stored: false,
        })
    }

    fn token(&self, input: Input) -> Result<Secret, Error> {
        let path = self.path.display();
        match input {
            Input::File(content) => {
                let text = std::str::from_utf8(&content)
                    .map_err(|_| Error::credential(format!("the token file {path} is not text")))?
                    .trim();
                if text.is_empty() {
                    return Err(Error::credential(format!("the token file {path} is empty")));
                }
                Ok(Secret::from(text))
            }
            Input::Failed(fault) if fault.kind == FaultKind::NotFound => Err(Error::credential(format!(
                "the token file {path} does not exist; in a pod, is automountServiceAccountToken off?"
            ))),
            Input::Failed(fault) => Err(Error::credential(format!("the token file {path} cannot be read: {fault}"))),
            _ => Err(Error::credential(format!("the driver did not read the token file {path}"))),
        }
    }
}

/// How often the file is read: client-go's minute, less its leeway of ten seconds.
const PERIOD: Duration = Duration::from_secs(50);

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::driver::fault::Fault;

    fn read(input: Input, fallback: Option<&str>) -> Result<String, String> {
        let source = FileSource::new("/t/token".into(), fallback.map(Secret::from));
        match source.read(input, Now::default()) {
            Ok(fetched) => Ok(fetched.value.authorization.unwrap().to_str().unwrap().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn white_space_around_a_token_is_harmless() {
        let file = Input::File(Bytes::from_static(b" abc.def\r\n\n"));
        assert_eq!(read(file, None).unwrap(), "Bearer abc.def");
    }

    #[test]
    fn the_fallback_stands_in_until_the_file_was_read() {
        let gone = || Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "no such file")));
        assert_eq!(read(gone(), Some("old")).unwrap(), "Bearer old");
        assert_eq!(read(Input::File("a\nb".into()), Some("old")).unwrap(), "Bearer old");
        assert!(read(gone(), None).unwrap_err().contains("/t/token does not exist"));
    }

    #[test]
    fn files_without_a_token_are_errors() {
        for (content, says) in [(&b" \n"[..], "is empty"), (b"\xff", "is not text"), (b"a\nb", "header")] {
            let error = read(Input::File(Bytes::copy_from_slice(content)), None).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
