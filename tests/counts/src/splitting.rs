//! Chunks to documents.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use kube_proto::internals::frame::{Documents, Gunzip, Lines, ListItems, Part, event};

use crate::{Benchmark, count, feed};

pub(crate) const ALL: &[Benchmark] = &[
    ("find an event in a watch", || {
        let mut documents = Documents::new(LIMIT);
        let line = Bytes::from(feed::event(1));
        count(|| {
            documents.push(line.clone());
            let Some(Ok(Part::Line(found))) = documents.next() else { panic!("no line") };
            assert!(documents.next().is_none());
            found
        });
    }),
    ("find an event in a watch, cut in two", || {
        let mut documents = Documents::new(LIMIT);
        let line = Bytes::from(feed::event(1));
        count(|| {
            documents.push(line.slice(..2000));
            assert!(documents.next().is_none());
            documents.push(line.slice(2000..));
            let Some(Ok(Part::Document(found))) = documents.next() else { panic!("no document") };
            assert!(documents.next().is_none());
            found
        });
    }),
    ("split an event, with a scan", || {
        let line = feed::event(1);
        count(|| event(line.trim_end().as_bytes()).unwrap().1.len());
    }),
    ("64 lines of a log", || {
        let log = Bytes::from("2026-11-30T05:06:07.890123456Z GET /healthz 200 in 1.25 ms, from 10.1.2.3\n".repeat(64));
        count(|| {
            let mut lines = Lines::new(LIMIT);
            lines.push(log.clone());
            let mut found = 0;
            while let Some(line) = lines.next() {
                found += line.unwrap().len();
            }
            found
        });
    }),
    ("16 items of a list", || {
        let list = Bytes::from(feed::list(16));
        count(|| {
            let mut items = ListItems::new(LIMIT, LIMIT);
            items.push(list.clone());
            let mut found = 0;
            while let Some(item) = items.next().unwrap() {
                found += item.len();
            }
            found + items.finish().unwrap().len()
        });
    }),
    ("16 items of a list, inflated", || {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(feed::list(16).as_bytes()).unwrap();
        let list = Bytes::from(gzip.finish().unwrap());
        count(|| {
            let mut gunzip = Gunzip::new();
            gunzip.push(list.clone());
            let mut found = 0;
            while let Some(piece) = gunzip.next().unwrap() {
                found += piece.len();
            }
            found
        });
    }),
];

const LIMIT: usize = 64 << 20;
