//! A property of a kubeconfig by its path, for `config set` and `config unset`: `contexts.dev.namespace`.
//!
//! The names are those of client-go's types; a few differ from the file's names (`act-as` is `as`). A stanza's name may
//! contain dots: it ends before the first field name of its list.

use std::path::PathBuf;

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use kube_proto::config::{Secret, UrlText};
use kube_proto::kubeconfig::{Cluster, Context, Kubeconfig, Merged, Preferences, Rewrite, User};

use super::config_change::{Edit, rewrite};

/// The property of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Property {
    CurrentContext,
    /// A whole list.
    List(List),
    /// One stanza of it.
    Stanza(List, String),
    /// One field of a stanza.
    Field(List, String, &'static str),
    Preferences,
    Colors,
    /// A property that this command does not change.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Clusters,
    Users,
    Contexts,
}

/// The new value of a property.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) text: String,
    /// `--set-raw-bytes`: the text is not base64.
    pub(super) raw: bool,
}

impl std::fmt::Debug for Value {
    /// Hides the value, which may be a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value")
    }
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    /// Base64.
    Bytes,
    Flag,
    Texts,
    /// Maps and nested structs.
    More,
}

/// A field of a stanza; `put` with `None` unsets it.
struct Field<T> {
    name: &'static str,
    holds: Holds,
    put: fn(&mut T, Option<String>),
}

const fn field<T>(name: &'static str, holds: Holds, put: fn(&mut T, Option<String>)) -> Field<T> {
    Field { name, holds, put }
}

const CLUSTER: &[Field<Cluster>] = &[
    field("server", Holds::Text, |it, text| it.server = UrlText::from(text.unwrap_or_default())),
    field("tls-server-name", Holds::Text, |it, text| it.tls_server_name = text),
    field("insecure-skip-tls-verify", Holds::Flag, |it, text| it.insecure_skip_tls_verify = text.is_some()),
    field("certificate-authority", Holds::Text, |it, text| it.certificate_authority = text),
    field("certificate-authority-data", Holds::Bytes, |it, text| it.certificate_authority_data = text),
    field("proxy-url", Holds::Text, |it, text| it.proxy_url = text.map(UrlText::from)),
    field("disable-compression", Holds::Flag, |it, text| it.disable_compression = text.is_some()),
    field("extensions", Holds::More, |it, _| it.extensions.clear()),
];

const USER: &[Field<User>] = &[
    field("client-certificate", Holds::Text, |it, text| it.client_certificate = text),
    field("client-certificate-data", Holds::Bytes, |it, text| it.client_certificate_data = text),
    field("client-key", Holds::Text, |it, text| it.client_key = text),
    field("client-key-data", Holds::Bytes, |it, text| it.client_key_data = text.map(Secret::from)),
    field("token", Holds::Text, |it, text| it.token = text.map(Secret::from)),
    field("tokenFile", Holds::Text, |it, text| it.token_file = text),
    field("act-as", Holds::Text, |it, text| it.impersonate = text.filter(|text| !text.is_empty())),
    field("act-as-uid", Holds::Text, |it, text| it.impersonate_uid = text),
    field("act-as-groups", Holds::Texts, |it, _| it.impersonate_groups.clear()),
    field("act-as-user-extra", Holds::More, |it, _| it.impersonate_extra.clear()),
    field("username", Holds::Text, |it, text| it.username = text),
    field("password", Holds::Text, |it, text| it.password = text.map(Secret::from)),
    field("auth-provider", Holds::More, |it, _| it.auth_provider = None),
    field("exec", Holds::More, |it, _| it.exec = None),
    field("extensions", Holds::More, |it, _| it.extensions.clear()),
];

const CONTEXT: &[Field<Context>] = &[
    field("cluster", Holds::Text, |it, text| it.cluster = text.unwrap_or_default()),
    field("user", Holds::Text, |it, text| it.user = text.unwrap_or_default()),
    field("namespace", Holds::Text, |it, text| it.namespace = text),
    field("extensions", Holds::More, |it, _| it.extensions.clear()),
];

impl List {
    fn fields(self) -> Vec<(&'static str, Holds)> {
        fn names<T>(fields: &[Field<T>]) -> Vec<(&'static str, Holds)> {
            fields.iter().map(|field| (field.name, field.holds)).collect()
        }
        match self {
            Self::Clusters => names(CLUSTER),
            Self::Users => names(USER),
            Self::Contexts => names(CONTEXT),
        }
    }

    /// client-go's name of the type.
    fn of(self) -> &'static str {
        match self {
            Self::Clusters => "api.Cluster",
            Self::Users => "api.AuthInfo",
            Self::Contexts => "api.Context",
        }
    }

    /// All names, and the file that defines each.
    fn names(self, merged: &Merged) -> Vec<(String, PathBuf)> {
        let all = |name: &&str, file: &std::path::Path| ((*name).to_owned(), file.to_path_buf());
        match self {
            Self::Clusters => merged.clusters().iter().map(|(name, it)| all(name, it.file)).collect(),
            Self::Users => merged.users().iter().map(|(name, it)| all(name, it.file)).collect(),
            Self::Contexts => merged.contexts().iter().map(|(name, it)| all(name, it.file)).collect(),
        }
    }

    fn remove(self, config: &mut Kubeconfig, name: &str) {
        match self {
            Self::Clusters => drop(config.delete_cluster(name)),
            Self::Users => drop(config.delete_user(name)),
            Self::Contexts => drop(config.delete_context(name)),
        }
    }

    fn put(self, config: &mut Kubeconfig, name: &str, field: &str, text: Option<String>) {
        fn put<T: Clone + Default>(known: Option<&T>, fields: &[Field<T>], field: &str, text: Option<String>) -> T {
            let mut stanza = known.cloned().unwrap_or_default();
            if let Some(field) = fields.iter().find(|one| one.name == field) {
                (field.put)(&mut stanza, text);
            }
            stanza
        }
        match self {
            Self::Clusters => config.set_cluster(name, put(config.cluster(name), CLUSTER, field, text)),
            Self::Users => config.set_credentials(name, put(config.user(name), USER, field, text)),
            Self::Contexts => config.set_context(name, put(config.context(name), CONTEXT, field, text)),
        }
    }
}

impl Property {
    /// # Errors
    /// kubectl's messages, where they are useful.
    pub(super) fn parse(path: &str) -> Result<Self, String> {
        if path.is_empty() {
            return Err("you must specify a property".into());
        }
        let parts: Vec<&str> = path.split('.').collect();
        let (first, rest) = parts.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
        let deeper = || format!("unable to parse one or more field values of {path}");
        let list = match first {
            "clusters" => List::Clusters,
            "users" => List::Users,
            "contexts" => List::Contexts,
            "current-context" | "kind" | "apiVersion" if !rest.is_empty() => return Err(deeper()),
            "current-context" => return Ok(Self::CurrentContext),
            "kind" | "apiVersion" => return Ok(Self::Nothing),
            "extensions" if rest.is_empty() => return Ok(Self::Nothing),
            "preferences" => {
                return match rest {
                    [] => Ok(Self::Preferences),
                    ["colors"] => Ok(Self::Colors),
                    ["colors", ..] => Err(deeper()),
                    _ => Err(format!("unable to parse {path} after [{{preferences}}] at api.Preferences")),
                };
            }
            _ => return Err(format!("unable to parse {path} after [] at api.Config")),
        };
        let fields = list.fields();
        let known = |part: &&&str| fields.iter().any(|(name, _)| name == *part);
        let [_, after @ ..] = rest else { return Ok(Self::List(list)) };
        let length = 1 + after.iter().take_while(|part| !known(part)).count();
        let name = rest[..length].join(".");
        match &rest[length..] {
            [] => Ok(Self::Stanza(list, name)),
            [field] => match fields.iter().find(|(known, _)| known == field) {
                Some((field, _)) => Ok(Self::Field(list, name, field)),
                None => Err(format!("unable to parse {path} after [{{{first}}} {{{name}}}] at {}", list.of())),
            },
            _ => Err(deeper()),
        }
    }

    /// The changes to the files; `None` unsets.
    pub(super) fn rewrites(&self, merged: &Merged, value: Option<&Value>) -> Result<Vec<Rewrite>, String> {
        let text = value.map(|value| self.text(value)).transpose()?.flatten();
        let sets = value.is_some();
        let default = merged.file_for_new().map(std::path::Path::to_path_buf).unwrap_or_default();
        let one = |file: PathBuf, edit: Edit| vec![rewrite(file, edit)];
        Ok(match self {
            Self::Nothing => Vec::new(),
            Self::CurrentContext => {
                // Unsetting changes the file that has it.
                let stands = merged.current_context().map(|current| current.file.to_path_buf());
                let file = if sets { Some(default) } else { stands };
                file.map(|file| {
                    one(
                        file,
                        Box::new(move |config| {
                            config.current_context.clone_from(&text);
                            Ok(())
                        }),
                    )
                })
                .unwrap_or_default()
            }
            Self::List(list) => {
                let all = list.names(merged);
                let files = merged.files().iter().filter_map(|file| {
                    let (path, list) = (file.path.clone(), *list);
                    let here = all.iter().filter(|(_, file)| *file == path);
                    let names: Vec<String> = here.map(|(name, _)| name.clone()).collect();
                    (!names.is_empty()).then(|| {
                        rewrite(
                            path,
                            Box::new(move |config| {
                                names.iter().for_each(|name| list.remove(config, name));
                                Ok(())
                            }),
                        )
                    })
                });
                files.collect()
            }
            Self::Stanza(list, name) => {
                let file = list.names(merged).into_iter().find(|(known, _)| known == name);
                let (list, name) = (*list, name.clone());
                file.map(|(_, file)| {
                    one(
                        file,
                        Box::new(move |config| {
                            list.remove(config, &name);
                            Ok(())
                        }),
                    )
                })
                .unwrap_or_default()
            }
            Self::Field(list, name, field) => {
                let file = list.names(merged).into_iter().find(|(known, _)| known == name).map(|(_, file)| file);
                let file = match file {
                    Some(file) => file,
                    None if sets => default,
                    None => return Err(format!("current map key `{name}` is invalid")),
                };
                let (list, name, field) = (*list, name.clone(), *field);
                one(
                    file,
                    Box::new(move |config| {
                        list.put(config, &name, field, text.clone());
                        Ok(())
                    }),
                )
            }
            Self::Preferences | Self::Colors => {
                let all = *self == Self::Preferences;
                let has = |it: &Preferences| if all { *it != Preferences::default() } else { it.colors };
                let stands = merged.files().iter().find(|file| file.config.preferences.as_ref().is_some_and(has));
                let file = if sets { Some(default) } else { stands.map(|file| file.path.clone()) };
                file.map(|file| {
                    one(
                        file,
                        Box::new(move |config| {
                            match &mut config.preferences {
                                preferences if all => *preferences = None,
                                Some(preferences) => preferences.colors = text.is_some(),
                                none if text.is_some() => {
                                    *none = Some(Preferences { colors: true, ..Preferences::default() });
                                }
                                None => {}
                            }
                            Ok(())
                        }),
                    )
                })
                .unwrap_or_default()
            }
        })
    }

    /// The value in the file's form; `None` for a switch that is off.
    fn text(&self, value: &Value) -> Result<Option<String>, String> {
        let holds = match self {
            Self::CurrentContext | Self::Nothing => Holds::Text,
            Self::Colors => Holds::Flag,
            Self::List(_) | Self::Stanza(..) | Self::Preferences => Holds::More,
            Self::Field(list, _, field) => {
                list.fields().into_iter().find(|(name, _)| name == field).map_or(Holds::More, |(_, holds)| holds)
            }
        };
        let text = &value.text;
        match holds {
            Holds::Text => Ok(Some(text.clone())),
            Holds::Bytes if value.raw => Ok(Some(STANDARD.encode(text))),
            Holds::Bytes => match STANDARD.decode(text) {
                Ok(_) => Ok(Some(text.clone())),
                Err(error) => {
                    let at = match error {
                        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
                        // The start of the last group of four.
                        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => text.len() / 4 * 4,
                    };
                    Err(format!("error decoding input value: illegal base64 data at input byte {at}"))
                }
            },
            Holds::Flag => match text.as_str() {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Some("true".to_owned())),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(None),
                _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
            },
            Holds::Texts => Err("unrecognized slice type. string".into()),
            Holds::More => Err("can't set a map to a value: map[]".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let stanza = |list, name: &str| Ok(Property::Stanza(list, name.into()));
        for (path, is) in [
            ("current-context", Ok(Property::CurrentContext)),
            ("clusters", Ok(Property::List(List::Clusters))),
            ("clusters.a", stanza(List::Clusters, "a")),
            ("clusters.10.0.0.1:6443", stanza(List::Clusters, "10.0.0.1:6443")),
            ("clusters.10.0.0.1.server", Ok(Property::Field(List::Clusters, "10.0.0.1".into(), "server"))),
            ("users.exec.exec", Ok(Property::Field(List::Users, "exec".into(), "exec"))),
            ("users.a.act-as", Ok(Property::Field(List::Users, "a".into(), "act-as"))),
            ("users.a.as", stanza(List::Users, "a.as")),
            ("users.a.exec.command", Err("unable to parse one or more field values of users.a.exec.command")),
            ("contexts.", stanza(List::Contexts, "")),
            ("preferences.colors", Ok(Property::Colors)),
            ("current-context.x", Err("unable to parse one or more field values of current-context.x")),
            ("foo.bar", Err("unable to parse foo.bar after [] at api.Config")),
            ("", Err("you must specify a property")),
        ] {
            assert_eq!(Property::parse(path), is.map_err(str::to_owned), "{path}");
        }
    }
}
