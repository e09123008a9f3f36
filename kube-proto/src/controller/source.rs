//! Where the keys of a controller come from.

use std::sync::Arc;

use super::key::ObjectKey;
use super::queue::settings::Priority;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::op::{Inner, pass};
use crate::resource::{Described, Object};
use crate::store::{Change, StoreEvent, Via};

/// What a source yields.
pub(super) enum Heard {
    /// These keys are concerned.
    Keys(Vec<ObjectKey>, Priority),
    /// Its store has all objects.
    Synced,
}

/// A source of any kind of object, so that a controller has a list of them.
pub(super) type Source = Box<dyn Operation<Item = Heard> + Send>;

/// A reflector or a subscriber whose events concern keys.
struct Mapped<O, F> {
    events: O,
    keys: F,
}

/// The keys of the objects of these events. `keys` is called with each state of an object: on an update with the old and the new one,
/// because the old one may concern another key.
pub(super) fn source<K, O>(events: O, keys: impl Fn(&K) -> Vec<ObjectKey> + Send + 'static) -> Source
where
    K: Object,
    O: Operation<Item = StoreEvent<K>> + Send + 'static,
{
    Box::new(Mapped { events, keys })
}

impl<K, O, F> Operation for Mapped<O, F>
where
    K: Object,
    O: Operation<Item = StoreEvent<K>>,
    F: Fn(&K) -> Vec<ObjectKey>,
{
    type Item = Heard;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Heard> {
        loop {
            let event = match pass!(self.events.resume(input.take(), cx)) {
                Inner::Yield(event) => event,
                Inner::Done(result) => return Step::Done(result),
            };
            let (states, priority): (Vec<Arc<K>>, _) = match event {
                StoreEvent::Synced { .. } => return Step::Yield(Heard::Synced),
                StoreEvent::Resync(object) => (vec![object], Priority::LOW),
                StoreEvent::Changed { change, via } => {
                    let priority = if via == Via::Initial { Priority::LOW } else { Priority::NORMAL };
                    let states = match change {
                        Change::Added(object) | Change::Deleted { last: object, .. } => vec![object],
                        Change::Updated { old, new } => vec![old, new],
                    };
                    (states, priority)
                }
                StoreEvent::Undecodable(_) | StoreEvent::Trouble(_) => continue,
            };
            let mut keys: Vec<_> = states.iter().flat_map(|state| (self.keys)(state)).collect();
            keys.dedup();
            if !keys.is_empty() {
                return Step::Yield(Heard::Keys(keys, priority));
            }
        }
    }
}

/// The owners of this group and kind; of any version, as in client-go.
pub(super) fn owners_of<K: Described>(
    object: &K,
    group: &str,
    kind: &str,
    scoped: bool,
    controller: bool,
) -> Vec<ObjectKey> {
    let mut keys = Vec::new();
    let namespace = object.meta().namespace.filter(|_| scoped).unwrap_or_default();
    object.owners(&mut |owner| {
        let its_group = owner.api_version.rsplit_once('/').map_or("", |(group, _)| group);
        if its_group == group && owner.kind == kind && (owner.controller || !controller) {
            keys.push(ObjectKey::new(namespace, owner.name));
        }
    });
    keys
}
