//! Parses the text form of label selectors as servers do.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{LabelSelector, LabelTest};
use crate::error::Error;

impl FromStr for LabelSelector {
    type Err = Error;

    /// Parses the servers' syntax: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a>1`, `a<1`,
    /// separated by commas, with any spaces in between. A value may be empty: `a=`, `a in ()`, `a in (b,)`.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse): the syntax is wrong, or a key or value is not valid for
    /// a label.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parser = Parser { whole: text, rest: text };
        let mut selector = Self::new();
        if parser.peek() == Token::End {
            return Ok(selector);
        }
        loop {
            let (key, test) = parser.requirement()?;
            selector = selector.and(key, test)?;
            match parser.next() {
                Token::End => return Ok(selector),
                Token::Symbol(",") => {}
                other => return Err(parser.expected("',' or the end", &other)),
            }
        }
    }
}

struct Parser<'a> {
    whole: &'a str,
    rest: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(&'a str),
    End,
}

impl<'a> Parser<'a> {
    fn requirement(&mut self) -> Result<(&'a str, LabelTest), Error> {
        let absent = self.skip("!");
        let key = self.word("the name of a label")?;
        if absent {
            return Ok((key, LabelTest::DoesNotExist));
        }
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok((key, LabelTest::Exists));
        }
        let test = match self.next() {
            Token::Symbol("=" | "==") => LabelTest::Equals(self.value()?.into()),
            Token::Symbol("!=") => LabelTest::NotEquals(self.value()?.into()),
            Token::Symbol(">") => LabelTest::GreaterThan(self.number()?),
            Token::Symbol("<") => LabelTest::LessThan(self.number()?),
            Token::Word("in") => LabelTest::In(self.values()?),
            Token::Word("notin") => LabelTest::NotIn(self.values()?),
            other => return Err(self.expected("one of = == != in notin > <", &other)),
        };
        Ok((key, test))
    }

    fn word(&mut self, what: &str) -> Result<&'a str, Error> {
        match self.next() {
            Token::Word(word) => Ok(word),
            other => Err(self.expected(what, &other)),
        }
    }

    /// A value may be empty.
    fn value(&mut self) -> Result<&'a str, Error> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(""),
            _ => self.word("a value"),
        }
    }

    /// A number that a label value can have, so without a sign.
    fn number(&mut self) -> Result<i64, Error> {
        let word = self.word("a number")?;
        let unsigned = word.bytes().all(|byte| byte.is_ascii_digit()).then_some(word);
        let number = unsigned.and_then(|word| word.parse().ok());
        number.ok_or_else(|| self.expected("a number from 0 to 2^63-1", &Token::Word(word)))
    }

    /// Values in parentheses. Each may be empty; `()` is one empty value.
    fn values(&mut self) -> Result<BTreeSet<String>, Error> {
        let mut values = BTreeSet::new();
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(self.expected("'('", &other)),
        }
        loop {
            if let Token::Word(word) = self.peek() {
                self.next();
                values.insert(word.to_owned());
            } else {
                values.insert(String::new());
            }
            match self.next() {
                Token::Symbol(",") => {}
                Token::Symbol(")") => return Ok(values),
                other => return Err(self.expected("',' or ')'", &other)),
            }
        }
    }

    fn skip(&mut self, symbol: &str) -> bool {
        let found = self.peek() == Token::Symbol(symbol);
        if found {
            self.next();
        }
        found
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        let length = match token {
            Token::Word(text) | Token::Symbol(text) => text.len(),
            Token::End => 0,
        };
        self.rest = self.rest.trim_start_matches(SPACES).get(length..).unwrap_or_default();
        token
    }

    fn peek(&self) -> Token<'a> {
        let rest = self.rest.trim_start_matches(SPACES);
        if rest.is_empty() {
            return Token::End;
        }
        for symbol in ["==", "!=", "=", "!", "(", ")", ",", ">", "<"] {
            if let Some(text) = rest.get(..symbol.len()).filter(|text| *text == symbol) {
                return Token::Symbol(text);
            }
        }
        let end = rest.find(|c| SPACES.contains(&c) || "=!(),><".contains(c)).unwrap_or(rest.len());
        Token::Word(rest.get(..end).unwrap_or_default())
    }

    fn expected(&self, what: &str, found: &Token<'_>) -> Error {
        let found = match found {
            Token::Word(text) | Token::Symbol(text) => format!("{text:?}"),
            Token::End => "the end".into(),
        };
        Error::misuse(format!("the label selector {:?} cannot be read: expected {what}, found {found}", self.whole))
    }
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, normal) in [
            ("", ""),
            ("  ", ""),
            ("a", "a"),
            ("!a", "!a"),
            (" ! a ", "!a"),
            ("a=b", "a=b"),
            ("a==b", "a=b"),
            ("a = b , c != d", "a=b,c!=d"),
            ("a=", "a="),
            ("a=,b", "a=,b"),
            ("a!=", "a!="),
            ("a in (c,b,b)", "a in (b,c)"),
            ("a notin(b)", "a notin (b)"),
            ("a in ()", "a in ()"),
            ("a in (,)", "a in ()"),
            ("a notin( )", "a notin ()"),
            ("a in (b,,c)", "a in (,b,c)"),
            ("a in (b,)", "a in (,b)"),
            ("a in ( b , c )", "a in (b,c)"),
            ("a>5,b<03", "a>5,b<3"),
            ("in in (in,notin)", "in in (in,notin)"),
            ("in", "in"),
            ("a=in", "a=in"),
            ("example.com/a-b_c.d=X1", "example.com/a-b_c.d=X1"),
        ] {
            assert_eq!(text.parse::<LabelSelector>().unwrap().to_string(), normal, "{text:?}");
        }
    }

    #[test]
    fn mistakes() {
        for (text, said) in [
            (",", "expected the name of a label, found \",\""),
            ("a,", "expected the name of a label, found the end"),
            ("a b", "expected one of = == != in notin > <, found \"b\""),
            ("!a=b", "expected ',' or the end, found \"=\""),
            ("a in b", "expected '(', found \"b\""),
            ("a in (b", "expected ',' or ')', found the end"),
            ("a in (b c)", "expected ',' or ')', found \"c\""),
            ("a in (", "expected ',' or ')', found the end"),
            ("a>b", "expected a number"),
            ("a>", "expected a number, found the end"),
            ("a>-1", "expected a number"),
            ("a<+1", "expected a number"),
            ("a<9223372036854775808", "expected a number"),
            ("a=b=c", "expected ',' or the end"),
            ("=a", "expected the name of a label"),
            ("-a", "cannot be the name of a label"),
            ("a=b/c", "cannot be the value"),
            ("Example.com/a", "what stands before '/'"),
            ("/a", "what stands before '/'"),
            ("a/b/c", "cannot be the name"),
            ("ä=b", "cannot be the name"),
        ] {
            let error = text.parse::<LabelSelector>().unwrap_err().to_string();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
