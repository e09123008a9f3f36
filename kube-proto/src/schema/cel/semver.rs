//! Versions (`semver` of Kubernetes' library, by Semantic Versioning 2.0.0).

use std::cmp::Ordering;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) numbers: [u64; 3],
    before: Vec<Part>,
    build: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Text(String),
}

impl Version {
    /// Reads a version. `normalize` takes `v1`, `1.2` and `01.2.3` too.
    pub(super) fn parse(text: &str, normalize: bool) -> Option<Self> {
        let text = if normalize { text.strip_prefix('v').unwrap_or(text) } else { text };
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (text, before) = text.split_once('-').map_or((text, None), |(text, before)| (text, Some(before)));
        let mut numbers = [0; 3];
        let mut count = 0;
        for part in text.split('.') {
            let trimmed = if normalize { part.trim_start_matches('0') } else { part };
            let part = if trimmed.is_empty() && !part.is_empty() { "0" } else { trimmed };
            *numbers.get_mut(count)? = number(part)?;
            count += 1;
        }
        if count < 3 && (!normalize || before.is_some() || build.is_some()) {
            return None;
        }
        let named =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let mut parts = Vec::new();
        for part in before.into_iter().flat_map(|before| before.split('.')) {
            parts.push(match part.bytes().all(|byte| byte.is_ascii_digit()) {
                true => Part::Number(number(part)?),
                false => Part::Text(Some(part).filter(|part| named(part))?.to_owned()),
            });
        }
        if !build.into_iter().flat_map(|build| build.split('.')).all(named) {
            return None;
        }
        Some(Self { numbers, before: parts, build: build.unwrap_or_default().to_owned() })
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.before.is_empty(), other.before.is_empty()) {
            (false, false) => self.before.cmp(&other.before),
            // A version comes after what was before it.
            (left, right) => left.cmp(&right),
        })
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits && (text.len() == 1 || !text.starts_with('0')))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        for (index, part) in self.before.iter().enumerate() {
            f.write_str(if index == 0 { "-" } else { "." })?;
            match part {
                Part::Number(number) => write!(f, "{number}")?,
                Part::Text(text) => f.write_str(text)?,
            }
        }
        if self.build.is_empty() { Ok(()) } else { write!(f, "+{}", self.build) }
    }
}
