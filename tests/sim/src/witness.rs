//! The history of the server's objects.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use kube_proto::internals::frame::{EventType, event, metadata};
use kube_test_server::Chunk;

use super::Sim;
use super::cluster::{Answer, Reader};
use super::network::{UNDECODABLE, find};

/// Records every change of a collection, in the server's order.
#[derive(Debug)]
pub struct Witness {
    reader: Option<Reader>,
    history: BTreeMap<(String, String), Vec<Seen>>,
    version: u64,
}

/// One object from one version on, until the next known version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The version.
    pub version: u64,
    /// The object's uid.
    pub uid: String,
    /// The object exists; otherwise it was deleted, or left the selection, in this version.
    pub there: bool,
    /// It does not decode as its type.
    pub strange: bool,
}

impl Witness {
    /// An object's history.
    #[must_use]
    pub fn history(&self, namespace: &str, name: &str) -> &[Seen] {
        self.history.get(&(namespace.to_owned(), name.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The known state of each object that existed at a version.
    pub fn at(&self, version: u64) -> impl Iterator<Item = (&str, &str, &Seen)> {
        self.history.iter().filter_map(move |((namespace, name), all)| {
            let known = all.partition_point(|seen| seen.version <= version);
            let seen = known.checked_sub(1).and_then(|last| all.get(last))?;
            seen.there.then_some((namespace.as_str(), name.as_str(), seen))
        })
    }

    /// The current number of objects.
    #[must_use]
    pub fn count(&self) -> usize {
        self.at(u64::MAX).count()
    }

    fn hear(&mut self, line: &Bytes) {
        let Some((kind, object)) = event(line.trim_ascii_end()) else { return };
        let there = match kind {
            EventType::Added | EventType::Modified => true,
            EventType::Deleted => false,
            _ => return,
        };
        let Some(found) = metadata(object) else { return };
        let owned =
            |text: Option<std::borrow::Cow<'_, str>>| text.map(std::borrow::Cow::into_owned).unwrap_or_default();
        let version = found.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0);
        let seen = Seen { version, uid: owned(found.uid), there, strange: find(object, UNDECODABLE).is_some() };
        self.version = self.version.max(version);
        self.history.entry((owned(found.namespace), owned(found.name))).or_default().push(seen);
    }
}

impl Sim {
    /// Records every change from now on of the collection at this path. The path may have selectors.
    pub fn witness(&mut self, path: &str) -> Rc<RefCell<Witness>> {
        let more = if path.contains('?') { '&' } else { '?' };
        let uri = format!("{path}{more}watch=true&timeoutSeconds=1000000000");
        let request = Request::get(&uri).body(Bytes::new());
        let now = self.server_time();
        let reader = match request.map(|request| self.cluster.handle(request, now)) {
            Ok(Answer::Growing(_, reader)) => Some(reader),
            _ => {
                self.violate(format!("{path} cannot be watched"));
                None
            }
        };
        let witness = Rc::new(RefCell::new(Witness { reader, history: BTreeMap::new(), version: 0 }));
        self.witnesses.push(Rc::clone(&witness));
        self.witnessed = None;
        self.observe();
        witness
    }

    /// All witnesses see what has changed, and what must always be true is checked.
    pub(super) fn observe(&mut self) {
        let generation = self.cluster.generation();
        if self.witnessed == Some(generation) {
            return;
        }
        self.witnessed = Some(generation);
        let now = self.server_time();
        for witness in &self.witnesses {
            let mut witness = witness.borrow_mut();
            let Some(mut reader) = witness.reader.take() else { continue };
            while let Chunk::Data(line) = self.cluster.poll(&mut reader, now) {
                witness.hear(&line);
            }
            witness.reader = Some(reader);
        }
        self.check();
    }
}
