/// The most levels of objects and arrays in a value that a schema judges. A deeper value is refused: its report says that
/// nothing was checked. A thread with a stack of 2 MiB holds that many, also in a build without optimisation.
pub const DEPTH: usize = 128;

/// What judging a value may take. Schemas and values may come from strangers, so both bound the work.
///
/// ```
/// use kube_proto::schema::Limits;
///
/// let mut strict = Limits::default();
/// strict.errors = 10;
/// assert_eq!((strict.steps, strict.errors), (10_000_000, 10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most steps: visits of a schema by a value. Matching a pattern counts by the length of the text. Default:
    /// 10,000,000, which take a few seconds.
    pub steps: u64,
    /// The most errors that are reported. Default: 1,000.
    pub errors: usize,
    /// The most bytes of texts in these errors: values and paths may be long. Default: 4 MiB.
    pub error_bytes: usize,
    /// The most values that defaults add. Default: 1,000,000.
    pub defaults: usize,
    /// What the rules in CEL may cost together, in the units of [`cel`](super::cel); one rule may cost a tenth. Default:
    /// 10,000,000, which take a few seconds.
    pub rules: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 10_000_000, errors: 1_000, error_bytes: 4 << 20, defaults: 1_000_000, rules: 10_000_000 }
    }
}
