//! Reasons to replace a grant.

use crate::driver::fault::FaultKind;

/// Why a grant was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server answered 401.
    Unauthorized,
    /// The TLS handshake failed, on either side.
    Handshake,
    /// TLS cannot start with this material.
    Unusable,
}

impl Refusal {
    /// The refusal that this kind of fault means; `None` if another grant would not help.
    pub(crate) fn of(kind: FaultKind) -> Option<Self> {
        match kind {
            FaultKind::Tls => Some(Self::Handshake),
            FaultKind::TlsSettings => Some(Self::Unusable),
            _ => None,
        }
    }
}

/// The refusals that already led to a replacement. Each kind may do so once: material that is usable may still fail the
/// handshake, and after that get a 401.
#[derive(Debug, Default)]
pub(crate) struct Refusals([bool; 3]);

impl Refusals {
    pub(crate) fn contains(&self, refusal: Refusal) -> bool {
        self.0.get(refusal as usize).is_some_and(|used| *used)
    }

    pub(crate) fn insert(&mut self, refusal: Refusal) {
        if let Some(used) = self.0.get_mut(refusal as usize) {
            *used = true;
        }
    }
}
