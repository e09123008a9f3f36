//! Expressions from tokens, by the precedence of CEL:
//!
//! | level | operators |
//! |---|---|
//! | 0 | `? :` |
//! | 1 | <code>&#124;&#124;</code> |
//! | 2 | `&&` |
//! | 3 | `== != < <= > >= in` |
//! | 4 | `+ -` |
//! | 5 | `* / %` |
//! | 6 | `! -` |
//! | 7 | `.name .?name [index] [?index] (arguments)` |
//!
//! A macro is recognised by its name and the number of its arguments.

use super::ast::{Expr, Fold, Kind, LEVELS, Literal, Operator, What};
use super::error::CelError;
use super::known;
use super::patterns::Patterns;
use super::token::{RESERVED, Token, tokens};

/// The longest expression, in bytes.
pub(super) const LENGTH_MAX: usize = 64 << 10;

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<(Expr, Patterns), CelError> {
    if text.len() > LENGTH_MAX {
        return Err(CelError::TooLarge);
    }
    let mut parser =
        Parser { tokens: tokens(text)?, at: 0, level: 0, names: Vec::new(), patterns: Patterns::default() };
    let expr = parser.expr()?;
    match parser.peek() {
        Token::End => Ok((expr, parser.patterns)),
        _ => parser.fault("more than one expression"),
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    level: usize,
    /// The variables of the macros around.
    names: Vec<Box<str>>,
    patterns: Patterns,
}

const RELATIONS: &[(&str, Operator)] = &[
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("in", Operator::In),
];
const SUMS: &[(&str, Operator)] = &[("+", Operator::Add), ("-", Operator::Subtract)];
const PRODUCTS: &[(&str, Operator)] = &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Modulo)];

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn take(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Token::Sign(found) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn want(&mut self, sign: &str, problem: &'static str) -> Result<(), CelError> {
        if self.take(sign) { Ok(()) } else { self.fault(problem) }
    }

    fn fault<T>(&self, problem: &'static str) -> Result<T, CelError> {
        let at = self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(_, at)| *at);
        Err(CelError::syntax(at, problem))
    }

    fn make(kind: Kind) -> Result<Expr, CelError> {
        Expr::new(kind).ok_or(CelError::TooLarge)
    }

    fn among(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        let Token::Sign(sign) = self.peek() else { return None };
        let found = operators.iter().find(|(one, _)| one == sign)?.1;
        self.at += 1;
        Some(found)
    }

    fn expr(&mut self) -> Result<Expr, CelError> {
        if self.level >= LEVELS {
            return Err(CelError::TooLarge);
        }
        self.level += 1;
        let mut cases = Vec::new();
        let last = loop {
            let one = self.any()?;
            if !self.take("?") {
                break one;
            }
            let then = self.any()?;
            self.want(":", "a ':' is missing")?;
            cases.push((one, then));
        };
        self.level -= 1;
        if cases.is_empty() {
            return Ok(last);
        }
        Self::make(Kind::Choice { cases, otherwise: Box::new(last) })
    }

    /// Operands of `||`.
    fn any(&mut self) -> Result<Expr, CelError> {
        let first = self.all()?;
        let mut operands = vec![first];
        while self.take("||") {
            operands.push(self.all()?);
        }
        match operands.len() {
            1 => operands.pop().map_or_else(|| self.fault("an expression is missing"), Ok),
            _ => Self::make(Kind::Or(operands)),
        }
    }

    /// Operands of `&&`.
    fn all(&mut self) -> Result<Expr, CelError> {
        let first = self.relation()?;
        let mut operands = vec![first];
        while self.take("&&") {
            operands.push(self.relation()?);
        }
        match operands.len() {
            1 => operands.pop().map_or_else(|| self.fault("an expression is missing"), Ok),
            _ => Self::make(Kind::And(operands)),
        }
    }

    fn relation(&mut self) -> Result<Expr, CelError> {
        let mut left = self.sum()?;
        while let Some(operator) = self.among(RELATIONS) {
            let right = Box::new(self.sum()?);
            left = Self::make(Kind::Relation { left: Box::new(left), operator, right })?;
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expr, CelError> {
        let first = self.product()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.among(SUMS) {
            rest.push((operator, self.product()?));
        }
        if rest.is_empty() { Ok(first) } else { Self::make(Kind::Sum { first: Box::new(first), rest }) }
    }

    fn product(&mut self) -> Result<Expr, CelError> {
        let first = self.unary()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.among(PRODUCTS) {
            rest.push((operator, self.unary()?));
        }
        if rest.is_empty() { Ok(first) } else { Self::make(Kind::Sum { first: Box::new(first), rest }) }
    }

    fn unary(&mut self) -> Result<Expr, CelError> {
        let (mut nots, mut minuses) = (0, 0);
        while self.take("!") {
            nots += 1;
        }
        while nots == 0 && self.take("-") {
            minuses += 1;
        }
        if nots > LEVELS || minuses > LEVELS {
            return Err(CelError::TooLarge);
        }
        // The number after a minus may be one that only exists with it.
        if minuses > 0
            && let Token::Literal(literal) = self.peek()
        {
            let negative = match literal {
                Literal::Int(number) => number.checked_neg().map(Literal::Int),
                Literal::Uint(number) if *number == 1 << 63 => Some(Literal::Int(i64::MIN)),
                Literal::Double(number) => Some(Literal::Double(-number)),
                _ => None,
            };
            if let Some(negative) = negative {
                self.at += 1;
                minuses -= 1;
                let literal = Self::make(Kind::Literal(negative))?;
                let member = self.members(literal)?;
                return (0..minuses).try_fold(member, |of, _| Self::make(Kind::Negate(Box::new(of))));
            }
        }
        let primary = self.primary()?;
        let member = self.members(primary)?;
        let member = (0..nots).try_fold(member, |of, _| Self::make(Kind::Not(Box::new(of))))?;
        (0..minuses).try_fold(member, |of, _| Self::make(Kind::Negate(Box::new(of))))
    }

    fn primary(&mut self) -> Result<Expr, CelError> {
        match self.next() {
            Token::Literal(Literal::Uint(number)) if number == 1 << 63 => self.fault("a number beyond 64 bits"),
            Token::Literal(literal) => Self::make(Kind::Literal(literal)),
            Token::Sign("(") => {
                let inner = self.expr()?;
                self.want(")", "a ')' is missing")?;
                Ok(inner)
            }
            Token::Sign("[") => self.list(false),
            Token::Sign("[?") => self.list(true),
            Token::Sign("{") => self.map(false),
            Token::Sign("{?") => self.map(true),
            // A name that begins with a dot is looked for in no namespace.
            Token::Sign(".") => match self.next() {
                Token::Name(name) => self.name(name),
                _ => self.fault("a name is missing"),
            },
            Token::Name(name) => self.name(name),
            _ => {
                self.at -= 1;
                self.fault("an expression is missing")
            }
        }
    }

    fn name(&mut self, name: Box<str>) -> Result<Expr, CelError> {
        if !self.take("(") {
            if RESERVED.contains(&&*name) {
                return self.fault("a reserved word");
            }
            return Self::make(Kind::Name(name));
        }
        if &*name == "has" {
            let inner = self.expr()?;
            self.want(")", "a ')' is missing")?;
            return match inner.kind {
                Kind::Select { of, field, optional: false } => Self::make(Kind::Has { of, field }),
                _ => self.fault("has() takes a member"),
            };
        }
        let arguments = self.arguments()?;
        self.call(None, name, arguments)
    }

    fn call(&mut self, target: Option<Expr>, name: Box<str>, arguments: Vec<Expr>) -> Result<Expr, CelError> {
        if !known::is_known(&name, target.is_some(), arguments.len()) {
            return Err(CelError::Unknown(format!("{name}()")));
        }
        self.patterns.note(&name, &arguments);
        Self::make(Kind::Call { target: target.map(Box::new), name, arguments })
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, CelError> {
        let mut arguments = Vec::new();
        if self.take(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expr()?);
            if !self.take(",") {
                break;
            }
        }
        self.want(")", "a ')' is missing")?;
        Ok(arguments)
    }

    fn list(&mut self, mut optional: bool) -> Result<Expr, CelError> {
        let mut items = Vec::new();
        while optional || !self.take("]") {
            items.push((self.expr()?, optional));
            if !self.take(",") {
                self.want("]", "a ']' is missing")?;
                break;
            }
            optional = self.take("?");
        }
        Self::make(Kind::List(items))
    }

    fn map(&mut self, mut optional: bool) -> Result<Expr, CelError> {
        let mut entries = Vec::new();
        while optional || !self.take("}") {
            let key = self.expr()?;
            self.want(":", "a ':' is missing")?;
            entries.push((key, self.expr()?, optional));
            if !self.take(",") {
                self.want("}", "a '}' is missing")?;
                break;
            }
            optional = self.take("?");
        }
        Self::make(Kind::Map(entries))
    }

    fn members(&mut self, mut of: Expr) -> Result<Expr, CelError> {
        loop {
            if self.take(".?") {
                let Token::Name(field) = self.next() else { return self.fault("a name is missing") };
                of = Self::make(Kind::Select { of: Box::new(of), field, optional: true })?;
            } else if self.take(".") {
                let Token::Name(field) = self.next() else { return self.fault("a name is missing") };
                of = if self.take("(") { self.method(of, field)? } else { Self::select(of, field)? };
            } else if self.take("[") || matches!(self.peek(), Token::Sign("[?")) {
                let optional = self.take("[?");
                let index = Box::new(self.expr()?);
                self.want("]", "a ']' is missing")?;
                of = Self::make(Kind::Index { of: Box::new(of), index, optional })?;
            } else if matches!(self.peek(), Token::Sign("{" | "{?")) {
                return Err(CelError::Unknown("messages with a type".into()));
            } else {
                return Ok(of);
            }
        }
    }

    fn select(of: Expr, field: Box<str>) -> Result<Expr, CelError> {
        Self::make(Kind::Select { of: Box::new(of), field, optional: false })
    }

    fn method(&mut self, of: Expr, name: Box<str>) -> Result<Expr, CelError> {
        if let Kind::Name(space) = &of.kind
            && known::SPACES.contains(&&**space)
            && !self.names.contains(space)
        {
            let name = format!("{space}.{name}").into();
            let arguments = self.arguments()?;
            return self.call(None, name, arguments);
        }
        let what = match &*name {
            "all" => What::All,
            "exists" => What::Exists,
            "exists_one" | "existsOne" => What::ExistsOne,
            "map" | "transformList" => What::Map,
            "filter" => What::Filter,
            "transformMap" => What::TransformMap,
            "transformMapEntry" => What::TransformMapEntry,
            "sortBy" => What::SortBy,
            "optMap" => What::OptMap,
            "optFlatMap" => What::OptFlatMap,
            _ => {
                let arguments = self.arguments()?;
                return self.call(Some(of), name, arguments);
            }
        };
        self.fold(of, what, &name)
    }

    /// A macro, after its parenthesis.
    fn fold(&mut self, over: Expr, what: What, name: &str) -> Result<Expr, CelError> {
        let two = matches!(name, "transformList" | "transformMap" | "transformMapEntry");
        let first = self.variable()?;
        let mut second = None;
        // `all(i, v, p)`: a name and a comma may also be the first part of an expression.
        let both = matches!(what, What::All | What::Exists) || matches!(name, "existsOne" | "exists_one");
        if two || both && self.is_variable() {
            second = Some(self.variable()?);
        }
        let known = self.names.len();
        self.names.push(first.clone());
        self.names.extend(second.clone());
        let mut body = self.expr()?;
        let mut filter = None;
        if (two || name == "map") && self.take(",") {
            filter = Some(body);
            body = self.expr()?;
        }
        self.names.truncate(known);
        self.want(")", "a macro takes other arguments")?;
        Self::make(Kind::Fold(Box::new(Fold { over, what, first, second, filter, body })))
    }

    fn is_variable(&self) -> bool {
        let comma = self.tokens.get(self.at + 1).map(|(token, _)| token);
        matches!(self.peek(), Token::Name(_)) && comma == Some(&Token::Sign(","))
    }

    fn variable(&mut self) -> Result<Box<str>, CelError> {
        match self.next() {
            Token::Name(name) if !RESERVED.contains(&&*name) => {
                self.want(",", "a macro takes other arguments")?;
                Ok(name)
            }
            _ => self.fault("a macro begins with the name of a variable"),
        }
    }
}
