//! Errors of a configuration, with hints to mend them.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::visible::Visible;

/// An unusable configuration, with all problems that were found. Never shows a secret.
///
/// The text begins as that of `kubectl`, if it has one for the problem, so that a search finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    problems: Vec<Problem>,
}

/// The kind of a [`ConfigError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A file could not be read, or is larger than the limit.
    Read,
    /// A file could not be written, or other programs keep changing it.
    Write,
    /// A file or a document is not YAML or JSON, or has a field of a wrong type.
    Parse,
    /// The files are well-formed, but their content cannot be used.
    Invalid,
    /// There is no configuration: no usable kubeconfig, and the program does not run in a pod.
    NotConfigured,
    /// An exec credential plugin printed no credential, or cannot run as configured.
    Exec,
    /// A token issuer answered without a token.
    Issuer,
    /// The caller used the interface wrongly.
    Misuse,
}

/// One problem and its place.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Problem {
    /// What is wrong.
    pub text: String,
    /// Where the setting comes from if it is in no file: `flag --namespace`, `environment variable KUBERNETES_MASTER`.
    pub source: Option<String>,
    /// The file with the problem, if there is one.
    pub file: Option<PathBuf>,
    /// The context in use, if there is one.
    pub context: Option<String>,
    /// The path of the field: `users["bob"].client-key`, or `users[3].user.token` if the name is not known.
    pub field: Option<String>,
    /// A hint to mend it.
    pub help: Option<String>,
}

impl ConfigError {
    /// The kind of this error.
    pub fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The problems; at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(crate) fn new(kind: ConfigErrorKind, problems: Vec<Problem>) -> ConfigError {
        ConfigError { kind, problems }
    }

    pub(crate) fn one(kind: ConfigErrorKind, problem: Problem) -> ConfigError {
        ConfigError { kind, problems: vec![problem] }
    }

    pub(crate) fn misuse(text: impl Into<String>) -> ConfigError {
        ConfigError::one(ConfigErrorKind::Misuse, Problem::new(text))
    }

    #[cfg(any(feature = "tls", test))]
    pub(crate) fn invalid(text: impl Into<String>) -> ConfigError {
        ConfigError::one(ConfigErrorKind::Invalid, Problem::new(text))
    }

    pub(crate) fn exec(text: impl Into<String>) -> ConfigError {
        ConfigError::one(ConfigErrorKind::Exec, Problem::new(text))
    }

    /// Sets the file of each problem that has none.
    pub(crate) fn in_file(mut self, file: &Path) -> ConfigError {
        for problem in &mut self.problems {
            problem.file.get_or_insert_with(|| file.to_path_buf());
        }
        self
    }
}

impl Problem {
    pub(crate) fn new(text: impl Into<String>) -> Problem {
        Problem { text: text.into(), ..Problem::default() }
    }

    pub(crate) fn file(mut self, file: Option<&Path>) -> Problem {
        self.file = file.map(Path::to_path_buf);
        self
    }

    pub(crate) fn source(mut self, source: impl Into<String>) -> Problem {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Problem {
        self.field = Some(field.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    fn write(&self, f: &mut Visible<'_, '_>, name_file: bool) -> fmt::Result {
        f.write_str(&self.text)?;
        let file = self.file.as_ref().filter(|_| name_file);
        let places = [
            self.source.clone(),
            self.field.as_ref().map(|field| format!("field {field}")),
            self.context.as_ref().map(|context| format!("context {context:?}")),
            file.map(|file| format!("file {}", file.display())),
        ];
        let places: Vec<String> = places.into_iter().flatten().collect();
        if !places.is_empty() {
            write!(f, " ({})", places.join(", "))?;
        }
        match &self.help {
            Some(help) => write!(f, ": {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&mut Visible(f), true)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Visible(f);
        if matches!(self.kind, ConfigErrorKind::Invalid | ConfigErrorKind::NotConfigured) {
            f.write_str("invalid configuration: ")?;
        }
        let loading = matches!(self.kind, ConfigErrorKind::Read | ConfigErrorKind::Parse);
        let many = self.problems.len() > 1;
        if many {
            f.write_str("[")?;
        }
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match &problem.file {
                Some(file) if loading => {
                    write!(f, "error loading config file \"{}\": ", file.display())?;
                    problem.write(f, false)?;
                }
                _ => problem.write(f, true)?,
            }
        }
        if many {
            f.write_str("]")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_and_what_to_do() {
        let mut problem = Problem::new("no server found for cluster \"c\"")
            .file(Some(Path::new("/k")))
            .field("clusters[\"c\"].server")
            .help("add it");
        problem.context = Some("dev".into());
        let error = ConfigError::new(ConfigErrorKind::Invalid, vec![problem, Problem::new("other")]);
        assert_eq!(
            error.to_string(),
            "invalid configuration: [no server found for cluster \"c\" (field clusters[\"c\"].server, context \"dev\", \
             file /k): add it, other]"
        );
        let error = ConfigError::one(ConfigErrorKind::Parse, Problem::new("line 1: bad")).in_file(Path::new("/k"));
        assert_eq!(error.to_string(), "error loading config file \"/k\": line 1: bad");
    }
}
