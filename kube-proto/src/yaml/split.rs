//! Finds the start and the end of each document in a stream. Every marker (`---` or `...`) at the start of a line
//! counts, because no scalar and no JSON text can have one there.

/// The bytes of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    /// The bytes from the first line that is no comment up to the next marker.
    pub(super) bytes: &'a [u8],
    /// The place of the first byte, from 1.
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The rest of a stream.
#[derive(Clone, Debug)]
pub(super) struct Split<'a> {
    bytes: &'a [u8],
    /// The offset at which to look for the next document, and its line.
    at: usize,
    line: usize,
}

impl<'a> Split<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Split<'a> {
        Split { bytes, at: 0, line: 1 }
    }

    fn chunk(&self, (from, line): (usize, usize), to: usize) -> Chunk<'a> {
        Chunk { bytes: self.bytes.get(from..to).unwrap_or_default(), line, column: 1 }
    }
}

/// The parts of a document that were read so far.
#[derive(Clone, Copy)]
enum Seen {
    /// Only comments.
    Nothing,
    /// Directives, from this place on.
    Directives((usize, usize)),
    /// The start marker, and then only comments.
    Start,
    /// Content, or directives and the start marker, from this place on.
    Content((usize, usize)),
}

impl<'a> Iterator for Split<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let mut seen = Seen::Nothing;
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            let length = line_length(rest);
            let whole = rest.get(..length).unwrap_or(rest);
            let line = whole.strip_prefix(BOM).unwrap_or(whole);
            let here = (self.at + whole.len() - line.len(), self.line);
            if let Some(after) = after_marker(line, b"---") {
                seen = match seen {
                    Seen::Content(from) => return Some(self.chunk(from, self.at)),
                    Seen::Start => return Some(self.chunk(here, here.0)),
                    Seen::Directives(from) => Seen::Content(from),
                    Seen::Nothing if is_blank(after) => Seen::Start,
                    Seen::Nothing => Seen::Content(here),
                };
            } else if let Some(after) = after_marker(line, b"...") {
                let chunk = match seen {
                    Seen::Content(from) | Seen::Directives(from) => Some(self.chunk(from, self.at)),
                    Seen::Start => Some(self.chunk(here, here.0)),
                    Seen::Nothing => None,
                };
                if is_blank(after) {
                    self.at += length;
                    self.line += 1;
                } else {
                    // The next document begins on this line.
                    self.at += whole.len() - after.len();
                }
                match chunk {
                    Some(chunk) => return Some(chunk),
                    None => continue,
                }
            } else if !is_blank(line) {
                seen = match seen {
                    Seen::Nothing if line.starts_with(b"%") => Seen::Directives(here),
                    Seen::Directives(from) if !line.starts_with(b"%") => Seen::Content(from),
                    Seen::Nothing | Seen::Start => Seen::Content(here),
                    other => other,
                };
            }
            self.at += length;
            self.line += 1;
        }
        let end = self.bytes.len();
        match seen {
            Seen::Nothing => None,
            Seen::Start => Some(self.chunk((end, self.line), end)),
            Seen::Content(from) | Seen::Directives(from) => Some(self.chunk(from, end)),
        }
    }
}

/// The length of the first line, with its line break.
fn line_length(bytes: &[u8]) -> usize {
    match memchr::memchr2(b'\n', b'\r', bytes) {
        None => bytes.len(),
        Some(at) if bytes.get(at..at + 2) == Some(b"\r\n") => at + 2,
        Some(at) => at + 1,
    }
}

/// The text after a marker at the start of a line.
fn after_marker<'a>(line: &'a [u8], marker: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(marker).filter(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Whether the line has only white space or a comment.
fn is_blank(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    text.is_empty() || text.starts_with(b"#")
}

const BOM: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(usize, String)> {
        let text = text.replace('^', "\u{feff}");
        Split::new(text.as_bytes()).map(|it| (it.line, String::from_utf8(it.bytes.to_vec()).unwrap())).collect()
    }

    #[test]
    fn documents_of_a_stream() {
        for (text, expected) in [
            ("", &[] as &[(usize, &str)]),
            ("\n# c\n^# d\n", &[]),
            ("...\n...\n", &[]),
            ("a", &[(1, "a")]),
            ("^a: 1\r\n---\r\nb: 2", &[(1, "a: 1\r\n"), (3, "b: 2")]),
            ("a\r---\rb\r", &[(1, "a\r"), (3, "b\r")]),
            ("---\n---\n", &[(2, ""), (3, "")]),
            ("---\n# c\n--- # d\n\n^b\n", &[(3, ""), (5, "b\n")]),
            ("^--- a\n--- |\n b\n", &[(1, "--- a\n"), (2, "--- |\n b\n")]),
            ("# c\n^# d\n^a\n", &[(3, "a\n")]),
            ("---a\n---\n----\n", &[(1, "---a\n"), (3, "----\n")]),
            ("a: |\n ---\n---\nb\n", &[(1, "a: |\n ---\n"), (4, "b\n")]),
            ("%A\n%B\n# c\n---\na\n...\n%C\n---\nb\n", &[(1, "%A\n%B\n# c\n---\na\n"), (7, "%C\n---\nb\n")]),
            ("%A\na: 1\n", &[(1, "%A\na: 1\n")]),
            ("%A\n---\n---\n", &[(1, "%A\n---\n"), (4, "")]),
            ("%A\n...\n", &[(1, "%A\n")]),
            ("a\n...\n# c\n...\nb\n", &[(1, "a\n"), (5, "b\n")]),
            ("a\n... b\n", &[(1, "a\n"), (2, " b\n")]),
            ("a\n---", &[(1, "a\n"), (3, "")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
            assert_eq!(split(text), expected, "{text:?}");
        }
    }
}
