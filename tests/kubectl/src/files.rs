//! The files of a command line: paths, folders and standard input.

use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;

use super::invocation::Invocation;
use super::manifest::Source;

/// The most files of a command line.
const FILES_MAX: usize = 10_000;

impl Invocation {
    /// Reads the files, in order; a folder in [`sources`](Invocation::sources) becomes its files of JSON and YAML, with `-R` also those
    /// of the folders in it. `stdin` reads standard input, if `-` is among them.
    ///
    /// # Errors
    /// A file cannot be read, a folder has none, or there are more than 10,000.
    pub fn read(&mut self, mut stdin: impl FnMut() -> io::Result<Bytes>) -> io::Result<Vec<Bytes>> {
        let mut files = Vec::new();
        for source in std::mem::take(&mut self.sources) {
            match &source {
                Source::Path(path) if fs::metadata(path).is_ok_and(|found| found.is_dir()) => {
                    let before = files.len();
                    walk(Path::new(path), self.recursive, &mut files)?;
                    if files.len() == before {
                        let text = format!("error reading [{path}]: recognized file extensions are [.json .yaml .yml]");
                        return Err(io::Error::new(io::ErrorKind::NotFound, text));
                    }
                }
                _ => files.push(source),
            }
        }
        self.sources = files;
        let content = |source: &Source| match source {
            Source::Path(path) => fs::read(path).map(Bytes::from).map_err(|error| {
                let text = match error.kind() {
                    io::ErrorKind::NotFound => format!("the path {path:?} does not exist"),
                    _ => format!("error reading {path:?}: {error}"),
                };
                io::Error::new(error.kind(), text)
            }),
            Source::Stdin => stdin(),
        };
        self.sources.iter().map(content).collect()
    }
}

/// The files of a folder, in the order of their names.
fn walk(folder: &Path, recursive: bool, files: &mut Vec<Source>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A link to a folder is not followed: it may lead back.
        if entry.file_type()?.is_dir() {
            if recursive {
                walk(&path, recursive, files)?;
            }
        } else if path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml") {
            if files.len() >= FILES_MAX {
                return Err(io::Error::other(format!("there are more than {FILES_MAX} files")));
            }
            files.push(Source::Path(path.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}
