//! A sorted set whose clones share their common elements.
//!
//! The set is a list of chunks, each in an `Arc`. A clone copies the list, which has one entry for about ninety
//! elements. A change copies the chunk that it touches, if another clone has that chunk. So each reader can have a
//! clone, and the clone does not change.

use std::cmp::Ordering;
use std::sync::Arc;

/// A set in ascending order. `order` compares an element with the wanted one, and must always be the same order.
#[derive(Debug)]
pub(super) struct Sorted<T> {
    /// No chunk is empty.
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Clone for Sorted<T> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), len: self.len }
    }
}

impl<T> Sorted<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn find(&self, order: impl Fn(&T) -> Ordering) -> Option<&T> {
        let chunk = self.chunks.get(self.chunk_of(&order))?;
        chunk.get(chunk.binary_search_by(order).ok()?)
    }

    /// All elements from the first that is not less than the wanted one.
    pub(super) fn from(&self, order: impl Fn(&T) -> Ordering) -> Iter<'_, T> {
        let at = self.chunk_of(&order);
        let within = self.chunks.get(at).map_or(0, |chunk| chunk.partition_point(|e| order(e) == Ordering::Less));
        Iter { chunks: &self.chunks, at, within }
    }

    pub(super) fn iter(&self) -> Iter<'_, T> {
        Iter { chunks: &self.chunks, at: 0, within: 0 }
    }

    /// The element at a position. A position at the end of a chunk moves to the next chunk.
    pub(super) fn at(&self, place: &mut Place) -> Option<&T> {
        let chunk = self.chunks.get(place.chunk)?;
        if let Some(element) = chunk.get(place.within) {
            return Some(element);
        }
        *place = Place { chunk: place.chunk + 1, within: 0 };
        self.chunks.get(place.chunk)?.first()
    }

    /// If both positions are at the beginning of the same shared chunk, moves both to its end and returns `true`.
    pub(super) fn skip_common(&self, place: &mut Place, other: &Self, others: &mut Place) -> bool {
        // Moves positions at the end of a chunk to the beginning of the next.
        let _ = (self.at(place), other.at(others));
        let (Some(a), Some(b)) = (self.chunks.get(place.chunk), other.chunks.get(others.chunk)) else { return false };
        if place.within != 0 || others.within != 0 || !Arc::ptr_eq(a, b) {
            return false;
        }
        (place.chunk, others.chunk) = (place.chunk + 1, others.chunk + 1);
        true
    }

    /// The first chunk whose last element is not less than the wanted one. Only this chunk can contain it.
    fn chunk_of(&self, order: impl Fn(&T) -> Ordering) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| order(last) == Ordering::Less))
    }
}

impl<T: Clone> Sorted<T> {
    /// Inserts an element. Returns the equal element that it replaces.
    pub(super) fn insert(&mut self, element: T, order: impl Fn(&T) -> Ordering) -> Option<T> {
        let mut at = self.chunk_of(&order);
        let appended = at == self.chunks.len();
        if appended {
            match self.chunks.last() {
                // An append goes into the last chunk, so that a list in ascending order fills its chunks.
                Some(last) if last.len() < CHUNK => at -= 1,
                _ => self.chunks.push(Arc::default()),
            }
        }
        let chunk = Arc::make_mut(self.chunks.get_mut(at)?);
        let within = match chunk.binary_search_by(order) {
            Ok(within) => return chunk.get_mut(within).map(|old| std::mem::replace(old, element)),
            Err(within) => within,
        };
        self.len += 1;
        if chunk.len() < CHUNK {
            chunk.insert(within, element);
            return None;
        }
        let mut upper = chunk.split_off(CHUNK / 2);
        match within.checked_sub(chunk.len()) {
            Some(within) if within > 0 => upper.insert(within, element),
            _ => chunk.insert(within, element),
        }
        self.chunks.insert(at + 1, Arc::new(upper));
        None
    }

    /// Removes an element.
    pub(super) fn remove(&mut self, order: impl Fn(&T) -> Ordering) -> Option<T> {
        let at = self.chunk_of(&order);
        let shared = self.chunks.get_mut(at)?;
        // Searched before the copy: an element that does not exist needs no copy.
        let within = shared.binary_search_by(order).ok()?;
        let chunk = Arc::make_mut(shared);
        let element = chunk.remove(within);
        self.len -= 1;
        if chunk.is_empty() {
            self.chunks.remove(at);
        } else if chunk.len() < CHUNK / 8 {
            self.join(at);
        }
        Some(element)
    }

    /// Joins a chunk with a neighbour, if there is room.
    fn join(&mut self, at: usize) {
        let room = |at: usize| self.chunks.get(at).is_some_and(|chunk| chunk.len() <= CHUNK / 2);
        let left = match at.checked_sub(1) {
            Some(left) if room(left) => left,
            _ if room(at + 1) => at,
            _ => return,
        };
        let right = self.chunks.remove(left + 1);
        if let Some(left) = self.chunks.get_mut(left) {
            Arc::make_mut(left).extend(right.iter().cloned());
        }
    }
}

/// A position in a [`Sorted`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    chunk: usize,
    within: usize,
}

impl Place {
    pub(super) fn step(&mut self) {
        self.within += 1;
    }
}

/// An iterator in ascending order.
#[derive(Debug)]
pub(super) struct Iter<'a, T> {
    chunks: &'a [Arc<Vec<T>>],
    at: usize,
    within: usize,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            let chunk = self.chunks.get(self.at)?;
            if let Some(element) = chunk.get(self.within) {
                self.within += 1;
                return Some(element);
            }
            (self.at, self.within) = (self.at + 1, 0);
        }
    }
}

/// The most elements in a chunk.
const CHUNK: usize = 128;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn check(set: &Sorted<u32>, model: &BTreeSet<u32>) {
        assert_eq!(set.iter().copied().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
        assert_eq!(set.len(), model.len());
        assert!(set.chunks.iter().all(|chunk| (1..=CHUNK).contains(&chunk.len())));
    }

    #[test]
    fn ascending_elements_fill_their_chunks() {
        let mut set = Sorted::default();
        for n in 0..10_000u32 {
            assert_eq!(set.insert(n, |e| e.cmp(&n)), None);
        }
        assert_eq!(set.chunks.len(), 10_000_usize.div_ceil(CHUNK));
    }

    #[test]
    fn a_copy_shares_all_but_what_changed() {
        let mut set = Sorted::default();
        for n in 0..10_000u32 {
            set.insert(n, |e| e.cmp(&n));
        }
        let copy = set.clone();
        set.remove(|e| e.cmp(&5000));
        let shared = set.chunks.iter().filter(|chunk| copy.chunks.iter().any(|other| Arc::ptr_eq(chunk, other)));
        assert_eq!(shared.count(), set.chunks.len() - 1);
        assert!(copy.find(|e| e.cmp(&5000)).is_some() && set.find(|e| e.cmp(&5000)).is_none());
    }

    #[test]
    fn small_chunks_are_joined() {
        let mut set = Sorted::default();
        for n in 0..20_000u32 {
            set.insert(n, |e| e.cmp(&n));
        }
        for n in (0..20_000u32).filter(|n| n % 100 != 0) {
            set.remove(|e| e.cmp(&n));
        }
        assert_eq!(set.len(), 200);
        assert!(set.chunks.len() <= 20, "{}", set.chunks.len());
    }

    proptest! {
        #[test]
        fn it_is_a_set(ops in prop::collection::vec((any::<bool>(), 0u32..600), 0..2000)) {
            let (mut set, mut model) = (Sorted::default(), BTreeSet::new());
            let mut copies = Vec::new();
            for (at, (insert, n)) in ops.into_iter().enumerate() {
                if insert {
                    prop_assert_eq!(set.insert(n, |e| e.cmp(&n)).is_some(), !model.insert(n));
                } else {
                    prop_assert_eq!(set.remove(|e| e.cmp(&n)).is_some(), model.remove(&n));
                }
                prop_assert_eq!(set.find(|e| e.cmp(&n)).is_some(), model.contains(&n));
                prop_assert_eq!(set.from(|e| e.cmp(&n)).next(), model.range(n..).next());
                if at % 100 == 0 {
                    copies.push((set.clone(), model.clone()));
                }
            }
            check(&set, &model);
            copies.iter().for_each(|(set, model)| check(set, model));
        }
    }
}
