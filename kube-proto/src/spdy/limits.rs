//! The bounds of a session.

/// Limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most streams at once. Of a client, [`open`](super::Session::open) refuses more; a server resets those that the peer opens
    /// beyond them.
    pub streams: usize,
    /// The most bytes of one header block, compressed and uncompressed.
    pub header_bytes: usize,
    /// The most headers of one block.
    pub headers: usize,
    /// With so many unsent bytes the machine reads no frame that it would have to answer.
    pub unsent: usize,
}

impl Default for Limits {
    /// 2,000 streams (1,000 connections), 1 MiB and 1,000 headers in a block (as the servers of Kubernetes), 256 KiB.
    fn default() -> Self {
        Self { streams: 2000, header_bytes: 1 << 20, headers: 1000, unsent: 256 << 10 }
    }
}
