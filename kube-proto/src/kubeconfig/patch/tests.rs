//! Tests of patches: which lines change and which stay.

use crate::kubeconfig::{Cluster, Context, Kubeconfig, User};

const FILE: &str = "\
# Mine.
apiVersion: v1
kind: Config
current-context: dev   # for now
x-tool: {kept: [1, 2]}

clusters:
# The one at home.
- name: dev
  cluster:
    server: \"https://dev.example\" # behind the VPN
    # From the wiki.
    certificate-authority: ca.crt
- cluster:   # The one that counts.
    server: https://prod.example
    insecure-skip-tls-verify: false
  name: prod
contexts:
  - name: dev
    context: {cluster: dev, user: me}
  # With care.
  - name: prod
    context:
      user: me
      cluster: prod

      namespace: shop
users:
- name: me
  user:
    token: |
      abc
    # Not any more:
    # username: x
# The end.
";

/// The file after a change, the lines that were removed, and the lines that were added.
#[track_caller]
fn changed(text: &str, change: impl FnOnce(&mut Kubeconfig)) -> (String, Vec<String>, Vec<String>) {
    let before = Kubeconfig::parse(text.as_bytes()).unwrap();
    let mut after = before.clone();
    change(&mut after);
    let patched = after.in_place_of(text.as_bytes(), &before);
    let read = Kubeconfig::parse(patched.as_bytes()).unwrap();
    assert_eq!(read.to_json(), after.to_json(), "{patched}");
    let without = |all: &str, of: &str| {
        let mut of: Vec<&str> = of.lines().collect();
        let mut rest = Vec::new();
        for line in all.lines() {
            match of.iter().position(|other| *other == line) {
                Some(at) => drop(of.remove(at)),
                None => rest.push(line.to_owned()),
            }
        }
        rest
    };
    let (gone, new) = (without(text, &patched), without(&patched, text));
    (patched, gone, new)
}

#[test]
fn only_lines_that_the_change_is_about_change() {
    type Change = fn(&mut Kubeconfig);
    let table: [(Change, &[&str], &[&str]); 13] = [
        (
            |config| config.current_context = Some("prod".into()),
            &["current-context: dev   # for now"],
            &["current-context: prod   # for now"],
        ),
        (|config| config.current_context = None, &["current-context: dev   # for now"], &[]),
        (
            |config| {
                let mut cluster = config.cluster("dev").cloned().unwrap();
                (cluster.server, cluster.certificate_authority) = ("https://new".into(), None);
                config.set_cluster("dev", cluster);
            },
            &["    server: \"https://dev.example\" # behind the VPN", "    certificate-authority: ca.crt"],
            &["    server: https://new # behind the VPN"],
        ),
        (
            |config| {
                let mut cluster = config.cluster("prod").cloned().unwrap();
                (cluster.insecure_skip_tls_verify, cluster.disable_compression) = (true, true);
                config.set_cluster("prod", cluster);
            },
            &["    insecure-skip-tls-verify: false"],
            &["    insecure-skip-tls-verify: true", "    disable-compression: true"],
        ),
        (|config| config.rename_context("prod", "live").unwrap(), &["  - name: prod"], &["  - name: live"]),
        (
            |config| config.rename_context("dev", "home").unwrap(),
            &["current-context: dev   # for now", "  - name: dev"],
            &["current-context: home   # for now", "  - name: home"],
        ),
        (
            |config| {
                let context = config.context("dev").cloned().unwrap();
                config.set_context("dev", Context { namespace: Some("ns".into()), ..context });
            },
            &["    context: {cluster: dev, user: me}"],
            &["    context:", "      cluster: dev", "      namespace: ns", "      user: me"],
        ),
        (
            |config| config.set_context("new", Context { cluster: "dev".into(), ..Context::default() }),
            &[],
            &["  - context:", "      cluster: dev", "      user: \"\"", "    name: new"],
        ),
        (
            |config| drop(config.delete_context("prod")),
            &["  - name: prod", "    context:", "      user: me", "      cluster: prod", "", "      namespace: shop"],
            &[],
        ),
        (
            |config| drop(config.delete_cluster("prod")),
            &[
                "- cluster:   # The one that counts.",
                "    server: https://prod.example",
                "    insecure-skip-tls-verify: false",
                "  name: prod",
            ],
            &[],
        ),
        (
            |config| config.set_credentials("me", User { token: Some("new".into()), ..User::default() }),
            &["    token: |", "      abc"],
            &["    token: new"],
        ),
        (
            |config| drop(config.delete_user("me")),
            &["users:", "- name: me", "  user:", "    token: |", "      abc"],
            &[],
        ),
        (
            |config| {
                config.set_credentials("you", User { username: Some("u".into()), ..User::default() });
                config.set_cluster("third", Cluster { server: "https://c".into(), ..Cluster::default() });
            },
            &[],
            &["- cluster:", "    server: https://c", "  name: third", "- name: you", "  user:", "    username: u"],
        ),
    ];
    for (index, (change, gone, new)) in table.into_iter().enumerate() {
        let (patched, was, is) = changed(FILE, change);
        assert_eq!((sorted(was), sorted(is)), (sorted(owned(gone)), sorted(owned(new))), "{index}: {patched}");
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn what_is_new_goes_where_it_can() {
    let add = |config: &mut Kubeconfig| {
        config.set_context("a", Context::default());
        config.current_context = Some("a".into());
    };
    let new = "contexts:\n- context:\n    cluster: \"\"\n    user: \"\"\n  name: a\n";
    // Keys with empty values; a file with only comments; a last line without a line feed; a second document.
    let (patched, ..) = changed("# a\ncontexts: null # b\ncurrent-context: \"\" # c\nkind: Config", add);
    assert_eq!(patched, format!("# a\n{new}current-context: a # c\nkind: Config"));
    let (patched, ..) = changed("# Mine.", add);
    assert_eq!(patched, format!("# Mine.\napiVersion: v1\n{new}current-context: a\nkind: Config\n"));
    let (patched, ..) = changed("kind: Config", add);
    assert_eq!(patched, format!("kind: Config\n{new}current-context: a\n"));
    let (patched, ..) = changed("---\nkind: Config\n...\n---\nother: document\n", add);
    assert_eq!(patched, format!("---\nkind: Config\n{new}current-context: a\n...\n---\nother: document\n"));
}

#[test]
fn what_cannot_be_changed_in_parts_is_written_anew() {
    for text in [
        "--- {kind: Config, current-context: a} # flow\n",
        "current-context: &a x\nx-other: *a\n",
        "current-context: a\ncurrent-context: b\n",
        "kind: Config\r\ncurrent-context: a\r\n",
        "x-list:\n- &a current-context\n*a : a\n",
    ] {
        let (patched, ..) = changed(text, |config| config.current_context = Some("new".into()));
        assert!(patched.contains("current-context: new\n"), "{patched}");
    }
}
