//! Expressions as tokens.

use super::ast::Literal;
use super::error::CelError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Literal(Literal),
    Name(Box<str>),
    /// A sign, of one or two characters.
    Sign(&'static str),
    End,
}

const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", ".?", "[?", "{?", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+", "-",
    "*", "/", "%", "!", "<", ">",
];

/// The words that are no names.
pub(super) const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The tokens of an expression, each with where it begins.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, CelError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut found = Vec::new();
    loop {
        lexer.blanks();
        let at = lexer.at;
        let token = lexer.next()?;
        let ends = token == Token::End;
        found.push((token, at));
        if ends {
            return Ok(found);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault<T>(&self, problem: &'static str) -> Result<T, CelError> {
        Err(CelError::syntax(self.at, problem))
    }

    fn take(&mut self, what: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let (taken, _) = rest.split_at(rest.find(|c| !what(c)).unwrap_or(rest.len()));
        self.at += taken.len();
        taken
    }

    fn blanks(&mut self) {
        loop {
            self.take(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}'));
            if !self.rest().starts_with("//") {
                return;
            }
            self.take(|c| c != '\n');
        }
    }

    fn next(&mut self) -> Result<Token, CelError> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Ok(Token::End) };
        let second = chars.next();
        if first.is_ascii_digit() || first == '.' && second.is_some_and(|c| c.is_ascii_digit()) {
            return self.number();
        }
        if let Some(token) = self.quoted()? {
            return Ok(token);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
            return Ok(match name {
                "true" => Token::Literal(Literal::Bool(true)),
                "false" => Token::Literal(Literal::Bool(false)),
                "null" => Token::Literal(Literal::Null),
                "in" => Token::Sign("in"),
                name => Token::Name(name.into()),
            });
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                self.at += sign.len();
                Ok(Token::Sign(sign))
            }
            None => self.fault("a character that begins no token"),
        }
    }

    fn number(&mut self) -> Result<Token, CelError> {
        let rest = self.rest();
        let unsigned = |lexer: &mut Self| {
            let ends = lexer.rest().starts_with(['u', 'U']);
            lexer.at += usize::from(ends);
            ends
        };
        let whole = |digits: &str, radix, unsigned| {
            let number = u64::from_str_radix(digits, radix).ok()?;
            // The least integer is written as a minus and this one.
            Some(Literal::Uint(number)).filter(|_| unsigned || number <= 1 << 63)
        };
        if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
            self.at += rest.len() - hex.len();
            let digits = self.take(|c| c.is_ascii_hexdigit());
            let is_unsigned = unsigned(self);
            return match whole(digits, 16, is_unsigned) {
                Some(literal) => Ok(Token::Literal(signed(literal, is_unsigned))),
                None => self.fault("a number that is no integer of 64 bits"),
            };
        }
        let start = self.at;
        let digits = self.take(|c| c.is_ascii_digit());
        let mut float = false;
        let mut after = self.rest().chars();
        if after.next() == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit()) {
            float = true;
            self.at += 1;
            self.take(|c| c.is_ascii_digit());
        }
        let exponent = self.rest().strip_prefix(['e', 'E']);
        let exponent = exponent.map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
        if let Some(rest) = exponent.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            float = true;
            self.at = self.text.len() - rest.len();
            self.take(|c| c.is_ascii_digit());
        }
        if float {
            let number = self.text.get(start..self.at).and_then(|text| text.parse::<f64>().ok());
            return match number {
                Some(number) => Ok(Token::Literal(Literal::Double(number))),
                None => self.fault("a malformed number"),
            };
        }
        let is_unsigned = unsigned(self);
        match whole(digits, 10, is_unsigned) {
            Some(literal) => Ok(Token::Literal(signed(literal, is_unsigned))),
            None => self.fault("a number that is no integer of 64 bits"),
        }
    }

    /// A text or bytes, with its prefixes; `None` if no such thing begins here.
    fn quoted(&mut self) -> Result<Option<Token>, CelError> {
        let rest = self.rest();
        // A prefix has at most two letters. A search further on would be one for each token.
        let quote = rest.bytes().take(3).position(|byte| matches!(byte, b'"' | b'\''));
        let head = quote.and_then(|at| rest.get(..at));
        let Some(head) = head else { return Ok(None) };
        let (raw, bytes) = match head.to_ascii_lowercase().as_str() {
            "" => (false, false),
            "r" => (true, false),
            "b" => (false, true),
            "rb" | "br" => (true, true),
            _ => return Ok(None),
        };
        let body = rest.get(head.len()..).unwrap_or_default();
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| body.starts_with(quote)).unwrap_or("'");
        self.at += head.len() + quote.len();
        let mut out = Vec::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.at += quote.len();
                break;
            }
            let Some(c) = rest.chars().next() else { return self.fault("a text without an end") };
            if quote.len() == 1 && matches!(c, '\n' | '\r') {
                return self.fault("a line that ends in a text");
            }
            self.at += c.len_utf8();
            if c != '\\' {
                out.extend(c.encode_utf8(&mut [0; 4]).bytes());
            } else if raw {
                out.push(b'\\');
                // A quote after a backslash ends no raw text.
                if let Some(next) = self.rest().chars().next() {
                    self.at += next.len_utf8();
                    out.extend(next.encode_utf8(&mut [0; 4]).bytes());
                }
            } else {
                self.escape(bytes, &mut out)?;
            }
        }
        if bytes {
            return Ok(Some(Token::Literal(Literal::Bytes(out.into()))));
        }
        match String::from_utf8(out) {
            Ok(text) => Ok(Some(Token::Literal(Literal::Text(text.into())))),
            Err(_) => self.fault("a text that is not UTF-8"),
        }
    }

    fn escape(&mut self, bytes: bool, out: &mut Vec<u8>) -> Result<(), CelError> {
        let mut chars = self.rest().chars();
        let Some(c) = chars.next() else { return self.fault("a text without an end") };
        let (radix, length, skip) = match c {
            'x' | 'X' => (16, 2, 1),
            'u' if !bytes => (16, 4, 1),
            'U' if !bytes => (16, 8, 1),
            '0'..='3' => (8, 3, 0),
            _ => {
                let plain = match c {
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\u{b}',
                    '\\' | '?' | '"' | '\'' | '`' => c,
                    _ => return self.fault("an escape that does not exist"),
                };
                self.at += c.len_utf8();
                out.extend(plain.encode_utf8(&mut [0; 4]).bytes());
                return Ok(());
            }
        };
        let start = self.at + skip;
        let digits = self.text.get(start..start + length).filter(|text| text.chars().all(|c| c.is_digit(radix)));
        let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, radix).ok()) else {
            return self.fault("an escape with too few digits");
        };
        self.at = start + length;
        match (bytes, u8::try_from(code), char::from_u32(code)) {
            (true, Ok(byte), _) => out.push(byte),
            (false, _, Some(c)) => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            _ => return self.fault("an escape that is no character"),
        }
        Ok(())
    }
}

/// A number without the mark of unsigned ones. 2^63 stays unsigned: only a minus before it makes it an integer.
fn signed(literal: Literal, is_unsigned: bool) -> Literal {
    match literal {
        Literal::Uint(number) if !is_unsigned => i64::try_from(number).map_or(Literal::Uint(number), Literal::Int),
        literal => literal,
    }
}
