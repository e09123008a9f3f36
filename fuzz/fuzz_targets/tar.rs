//! Archives: the same events however the input is cut; what the writer makes of them is read as the same; no action of an
//! extraction leads out of its target.

#![no_main]

use bytes::Bytes;
use kube_fuzz::for_any_cutting;
use kube_proto::tar::{EntryKind, Extract, Extracted, FileAction, TarError, TarEvent, TarReader, TarWriter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (events, _) = for_any_cutting(input, read);
    for asked in ["", "a", "a/b"] {
        extract(asked.as_bytes(), &events);
    }
    // What was read can be written, and is then the same.
    let mut writer = TarWriter::new();
    let mut again = Vec::new();
    let mut kept = Vec::new();
    let mut skipping = false;
    for event in &events {
        match event {
            TarEvent::Entry(entry) => {
                skipping = writer.entry(entry).map(|head| again.extend_from_slice(&head)).is_err();
            }
            TarEvent::Data(data) if !skipping => {
                again.extend_from_slice(data);
                again.extend_from_slice(&writer.wrote(data.len() as u64).expect("its size"));
            }
            _ => {}
        }
        if !skipping && *event != TarEvent::End {
            kept.push(event.clone());
        }
        skipping &= *event != TarEvent::Close;
    }
    if let Ok(end) = writer.finish() {
        again.extend_from_slice(&end);
        let (found, end) = read(vec![again.into()]);
        assert_eq!(end, Ok(()));
        // Times before 1970 are written as none.
        let timeless = |events: &[TarEvent]| {
            let events = events.iter().cloned().map(|event| match event {
                TarEvent::Entry(entry) => TarEvent::Entry(entry.modified(0)),
                other => other,
            });
            events.filter(|event| *event != TarEvent::End).collect::<Vec<_>>()
        };
        let old = |event: &&TarEvent| !matches!(event, TarEvent::Close);
        let (found, kept) = (timeless(&found), timeless(&kept));
        assert!(found.iter().filter(old).eq(kept.iter().filter(old)));
    }
});

fn extract(asked: &[u8], events: &[TarEvent]) {
    let mut extract = Extract::new(asked, b"to").expect("a name");
    for event in events {
        let Ok(done) = extract.take(event.clone()) else { return };
        if let Some(Extracted::Do(FileAction::Create { path, mode } | FileAction::MakeDirectory { path, mode })) = done
        {
            assert!(path == b"to" || path.starts_with(b"to/"));
            assert!(path.len() <= 4096 && mode <= 0o777 && !path.contains(&0));
            assert!(path.split(|byte| *byte == b'/').all(|part| !matches!(part, b"" | b"." | b"..")));
            let TarEvent::Entry(entry) = event else { panic!("an action without an entry") };
            assert!(matches!(entry.kind, EntryKind::File | EntryKind::Directory));
        }
    }
}

/// The events, with joined data.
fn read(chunks: Vec<Bytes>) -> (Vec<TarEvent>, Result<(), TarError>) {
    let (mut reader, mut events) = (TarReader::new(), Vec::<TarEvent>::new());
    for chunk in chunks {
        reader.push(chunk);
        while let Some(event) = reader.next() {
            match (event, events.last_mut()) {
                (Ok(TarEvent::Data(data)), Some(TarEvent::Data(before))) => {
                    *before = [&before[..], &data].concat().into();
                }
                (Ok(event), _) => events.push(event),
                (Err(error), _) => return (events, Err(error)),
            }
        }
    }
    let end = reader.finish();
    (events, end)
}
