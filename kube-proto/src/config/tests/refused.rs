//! Tests of errors and warnings: which settings the loader rejects or ignores, and the text.

use crate::config::tests::*;

#[test]
fn every_bad_file_is_named() {
    let mut world = World::new().env("/1:/2:/3:/4").file("/1", "{\"users\": 3}").denied("/2").file("/3", "{");
    world = world.file("/4", &named("4", "https://4"));
    let error = world.load().unwrap_err();
    assert!(
        error.contains("error loading config file \"/1\": expected a list, found a number (field users)"),
        "{error}"
    );
    assert!(error.contains("error loading config file \"/2\": permission denied"), "{error}");
    assert!(error.contains("error loading config file \"/3\": "), "{error}");
    assert!(!error.contains("/4"), "{error}");
    let mut world = World::new().file(HOME, &" ".repeat(FILE_LIMIT + 1));
    assert!(world.load().unwrap_err().contains("is larger than 16777216 bytes"));
}

#[test]
fn every_file_has_a_limit() {
    let large = " ".repeat(FILE_LIMIT) + "x";
    let at_limit = "x".repeat(FILE_LIMIT);
    let why = "the file is larger than 16777216 bytes";
    let stanza = json!({"client-certificate": "/cert", "client-key": "/key"});
    let file = json!({"server": "https://h", "certificate-authority": "/ca"});
    let world = |which: &str, content: &str| {
        let mut world = World::of(&file, &stanza);
        for path in ["/ca", "/cert", "/key"] {
            world = world.file(path, if path == which { content } else { "PEM" });
        }
        world
    };
    for (path, text) in [
        ("/ca", "unable to read certificate-authority /ca for c"),
        ("/cert", "unable to read client-cert /cert for u"),
        ("/key", "unable to read client-key /key for u"),
    ] {
        let error = world(path, &large).load().unwrap_err();
        assert!(error.contains(&format!("{text} due to {why}")), "{error}");
        assert!(world(path, &at_limit).load().is_ok(), "{path}");
    }
    let token =
        |content: &str| World::of(&cluster("https://h"), &json!({"tokenFile": "/t"})).file("/t", content).load();
    assert!(token(&large).unwrap_err().contains(&format!("unable to read tokenFile /t for u due to {why}")));
    assert!(token(&at_limit).is_ok());
    // In a pod the CA and the namespace may be missing.
    let loaded = World::new().pod().file(&sa("ca.crt"), &large).file(&sa("namespace"), &large).load().unwrap();
    assert_eq!((loaded.config.tls.ca, loaded.config.default_namespace.as_str()), (None, "default"));
    assert!(loaded.warnings[0].contains(why), "{:?}", loaded.warnings);
    assert!(World::new().pod().file(&sa("token"), &large).load().unwrap_err().contains(why));
}

#[test]
fn names_that_lead_nowhere() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = one(&cluster("https://h"), &json!({}));
        change(&mut value);
        World::new().file(HOME, &value.to_string())
    };
    let mut bad_current = with(&|value| value["current-context"] = "y".into());
    assert_eq!(
        bad_current.load().unwrap_err(),
        "invalid configuration: context was not found for specified context: y \
         (field current-context, file /home/u/.kube/config): there are \"x\""
    );
    let mut bad_cluster = with(&|value| value["contexts"][0]["context"]["cluster"] = "y".into());
    assert_eq!(
        bad_cluster.load().unwrap_err(),
        "invalid configuration: cluster \"y\" was not found for context \"x\" \
         (field contexts[\"x\"].cluster, context \"x\", file /home/u/.kube/config): there are \"c\""
    );
    let mut no_cluster = with(&|value| value["contexts"][0]["context"]["cluster"] = "".into());
    assert!(no_cluster.load().unwrap_err().contains("cluster was not specified for context \"x\""));
    let mut bad_user = with(&|value| value["contexts"][0]["context"]["user"] = "y".into());
    assert_eq!(
        bad_user.load().unwrap_err(),
        "invalid configuration: user \"y\" was not found for context \"x\" \
         (field contexts[\"x\"].user, context \"x\", file /home/u/.kube/config): there are \"u\""
    );
    let mut no_user = with(&|value| value["contexts"][0]["context"]["user"] = Value::Null);
    assert_eq!(no_user.config().credential, CredentialConfig::None);
    for (change, text) in [
        (
            (|it| it.context = Some("y".into())) as fn(&mut Overrides),
            "context \"y\" does not exist (flag --context): there are \"x\"",
        ),
        (|it| it.cluster = Some("y".into()), "cluster \"y\" does not exist (flag --cluster): there are \"c\""),
        (|it| it.user = Some("y".into()), "auth info \"y\" does not exist (flag --user): there are \"u\""),
    ] {
        let error = with(&|_| {}).with(change).load().unwrap_err();
        assert_eq!(error, format!("invalid configuration: {text}"));
    }
}

#[test]
fn of_many_names_the_first_ten_are_shown() {
    for (count, more) in [(1, ""), (10, ""), (11, ", …"), (100, ", …")] {
        let contexts: Vec<Value> = (0..count).map(|n| json!({"name": format!("{n:02}"), "context": {}})).collect();
        let error = World::new().file(HOME, &json!({"contexts": contexts}).to_string()).load().unwrap_err();
        let names: Vec<String> = (0..count.min(10)).map(|n| format!("\"{n:02}\"")).collect();
        assert!(error.ends_with(&format!("no context is chosen, there are {}{more}", names.join(", "))), "{error}");
    }
}

#[test]
fn no_credentials_without_https() {
    let user = json!({"token": "t", "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ", "as": "a"});
    let mut world = World::of(&cluster("http://h"), &user);
    let loaded = world.load().unwrap();
    assert_eq!((&loaded.config.credential, &loaded.config.tls), (&CredentialConfig::None, &TlsSettings::default()));
    assert!(loaded.config.impersonate.is_some());
    assert_eq!(loaded.warnings, ["the credentials of user \"u\" are not used: http://h is not https"]);
    let loaded = World::of(&cluster("http://h"), &user).with(|it| it.credentials_over_http = true).load().unwrap();
    assert_eq!(loaded.config.credential, CredentialConfig::Bearer("t".into()));
    assert_eq!(
        loaded.warnings,
        ["http://h is not https: any host on the way to it can read the credential and use it"]
    );
    // There is nothing to leave out.
    let loaded = World::of(&cluster("http://h"), &json!({})).load().unwrap();
    assert_eq!((loaded.config.credential, loaded.warnings), (CredentialConfig::None, Vec::new()));
    // The loader does not read the file.
    let mut world = World::of(&cluster("http://h"), &json!({"tokenFile": "/t"}));
    assert_eq!(world.load().unwrap().warnings.len(), 1);
    assert_eq!(world.reads, [HOME]);
}

#[test]
fn what_is_not_used_is_said() {
    let loaded = World::of(&cluster("https://h"), &json!({"client-key": "/k", "password": "p"})).load().unwrap();
    assert_eq!(
        loaded.warnings,
        [
            "the client key of user \"u\" is not used: there is no client certificate",
            "the password of user \"u\" is not used: there is no username",
        ]
    );
}

#[test]
fn contradictions_of_a_cluster() {
    let table = [
        (
            json!({}),
            "no server found for cluster \"c\" (field clusters[\"c\"].server, context \"x\", file /home/u/.kube/config)",
        ),
        (json!({"server": "https://h", "proxy-url": "ftp://u:secret@p"}), {
            "invalid 'proxy-url' \"ftp://[redacted]@p\" for cluster \"c\": unsupported scheme \"ftp\", must be http, https, or socks5 \
             (field clusters[\"c\"].proxy-url"
        }),
        (json!({"server": "https://h", "certificate-authority": "ca", "certificate-authority-data": "Q0E="}), {
            "certificate-authority-data and certificate-authority are both specified for c. certificate-authority-data will \
             override. (field clusters[\"c\"].certificate-authority,"
        }),
        (json!({"server": "https://h", "certificate-authority-data": "Q0E=", "insecure-skip-tls-verify": true}), {
            "specifying a root certificates file with the insecure flag is not allowed (field clusters[\"c\"].insecure"
        }),
        (json!({"server": "https://h", "certificate-authority": "ca", "insecure-skip-tls-verify": true}), {
            "specifying a root certificates file with the insecure flag is not allowed"
        }),
        (json!({"server": "https://h", "certificate-authority-data": "secret!"}), {
            "illegal base64 data (field clusters[\"c\"].certificate-authority-data, context \"x\", file /home/u/.kube/config)"
        }),
        (json!({"server": "https://h", "certificate-authority-data": "Q0E"}), "illegal base64 data"),
        (json!({"server": "ftp://h"}), "unsupported scheme in \"ftp://h\""),
    ];
    for (cluster, text) in table {
        let error = World::of(&cluster, &json!({})).load().unwrap_err();
        assert!(error.starts_with(&format!("invalid configuration: {text}")), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn an_empty_ca_is_not_every_ca() {
    let file = json!({"server": "https://h", "certificate-authority": "/ca"});
    let error = World::of(&file, &json!({})).file("/ca", " \n").load().unwrap_err();
    assert!(error.contains("unable to read certificate-authority /ca for c due to the file is empty"), "{error}");
    let data = json!({"server": "https://h", "certificate-authority-data": " "});
    assert!(World::of(&data, &json!({})).load().unwrap_err().contains("illegal base64 data"));
    let loaded = World::new().pod().file(&sa("ca.crt"), "").load().unwrap();
    assert_eq!((loaded.config.tls.ca, loaded.warnings.len()), (None, 1));
}

#[test]
fn contradictions_of_a_user() {
    let exec = |change: Value| {
        let mut exec =
            json!({"command": "p", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"});
        for (key, value) in change.as_object().unwrap() {
            exec[key] = value.clone();
        }
        json!({ "exec": exec })
    };
    let mut both = exec(json!({}));
    both["auth-provider"] = json!({"name": "oidc"});
    let table = [
        (json!({"client-certificate": "/c", "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"}), {
            "client-cert-data and client-cert are both specified for u. client-cert-data will override. \
             (field users[\"u\"].client-certificate, context \"x\", file /home/u/.kube/config)"
        }),
        (json!({"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ", "client-key": "/k"}), {
            "client-key-data and client-key are both specified for u; client-key-data will override"
        }),
        (json!({"client-certificate-data": "Q0VSVA=="}), {
            "client-key-data or client-key must be specified for u to use the clientCert authentication method."
        }),
        (json!({"client-certificate-data": "secret!", "client-key-data": "S0VZ"}), {
            "illegal base64 data (field users[\"u\"].client-certificate-data,"
        }),
        (json!({"client-certificate-data": "Q0VSVA==", "client-key-data": "secret!"}), {
            "illegal base64 data (field users[\"u\"].client-key-data,"
        }),
        (json!({"client-certificate-data": "Q0VSVA==", "client-key-data": "/w=="}), "the client key is not PEM text"),
        (json!({"token": "secret", "username": "n", "password": "secret"}), {
            "more than one authentication method found for u; found [token basicAuth], only one is allowed"
        }),
        (json!({"token": "secret", "password": "secret"}), "more than one authentication method found for u"),
        (json!({"tokenFile": "/t", "username": "n"}), "username/password or bearer token may be set, but not both"),
        (both, "authProvider cannot be provided in combination with an exec plugin for u"),
        (exec(json!({"command": ""})), "command must be specified for u to use exec authentication plugin"),
        (exec(json!({"apiVersion": ""})), "apiVersion must be specified for u to use exec authentication plugin"),
        (exec(json!({"apiVersion": "client.authentication.k8s.io/v1alpha1"})), {
            "exec plugin: invalid apiVersion \"client.authentication.k8s.io/v1alpha1\""
        }),
        (
            exec(json!({"env": [{"value": "secret"}]})),
            "env variable name must be specified for u to use exec authentication plugin",
        ),
        (
            exec(json!({"interactiveMode": null})),
            "interactiveMode must be specified for u to use exec authentication plugin",
        ),
        (exec(json!({"interactiveMode": "Sometimes"})), "invalid interactiveMode for u: \"Sometimes\""),
        (json!({"as-uid": "i"}), "requesting uid, groups or user-extra for u without impersonating a user"),
        (json!({"as-groups": ["g"]}), "requesting uid, groups or user-extra for u without impersonating a user"),
        (
            json!({"as-user-extra": {"k": []}}),
            "requesting uid, groups or user-extra for u without impersonating a user",
        ),
        (json!({"as": ""}), {
            "cannot impersonate the user \"\": the server would use the caller's own rights (field users[\"u\"].as, context"
        }),
        (json!({"as": "\t"}), "cannot impersonate the user \"\\t\": the server would use the caller's own rights"),
        (json!({"as": " alice "}), {
            "cannot impersonate the user \" alice \": the white space at its ends would be lost on the way"
        }),
        (json!({"as": "a", "as-uid": "7\n"}), "cannot impersonate the uid \"7\\n\": the white space at its ends"),
        (json!({"as": "a", "as-groups": ["g", ""]}), {
            "cannot impersonate the group \"\": the server would ignore it (field users[\"u\"].as-groups"
        }),
        (json!({"as": "a", "as-user-extra": {" k": []}}), "cannot impersonate the extra key \" k\": the white space"),
        (json!({"as": "a", "as-user-extra": {"k": ["", "v "]}}), {
            "cannot impersonate the extra value \"v \": the white space at its ends would be lost on the way (field \
             users[\"u\"].as-user-extra"
        }),
        (
            json!({"client-certificate": "/c", "client-key": "/k"}),
            "[unable to read client-cert /c for u due to no such file or directory",
        ),
        (
            json!({"tokenFile": "t"}),
            "unable to read tokenFile /home/u/.kube/t for u due to no such file or directory (field users[\"u\"].tokenFile",
        ),
    ];
    for (user, text) in table {
        let error = World::of(&cluster("https://h"), &user).load().unwrap_err();
        assert!(error.starts_with(&format!("invalid configuration: {text}")), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    // One error reports all problems, those of files too.
    let error = World::of(&json!({"proxy-url": "x"}), &json!({"as-uid": "i", "token": "t", "username": "n"}))
        .load()
        .unwrap_err();
    assert_eq!(error.matches("/home/u/.kube/config").count(), 4, "{error}");
    let user = json!({"client-certificate": "/c", "client-key": "/k"});
    let mut world = World::of(&json!({"server": "https://h", "certificate-authority": "/ca"}), &user).denied("/k");
    let error = world.load().unwrap_err();
    assert!(
        error.contains("unable to read certificate-authority /ca for c due to no such file or directory"),
        "{error}"
    );
    assert!(error.contains("unable to read client-cert /c for u due to no such file"), "{error}");
    assert!(error.contains("unable to read client-key /k for u due to permission denied"), "{error}");
}

#[test]
fn an_identity_of_the_overrides_is_checked_too() {
    type Change = fn(&mut Overrides);
    let table: [(Change, &str); 5] = [
        (|it| it.impersonate = Some(String::new()), "the user \"\": the server would use the caller's own rights"),
        (|it| it.impersonate = Some(" ".into()), "the user \" \": the server would use the caller's own rights"),
        (|it| it.impersonate_uid = Some(" 7".into()), "the uid \" 7\": the white space"),
        (|it| it.impersonate_groups = vec!["g ".into()], "the group \"g \": the white space"),
        (|it| drop(it.impersonate_extra.insert("k".into(), vec!["v\t".into()])), "the extra value \"v\\t\": the white"),
    ];
    let user = json!({"token": "t", "as": "alice"});
    for (change, text) in table {
        let error = World::of(&cluster("https://h"), &user).with(change).load().unwrap_err();
        assert!(error.starts_with(&format!("invalid configuration: cannot impersonate {text}")), "{error}");
    }
    // Also in a pod, which has no stanza.
    let error = World::new().pod().with(|it| it.impersonate = Some("\t".into())).load().unwrap_err();
    assert!(error.contains("cannot impersonate the user"), "{error}");
    let absent = json!({"token": "t", "as": null, "as-uid": ""});
    assert_eq!(World::of(&cluster("https://h"), &absent).config().impersonate, None);
}

#[test]
fn a_provider_that_cannot_be_used() {
    let table = [
        (
            json!({"name": "gcp"}),
            "no Auth Provider found for name \"gcp\"",
            "auth-provider.name",
            "gke-gcloud-auth-plugin",
        ),
        (json!({"name": "azure"}), "no Auth Provider found for name \"azure\"", "auth-provider.name", "kubelogin"),
        (json!({"name": "oidc"}), "Must provide idp-issuer-url", "auth-provider.config.idp-issuer-url", "log in again"),
    ];
    for (provider, text, field, help) in table {
        let error = World::of(&cluster("https://h"), &json!({"auth-provider": provider})).load().unwrap_err();
        let field = format!("(field users[\"u\"].{field}, context \"x\", file {HOME})");
        assert!(error.contains(text) && error.contains(&field) && error.contains(help), "{error}");
        // A bad provider is no error while another credential is used.
        let user = json!({"auth-provider": provider, "token": "t"});
        assert!(World::of(&cluster("https://h"), &user).load().is_ok());
    }
}

/// A setting that is not from a file does not blame the file.
#[test]
fn an_error_names_the_source_of_its_setting() {
    type Change = fn(&mut Overrides);
    let world = |change: Change| World::of(&cluster("https://h"), &json!({})).with(change).load().unwrap_err();
    for (change, flag, text) in [
        ((|it| it.namespace = Some("a/b".into())) as Change, "--namespace", "namespace \"a/b\" does not conform"),
        (|it| it.server = Some("ftp://h".into()), "--server", "ftp"),
        (|it| it.proxy_url = Some("ftp://p".into()), "--proxy-url", "invalid 'proxy-url'"),
        (|it| it.certificate_authority = Some("/no".into()), "--certificate-authority", "unable to read"),
        (
            |it| {
                it.certificate_authority = Some("/ca".into());
                it.insecure_skip_tls_verify = true;
            },
            "--insecure-skip-tls-verify",
            "with the insecure flag",
        ),
        (
            |it| {
                it.client_certificate = Some("/no".into());
                it.client_key = Some("/no".into());
            },
            "--client-certificate",
            "unable to read client-cert",
        ),
        (
            |it| {
                it.token = Some("t".into());
                it.username = Some("u".into());
            },
            "--token",
            "more than one authentication method",
        ),
        (|it| it.impersonate = Some(" a".into()), "--as", ""),
        (|it| it.context = Some("y".into()), "--context", "does not exist"),
    ] {
        let error = world(change);
        assert!(error.contains(&format!("(flag {flag})")) && error.contains(text), "{error}");
        assert!(!error.contains(HOME), "{error}");
    }
    // What the flags do not name is still the file's.
    let error = World::of(&cluster("ftp://h"), &json!({})).with(|it| it.token = Some("t".into())).load().unwrap_err();
    assert!(error.contains("clusters[\"c\"].server") && error.contains(HOME), "{error}");
    let error = parse_timeout("1 hour").unwrap_err().to_string();
    assert!(error.contains("(flag --request-timeout)"), "{error}");
}

#[test]
fn an_error_names_the_variable_of_its_setting() {
    let mut world = World::new();
    world.locate.kubernetes_master = Some("ftp://h".into());
    let error = world.load().unwrap_err();
    assert!(error.contains("(environment variable KUBERNETES_MASTER)"), "{error}");
    let mut world = World::new();
    world.locate.kubernetes_service_host = Some("10.0.0.1".into());
    world.locate.kubernetes_service_port = Some("443".into());
    world.locate.pod_namespace = Some("a/b".into());
    let error = world.load().unwrap_err();
    assert!(error.contains("(environment variable POD_NAMESPACE)"), "{error}");
}

#[test]
fn a_namespace_is_a_dns_label() {
    for (namespace, good) in [
        ("a", true),
        ("a-1", true),
        ("0", true),
        ("A", false),
        ("-a", false),
        ("a-", false),
        ("a.b", false),
        ("a/b", false),
    ] {
        let mut value = one(&cluster("https://h"), &json!({}));
        value["contexts"][0]["context"]["namespace"] = namespace.into();
        let result = World::new().file(HOME, &value.to_string()).load();
        match result {
            Ok(loaded) => assert!(good && loaded.config.default_namespace == namespace, "{namespace}"),
            Err(error) => {
                let text = format!(
                    "namespace {namespace:?} for context \"x\" does not conform to the kubernetes DNS_LABEL rules"
                );
                assert!(!good && error.contains(&text), "{error}");
            }
        }
    }
    let long = "a".repeat(64);
    assert!(World::of(&cluster("https://h"), &json!({})).with(|it| it.namespace = Some(long)).load().is_err());
}
