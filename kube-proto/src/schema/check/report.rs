use std::fmt;

use crate::schema::FieldError;

/// What judging a value found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub(crate) errors: Vec<FieldError>,
    pub(crate) unchecked: Vec<Unchecked>,
}

/// A part of a value that could not be checked. It may be valid or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    pub(crate) field: String,
    pub(crate) why: Why,
}

/// Why a part was not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The pattern is none of Go's, or too large.
    Pattern,
    /// The rule in CEL cannot be evaluated here, or costs too much. The text is the rule.
    Rule(String),
    /// A reference leads to no definition, or in a circle, or its schema cannot be read.
    Reference,
    /// The value nests deeper than [`DEPTH`](super::super::DEPTH).
    Depth,
    /// The steps or the defaults of the [`Limits`](super::super::Limits) are used up.
    Steps,
    /// There are more errors than the limits allow.
    Errors,
}

impl Report {
    /// The schema leads nowhere.
    pub(crate) fn without_schema() -> Self {
        Self { errors: Vec::new(), unchecked: vec![Unchecked { field: String::new(), why: Why::Reference }] }
    }

    /// Whether no error was found. See also [`unchecked`](Self::unchecked).
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// The errors, in the order of the fields; errors of list types come last.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The errors themselves.
    #[must_use]
    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }

    /// What was not checked.
    #[must_use]
    pub fn unchecked(&self) -> &[Unchecked] {
        &self.unchecked
    }
}

impl fmt::Display for Report {
    /// The errors, one a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{error}")?;
        }
        Ok(())
    }
}

impl Unchecked {
    /// The path of the field.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Why it was not checked.
    #[must_use]
    pub fn why(&self) -> &Why {
        &self.why
    }
}

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match &self.why {
            Why::Pattern => "its pattern cannot be matched",
            Why::Rule(rule) => return write!(f, "{}: not checked: the rule {rule}", self.field),
            Why::Reference => "a reference in its schema leads to no schema",
            Why::Depth => "it nests too deep",
            Why::Steps => "the check takes too many steps",
            Why::Errors => "there are too many errors before it",
        };
        write!(f, "{}: not checked: {why}", self.field)
    }
}
