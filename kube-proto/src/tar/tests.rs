//! The reader and the writer, against each other, against a reader of another author, and against damage.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::frame::testing::cut;

/// Events, with the data of an entry joined, and the end.
fn read(chunks: Vec<Bytes>) -> (Vec<TarEvent>, Result<(), TarError>) {
    let mut reader = TarReader::new();
    let mut events: Vec<TarEvent> = Vec::new();
    let mut content: Vec<u8> = Vec::new();
    for chunk in chunks {
        reader.push(chunk);
        while let Some(event) = reader.next() {
            match event {
                Ok(TarEvent::Data(data)) => {
                    assert!(!data.is_empty());
                    content.extend_from_slice(&data);
                }
                Ok(event) => {
                    if !content.is_empty() {
                        events.push(TarEvent::Data(std::mem::take(&mut content).into()));
                    }
                    events.push(event);
                }
                Err(error) => {
                    assert_eq!(reader.next(), Some(Err(error.clone())), "it repeats");
                    assert_eq!(reader.finish(), Err(error.clone()));
                    return (events, Err(error));
                }
            }
        }
    }
    if !content.is_empty() {
        events.push(TarEvent::Data(content.into()));
    }
    (events, reader.finish())
}

fn archive(entries: &[(TarEntry, Vec<u8>)]) -> Vec<u8> {
    let mut writer = TarWriter::new();
    let mut out = Vec::new();
    for (entry, content) in entries {
        out.extend_from_slice(&writer.entry(entry).unwrap());
        out.extend_from_slice(content);
        out.extend_from_slice(&writer.wrote(content.len() as u64).unwrap());
        assert_eq!(writer.position(), out.len() as u64);
    }
    out.extend_from_slice(&writer.finish().unwrap());
    assert_eq!(out.len() % 10_240, 0);
    out
}

fn entries() -> impl Strategy<Value = Vec<(TarEntry, Vec<u8>)>> {
    let path = prop_oneof!["[a-z]{1,8}(/[a-zé ]{1,8}){0,3}", "[a-z]{90,130}", "([a-z]{40}/){1,6}[a-z]{60,120}"];
    let content = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        prop::collection::vec(any::<u8>(), 505..520),
        prop::collection::vec(any::<u8>(), 1000..1100),
    ];
    let entry = (path.clone(), path, content, 0u32..0o10000, 0i64..1 << 34, 0u8..4);
    let entry = entry.prop_map(|(path, target, content, mode, modified, kind)| match kind {
        0 => (TarEntry::directory(path).mode(mode).modified(modified), Vec::new()),
        1 => (TarEntry::symlink(path, target).modified(modified), Vec::new()),
        2 => {
            let kind = EntryKind::HardLink { target: target.into_bytes() };
            (TarEntry { kind, ..TarEntry::file(path, 0).modified(modified) }, Vec::new())
        }
        _ => (TarEntry::file(path, content.len() as u64).mode(mode).modified(modified), content),
    });
    prop::collection::vec(entry, 0..5)
}

/// What another reader finds: path, kind, target, mode, time, content.
type Found = (Vec<u8>, u8, Option<Vec<u8>>, u32, u64, Vec<u8>);

fn by_another(archive: &[u8]) -> Vec<Found> {
    use std::io::Read as _;
    let mut reader = ::tar::Archive::new(archive);
    let entries = reader.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let header = entry.header();
        let (kind, mode) = (header.entry_type().as_byte(), header.mode().unwrap());
        let time = header.mtime().unwrap();
        let target = entry.link_name_bytes().map(std::borrow::Cow::into_owned);
        (entry.path_bytes().into_owned(), kind, target, mode, time, content)
    });
    entries.collect()
}

fn by_this(events: &[TarEvent]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for event in events {
        match event {
            TarEvent::Entry(entry) => {
                let (kind, target) = match &entry.kind {
                    EntryKind::File => (b'0', None),
                    EntryKind::Directory => (b'5', None),
                    EntryKind::Symlink { target } => (b'2', Some(target.clone())),
                    EntryKind::HardLink { target } => (b'1', Some(target.clone())),
                    EntryKind::Sparse => (b'S', None),
                    EntryKind::Special(kind) => (*kind, None),
                };
                let time = u64::try_from(entry.modified).unwrap();
                found.push((entry.path.clone(), kind, target, entry.mode, time, Vec::new()));
            }
            TarEvent::Data(data) => found.last_mut().unwrap().5.extend_from_slice(data),
            TarEvent::Close | TarEvent::End => {}
        }
    }
    found
}

proptest! {
    #[test]
    fn what_is_written_is_read_however_it_is_cut(
        entries in entries(),
        cuts in prop::collection::vec(0usize..1500, 0..20),
    ) {
        let archive = archive(&entries);
        let (events, end) = read(cut(&archive, &cuts));
        prop_assert_eq!(end, Ok(()));
        let mut expected = Vec::new();
        for (entry, content) in entries {
            expected.push(TarEvent::Entry(entry));
            if !content.is_empty() {
                expected.push(TarEvent::Data(content.into()));
            }
            expected.push(TarEvent::Close);
        }
        expected.push(TarEvent::End);
        prop_assert_eq!(&events, &expected);
        prop_assert_eq!(by_this(&events), by_another(&archive));
    }

    /// An archive that ends early says so, wherever it ends; between entries it need not.
    #[test]
    fn an_end_within_an_entry_is_said(entries in entries(), at in any::<prop::sample::Index>()) {
        let archive = archive(&entries);
        let at = at.index(archive.len());
        let (events, end) = read(vec![Bytes::copy_from_slice(&archive[..at])]);
        let open = events.iter().filter(|event| matches!(event, TarEvent::Entry(_))).count()
            - events.iter().filter(|event| matches!(event, TarEvent::Close)).count();
        if open > 0 {
            prop_assert_eq!(end, Err(TarError::Truncated));
        }
    }

    #[test]
    fn damage_is_cut_anywhere_the_same(
        entries in entries(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cuts in prop::collection::vec(0usize..1500, 0..20),
    ) {
        let mut archive = archive(&entries);
        for (at, byte) in damage {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        let whole = read(vec![Bytes::copy_from_slice(&archive)]);
        prop_assert_eq!(read(cut(&archive, &cuts)), whole);
    }
}

/// A header of POSIX with this kind, name and size field.
fn header(kind: u8, name: &[u8], size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..107].copy_from_slice(b"0000644");
    block[124..124 + size.len()].copy_from_slice(size);
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut all = header(kind, b"x", format!("{:011o}", content.len()).as_bytes());
    all.extend_from_slice(content);
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

fn entry_of(archive: Vec<u8>) -> Result<TarEntry, TarError> {
    let (events, end) = read(vec![archive.into()]);
    match events.into_iter().next() {
        Some(TarEvent::Entry(entry)) => Ok(entry),
        other => Err(end.expect_err(&format!("{other:?}"))),
    }
}

#[test]
fn names_and_sizes_of_every_kind() {
    let file = |name: &[u8]| header(b'0', name, b"00000000000");
    let pax = record(b'x', b"18 path=long name\n24 size=000000000000000\n30 mtime=1350244992.023960108\n");
    let entry = entry_of([pax, file(b"short")].concat()).unwrap();
    assert_eq!((entry.path.as_slice(), entry.size, entry.modified), (&b"long name"[..], 0, 1_350_244_992));
    let entry = entry_of([record(b'L', b"gnu name\0"), file(b"short")].concat()).unwrap();
    assert_eq!(entry.path, b"gnu name");
    let entry = entry_of([record(b'K', b"there\0"), header(b'2', b"l", b"")].concat()).unwrap();
    assert_eq!(entry.kind, EntryKind::Symlink { target: b"there".to_vec() });
    // 8 GiB and more, of which nothing follows here.
    let entry = entry_of(header(b'0', b"f", b"\x80\0\0\0\0\0\0\x04\0\0\0\0")).unwrap();
    assert_eq!(entry.size, 16 << 30);
    let entry = entry_of([record(b'x', b"20 size=17179869184\n"), file(b"f")].concat()).unwrap();
    assert_eq!(entry.size, 16 << 30);
    let mut prefixed = file(b"name");
    prefixed[345..351].copy_from_slice(b"prefix");
    assert_eq!(entry_of(prefixed).unwrap_err(), TarError::Checksum);
    // Directories and links have no content, whatever they say.
    assert_eq!(entry_of(header(b'5', b"d", b"00000000777")).unwrap().size, 0);
}

#[test]
fn sparse_files_are_known_and_not_read() {
    let pax = record(b'x', b"22 GNU.sparse.major=1\n");
    assert_eq!(entry_of([pax, header(b'0', b"f", b"00000000000")].concat()).unwrap().kind, EntryKind::Sparse);
    let mut old = header(b'S', b"f", b"00000000003");
    old[482] = 1;
    let sum: u32 =
        old.iter().enumerate().map(|(at, b)| u32::from(if (148..156).contains(&at) { b' ' } else { *b })).sum();
    old[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let (mut more, mut last) = (vec![0; 512], vec![0; 512]);
    (more[504], last[0]) = (1, b'0');
    let mut content = b"abc".to_vec();
    content.resize(512, 0);
    let archive = [old, more, last, content, header(b'0', b"next", b"")].concat();
    let (events, end) = read(vec![archive.into()]);
    assert_eq!(end, Ok(()));
    let kinds: Vec<_> = by_this(&events).into_iter().map(|found| (found.0, found.1, found.5)).collect();
    assert_eq!(kinds, [(b"f".to_vec(), b'S', b"abc".to_vec()), (b"next".to_vec(), b'0', Vec::new())]);
}

#[test]
fn what_is_damaged_or_hostile() {
    let size = |size: &[u8]| header(b'0', b"f", size);
    let big = format!("{:011o}", MOST_RECORD + 1);
    for (archive, error) in [
        (size(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), TarError::Number("size")),
        (size(b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), TarError::Number("size")),
        (size(b"9"), TarError::Number("size")),
        (header(b'L', b"x", big.as_bytes()), TarError::Record("a name or record")),
        (header(b'x', b"x", big.as_bytes()), TarError::Record("a name or record")),
        (header(b'x', b"x", b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"), TarError::Record("a name or record")),
        (record(b'x', b"9 path=a\0"), TarError::Record("a record of PAX")),
        (record(b'x', b"11 path=a\0b\n"), TarError::Record("a record of PAX")),
        (record(b'x', b"99 path=a\n"), TarError::Record("a record of PAX")),
        (record(b'x', b"99999999999999999999 path=a\n"), TarError::Record("a record of PAX")),
        (record(b'x', b"path=a\n"), TarError::Record("a record of PAX")),
        (record(b'x', b"5 =a\n"), TarError::Record("a record of PAX")),
        (record(b'x', b"10 size=-1\n"), TarError::Record("a record of PAX")),
        (record(b'g', b"10 path=a\n"), TarError::Global),
        (record(b'g', b"10 size=1\n"), TarError::Global),
        ([vec![0; 512], size(b"0")].concat(), TarError::LoneZeros),
        (vec![b'a'; 512], TarError::Checksum),
        (record(b'L', b"name"), TarError::Truncated),
        (vec![0; 100], TarError::Truncated),
        (size(b"1"), TarError::Truncated),
    ] {
        let (_, end) = read(vec![archive.into()]);
        assert_eq!(end, Err(error));
    }
    for archive in [Vec::new(), vec![0; 512], vec![0; 1024], [vec![0; 1024], vec![b'x'; 700]].concat()] {
        assert_eq!(read(vec![archive.into()]).1, Ok(()));
    }
    // A comment for all entries is no name.
    let commented = [record(b'g', b"13 comment=a\n"), header(b'0', b"f", b"")].concat();
    assert_eq!(entry_of(commented).unwrap().path, b"f");
}

#[test]
fn entries_that_cannot_be_written() {
    let mut writer = TarWriter::new();
    for path in [vec![], b"a\0b".to_vec(), vec![b'a'; 5000]] {
        assert_eq!(writer.entry(&TarEntry::file(path, 0)), Err(TarError::Path));
    }
    writer.entry(&TarEntry::file("a", 3)).unwrap();
    assert_eq!(writer.entry(&TarEntry::file("b", 0)), Err(TarError::Size));
    assert_eq!(writer.finish(), Err(TarError::Size));
    assert_eq!(writer.wrote(4), Err(TarError::Size));
    assert_eq!(writer.wrote(1).unwrap().len(), 0);
    assert_eq!(writer.wrote(2).unwrap().len(), 509);
    assert_eq!(writer.finish().unwrap().len(), 10_240 - 1024);
}
