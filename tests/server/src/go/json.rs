//! The errors of Go's JSON decoder.

use kube_proto::schema::internals::escape;

/// The error of Go's decoder for a document; `None` for valid JSON.
pub(crate) fn json_fault(bytes: &[u8]) -> Option<String> {
    let mut scanner = Scanner { bytes, at: 0 };
    let result = scanner.value().and_then(|()| {
        scanner.space();
        if scanner.at < bytes.len() { Err(scanner.wrong("after top-level value")) } else { Ok(()) }
    });
    result.err()
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Scan = Result<(), String>;

/// The deepest nesting of a document.
const DEPTH: usize = 10_000;

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn wrong(&self, place: &str) -> String {
        let Some(byte) = self.peek() else { return "unexpected end of JSON input".into() };
        let mut shown = String::new();
        match byte {
            b'\'' => shown.push_str("\\'"),
            byte => escape(char::from(byte), &mut shown),
        }
        format!("invalid character '{shown}' {place}")
    }

    /// One value. The collections around the current place are a list, not calls.
    fn value(&mut self) -> Scan {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(kind @ (b'{' | b'[')) => {
                    if open.len() == DEPTH {
                        return Err(self.wrong("exceeded max depth"));
                    }
                    self.at += 1;
                    self.space();
                    let end = if kind == b'{' { b'}' } else { b']' };
                    if self.peek() != Some(end) {
                        open.push(end);
                        if kind == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                    self.at += 1;
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => return Err(self.wrong("looking for beginning of value")),
            }
            // After a value: the next one, or the ends of collections.
            loop {
                let Some(end) = open.last().copied() else { return Ok(()) };
                self.space();
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if end == b'}' {
                            self.space();
                            self.key()?;
                        }
                        break;
                    }
                    Some(byte) if byte == end => {
                        self.at += 1;
                        open.pop();
                    }
                    _ if end == b'}' => return Err(self.wrong("after object key:value pair")),
                    _ => return Err(self.wrong("after array element")),
                }
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Scan {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("looking for beginning of object key string"));
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.wrong("after object key"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Scan {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.peek().is_some_and(|b| b.is_ascii_hexdigit()) {
                                    return Err(self.wrong("in \\u hexadecimal character escape"));
                                }
                                self.at += 1;
                            }
                        }
                        _ => return Err(self.wrong("in string escape code")),
                    }
                }
                Some(byte) if byte >= b' ' => self.at += 1,
                _ => return Err(self.wrong("in string literal")),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn digits(&mut self, place: &str) -> Scan {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.wrong(place));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Scan {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Scan {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.wrong(&format!("in literal {word} (expecting '{}')", char::from(expected))));
            }
            self.at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_json() {
        let table = [
            ("{}", None),
            (" [1, -2.5e+3, \"a\\u00e4\\n\", true, null, {\"a\": []}] ", None),
            ("", Some("unexpected end of JSON input")),
            ("{", Some("unexpected end of JSON input")),
            ("{a}", Some("invalid character 'a' looking for beginning of object key string")),
            ("{\"a\" 1}", Some("invalid character '1' after object key")),
            ("{\"a\":1 \"b\"}", Some("invalid character '\"' after object key:value pair")),
            ("[1 2]", Some("invalid character '2' after array element")),
            ("1 2", Some("invalid character '2' after top-level value")),
            ("01", Some("invalid character '1' after top-level value")),
            ("tru3", Some("invalid character '3' in literal true (expecting 'e')")),
            ("\"\n\"", Some("invalid character '\\n' in string literal")),
            ("\"\\x\"", Some("invalid character 'x' in string escape code")),
            ("-x", Some("invalid character 'x' in numeric literal")),
            ("'", Some("invalid character '\\'' looking for beginning of value")),
        ];
        for (text, want) in table {
            assert_eq!(json_fault(text.as_bytes()).as_deref(), want, "{text}");
        }
        assert_eq!(json_fault(&[0x9e]).unwrap(), "invalid character '\\u009e' looking for beginning of value");
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert_eq!(json_fault(nested(10_000).as_bytes()), None);
        assert_eq!(json_fault(nested(10_001).as_bytes()).unwrap(), "invalid character '[' exceeded max depth");
    }
}
