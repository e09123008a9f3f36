//! The records of PAX: `LENGTH KEY=VALUE\n`, one after the other.

use super::entry::TarError;

/// What the records say of the next entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<i64>,
    /// The entry is a file with holes.
    pub(super) sparse: bool,
}

const DAMAGED: TarError = TarError::Record("a record of PAX");

impl Pax {
    /// Reads all records. An empty value is as if the record were not there. Keys that say nothing here are skipped.
    pub(super) fn read(mut records: &[u8]) -> Result<Self, TarError> {
        let mut pax = Self::default();
        while !records.is_empty() {
            let blank = records.iter().position(|byte| *byte == b' ').ok_or(DAMAGED)?;
            let length = decimal(records.get(..blank).unwrap_or_default()).ok_or(DAMAGED)?;
            let length = usize::try_from(length).map_err(|_| DAMAGED)?;
            let record = records.get(blank + 1..length).and_then(|record| record.strip_suffix(b"\n")).ok_or(DAMAGED)?;
            records = records.get(length..).unwrap_or_default();
            let equals = record.iter().position(|byte| *byte == b'=').filter(|at| *at > 0).ok_or(DAMAGED)?;
            let (key, value) = (record.get(..equals).unwrap_or_default(), record.get(equals + 1..).unwrap_or_default());
            pax.take(key, value)?;
        }
        Ok(pax)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), TarError> {
        let text = || match value {
            value if value.contains(&0) => Err(DAMAGED),
            [] => Ok(None),
            value => Ok(Some(value.to_vec())),
        };
        match key {
            b"path" => self.path = text()?,
            b"linkpath" => self.link = text()?,
            b"size" if value.is_empty() => self.size = None,
            b"size" => self.size = Some(decimal(value).filter(|size| *size <= i64::MAX as u64).ok_or(DAMAGED)?),
            b"mtime" => self.modified = seconds(value),
            _ => self.sparse |= key.starts_with(b"GNU.sparse."),
        }
        Ok(())
    }

    /// Whether it would change what all later entries are.
    pub(super) fn renames(&self) -> bool {
        self.path.is_some() || self.link.is_some() || self.size.is_some() || self.sparse
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, byte| match byte {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// The whole seconds of a time; `None` if it cannot be read, because nothing depends on it.
fn seconds(value: &[u8]) -> Option<i64> {
    let (negative, digits) = value.strip_prefix(b"-").map_or((false, value), |rest| (true, rest));
    let whole = digits.split(|byte| *byte == b'.').next()?;
    let whole = i64::try_from(decimal(whole)?).ok()?;
    Some(if negative { -whole } else { whole })
}
