//! What one document may become in memory.

/// The largest file that is read: 16 MiB. A kubeconfig of a thousand clusters, all their certificates within it, is
/// about 6 MiB.
pub const FILE_LIMIT: usize = 16 * 1024 * 1024;

/// What one document may still become.
pub(crate) struct Budget {
    values: usize,
    #[cfg(feature = "kubeconfig")]
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            values: VALUES,
            #[cfg(feature = "kubeconfig")]
            bytes: BYTES,
        }
    }
}

impl Budget {
    pub(crate) fn spend(&mut self, values: usize) -> Result<(), &'static str> {
        self.values = self.values.checked_sub(values).ok_or("too many values in one document")?;
        Ok(())
    }

    #[cfg(feature = "kubeconfig")]
    pub(crate) fn spend_bytes(&mut self, bytes: usize) -> Result<(), &'static str> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or("too much text in one document")?;
        Ok(())
    }
}

/// Values in one document, copies made by aliases included. Twenty for a cluster with its user and context is usual, so that
/// this is five thousand of them; at the worst (a list of empty users) they become about 100 MB in memory.
pub(super) const VALUES: usize = 100_000;
/// Bytes of text in one document, copies made by aliases included.
#[cfg(feature = "kubeconfig")]
const BYTES: usize = 2 * FILE_LIMIT;
