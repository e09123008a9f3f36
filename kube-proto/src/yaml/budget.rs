//! What one document may become in memory.

/// The deepest nesting of collections, as `serde_json` has it: a value of more levels could not be written and read again.
#[cfg(feature = "yaml")]
pub(crate) const DEPTH: usize = 127;

/// What one document may still become.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    values: usize,
    #[cfg(feature = "yaml")]
    copies: usize,
    #[cfg(feature = "yaml")]
    bytes: usize,
}

impl Budget {
    /// For a document of at most this many values.
    pub(crate) fn new(values: usize) -> Budget {
        Budget {
            values,
            #[cfg(feature = "yaml")]
            copies: COPIES,
            #[cfg(feature = "yaml")]
            bytes: BYTES,
        }
    }

    /// Counts values that the text holds.
    pub(crate) fn spend(&mut self, values: usize) -> Result<(), &'static str> {
        self.values = self.values.checked_sub(values).ok_or(TOO_MANY)?;
        Ok(())
    }

    /// Counts bytes of scalars that the text holds.
    #[cfg(feature = "yaml")]
    pub(crate) fn spend_bytes(&mut self, bytes: usize) -> Result<(), &'static str> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or("too much text in one document")?;
        Ok(())
    }

    /// Counts what an alias or an anchor copies, before the copy is made.
    #[cfg(feature = "yaml")]
    pub(crate) fn spend_copy(&mut self, values: usize, bytes: usize) -> Result<(), &'static str> {
        self.copies = self.copies.checked_sub(values).ok_or(TOO_MANY)?;
        self.spend(values)?;
        self.spend_bytes(bytes)
    }
}

const TOO_MANY: &str = "too many values in one document";
/// Values that anchors and aliases copy. They need no text of their own; as maps of one entry they become about 30 MB.
#[cfg(feature = "yaml")]
const COPIES: usize = 100_000;
/// Bytes of scalars in one document, copies included.
#[cfg(feature = "yaml")]
const BYTES: usize = 32 * 1024 * 1024;
