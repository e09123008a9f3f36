//! Copies of files and folders, from a container and to it.

use std::path::Path;

use blocking::unblock;
use futures_lite::future::zip;
use kube_proto::copy::{Copied, CopyEvent, CopyFrom, CopyTo, Download, DownloadStep, SAID, Upload};
use kube_proto::driver::{Fault, FaultKind, Streams};
use kube_proto::exec::{Collector, Exec, ExecOutput, ExecStream};
use kube_proto::{Error, ErrorKind};
use kube_transport_system::{Archive, Extraction};

use crate::client::Client;
use crate::duplex::Duplex;

impl Client {
    /// Copies a file or a folder from a container: into a local directory, or to a path that does not exist yet. `report`
    /// is called with the progress. The image needs `tar`. Links in the container are left out. Files are written on
    /// threads that may block.
    ///
    /// ```no_run
    /// use kube_transport_smol::Client;
    /// use kube_transport_smol::proto::copy::RemotePath;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::from_env().await?;
    /// let from: RemotePath = "shop/web-0:/var/log".parse()?;
    /// let copied = client.copy_from(from, "logs", |_| {}).await?;
    /// println!("{} files", copied.files);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The session failed, `tar` failed, the archive has what was not asked for, or a local file cannot be written. The files
    /// before stay.
    pub async fn copy_from(
        &self,
        from: impl Into<CopyFrom>,
        to: impl AsRef<Path>,
        mut report: impl FnMut(CopyEvent),
    ) -> Result<Copied, Error> {
        let (from, to) = (from.into(), to.as_ref().to_owned());
        let source = from.path().name().to_vec();
        let (mut files, name) = unblock(move || Extraction::at(&to, &source)).await.map_err(local)?;
        let mut download = Download::new(&from, &name)?;
        loop {
            let session = match self.open(download.open()).await {
                Ok(session) => session,
                Err(error) => {
                    download.broken(error)?;
                    continue;
                }
            };
            loop {
                let (mut actions, mut end) = (Vec::new(), None);
                while let (None, Some(step)) = (&end, download.next()) {
                    match step {
                        Ok(DownloadStep::Do(action)) => actions.push(action),
                        Ok(DownloadStep::Report(event)) => report(event),
                        Ok(DownloadStep::Done(copied)) => end = Some(Ok(copied)),
                        Err(error) => end = Some(Err(error)),
                    }
                }
                if !actions.is_empty() {
                    let apply = move || actions.iter().try_for_each(|action| files.apply(action)).map(|()| files);
                    files = unblock(apply).await.map_err(local)?;
                }
                if let Some(end) = end {
                    return end;
                }
                match session.next().await {
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
    /// called with the progress. The image needs `tar` and `test`. Files are read on threads that may block.
    ///
    /// ```no_run
    /// use kube_transport_smol::Client;
    /// use kube_transport_smol::proto::copy::RemotePath;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::from_env().await?;
    /// client.copy_to("site", "shop/web-0:/var/www".parse::<RemotePath>()?, |_| {}).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The session failed, `tar` failed, or a local file cannot be read or has become shorter. What arrived before stays.
    pub async fn copy_to(
        &self,
        from: impl AsRef<Path>,
        to: impl Into<CopyTo>,
        mut report: impl FnMut(CopyEvent),
    ) -> Result<Copied, Error> {
        let from = from.as_ref().to_owned();
        let path = from.clone();
        let name = unblock(move || Archive::name_of(&path)).await.map_err(local)?;
        let mut upload = Upload::new(&name, &to.into())?;
        upload.probed(&said(&self.open(upload.probe()).await?).await?);
        let name = upload.name()?.to_vec();
        let archive = unblock(move || Archive::of(&from, &name)).await.map_err(local)?;
        let session = self.open(upload.open()).await?;
        let sending = async {
            let sent = send(&session, archive, &mut report).await;
            if sent.is_err() {
                // Without its end, the archive is not taken for a whole one.
                session.close();
            }
            sent
        };
        let (sent, output) = zip(sending, said(&session)).await;
        upload.ended(sent, output)
    }
}

/// Sends the archive: what was sent, or `None` if the session takes no more.
async fn send(
    session: &Duplex<Exec>,
    mut archive: Archive,
    report: &mut impl FnMut(CopyEvent),
) -> Result<Option<Copied>, Error> {
    loop {
        let (piece, rest) =
            unblock(move || archive.next().transpose().map(|piece| (piece, archive))).await.map_err(local)?;
        archive = rest;
        let Some(piece) = piece else { break };
        if session.send(piece.bytes).await.is_err() {
            return Ok(archive.is_complete().then(|| archive.copied()));
        }
        piece.event.into_iter().for_each(&mut *report);
    }
    // A server that cannot be told leaves the end to `tar`, which finds it in the archive.
    let _ = session.with(|exec| exec.finish(ExecStream::Stdin)).await;
    Ok(Some(archive.copied()))
}

/// The end of a session, and the first of what it said.
async fn said(session: &Duplex<Exec>) -> Result<ExecOutput, Error> {
    let mut all = Collector::default();
    while let Some(event) = session.next().await {
        if let Some(output) = all.push_first(event?, SAID) {
            return Ok(output);
        }
    }
    Err(Error::misuse("the output of the session was already taken"))
}

fn local(fault: Fault) -> Error {
    ErrorKind::Transport(Fault { kind: FaultKind::Io, ..fault }).into()
}
