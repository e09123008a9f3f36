//! What the entries of an archive may do to the file system: make directories and files below one name, and nothing else.
//!
//! | entry | what follows |
//! |---|---|
//! | a path that does not begin with the asked one | the end: the archive is not what was asked for |
//! | a path with `..`, a NUL, a name above 255 bytes, or more than 4 KiB in all | it is skipped |
//! | a directory | the directory is made |
//! | a file | the file is made, or emptied, with the permissions of the archive but for set-uid, set-gid and sticky |
//! | a symbolic or hard link | it is skipped: a later entry could be written through it |
//! | a sparse file, a device, a pipe, an unknown type | it is skipped |
//!
//! The paths of the actions are relative, have no empty component and neither `.` nor `..`, and begin with the name that the
//! caller chose. `kube-transport-system` carries the actions out without following a link below the caller's directory, so that
//! links that other programs make meanwhile lead nowhere either.

use std::fmt;

use bytes::Bytes;

use super::entry::{EntryKind, TarEntry, TarError};
use super::reader::TarEvent;
use crate::visible::Visible;

/// Turns the events of a [`TarReader`](super::TarReader) into actions.
#[derive(Debug)]
pub struct Extract {
    /// The asked path, as components.
    asked: Vec<Vec<u8>>,
    name: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    /// The content belongs to a file.
    File,
    /// The content is dropped.
    Dropped,
}

/// The result of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extracted {
    /// Carry this out.
    Do(FileAction),
    /// An entry was left out.
    Skip(Skipped),
}

/// An action on the file system. Paths are relative to the caller's directory; see the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Make this directory and those above it; each may exist.
    MakeDirectory {
        /// The path.
        path: Vec<u8>,
        /// Its permissions; the owner may read, write and enter.
        mode: u32,
    },
    /// Make this file, and the directories above it. If it exists, it is emptied.
    Create {
        /// The path.
        path: Vec<u8>,
        /// Its permissions; the owner may read and write.
        mode: u32,
    },
    /// Add these bytes to the file that was made last.
    Append(Bytes),
    /// That file is complete.
    Close,
}

/// An entry that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skipped {
    /// Its path leads out of the target, or is none.
    Path(Vec<u8>),
    /// A link.
    Link {
        /// Its path.
        path: Vec<u8>,
        /// Where it leads.
        target: Vec<u8>,
    },
    /// A file with holes.
    Sparse(Vec<u8>),
    /// A device, a pipe, or an unknown type.
    Special(Vec<u8>),
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write as _;
        let f = &mut Visible(f);
        let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
        match self {
            Skipped::Path(path) => write!(f, "{:?} is outside of the target or no path", text(path)),
            Skipped::Link { path, target } => write!(f, "{:?} is a link to {:?}", text(path), text(target)),
            Skipped::Sparse(path) => write!(f, "{:?} is a file with holes", text(path)),
            Skipped::Special(path) => write!(f, "{:?} is neither a file nor a directory", text(path)),
        }
    }
}

impl Extract {
    /// The archive has this path and what is below it (`tar cf - PATH`); it becomes `name` and what is below that. Leading
    /// slashes of the path do not count, as `tar` drops them.
    ///
    /// # Errors
    /// `name` is empty, `.`, `..`, too long, or has a slash or NUL.
    pub fn new(path: &[u8], name: &[u8]) -> Result<Self, TarError> {
        if !is_name(name) {
            return Err(TarError::Path);
        }
        let asked = components(path).map(<[u8]>::to_vec).collect();
        Ok(Self { asked, name: name.to_vec(), state: State::Between })
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// The archive has a path that was not asked for ([`TarError::Foreign`]).
    pub fn take(&mut self, event: TarEvent) -> Result<Option<Extracted>, TarError> {
        Ok(match event {
            TarEvent::Entry(entry) => Some(self.entry(entry)?),
            TarEvent::Data(data) if self.state == State::File => Some(Extracted::Do(FileAction::Append(data))),
            TarEvent::Close => {
                let was = std::mem::replace(&mut self.state, State::Between);
                (was == State::File).then_some(Extracted::Do(FileAction::Close))
            }
            TarEvent::Data(_) | TarEvent::End => None,
        })
    }

    fn entry(&mut self, entry: TarEntry) -> Result<Extracted, TarError> {
        self.state = State::Dropped;
        let TarEntry { path, kind, mode, .. } = entry;
        let all = path.clone();
        let mut rest = components(&all);
        for asked in &self.asked {
            if rest.next() != Some(asked) {
                return Err(TarError::Foreign);
            }
        }
        let is_directory = kind == EntryKind::Directory;
        let skipped = match kind {
            EntryKind::File | EntryKind::Directory => None,
            EntryKind::Symlink { target } | EntryKind::HardLink { target } => {
                Some(Skipped::Link { path: path.clone(), target })
            }
            EntryKind::Sparse => Some(Skipped::Sparse(path.clone())),
            EntryKind::Special(_) => Some(Skipped::Special(path.clone())),
        };
        if let Some(skipped) = skipped {
            return Ok(Extracted::Skip(skipped));
        }
        let mut below = self.name.clone();
        for name in rest {
            if !is_name(name) || below.len() + name.len() >= MOST_PATH {
                return Ok(Extracted::Skip(Skipped::Path(path)));
            }
            below.push(b'/');
            below.extend_from_slice(name);
        }
        let permissions = mode & 0o777;
        Ok(Extracted::Do(if is_directory {
            FileAction::MakeDirectory { path: below, mode: permissions | 0o700 }
        } else {
            self.state = State::File;
            FileAction::Create { path: below, mode: permissions | 0o600 }
        }))
    }
}

const MOST_NAME: usize = 255;
const MOST_PATH: usize = 4096;

/// The components of a path, without empty ones and `.`; `..` stays.
fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !matches!(part, [] | [b'.']))
}

fn is_name(name: &[u8]) -> bool {
    !matches!(name, [] | [b'.'] | [b'.', b'.'])
        && name.len() <= MOST_NAME
        && !name.iter().any(|b| matches!(b, 0 | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(asked: &str, entry: TarEntry) -> Result<Extracted, TarError> {
        Extract::new(asked.as_bytes(), b"to").unwrap().entry(entry)
    }

    fn path(asked: &str, name: &str) -> Option<String> {
        match one(asked, TarEntry::file(name, 1)) {
            Ok(Extracted::Do(FileAction::Create { path, .. })) => Some(String::from_utf8(path).unwrap()),
            Ok(Extracted::Skip(Skipped::Path(_))) => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn paths_below_the_name() {
        for (asked, name, expected) in [
            ("/tmp/a", "tmp/a", Some("to")),
            ("tmp/a", "tmp/a/b", Some("to/b")),
            ("tmp/a", "/tmp/a/b", Some("to/b")),
            ("tmp/a", "./tmp//a/./b//c", Some("to/b/c")),
            ("tmp/a/", "tmp/a/b", Some("to/b")),
            ("/", "etc/passwd", Some("to/etc/passwd")),
            ("a", "a/...", Some("to/...")),
            ("a", "a/..", None),
            ("a", "a/b/../../c", None),
            ("a", "a/b\0c", None),
        ] {
            assert_eq!(path(asked, name).as_deref(), expected, "{asked} {name:?}");
        }
        assert_eq!(path("a", &format!("a/{}", "x".repeat(255))).unwrap().len(), 258);
        assert_eq!(path("a", &format!("a/{}", "x".repeat(256))), None);
        assert_eq!(path("a", &format!("a/{}", "y/".repeat(3000))), None);
    }

    #[test]
    fn what_was_not_asked_for_ends_it() {
        for (asked, name) in [("tmp/a", "tmp/ab"), ("tmp/a", "tmp"), ("tmp/a", "../tmp/a"), ("a", "b"), ("a", "")] {
            assert_eq!(one(asked, TarEntry::file(name, 0)), Err(TarError::Foreign), "{asked} {name}");
        }
    }

    #[test]
    fn names_of_the_target() {
        for name in ["", ".", "..", "a/b", "a\0"] {
            assert!(Extract::new(b"a", name.as_bytes()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn permissions_are_those_of_an_ordinary_file() {
        let mode = |entry| match one("a", entry).unwrap() {
            Extracted::Do(FileAction::Create { mode, .. } | FileAction::MakeDirectory { mode, .. }) => mode,
            other => panic!("{other:?}"),
        };
        assert_eq!(mode(TarEntry::file("a", 0).mode(0o4755)), 0o755);
        assert_eq!(mode(TarEntry::file("a", 0).mode(0)), 0o600);
        assert_eq!(mode(TarEntry::directory("a").mode(0o3777)), 0o777);
        assert_eq!(mode(TarEntry::directory("a").mode(0)), 0o700);
    }

    /// The published holes of `kubectl cp`, each as the archive that a hostile container would send. No action leads out.
    #[test]
    fn known_attacks() {
        let link = |path: &str, to: &str| TarEntry::symlink(path, to);
        let file = |path: &str| TarEntry::file(path, 4);
        let attacks: &[(&str, Vec<TarEntry>)] = &[
            // A path that climbs out.
            ("CVE-2018-1002100", vec![file("a/../../../etc/passwd"), file("a/b/../../../x")]),
            // A link that leads out, and a file written through it.
            ("CVE-2019-1002101", vec![link("a/l", "/etc"), file("a/l/passwd")]),
            // The same with a link whose own path climbs, or is the target itself.
            ("CVE-2019-11246", vec![link("a/../l", "/etc"), link("a", "/etc"), file("a/passwd")]),
            // A link to a directory above, by a relative path.
            ("CVE-2019-11249", vec![link("a/l", ".."), link("a/l/m", "../.."), file("a/l/m/x")]),
            // Two links, of which one makes the other lead out; and a hard link.
            (
                "CVE-2019-11251",
                vec![
                    link("a/l", "m/.."),
                    link("a/m", "/"),
                    TarEntry { kind: EntryKind::HardLink { target: b"/etc/passwd".to_vec() }, ..file("a/h") },
                    file("a/l/etc/x"),
                    file("a/h"),
                ],
            ),
            ("a device", vec![TarEntry { kind: EntryKind::Special(b'4'), ..file("a/d") }]),
        ];
        for (name, entries) in attacks {
            let mut extract = Extract::new(b"/a", b"to").unwrap();
            for entry in entries {
                match extract.take(TarEvent::Entry(entry.clone())) {
                    Ok(Some(Extracted::Do(FileAction::Create { path, .. }))) => {
                        let parts: Vec<_> = path.split(|byte| *byte == b'/').collect();
                        assert!(parts[0] == b"to" && parts.iter().all(|part| is_name(part)), "{name}");
                        assert!(matches!(entry.kind, EntryKind::File), "{name}");
                    }
                    Ok(Some(Extracted::Skip(skipped))) => assert!(!skipped.to_string().is_empty()),
                    Ok(other) => panic!("{name}: {other:?}"),
                    Err(error) => assert_eq!(error, TarError::Foreign, "{name}"),
                }
                extract.take(TarEvent::Close).unwrap();
            }
        }
    }
}
