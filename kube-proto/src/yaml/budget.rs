//! The limits of one document in memory.

/// The deepest nesting of collections: the JSON of a deeper value could not be read.
#[cfg(feature = "yaml")]
pub(crate) const DEPTH: usize = crate::json::DEPTH;

/// The rest of the limits while a document is read.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    values: usize,
    #[cfg(feature = "yaml")]
    copies: usize,
    #[cfg(feature = "yaml")]
    bytes: usize,
}

impl Budget {
    /// The budget of a document with at most this many values.
    pub(crate) fn new(values: usize) -> Budget {
        Budget {
            values,
            #[cfg(feature = "yaml")]
            copies: COPIES,
            #[cfg(feature = "yaml")]
            bytes: BYTES,
        }
    }

    /// Counts values of the text.
    pub(crate) fn spend(&mut self, values: usize) -> Result<(), &'static str> {
        self.values = self.values.checked_sub(values).ok_or(TOO_MANY)?;
        Ok(())
    }

    /// Counts bytes of scalars in the text.
    #[cfg(feature = "yaml")]
    pub(crate) fn spend_bytes(&mut self, bytes: usize) -> Result<(), &'static str> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or("too much text in one document")?;
        Ok(())
    }

    /// Counts the copy of an alias or an anchor, before it is made.
    #[cfg(feature = "yaml")]
    pub(crate) fn spend_copy(&mut self, values: usize, bytes: usize) -> Result<(), &'static str> {
        self.copies = self.copies.checked_sub(values).ok_or(TOO_MANY)?;
        self.spend(values)?;
        self.spend_bytes(bytes)
    }
}

const TOO_MANY: &str = "too many values in one document";
/// The most values that anchors and aliases copy. A short text can make many. As maps of one entry they take
/// about 30 MB.
#[cfg(feature = "yaml")]
const COPIES: usize = 100_000;
/// The most bytes of scalars in one document, copies included.
#[cfg(feature = "yaml")]
const BYTES: usize = 32 * 1024 * 1024;
