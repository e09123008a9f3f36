//! CA, client certificate and key in files that another program renews.
//!
//! The files are read again after [`PERIOD`], and when a handshake fails or the server answers 401. New content is a
//! new identity: connections of the old one finish their exchanges and take no new ones.
//!
//! Certificate and key are two files, which no program can change at once. Only the TLS code can see that they do not
//! match; it does so before a request is sent. Then the material before stays in use, and the material that does not
//! match is not used again until a file changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::context::Context;
use super::credential::FILE_PATIENCE;
use super::site::Server;
use super::slot::{Fetched, Source};
use crate::driver::effect::Effect;
use crate::driver::endpoint::TlsSettings;
use crate::driver::input::Input;
use crate::driver::step::Step;
use crate::error::Error;
use crate::secret::Secret;
use crate::settings::Settings;

/// The files, and the settings that they belong to.
#[derive(Debug)]
pub(crate) struct TlsFileSource {
    /// The configured settings, with the content that the files had then.
    settings: Arc<TlsSettings>,
    files: Vec<(Role, PathBuf)>,
}

/// What a file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Ca,
    Certificate,
    Key,
}

/// One pass over the files.
#[derive(Debug)]
pub(crate) struct Reading {
    settings: TlsSettings,
    next: usize,
    started: bool,
    over: bool,
}

impl TlsFileSource {
    /// `None` if the settings name no file.
    pub(crate) fn new(settings: &Arc<TlsSettings>) -> Option<Self> {
        let of = &settings.files;
        let all = [(Role::Ca, &of.ca), (Role::Certificate, &of.client_certificate), (Role::Key, &of.client_key)];
        let files: Vec<_> = all.into_iter().filter_map(|(role, path)| Some((role, path.clone()?))).collect();
        (!files.is_empty()).then(|| Self { settings: Arc::clone(settings), files })
    }

    /// Whether the settings already contain the content of every file.
    pub(crate) fn is_complete(&self) -> bool {
        self.files.iter().all(|(role, _)| match role {
            Role::Ca => self.settings.ca.is_some(),
            Role::Certificate => self.settings.client_certificate.is_some(),
            Role::Key => self.settings.client_key.is_some(),
        })
    }

    fn take(reading: &mut Reading, role: Role, path: &std::path::Path, input: Input) -> Result<(), Error> {
        let path = path.display();
        let content = match input {
            Input::File(content) => content,
            Input::Failed(fault) => return Err(Error::credential(format!("the file {path} cannot be read: {fault}"))),
            _ => return Err(Error::credential(format!("the driver did not read the file {path}"))),
        };
        // TLS would read an empty CA as no CA and trust every CA of the system.
        if content.trim_ascii().is_empty() {
            return Err(Error::credential(format!("the file {path} is empty")));
        }
        // A slice would keep the whole read buffer alive.
        let content = Bytes::copy_from_slice(&content);
        match role {
            Role::Ca => reading.settings.ca = Some(content),
            Role::Certificate => reading.settings.client_certificate = Some(content),
            Role::Key => {
                let text = std::str::from_utf8(&content)
                    .map_err(|_| Error::credential(format!("the client key in {path} is not PEM text")))?;
                reading.settings.client_key = Some(Secret::from(text));
            }
        }
        Ok(())
    }
}

impl Source for TlsFileSource {
    type Value = Arc<TlsSettings>;
    type Fetch = Reading;

    fn begin(&self) -> Reading {
        Reading { settings: TlsSettings::clone(&self.settings), next: 0, started: false, over: false }
    }

    fn resume(
        &self,
        reading: &mut Reading,
        input: Option<Input>,
        _: &Server<'_>,
        cx: &Context<'_>,
    ) -> Step<Fetched<Arc<TlsSettings>>> {
        if reading.over {
            return Step::Done(Ok(()));
        }
        if let Some((role, path)) = self.files.get(reading.next).filter(|_| reading.started) {
            let Some(input) = input else { return Step::Wait(None) };
            if let Err(error) = Self::take(reading, *role, path, input) {
                return Step::Done(Err(error));
            }
            reading.next += 1;
        }
        match self.files.get(reading.next) {
            Some((_, path)) => {
                reading.started = true;
                Step::Do(Effect::ReadFile { path: path.clone(), limit: cx.settings.limits.file })
            }
            None => {
                reading.over = true;
                let refresh = Some(cx.now.mono.after(PERIOD));
                Step::Yield(Fetched {
                    value: Arc::new(reading.settings.clone()),
                    refresh,
                    expires: None,
                    stored: false,
                })
            }
        }
    }

    fn patience(&self, _: &Settings) -> Duration {
        FILE_PATIENCE
    }

    fn changes_unasked(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        let paths: Vec<_> = self.files.iter().map(|(_, path)| path.display().to_string()).collect();
        format!("reading {}", paths.join(", "))
    }
}

/// How often the files are read.
pub(crate) const PERIOD: Duration = Duration::from_secs(60);
