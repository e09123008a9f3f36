//! Finds and changes the stanzas of one file.

use super::{Cluster, Context, Kubeconfig, NamedCluster, NamedContext, NamedUser, User};
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};

impl Kubeconfig {
    /// The cluster of this name.
    pub fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.clusters.iter().find(|named| named.name == name).map(|named| &named.cluster)
    }

    /// The user of this name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|named| named.name == name).map(|named| &named.user)
    }

    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|named| named.name == name).map(|named| &named.context)
    }

    /// Makes a context the current one.
    ///
    /// # Errors
    /// There is no context of this name.
    pub fn use_context(&mut self, name: &str) -> Result<(), ConfigError> {
        if self.context(name).is_none() {
            return Err(no_context(name));
        }
        self.current_context = Some(name.to_owned());
        Ok(())
    }

    /// Adds a context, or replaces the context of this name.
    pub fn set_context(&mut self, name: &str, context: Context) {
        match self.contexts.iter_mut().find(|named| named.name == name) {
            Some(named) => named.context = context,
            None => self.contexts.push(NamedContext { name: name.to_owned(), context, ..NamedContext::default() }),
        }
    }

    /// Adds a user, or replaces the user of this name.
    pub fn set_credentials(&mut self, name: &str, user: User) {
        match self.users.iter_mut().find(|named| named.name == name) {
            Some(named) => named.user = user,
            None => self.users.push(NamedUser { name: name.to_owned(), user, ..NamedUser::default() }),
        }
    }

    /// Adds a cluster, or replaces the cluster of this name.
    pub fn set_cluster(&mut self, name: &str, cluster: Cluster) {
        match self.clusters.iter_mut().find(|named| named.name == name) {
            Some(named) => named.cluster = cluster,
            None => self.clusters.push(NamedCluster { name: name.to_owned(), cluster, ..NamedCluster::default() }),
        }
    }

    /// Renames a context. It keeps its position. If it is the current context, it stays current.
    ///
    /// # Errors
    /// There is no context of the old name, or there is one of the new name.
    pub fn rename_context(&mut self, old: &str, new: &str) -> Result<(), ConfigError> {
        if self.context(new).is_some() {
            return Err(exists(new));
        }
        let named = self.contexts.iter_mut().find(|named| named.name == old).ok_or_else(|| none("context", old))?;
        new.clone_into(&mut named.name);
        if self.current_context.as_deref() == Some(old) {
            self.current_context = Some(new.to_owned());
        }
        Ok(())
    }

    /// Removes a context and returns it. `current-context` may still name it.
    pub fn delete_context(&mut self, name: &str) -> Option<Context> {
        let place = self.contexts.iter().position(|named| named.name == name)?;
        Some(self.contexts.remove(place).context)
    }

    /// Removes a cluster and returns it. Contexts may still name it.
    pub fn delete_cluster(&mut self, name: &str) -> Option<Cluster> {
        let place = self.clusters.iter().position(|named| named.name == name)?;
        Some(self.clusters.remove(place).cluster)
    }

    /// Removes a user and returns it. Contexts may still name it.
    pub fn delete_user(&mut self, name: &str) -> Option<User> {
        let place = self.users.iter().position(|named| named.name == name)?;
        Some(self.users.remove(place).user)
    }
}

pub(super) fn no_context(name: &str) -> ConfigError {
    let problem = Problem::new(format!("no context exists with the name: {name:?}")).field("current-context");
    ConfigError::one(ConfigErrorKind::Invalid, problem.help("name one of the contexts, or set it first"))
}

pub(super) fn none(what: &str, name: &str) -> ConfigError {
    let problem = Problem::new(format!("no {what} exists with the name: {name:?}")).field(format!("{what}s"));
    ConfigError::one(ConfigErrorKind::Invalid, problem)
}

pub(super) fn exists(name: &str) -> ConfigError {
    let problem = Problem::new(format!("a context exists with the name: {name:?}")).field("contexts");
    ConfigError::one(ConfigErrorKind::Invalid, problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubeconfig::tests::full;
    use serde_json::json;

    #[test]
    fn stanzas_are_set() {
        let mut config = Kubeconfig::parse(full().to_string().as_bytes()).unwrap();
        assert!(
            config.use_context("new").unwrap_err().to_string().contains("no context exists with the name: \"new\"")
        );
        config.set_context("new", Context { cluster: "c".into(), user: "v".into(), ..Context::default() });
        config.set_context("ctx", Context { cluster: "d".into(), ..Context::default() });
        config.set_credentials("v", User { token: Some("t".into()), ..User::default() });
        config.set_credentials("u", User { username: Some("n".into()), ..User::default() });
        config.set_cluster("d", Cluster { server: "https://d".into(), ..Cluster::default() });
        config.set_cluster("c", Cluster { server: "https://c".into(), ..Cluster::default() });
        config.use_context("new").unwrap();
        let config = Kubeconfig::parse(config.to_json().as_bytes()).unwrap();
        assert_eq!(config.current_context.as_deref(), Some("new"));
        assert_eq!(config.contexts.iter().map(|named| named.name.as_str()).collect::<Vec<_>>(), ["ctx", "new"]);
        assert_eq!(config.context("ctx").unwrap().cluster, "d");
        assert_eq!(config.user("v").unwrap().token, Some("t".into()));
        assert_eq!(config.user("u").unwrap().username.as_deref(), Some("n"));
        assert_eq!(config.cluster("d").unwrap().server.expose(), "https://d");
        assert_eq!(config.cluster("c").unwrap().server.expose(), "https://c");
        assert_eq!(config.users[0].other["x-nu"].0, json!(1));
    }

    #[test]
    fn errors_name_the_field_that_names_nothing() {
        let mut config = Kubeconfig::default();
        config.set_context("ctx", Context::default());
        let text = |result: Result<(), ConfigError>| result.unwrap_err().to_string();
        assert_eq!(
            text(config.use_context("x")),
            "invalid configuration: no context exists with the name: \"x\" (field current-context): name one of the \
             contexts, or set it first"
        );
        assert_eq!(
            text(config.rename_context("x", "y")),
            "invalid configuration: no context exists with the name: \"x\" (field contexts)"
        );
        assert_eq!(
            text(config.rename_context("x", "ctx")),
            "invalid configuration: a context exists with the name: \"ctx\" (field contexts)"
        );
    }

    #[test]
    fn stanzas_are_renamed_and_taken_away() {
        let mut config = Kubeconfig::parse(full().to_string().as_bytes()).unwrap();
        config.set_context("new", Context::default());
        assert!(config.rename_context("none", "x").unwrap_err().to_string().contains("no context exists"));
        assert!(config.rename_context("ctx", "new").unwrap_err().to_string().contains("a context exists"));
        let whole = config.contexts[0].clone();
        config.rename_context("ctx", "other").unwrap();
        assert_eq!(config.contexts[0], NamedContext { name: "other".into(), ..whole });
        assert_eq!(config.current_context.as_deref(), Some("other"));
        config.rename_context("new", "newer").unwrap();
        assert_eq!(config.current_context.as_deref(), Some("other"));

        assert!(config.delete_context("other").is_some_and(|context| context.cluster == "c"));
        assert!(config.delete_cluster("c").is_some() && config.delete_user("u").is_some());
        assert_eq!((config.contexts.len(), config.clusters.len(), config.users.len()), (1, 0, 0));
        assert_eq!(config.current_context.as_deref(), Some("other"));
        assert!(config.delete_context("other").is_none());
        assert!(config.delete_cluster("c").is_none() && config.delete_user("u").is_none());
    }
}
