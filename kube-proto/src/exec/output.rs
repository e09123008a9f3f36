//! What has arrived on one output and is not taken.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::opaque::Opaque;

/// The pieces of one output, each with its place among the pieces of all.
#[derive(Debug, Default)]
pub(super) struct Output {
    pieces: Opaque<VecDeque<Bytes>>,
    places: VecDeque<u64>,
    /// It has no reader: what arrives is dropped.
    discarded: bool,
}

impl Output {
    /// Adds a piece; returns what it counts.
    pub(super) fn push(&mut self, piece: Bytes, place: u64) -> usize {
        if self.discarded || piece.is_empty() {
            return 0;
        }
        let cost = cost(&piece);
        self.pieces.push_back(piece);
        self.places.push_back(place);
        cost
    }

    /// Puts a piece before all others; returns what it counts.
    pub(super) fn put_back(&mut self, piece: Bytes) -> usize {
        let cost = cost(&piece);
        self.pieces.push_front(piece);
        self.places.push_front(0);
        cost
    }

    /// The oldest piece, and what it counted.
    pub(super) fn pop(&mut self) -> Option<(Bytes, usize)> {
        self.places.pop_front();
        let piece = self.pieces.pop_front()?;
        let cost = cost(&piece);
        Some((piece, cost))
    }

    /// The place of the oldest piece.
    pub(super) fn place(&self) -> Option<u64> {
        self.places.front().copied()
    }

    /// Drops all pieces, those to come too; returns what they counted.
    pub(super) fn discard(&mut self) -> usize {
        self.discarded = true;
        self.places.clear();
        self.pieces.drain(..).map(|piece| cost(&piece)).sum()
    }
}

/// Small pieces count more than their bytes: each also takes an entry of the queue.
fn cost(piece: &Bytes) -> usize {
    piece.len() + 64
}
