//! `tar`, as `kubectl cp` runs it: `tar cf - PATH...` and `tar -xmf - [-C DIR]`; and `tail -c+N`.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Creating` | room for output | the next part of the archive |
//! | `Creating` | everything is written | exit 0, or 1 if a path did not exist |
//! | `Extracting` | an entry of the input | the file, folder or link |
//! | `Extracting` | the end of the archive | exit 0; what follows in the input is not read |
//! | `Extracting` | no archive, or half of one | exit 1 |

use std::collections::VecDeque;

use bytes::Bytes;
use kube_proto::tar::{EntryKind, TarEntry, TarEvent, TarReader, TarWriter};

use super::{File, Files, Io, Next, Program};

/// The `tar` of these arguments.
pub(super) fn tar(args: &[String]) -> Box<dyn Program> {
    let (mut creates, mut directory, mut paths) = (None, "/".to_owned(), Vec::new());
    let mut args = args.iter().enumerate();
    while let Some((place, arg)) = args.next() {
        match arg.strip_prefix('-') {
            Some("C") => directory = args.next().map(|(_, directory)| directory.clone()).unwrap_or_default(),
            Some(long) if long.starts_with('-') => {}
            _ if creates.is_none() && (place == 0 || arg.starts_with('-')) => {
                creates = Some(arg.contains('c'));
                // `f -`: nothing else is there.
                if arg.ends_with('f') {
                    args.next();
                }
            }
            _ => paths.push(arg.clone()),
        }
    }
    match creates {
        Some(true) => {
            Box::new(Create { paths: Some(paths), entries: VecDeque::new(), out: Vec::new(), at: 0, code: 0 })
        }
        _ => Box::new(Extract { directory, reader: TarReader::new(), file: None }),
    }
}

struct Create {
    /// Not looked up yet.
    paths: Option<Vec<String>>,
    entries: VecDeque<(TarEntry, Vec<u8>)>,
    out: Vec<u8>,
    at: usize,
    code: u8,
}

impl Create {
    fn look_up(&mut self, path: &str, io: &mut Io<'_>) {
        let Some(file) = io.files.get(path) else {
            io.stderr.write(format!("tar: {path}: No such file or directory\n").as_bytes());
            self.code = 1;
            return;
        };
        let name = path.trim_start_matches('/').trim_end_matches('/');
        let name = if name.is_empty() { "./" } else { name };
        match file {
            File::Folder => {
                self.entries.push_back((TarEntry::directory(format!("{}/", name.trim_end_matches('/'))), Vec::new()));
                for below in io.files.list(path) {
                    self.look_up(&format!("{}/{below}", path.trim_end_matches('/')), io);
                }
            }
            File::Regular { mode, content } => {
                let entry = TarEntry::file(name, content.len() as u64).mode(mode);
                self.entries.push_back((entry, content));
            }
            File::Link { target } => self.entries.push_back((TarEntry::symlink(name, target), Vec::new())),
        }
    }
}

impl Program for Create {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        if let Some(paths) = self.paths.take() {
            if paths.iter().any(|path| path.starts_with('/')) {
                io.stderr.write(b"tar: removing leading '/' from member names\n");
            }
            paths.iter().for_each(|path| self.look_up(path, io));
            let mut writer = TarWriter::new();
            for (entry, content) in std::mem::take(&mut self.entries) {
                // An entry that cannot be written is left out.
                if let Ok(head) = writer.entry(&entry) {
                    self.out.extend_from_slice(&head);
                    self.out.extend_from_slice(&content);
                    self.out.extend_from_slice(&writer.wrote(content.len() as u64).unwrap_or_default());
                }
            }
            self.out.extend_from_slice(&writer.finish().unwrap_or_default());
        }
        self.at += io.stdout.write(self.out.get(self.at..).unwrap_or_default());
        match self.at < self.out.len() {
            true if io.stdout.broken => Next::Exit(141),
            true => Next::Wait(None),
            false => Next::Exit(self.code),
        }
    }
}

struct Extract {
    directory: String,
    reader: TarReader,
    file: Option<(String, u32, Vec<u8>)>,
}

impl Extract {
    fn entry(&mut self, entry: TarEntry, files: &Files) {
        let path = format!("{}/{}", self.directory, String::from_utf8_lossy(&entry.path));
        match entry.kind {
            EntryKind::File => self.file = Some((path, entry.mode, Vec::new())),
            EntryKind::Directory => files.put(&path, File::Folder),
            EntryKind::Symlink { target } => {
                files.put(&path, File::Link { target: String::from_utf8_lossy(&target).into_owned() });
            }
            _ => {}
        }
    }
}

impl Program for Extract {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        if io.files.get(&self.directory) != Some(File::Folder) {
            let text = format!("tar: can't change directory to '{}': No such file or directory\n", self.directory);
            io.stderr.write(text.as_bytes());
            return Next::Exit(1);
        }
        if !io.stdin.bytes.is_empty() {
            self.reader.push(Bytes::from(std::mem::take(&mut io.stdin.bytes)));
        }
        while let Some(event) = self.reader.next() {
            match event {
                Ok(TarEvent::Entry(entry)) => self.entry(entry, io.files),
                Ok(TarEvent::Data(data)) => {
                    if let Some((_, _, content)) = &mut self.file {
                        content.extend_from_slice(&data);
                    }
                }
                Ok(TarEvent::Close) => {
                    if let Some((path, mode, content)) = self.file.take() {
                        io.files.put(&path, File::Regular { mode, content });
                    }
                }
                Ok(TarEvent::End) => return Next::Exit(0),
                Err(error) => {
                    io.stderr.write(format!("tar: {error}\n").as_bytes());
                    return Next::Exit(1);
                }
            }
        }
        match io.stdin.ended {
            true => {
                io.stderr.write(b"tar: short read\n");
                Next::Exit(1)
            }
            false => Next::Wait(None),
        }
    }
}

/// `tail -c+N`: the input from this byte on, counted from 1.
pub(super) fn tail(args: &[String]) -> Box<dyn Program> {
    let from = args.iter().find_map(|arg| arg.trim_start_matches("-c").strip_prefix('+'));
    let mut left = from.and_then(|from| from.parse::<usize>().ok()).unwrap_or(1).saturating_sub(1);
    Box::new(move |io: &mut Io<'_>| {
        let skipped = left.min(io.stdin.bytes.len());
        io.stdin.bytes.drain(..skipped);
        left -= skipped;
        let written = io.stdout.write(&io.stdin.bytes);
        io.stdin.bytes.drain(..written);
        match (io.stdin.bytes.is_empty(), io.stdout.broken) {
            (_, true) => Next::Exit(141),
            (true, _) if io.stdin.ended => Next::Exit(0),
            _ => Next::Wait(None),
        }
    })
}
