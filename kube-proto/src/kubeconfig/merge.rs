//! Merges several kubeconfig files, and resolves paths relative to the file that names them.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::edit::{exists, no_context, none};
use super::{Cluster, Context, Kubeconfig, User};
use crate::error::config::ConfigError;

/// Several kubeconfig files in their order, read as one.
///
/// Of stanzas with the same name the first file's applies, whole: the fields of two stanzas are never merged.
/// `current-context` is the first that is not empty. Every stanza keeps its file, so that a change goes back to that
/// file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    files: Vec<KubeconfigFile>,
    /// The file for new stanzas if no file exists yet.
    new: Option<PathBuf>,
}

/// A kubeconfig and the path it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeconfigFile {
    /// The path.
    pub path: PathBuf,
    /// The content.
    pub config: Kubeconfig,
}

/// A stanza and the file that defines it.
#[derive(Debug, PartialEq, Eq)]
pub struct Defined<'a, T> {
    /// The file.
    pub file: &'a Path,
    /// The stanza as that file has it.
    pub value: &'a T,
}

impl<T> Clone for Defined<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Defined<'_, T> {}

impl Merged {
    /// Merges files; earlier files take precedence. `new` is the path for new stanzas while there is no file: a loader
    /// names the last path that it tried, as `kubectl` does.
    pub fn new(files: Vec<KubeconfigFile>, new: Option<PathBuf>) -> Merged {
        Merged { files, new }
    }

    /// The files in their order of precedence.
    pub fn files(&self) -> &[KubeconfigFile] {
        &self.files
    }

    /// The file for new stanzas: the first file, or if there is none, the path for a new file.
    pub fn file_for_new(&self) -> Option<&Path> {
        self.files.first().map(|file| file.path.as_path()).or(self.new.as_deref())
    }

    /// The file of this path.
    pub fn file(&self, path: &Path) -> Option<&Kubeconfig> {
        self.files.iter().find(|file| file.path == path).map(|file| &file.config)
    }

    /// The name of the current context: the first that is not empty.
    pub fn current_context(&self) -> Option<Defined<'_, String>> {
        self.find(|config| config.current_context.as_ref())
    }

    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<Defined<'_, Context>> {
        self.find(|config| config.context(name))
    }

    /// The cluster of this name.
    pub fn cluster(&self, name: &str) -> Option<Defined<'_, Cluster>> {
        self.find(|config| config.cluster(name))
    }

    /// The user of this name.
    pub fn user(&self, name: &str) -> Option<Defined<'_, User>> {
        self.find(|config| config.user(name))
    }

    /// All contexts by name.
    pub fn contexts(&self) -> BTreeMap<&str, Defined<'_, Context>> {
        self.collect(|config| config.contexts.iter().map(|named| (named.name.as_str(), &named.context)))
    }

    /// All clusters by name.
    pub fn clusters(&self) -> BTreeMap<&str, Defined<'_, Cluster>> {
        self.collect(|config| config.clusters.iter().map(|named| (named.name.as_str(), &named.cluster)))
    }

    /// All users by name.
    pub fn users(&self) -> BTreeMap<&str, Defined<'_, User>> {
        self.collect(|config| config.users.iter().map(|named| (named.name.as_str(), &named.user)))
    }

    /// The files as one kubeconfig, with lists sorted by name. Paths stay unresolved, each relative to the file that it
    /// came from.
    pub fn to_kubeconfig(&self) -> Kubeconfig {
        let mut all = Kubeconfig::default();
        for file in &self.files {
            let config = &file.config;
            all.clusters.extend(config.clusters.iter().cloned());
            all.users.extend(config.users.iter().cloned());
            all.contexts.extend(config.contexts.iter().cloned());
            all.extensions.extend(config.extensions.iter().cloned());
            all.current_context = all.current_context.or_else(|| config.current_context.clone());
            if let Some(preferences) = &config.preferences {
                // The only stanza without a name, and the only one whose fields are merged.
                let all = all.preferences.get_or_insert_default();
                all.colors |= preferences.colors;
                all.extensions.extend(preferences.extensions.iter().cloned());
                first_by(&mut all.extensions, |named| named.name.clone());
            }
            for (key, value) in &config.other {
                all.other.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        first_by(&mut all.clusters, |named| named.name.clone());
        first_by(&mut all.users, |named| named.name.clone());
        first_by(&mut all.contexts, |named| named.name.clone());
        first_by(&mut all.extensions, |named| named.name.clone());
        all
    }

    /// Makes a context the current one. The change goes to the first file, which takes precedence.
    ///
    /// Like every change, it happens in memory. The result is the path of the file that changed, and
    /// [`file`](Merged::file) has the new content. The caller writes the file: best with mode 0600 and under a lock
    /// `<path>.lock` that is created exclusively, as `kubectl` does.
    ///
    /// # Errors
    /// There is no context of this name.
    pub fn use_context(&mut self, name: &str) -> Result<PathBuf, ConfigError> {
        if self.context(name).is_none() {
            return Err(no_context(name));
        }
        self.edit(None, |config| config.current_context = Some(name.to_owned()))
    }

    /// Sets a context in the file that defines it, or adds it to the first file. Returns the path of the file that changed.
    ///
    /// # Errors
    /// There is no file, and no path for a new one.
    pub fn set_context(&mut self, name: &str, context: Context) -> Result<PathBuf, ConfigError> {
        let file = self.context(name).map(|defined| defined.file.to_path_buf());
        self.edit(file, |config| config.set_context(name, context))
    }

    /// Sets a user in the file that defines it, or adds it to the first file. Returns the path of the file that changed.
    ///
    /// # Errors
    /// There is no file, and no path for a new one.
    pub fn set_credentials(&mut self, name: &str, user: User) -> Result<PathBuf, ConfigError> {
        let file = self.user(name).map(|defined| defined.file.to_path_buf());
        self.edit(file, |config| config.set_credentials(name, user))
    }

    /// Sets a cluster in the file that defines it, or adds it to the first file. Returns the path of the file that changed.
    ///
    /// # Errors
    /// There is no file, and no path for a new one.
    pub fn set_cluster(&mut self, name: &str, cluster: Cluster) -> Result<PathBuf, ConfigError> {
        let file = self.cluster(name).map(|defined| defined.file.to_path_buf());
        self.edit(file, |config| config.set_cluster(name, cluster))
    }

    /// Renames a context in the file that defines it. If it is the current context, it stays current: if needed,
    /// [`use_context`](Merged::use_context) names the new one. Returns the paths of the files that changed.
    ///
    /// # Errors
    /// There is no context of the old name, or there is one of the new name.
    pub fn rename_context(&mut self, old: &str, new: &str) -> Result<Vec<PathBuf>, ConfigError> {
        if self.context(new).is_some() {
            return Err(exists(new));
        }
        let is_current = self.current_context().is_some_and(|current| current.value == old);
        let file = self.context(old).map(|defined| defined.file.to_path_buf()).ok_or_else(|| none("context", old))?;
        let mut result = Ok(());
        let mut changed = vec![self.edit(Some(file), |config| result = config.rename_context(old, new))?];
        result?;
        if is_current && self.current_context().is_none_or(|current| current.value != new) {
            let path = self.use_context(new)?;
            if !changed.contains(&path) {
                changed.push(path);
            }
        }
        Ok(changed)
    }

    /// Removes a context from the file that defines it. A context of the same name in a later file then takes its
    /// place. Returns the path of the file that changed.
    ///
    /// # Errors
    /// There is no context of this name.
    pub fn delete_context(&mut self, name: &str) -> Result<PathBuf, ConfigError> {
        let file = self.context(name).map(|defined| defined.file.to_path_buf()).ok_or_else(|| none("context", name))?;
        self.edit(Some(file), |config| drop(config.delete_context(name)))
    }

    /// Removes a cluster from the file that defines it, like [`delete_context`](Merged::delete_context).
    ///
    /// # Errors
    /// There is no cluster of this name.
    pub fn delete_cluster(&mut self, name: &str) -> Result<PathBuf, ConfigError> {
        let file = self.cluster(name).map(|defined| defined.file.to_path_buf()).ok_or_else(|| none("cluster", name))?;
        self.edit(Some(file), |config| drop(config.delete_cluster(name)))
    }

    /// Removes a user from the file that defines it, like [`delete_context`](Merged::delete_context).
    ///
    /// # Errors
    /// There is no user of this name.
    pub fn delete_user(&mut self, name: &str) -> Result<PathBuf, ConfigError> {
        let file = self.user(name).map(|defined| defined.file.to_path_buf()).ok_or_else(|| none("user", name))?;
        self.edit(Some(file), |config| drop(config.delete_user(name)))
    }

    fn edit(&mut self, path: Option<PathBuf>, change: impl FnOnce(&mut Kubeconfig)) -> Result<PathBuf, ConfigError> {
        if self.files.is_empty() {
            let path = self.new.clone();
            let path =
                path.ok_or_else(|| ConfigError::misuse("there is no kubeconfig file, and no path for a new one"))?;
            self.files.push(KubeconfigFile { path, config: Kubeconfig::default() });
        }
        let index = path.and_then(|path| self.files.iter().position(|file| file.path == path)).unwrap_or(0);
        let file = self.files.get_mut(index);
        file.map_or_else(
            || Err(ConfigError::misuse("there is no kubeconfig file")),
            |file| {
                change(&mut file.config);
                Ok(file.path.clone())
            },
        )
    }

    fn find<'a, T>(&'a self, pick: impl Fn(&'a Kubeconfig) -> Option<&'a T>) -> Option<Defined<'a, T>> {
        self.files.iter().find_map(|file| pick(&file.config).map(|value| Defined { file: &file.path, value }))
    }

    fn collect<'a, T: 'a, I: Iterator<Item = (&'a str, &'a T)>>(
        &'a self,
        list: impl Fn(&'a Kubeconfig) -> I,
    ) -> BTreeMap<&'a str, Defined<'a, T>> {
        let mut all = BTreeMap::new();
        for file in &self.files {
            for (name, value) in list(&file.config) {
                all.entry(name).or_insert(Defined { file: file.path.as_path(), value });
            }
        }
        all
    }
}

/// Resolves a path of the file `file`: relative to the folder of that file, which is itself relative to `current_dir`.
/// As in `kubectl`, `.` and `..` are removed without a look at the file system, and `~` has no meaning.
pub(crate) fn resolve(path: &str, file: &Path, current_dir: Option<&Path>) -> PathBuf {
    let path = Path::new(path);
    if path.is_absolute() {
        return path.to_path_buf();
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    clean(&current_dir.unwrap_or(Path::new("")).join(folder).join(path))
}

/// The command of a plugin: a path is resolved, a name to look up in `PATH` stays as it is.
pub(crate) fn resolve_command(command: &str, file: Option<&Path>, current_dir: Option<&Path>) -> PathBuf {
    match file {
        Some(file) if command.contains(std::path::is_separator) => {
            let path = resolve(command, file, current_dir);
            // A relative path must not become a name that is looked up in `PATH`.
            let bare = path.components().count() == 1 && !path.is_absolute();
            if bare { Path::new(".").join(path) } else { path }
        }
        _ => PathBuf::from(command),
    }
}

fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match (component, out.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                out.pop();
            }
            _ => out.push(component),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// Sorts by name and keeps the first of each; the sort is stable.
fn first_by<T>(list: &mut Vec<T>, name: impl Fn(&T) -> String) {
    list.sort_by_cached_key(|item| name(item));
    list.dedup_by(|later, earlier| name(later) == name(earlier));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(files: &[(&str, serde_json::Value)]) -> Merged {
        let read = |(path, value): &(&str, serde_json::Value)| KubeconfigFile {
            path: PathBuf::from(path),
            config: Kubeconfig::parse(value.to_string().as_bytes()).unwrap(),
        };
        Merged::new(files.iter().map(read).collect(), Some("/new".into()))
    }

    fn three() -> Merged {
        merged(&[
            ("/1/k", json!({"clusters": [{"name": "a", "cluster": {"server": "https://a1"}}], "current-context": ""})),
            (
                "/2/k",
                json!({
                    "clusters": [
                        {"name": "b", "cluster": {"server": "https://b2"}},
                        {"name": "a", "cluster": {"server": "https://a2", "tls-server-name": "from-2"}},
                    ],
                    "users": [{"name": "u", "user": {"token": "t2"}}],
                    "contexts": [{"name": "x", "context": {"cluster": "a", "user": "u"}}],
                    "current-context": "x", "extensions": [{"name": "e", "extension": 2}],
                    "preferences": {"extensions": [{"name": "e", "extension": 2}]},
                }),
            ),
            (
                "/3/k",
                json!({
                    "users": [{"name": "u", "user": {"username": "u3"}}, {"name": "v"}], "current-context": "z",
                    "contexts": [{"name": "x", "context": {"namespace": "n3"}}, {"name": "w"}],
                    "extensions": [{"name": "e", "extension": 3}, {"name": "d", "extension": 3}],
                    "preferences": {"colors": true, "extensions": [{"name": "e", "extension": 3}]}, "x-other": 3,
                }),
            ),
        ])
    }

    #[test]
    fn the_first_file_wins_whole_stanzas() {
        let all = three();
        assert_eq!(all.cluster("a").unwrap().value.server.expose(), "https://a1");
        assert_eq!(all.cluster("a").unwrap().value.tls_server_name, None);
        assert_eq!(all.cluster("b").unwrap().file, Path::new("/2/k"));
        assert_eq!(all.user("u").unwrap().value.token, Some("t2".into()));
        assert_eq!(all.user("u").unwrap().value.username, None);
        assert_eq!(all.context("x").unwrap().value.namespace, None);
        assert_eq!(all.current_context().unwrap(), Defined { file: Path::new("/2/k"), value: &"x".to_owned() });
        assert_eq!(all.clusters().into_keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(all.users().into_keys().collect::<Vec<_>>(), ["u", "v"]);
        assert_eq!(all.contexts().into_keys().collect::<Vec<_>>(), ["w", "x"]);
        assert_eq!(all.contexts()["x"].file, Path::new("/2/k"));
        assert!(all.cluster("c").is_none() && all.user("c").is_none() && all.context("c").is_none());
    }

    #[test]
    fn all_as_one() {
        let all = three().to_kubeconfig();
        let value: serde_json::Value = serde_json::from_str(&all.to_json()).unwrap();
        assert_eq!(
            value,
            json!({
                "apiVersion": "v1", "kind": "Config", "current-context": "x", "x-other": 3,
                "preferences": {"colors": true, "extensions": [{"name": "e", "extension": 2}]},
                "clusters": [{"name": "a", "cluster": {"server": "https://a1"}}, {"name": "b", "cluster": {"server": "https://b2"}}],
                "users": [{"name": "u", "user": {"token": "t2"}}, {"name": "v", "user": {}}],
                "contexts": [
                    {"name": "w", "context": {"cluster": "", "user": ""}}, {"name": "x", "context": {"cluster": "a", "user": "u"}},
                ],
                "extensions": [{"name": "d", "extension": 3}, {"name": "e", "extension": 2}],
            })
        );
    }

    /// As kubectl merges it: `false` is not set.
    #[test]
    fn colors_are_on_if_any_file_has_them() {
        for (files, on) in [
            (&[Some(true), Some(false)][..], true),
            (&[Some(false), Some(true)], true),
            (&[Some(true), None], true),
            (&[None, Some(true)], true),
            (&[Some(false), Some(true), Some(false)], true),
            (&[Some(false), Some(false)], false),
            (&[None, Some(false)], false),
        ] {
            let config = |colors: &Option<bool>| json!({"preferences": colors.map(|colors| json!({"colors": colors})).unwrap_or_default()});
            let all: Vec<_> = files.iter().map(config).collect();
            let merged = merged(&["/1", "/2", "/3"].into_iter().zip(all).collect::<Vec<_>>()).to_kubeconfig();
            assert_eq!(merged.preferences.is_some_and(|preferences| preferences.colors), on, "{files:?}");
        }
    }

    #[test]
    fn a_change_goes_to_the_file_that_defines_the_stanza() {
        let mut all = three();
        assert_eq!(all.set_credentials("u", User::default()).unwrap(), Path::new("/2/k"));
        assert_eq!(
            all.set_credentials("v", User { username: Some("x".into()), ..User::default() }).unwrap(),
            Path::new("/3/k")
        );
        assert_eq!(all.set_cluster("new", Cluster::default()).unwrap(), Path::new("/1/k"));
        assert_eq!(all.set_context("w", Context::default()).unwrap(), Path::new("/3/k"));
        assert_eq!(all.use_context("w").unwrap(), Path::new("/1/k"));
        assert_eq!(all.current_context().unwrap().value, "w");
        assert_eq!(all.file(Path::new("/2/k")).unwrap().user("u"), Some(&User::default()));
        assert!(all.use_context("nope").is_err());
        assert_eq!(all.file_for_new(), Some(Path::new("/1/k")));
        let mut none = Merged::new(Vec::new(), Some("/new".into()));
        assert_eq!(none.file_for_new(), Some(Path::new("/new")));
        assert_eq!(none.set_context("x", Context::default()).unwrap(), Path::new("/new"));
        assert_eq!(none.files().len(), 1);
        assert!(Merged::default().set_context("x", Context::default()).is_err());
    }

    #[test]
    fn stanzas_are_renamed_and_taken_away_where_they_are_defined() {
        let mut all = three();
        assert_eq!(all.rename_context("w", "v").unwrap(), [Path::new("/3/k")]);
        // The second file names the current context; `use_context` writes to the first.
        assert_eq!(all.clone().rename_context("x", "y").unwrap(), [Path::new("/2/k")]);
        let mut other = all.clone();
        other.use_context("v").unwrap();
        assert_eq!(other.rename_context("v", "u").unwrap(), [Path::new("/3/k"), Path::new("/1/k")]);
        assert_eq!(other.current_context().unwrap().value, "u");
        assert!(all.rename_context("none", "y").is_err() && all.rename_context("x", "v").is_err());

        assert_eq!(all.delete_context("x").unwrap(), Path::new("/2/k"));
        assert_eq!(all.context("x").unwrap().file, Path::new("/3/k"));
        assert_eq!(all.delete_cluster("a").unwrap(), Path::new("/1/k"));
        assert_eq!(all.cluster("a").unwrap().value.server.expose(), "https://a2");
        assert_eq!(all.delete_user("u").unwrap(), Path::new("/2/k"));
        assert_eq!(all.delete_user("u").unwrap(), Path::new("/3/k"));
        for error in [all.delete_user("u"), all.delete_cluster("x"), all.delete_context("none")] {
            assert!(error.unwrap_err().to_string().contains("exists with the name"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_are_relative_to_their_file() {
        let table = [
            ("ca.crt", "/k/config", None, "/k/ca.crt"),
            ("../pki/./ca.crt", "/k/config", None, "/pki/ca.crt"),
            ("../../../ca.crt", "/k/config", None, "/ca.crt"),
            ("/abs/../ca.crt", "/k/config", None, "/abs/../ca.crt"),
            ("~/ca.crt", "/k/config", None, "/k/~/ca.crt"),
            ("ca.crt", "config", None, "ca.crt"),
            ("ca.crt", "config", Some("/w"), "/w/ca.crt"),
            ("ca.crt", "../config", Some("/w/d"), "/w/ca.crt"),
            ("../ca.crt", "config", None, "../ca.crt"),
        ];
        for (path, file, dir, result) in table {
            assert_eq!(resolve(path, Path::new(file), dir.map(Path::new)), Path::new(result), "{path} in {file}");
        }
        let table = [
            ("aws", "/k/config", "aws"),
            ("./aws", "/k/config", "/k/aws"),
            ("bin/aws", "/k/config", "/k/bin/aws"),
            ("/bin/aws", "/k/config", "/bin/aws"),
            ("./aws", "config", "./aws"),
        ];
        for (command, file, result) in table {
            let command = resolve_command(command, Some(Path::new(file)), None);
            assert_eq!(command.as_os_str(), result);
        }
    }
}
