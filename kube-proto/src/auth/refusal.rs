//! Why a grant is replaced.

use crate::driver::fault::FaultKind;

/// Why a grant is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server answered 401.
    Unauthorized,
    /// The TLS handshake failed, on either side.
    Handshake,
    /// No TLS can be begun with it.
    Unusable,
}

impl Refusal {
    /// Whether a fault is one, and may be mended by another grant.
    pub(crate) fn of(kind: FaultKind) -> Option<Self> {
        match kind {
            FaultKind::Tls => Some(Self::Handshake),
            FaultKind::TlsSettings => Some(Self::Unusable),
            _ => None,
        }
    }
}

/// For which reasons something better was had already. Each is good for one time: what can be used at all may be refused
/// by the server, and be that of another authority as well.
#[derive(Debug, Default)]
pub(crate) struct Refusals([bool; 3]);

impl Refusals {
    pub(crate) fn contains(&self, refusal: Refusal) -> bool {
        self.0.get(refusal as usize).is_some_and(|had| *had)
    }

    pub(crate) fn insert(&mut self, refusal: Refusal) {
        if let Some(had) = self.0.get_mut(refusal as usize) {
            *had = true;
        }
    }
}
