//! Expressions as trees.

/// The most levels of a tree. Evaluating takes one call a level.
pub(super) const LEVELS: usize = 64;

/// One expression, with how many levels it has.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) levels: usize,
}

/// What an expression is. Chains of operators of one level are flat, so that a long rule is no deep one.
#[derive(Debug)]
pub(super) enum Kind {
    Literal(Literal),
    Name(Box<str>),
    /// `of.field`, `of.?field`
    Select {
        of: Box<Expr>,
        field: Box<str>,
        optional: bool,
    },
    /// `has(of.field)`
    Has {
        of: Box<Expr>,
        field: Box<str>,
    },
    /// `of[index]`, `of[?index]`
    Index {
        of: Box<Expr>,
        index: Box<Expr>,
        optional: bool,
    },
    /// `name(arguments)`, `target.name(arguments)`. The name of a function in a namespace has its dot.
    Call {
        target: Option<Box<Expr>>,
        name: Box<str>,
        arguments: Vec<Expr>,
    },
    /// `[a, ?b]`
    List(Vec<(Expr, bool)>),
    /// `{k: v, ?k: v}`
    Map(Vec<(Expr, Expr, bool)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// `condition ? value : ... : otherwise`
    Choice {
        cases: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    /// `a + b - c`, `a * b / c`
    Sum {
        first: Box<Expr>,
        rest: Vec<(Operator, Expr)>,
    },
    Relation {
        left: Box<Expr>,
        operator: Operator,
        right: Box<Expr>,
    },
    Fold(Box<Fold>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A macro over the items of a list or the keys of a map, or over what an optional holds.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) over: Expr,
    pub(super) what: What,
    pub(super) first: Box<str>,
    /// The second variable: the item or the value; the first one is the index or the key then.
    pub(super) second: Option<Box<str>>,
    /// Which items count.
    pub(super) filter: Option<Expr>,
    pub(super) body: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    TransformMap,
    TransformMapEntry,
    SortBy,
    OptMap,
    OptFlatMap,
}

impl Expr {
    /// An expression; `None` if it has too many levels.
    pub(super) fn new(kind: Kind) -> Option<Self> {
        let levels = 1 + kind.inner();
        (levels <= LEVELS).then_some(Self { kind, levels })
    }

    /// Whether a variable of that name is used that no macro around declares.
    pub(super) fn uses(&self, name: &str) -> bool {
        let any = |all: &[Expr]| all.iter().any(|one| one.uses(name));
        match &self.kind {
            Kind::Literal(_) => false,
            Kind::Name(used) => **used == *name,
            Kind::Select { of, .. } | Kind::Has { of, .. } | Kind::Not(of) | Kind::Negate(of) => of.uses(name),
            Kind::Index { of, index, .. } => of.uses(name) || index.uses(name),
            Kind::Call { target, arguments, .. } => any(arguments) || target.as_ref().is_some_and(|one| one.uses(name)),
            Kind::List(items) => items.iter().any(|(one, _)| one.uses(name)),
            Kind::Map(items) => items.iter().any(|(key, value, _)| key.uses(name) || value.uses(name)),
            Kind::And(all) | Kind::Or(all) => any(all),
            Kind::Choice { cases, otherwise } => {
                otherwise.uses(name) || cases.iter().any(|(when, then)| when.uses(name) || then.uses(name))
            }
            Kind::Sum { first, rest } => first.uses(name) || rest.iter().any(|(_, one)| one.uses(name)),
            Kind::Relation { left, right, .. } => left.uses(name) || right.uses(name),
            Kind::Fold(fold) => {
                let hidden = *fold.first == *name || fold.second.as_ref().is_some_and(|second| **second == *name);
                let inner = fold.body.uses(name) || fold.filter.as_ref().is_some_and(|one| one.uses(name));
                fold.over.uses(name) || inner && !hidden
            }
        }
    }
}

impl Kind {
    /// The levels of the deepest part.
    fn inner(&self) -> usize {
        let most = |all: &[Expr]| all.iter().map(|one| one.levels).max().unwrap_or(0);
        match self {
            Self::Literal(_) | Self::Name(_) => 0,
            Self::Select { of, .. } | Self::Has { of, .. } | Self::Not(of) | Self::Negate(of) => of.levels,
            Self::Index { of, index, .. } => of.levels.max(index.levels),
            Self::Call { target, arguments, .. } => most(arguments).max(target.as_ref().map_or(0, |one| one.levels)),
            Self::List(items) => items.iter().map(|(one, _)| one.levels).max().unwrap_or(0),
            Self::Map(items) => items.iter().map(|(key, value, _)| key.levels.max(value.levels)).max().unwrap_or(0),
            Self::And(all) | Self::Or(all) => most(all),
            Self::Choice { cases, otherwise } => {
                let cases = cases.iter().map(|(when, then)| when.levels.max(then.levels)).max();
                otherwise.levels.max(cases.unwrap_or(0))
            }
            Self::Sum { first, rest } => rest.iter().map(|(_, one)| one.levels).fold(first.levels, usize::max),
            Self::Relation { left, right, .. } => left.levels.max(right.levels),
            Self::Fold(fold) => {
                let filter = fold.filter.as_ref().map_or(0, |one| one.levels);
                fold.over.levels.max(fold.body.levels).max(filter)
            }
        }
    }
}
