//! Copies of files and folders, from a container and to it.

use std::path::Path;

use kube_proto::copy::{Copied, CopyEvent, CopyFrom, CopyTo, Download, DownloadStep, SAID, Upload};
use kube_proto::driver::{Fault, FaultKind, Streams};
use kube_proto::exec::{Collector, Exec, ExecOutput, ExecStream};
use kube_proto::{Error, ErrorKind};
use kube_transport_system::{Archive, Extraction};

use crate::client::Client;
use crate::duplex::Duplex;

impl Client {
    /// Copies a file or a folder from a container: into a local directory, or to a path that does not exist yet. `report`
    /// is called with the progress. The image needs `tar`. Links in the container are left out.
    ///
    /// ```no_run
    /// use kube_transport_std::Client;
    /// use kube_transport_std::proto::copy::RemotePath;
    ///
    /// let client = Client::from_env()?;
    /// let from: RemotePath = "shop/web-0:/var/log".parse()?;
    /// let copied = client.copy_from(from, "logs", |_| {})?;
    /// println!("{} files", copied.files);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The session failed, `tar` failed, the archive has what was not asked for, or a local file cannot be written. The files
    /// before stay.
    pub fn copy_from(
        &self,
        from: impl Into<CopyFrom>,
        to: impl AsRef<Path>,
        mut report: impl FnMut(CopyEvent),
    ) -> Result<Copied, Error> {
        let from = from.into();
        let (mut files, name) = Extraction::at(to.as_ref(), from.path().name()).map_err(local)?;
        let mut download = Download::new(&from, &name)?;
        loop {
            let session = match self.open(download.open()) {
                Ok(session) => session,
                Err(error) => {
                    download.broken(error)?;
                    continue;
                }
            };
            loop {
                while let Some(step) = download.next() {
                    match step? {
                        DownloadStep::Do(action) => files.apply(&action).map_err(local)?,
                        DownloadStep::Report(event) => report(event),
                        DownloadStep::Done(copied) => return Ok(copied),
                    }
                }
                match session.next() {
                    Some(Ok(event)) => download.event(event),
                    end => {
                        let error = end.and_then(Result::err);
                        download.broken(error.unwrap_or(ErrorKind::Stopped.into()))?;
                        break;
                    }
                }
            }
        }
    }

    /// Copies a local file or folder to a container: into a directory of this path, or to the path itself. `report` is
    /// called with the progress. The image needs `tar` and `test`. It uses a thread beside the caller's.
    ///
    /// ```no_run
    /// use kube_transport_std::Client;
    /// use kube_transport_std::proto::copy::RemotePath;
    ///
    /// let client = Client::from_env()?;
    /// client.copy_to("site", "shop/web-0:/var/www".parse::<RemotePath>()?, |_| {})?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The session failed, `tar` failed, or a local file cannot be read or has become shorter. What arrived before stays.
    pub fn copy_to(
        &self,
        from: impl AsRef<Path>,
        to: impl Into<CopyTo>,
        mut report: impl FnMut(CopyEvent),
    ) -> Result<Copied, Error> {
        let from = from.as_ref();
        let name = Archive::name_of(from).map_err(local)?;
        let mut upload = Upload::new(&name, &to.into())?;
        upload.probed(&said(&self.open(upload.probe())?)?);
        let mut archive = Archive::of(from, upload.name()?).map_err(local)?;
        let session = self.open(upload.open())?;
        let (sent, output) = std::thread::scope(|scope| {
            let listener = session.clone();
            let listening =
                std::thread::Builder::new().name("kube-copy".into()).spawn_scoped(scope, move || said(&listener));
            let listening = match listening {
                Ok(listening) => listening,
                Err(error) => return (Err(local(Fault::local(&error))), Err(ErrorKind::Stopped.into())),
            };
            let sent = send(&session, &mut archive, &mut report);
            if sent.is_err() {
                // Without its end, the archive is not taken for a whole one.
                session.close();
            }
            (sent, listening.join().unwrap_or(Err(ErrorKind::Stopped.into())))
        });
        upload.ended(sent, output)
    }
}

/// Sends the archive: what was sent, or `None` if the session takes no more.
fn send(
    session: &Duplex<Exec>,
    archive: &mut Archive,
    report: &mut impl FnMut(CopyEvent),
) -> Result<Option<Copied>, Error> {
    while let Some(piece) = archive.next() {
        let piece = piece.map_err(local)?;
        if session.send(piece.bytes).is_err() {
            return Ok(archive.is_complete().then(|| archive.copied()));
        }
        piece.event.into_iter().for_each(&mut *report);
    }
    // A server that cannot be told leaves the end to `tar`, which finds it in the archive.
    let _ = session.with(|exec| exec.finish(ExecStream::Stdin));
    Ok(Some(archive.copied()))
}

/// The end of a session, and the first of what it said.
fn said(session: &Duplex<Exec>) -> Result<ExecOutput, Error> {
    let mut all = Collector::default();
    while let Some(event) = session.next() {
        if let Some(output) = all.push_first(event?, SAID) {
            return Ok(output);
        }
    }
    Err(Error::misuse("the output of the session was already taken"))
}

fn local(fault: Fault) -> Error {
    ErrorKind::Transport(Fault { kind: FaultKind::Io, ..fault }).into()
}
