//! Settings of a command line or an application that override the files, as `kubectl`'s flags do.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::kubeconfig::{Cluster, User};
use crate::secret::{Secret, UrlText};

/// Settings that override those of the files. A field that is `None` or empty leaves the file's value as it is.
///
/// Paths are relative to the working directory, not to a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--context`: this context in place of the current one. It must exist.
    pub context: Option<String>,
    /// `--cluster`: this cluster in place of the context's. It must exist.
    pub cluster: Option<String>,
    /// `--user`: this user in place of the context's. It must exist.
    pub user: Option<String>,
    /// `--namespace`: the default namespace. The loader removes a prefix `ns/`, `namespace/` or `namespaces/`.
    pub namespace: Option<String>,
    /// `--server`. It also drops the file's `tls-server-name`, which belongs to the file's server.
    pub server: Option<UrlText>,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--insecure-skip-tls-verify`. It also drops the file's CA.
    pub insecure_skip_tls_verify: bool,
    /// `--certificate-authority`. It also drops the file's CA and its `insecure-skip-tls-verify`.
    pub certificate_authority: Option<String>,
    /// `--client-certificate`. It replaces the file's client certificate.
    pub client_certificate: Option<String>,
    /// `--client-key`. It replaces the file's client key.
    pub client_key: Option<String>,
    /// `--token`. It also drops the file's `tokenFile`. In `kubectl` the `tokenFile` wins, and the flag has no effect.
    pub token: Option<Secret>,
    /// `--username`
    pub username: Option<String>,
    /// `--password`
    pub password: Option<Secret>,
    /// `--as`. An empty text is an error, see [`Impersonate`](super::Impersonate).
    pub impersonate: Option<String>,
    /// `--as-uid`
    pub impersonate_uid: Option<String>,
    /// `--as-group`
    pub impersonate_groups: Vec<String>,
    /// `--as-user-extra`. Each key replaces the file's values for that key; the file's other keys stay.
    pub impersonate_extra: BTreeMap<String, Vec<String>>,
    /// `--proxy-url`
    pub proxy_url: Option<UrlText>,
    /// `--disable-compression`
    pub disable_compression: bool,
    /// `--request-timeout`: the time limit of one request that is not a stream. See [`parse_timeout`].
    pub request_timeout: Option<Duration>,
    /// Also sends credentials to a server that is not `https`, where any host on the way can read them. Off by default;
    /// kubectl has no such flag.
    pub credentials_over_http: bool,
}

impl Overrides {
    /// Turns empty texts into `None`: programs often pass an unset flag as an empty text. An empty user to impersonate
    /// stays, and is an error later: `--as="$USER"` without `USER` must not run with the caller's own rights.
    pub(super) fn tidy(mut self) -> Overrides {
        let texts = [
            &mut self.context,
            &mut self.cluster,
            &mut self.user,
            &mut self.namespace,
            &mut self.tls_server_name,
            &mut self.certificate_authority,
            &mut self.client_certificate,
            &mut self.client_key,
            &mut self.username,
            &mut self.impersonate_uid,
        ];
        for text in texts {
            text.take_if(|text| text.is_empty());
        }
        self.server.take_if(|url| url.is_empty());
        self.proxy_url.take_if(|url| url.is_empty());
        self.token.take_if(|secret| secret.is_empty());
        self.password.take_if(|secret| secret.is_empty());
        self
    }

    /// Applies the settings for the cluster.
    pub(super) fn apply_to_cluster(&self, cluster: &mut Cluster) {
        if self.insecure_skip_tls_verify || self.certificate_authority.is_some() {
            cluster.insecure_skip_tls_verify = self.insecure_skip_tls_verify;
            cluster.certificate_authority.clone_from(&self.certificate_authority);
            cluster.certificate_authority_data = None;
        }
        if self.server.is_some() || self.tls_server_name.is_some() {
            cluster.tls_server_name.clone_from(&self.tls_server_name);
        }
        if let Some(server) = &self.server {
            cluster.server = server.clone();
        }
        if self.proxy_url.is_some() {
            cluster.proxy_url.clone_from(&self.proxy_url);
        }
        cluster.disable_compression |= self.disable_compression;
    }

    /// Applies the settings for the user.
    pub(super) fn apply_to_user(&self, user: &mut User) {
        if self.client_certificate.is_some() {
            user.client_certificate.clone_from(&self.client_certificate);
            user.client_certificate_data = None;
        }
        if self.client_key.is_some() {
            user.client_key.clone_from(&self.client_key);
            user.client_key_data = None;
        }
        if self.token.is_some() {
            user.token.clone_from(&self.token);
            user.token_file = None;
        }
        over(&mut user.username, &self.username);
        over(&mut user.password, &self.password);
        over(&mut user.impersonate, &self.impersonate);
        over(&mut user.impersonate_uid, &self.impersonate_uid);
        if !self.impersonate_groups.is_empty() {
            user.impersonate_groups.clone_from(&self.impersonate_groups);
        }
        for (key, values) in &self.impersonate_extra {
            user.impersonate_extra.insert(key.clone(), values.clone());
        }
    }

    /// The fields of the files that these settings replace, each with its flag.
    pub(super) fn flags(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        [
            ("namespace", "flag --namespace", self.namespace().is_some()),
            ("server", "flag --server", self.server.is_some()),
            ("tls-server-name", "flag --tls-server-name", self.tls_server_name.is_some()),
            ("insecure-skip-tls-verify", "flag --insecure-skip-tls-verify", self.insecure_skip_tls_verify),
            ("certificate-authority", "flag --certificate-authority", self.certificate_authority.is_some()),
            ("client-certificate", "flag --client-certificate", self.client_certificate.is_some()),
            ("client-key", "flag --client-key", self.client_key.is_some()),
            ("token", "flag --token", self.token.is_some()),
            ("username", "flag --username", self.username.is_some()),
            ("password", "flag --password", self.password.is_some()),
            ("as", "flag --as", self.impersonate.is_some()),
            ("as-uid", "flag --as-uid", self.impersonate_uid.is_some()),
            ("as-groups", "flag --as-group", !self.impersonate_groups.is_empty()),
            ("as-user-extra", "flag --as-user-extra", !self.impersonate_extra.is_empty()),
            ("proxy-url", "flag --proxy-url", self.proxy_url.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, flag, set)| set.then_some((field, flag)))
    }

    /// The namespace, without the prefix of a resource name.
    pub(super) fn namespace(&self) -> Option<&str> {
        let text = self.namespace.as_deref()?;
        let prefixed = text.split_once('/').filter(|(prefix, name)| {
            !name.is_empty() && ["namespaces", "namespace", "ns"].iter().any(|word| prefix.eq_ignore_ascii_case(word))
        });
        Some(prefixed.map_or(text, |(_, name)| name)).filter(|name| !name.is_empty())
    }

    /// Whether a setting of the cluster is overridden: the overrides then make a cluster without any file.
    pub(super) fn names_a_cluster(&self) -> bool {
        let mut cluster = Cluster::default();
        self.apply_to_cluster(&mut cluster);
        cluster != Cluster::default()
    }
}

/// Reads the value of `--request-timeout`: whole seconds, or numbers with units (`1h`, `2m30s`, `1.5s`, `200ms`). Zero
/// is `None`: no timeout.
///
/// # Errors
/// The text has neither form, or the time is negative or too long for a [`Duration`].
pub fn parse_timeout(text: &str) -> Result<Option<Duration>, ConfigError> {
    let seconds = text.parse::<u64>().ok().filter(|_| !text.starts_with('+')).map(Duration::from_secs);
    let duration = seconds.or_else(|| go_duration(text)).ok_or_else(|| {
        let text = format!(
            "Invalid timeout value {text:?}. Timeout must be a single integer in seconds, or an integer followed by a \
             corresponding time unit (e.g. 1s | 2m | 3h)"
        );
        ConfigError::one(ConfigErrorKind::Invalid, Problem::new(text).source("flag --request-timeout"))
    })?;
    Ok((!duration.is_zero()).then_some(duration))
}

pub(crate) fn go_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let unit = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        total = total.checked_add(Duration::try_from_secs_f64(number * unit).ok()?)?;
        rest = tail;
    }
    Some(total)
}

fn over<T: Clone>(value: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        value.clone_from(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_flag_is_none_but_for_the_user_to_act_as() {
        let empty = || Some(String::new());
        let flags = Overrides {
            context: empty(),
            cluster: empty(),
            user: empty(),
            namespace: empty(),
            server: Some(UrlText::from("")),
            tls_server_name: empty(),
            certificate_authority: empty(),
            client_certificate: empty(),
            client_key: empty(),
            token: Some(Secret::from("")),
            username: empty(),
            password: Some(Secret::from("")),
            impersonate: empty(),
            impersonate_uid: empty(),
            proxy_url: Some(UrlText::from("")),
            ..Overrides::default()
        };
        assert_eq!(flags.tidy(), Overrides { impersonate: empty(), ..Overrides::default() });
    }

    #[test]
    fn timeouts() {
        let table = [
            ("0", Some(0)),
            ("5", Some(5000)),
            ("1s", Some(1000)),
            ("2m30s", Some(150_000)),
            ("3h", Some(10_800_000)),
            ("1.5s", Some(1500)),
            ("200ms", Some(200)),
            ("0s", Some(0)),
            ("1500us", Some(1)),
            (".5s", Some(500)),
            ("+1s", Some(1000)),
            ("", None),
            ("s", None),
            ("-1", None),
            ("-1s", None),
            ("1d", None),
            ("1 s", None),
            ("+5", None),
            ("1.s.", None),
            ("1e3s", None),
            ("99999999999999999999h", None),
            ("1s2", None),
            ("..s", None),
        ];
        for (text, milliseconds) in table {
            let result = parse_timeout(text).ok().map(|duration| duration.unwrap_or_default().as_millis());
            assert_eq!(result, milliseconds, "{text}");
        }
        assert_eq!(parse_timeout("0s").unwrap(), None);
    }

    #[test]
    fn namespaces() {
        let table = [
            ("a", Some("a")),
            ("ns/a", Some("a")),
            ("Namespaces/a", Some("a")),
            ("namespace/a", Some("a")),
            ("x/a", Some("x/a")),
            ("", None),
        ];
        for (text, name) in table {
            let overrides = Overrides { namespace: Some(text.to_owned()), ..Overrides::default() };
            assert_eq!(overrides.namespace(), name, "{text}");
        }
    }

    #[test]
    fn each_override_takes_the_place_of_what_it_contradicts() {
        let old = || Some("old".to_owned());
        let cluster = Cluster {
            server: "https://old".into(),
            tls_server_name: old(),
            certificate_authority_data: old(),
            ..Cluster::default()
        };
        let user = User {
            client_certificate_data: old(),
            client_key_data: Some("old".into()),
            token_file: old(),
            username: old(),
            impersonate_groups: vec!["old".into()],
            impersonate_extra: BTreeMap::from([("old".into(), vec![])]),
            ..User::default()
        };
        let apply = |overrides: &Overrides| {
            let (mut cluster, mut user) = (cluster.clone(), user.clone());
            overrides.apply_to_cluster(&mut cluster);
            overrides.apply_to_user(&mut user);
            (cluster, user)
        };
        let none = Overrides::default();
        assert_eq!(apply(&none), (cluster.clone(), user.clone()));
        assert!(!none.names_a_cluster());
        let new = || Some("new".to_owned());

        let (got, _) = apply(&Overrides { server: Some("https://new".into()), ..none.clone() });
        assert_eq!(
            (got.server.expose(), got.tls_server_name, got.certificate_authority_data),
            ("https://new", None, old())
        );
        let (got, _) = apply(&Overrides { tls_server_name: new(), ..none.clone() });
        assert_eq!((got.server.expose(), got.tls_server_name), ("https://old", new()));
        let (got, _) = apply(&Overrides { insecure_skip_tls_verify: true, ..none.clone() });
        assert_eq!((got.insecure_skip_tls_verify, got.certificate_authority_data), (true, None));
        let mut skipping = cluster.clone();
        skipping.insecure_skip_tls_verify = true;
        Overrides { certificate_authority: new(), ..none.clone() }.apply_to_cluster(&mut skipping);
        assert_eq!((skipping.insecure_skip_tls_verify, skipping.certificate_authority), (false, new()));
        assert_eq!(skipping.certificate_authority_data, None);
        let (got, _) =
            apply(&Overrides { proxy_url: Some("http://p".into()), disable_compression: true, ..none.clone() });
        assert_eq!((got.proxy_url, got.disable_compression), (Some("http://p".into()), true));

        let (_, got) = apply(&Overrides { client_certificate: new(), ..none.clone() });
        assert_eq!((got.client_certificate, got.client_certificate_data), (new(), None));
        assert_eq!(got.client_key_data, Some("old".into()));
        let (_, got) = apply(&Overrides { client_key: new(), ..none.clone() });
        assert_eq!((got.client_key, got.client_key_data, got.client_certificate_data), (new(), None, old()));
        let (_, got) = apply(&Overrides { token: Some("new".into()), ..none.clone() });
        assert_eq!((got.token, got.token_file, got.username), (Some("new".into()), None, old()));
        let (_, got) = apply(&Overrides { username: new(), password: Some("new".into()), ..none.clone() });
        assert_eq!((got.username, got.password), (new(), Some("new".into())));
        let (_, got) = apply(&Overrides { impersonate: new(), impersonate_uid: new(), ..none.clone() });
        assert_eq!((got.impersonate, got.impersonate_uid, got.impersonate_groups), (new(), new(), vec!["old".into()]));
        let extra = BTreeMap::from([("new".to_owned(), vec!["v".to_owned()])]);
        let (_, got) =
            apply(&Overrides { impersonate_groups: vec!["new".into()], impersonate_extra: extra, ..none.clone() });
        assert_eq!((got.impersonate_groups, got.impersonate_extra.len()), (vec!["new".to_owned()], 2));
    }
}
