//! `config`: deletes, renames, sets properties, and embeds files.

use super::config::{Disk, FILE};
use super::{done, failed};

#[test]
fn contexts_are_renamed() {
    let mut disk = Disk::new(FILE);
    let runs = [
        ("config rename-context dev prod", done("Context \"dev\" renamed to \"prod\".\n")),
        ("config rename-context dev prod", failed("error: cannot rename the context \"dev\", it's not in /home/c\n")),
        (
            "config rename-context prod oth",
            failed("error: cannot rename the context \"prod\", the context \"oth\" already exists in /home/c\n"),
        ),
        ("config rename-context oth other", done("Context \"oth\" renamed to \"other\".\n")),
        ("config rename-context a", failed("error: Unexpected args: [a]\n")),
        ("config current-context", done("prod\n")),
        ("config get-contexts -o name", done("dangling\nother\nprod\n")),
    ];
    for (line, outcome) in runs {
        assert_eq!(disk.run(line), outcome, "{line}");
    }
    let text = disk.text("/home/c");
    assert!(text.contains("namespace: shop") && text.contains("x-unknown: kept"), "{text}");
    // It keeps its place.
    assert!(text.find("name: other\n").unwrap() < text.find("name: prod\n").unwrap(), "{text}");
}

#[test]
fn stanzas_are_taken_away() {
    let mut disk = Disk::new(FILE);
    let active =
        "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n";
    let outcome = disk.run("config delete-context dev");
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("deleted context dev from /home/c\n", active));
    assert_eq!(outcome.code, Some(0));
    let runs = [
        ("config delete-context oth", done("deleted context oth from /home/c\n")),
        ("config delete-context oth", failed("error: cannot delete context oth, not in /home/c\n")),
        ("config delete-cluster dev", done("deleted cluster dev from /home/c\n")),
        ("config delete-cluster dev", failed("error: cannot delete cluster dev, not in /home/c\n")),
        ("config delete-user cert", done("deleted user cert from /home/c\n")),
        ("config delete-user cert", failed("error: cannot delete user cert, not in /home/c\n")),
        (
            "config delete-user",
            failed("error: user to delete is required\nSee 'kubectl config delete-user -h' for help and examples\n"),
        ),
        ("config current-context", done("dev\n")),
        ("config get-clusters", done("NAME\nother\n")),
        ("config get-users", done("NAME\nbasic\nex\ntok\n")),
    ];
    for (line, outcome) in runs {
        assert_eq!(disk.run(line), outcome, "{line}");
    }
    assert_eq!(disk.text("/home/c").matches("x-unknown: kept").count(), 2);
}

#[test]
fn properties_are_set_and_unset() {
    let mut disk = Disk::new(FILE);
    let set = |path: &str| done(&format!("Property \"{path}\" set.\n"));
    let unset = |path: &str| done(&format!("Property \"{path}\" unset.\n"));
    let runs = [
        ("config set contexts.dev.namespace a.b", set("contexts.dev.namespace")),
        ("config set clusters.10.0.0.1.server https://10.0.0.1", set("clusters.10.0.0.1.server")),
        ("config set clusters.dev.certificate-authority-data Q0E=", set("clusters.dev.certificate-authority-data")),
        ("config set users.cert.client-key-data KEY --set-raw-bytes", set("users.cert.client-key-data")),
        ("config set users.basic.act-as jane", set("users.basic.act-as")),
        ("config set clusters.other.insecure-skip-tls-verify true", set("clusters.other.insecure-skip-tls-verify")),
        ("config set preferences.colors true", set("preferences.colors")),
        ("config set kind Konfig", set("kind")),
        ("config unset users.ex.exec", unset("users.ex.exec")),
        ("config unset users.tok.token", unset("users.tok.token")),
        ("config unset contexts.dangling", unset("contexts.dangling")),
        ("config unset contexts.never-was", unset("contexts.never-was")),
        ("config unset current-context", unset("current-context")),
        ("config current-context", failed("error: current-context is not set\n")),
        ("config set current-context oth", set("current-context")),
        // Errors.
        ("config set a", failed("error: Unexpected args: [a]\n")),
        ("config set foo bar", failed("error: unable to parse foo after [] at api.Config\n")),
        ("config set contexts.dev x", failed("error: can't set a map to a value: map[]\n")),
        ("config set users.basic.act-as-groups x", failed("error: unrecognized slice type. string\n")),
        (
            "config set clusters.dev.insecure-skip-tls-verify x",
            failed("error: strconv.ParseBool: parsing \"x\": invalid syntax\n"),
        ),
        ("config unset users.none.token", failed("error: current map key `none` is invalid\n")),
        (
            "config unset users.ex.exec.command",
            failed("error: unable to parse one or more field values of users.ex.exec.command\n"),
        ),
    ];
    for (line, outcome) in runs {
        assert_eq!(disk.run(line), outcome, "{line}");
    }
    let text = disk.text("/home/c").to_owned();
    for (is, there) in [
        ("namespace: a.b\n", true),
        ("server: https://10.0.0.1\n  name: \"10.0.0.1\"\n", true),
        ("certificate-authority-data: Q0E=\n", true),
        ("client-key-data: S0VZ\n", true),
        ("as: jane\n", true),
        ("insecure-skip-tls-verify: true\n", true),
        ("colors: true\n", true),
        ("kind: ", false),
        ("current-context: oth\n", true),
        ("exec:", false),
        ("token:", false),
        ("dangling", false),
    ] {
        assert_eq!(text.contains(is), there, "{is}{text}");
    }
    assert_eq!(text.matches("x-unknown: kept").count(), 2);
    for path in ["clusters.other.insecure-skip-tls-verify false", "preferences.colors 0"] {
        assert_eq!(disk.run(&format!("config set {path}")).code, Some(0));
    }
    assert!(!disk.text("/home/c").contains("true"), "{}", disk.text("/home/c"));
    for list in ["clusters", "users", "contexts", "preferences"] {
        assert_eq!(disk.run(&format!("config unset {list}")), unset(list));
    }
    let empty = "apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: oth\nkind: Config\nusers: null\n";
    assert_eq!(disk.run("config view"), done(empty));
}

#[test]
fn each_change_goes_to_the_file_that_it_is_about() {
    let mut disk = Disk { paths: "/home/a:/home/b", ..Disk::default() };
    disk.files.insert("/home/a".into(), "contexts: [{name: z}, {name: both, context: {namespace: a}}]".into());
    let b = "current-context: x\ncontexts: [{name: x}, {name: both, context: {namespace: b}}]\nusers: [{name: u}]";
    disk.files.insert("/home/b".into(), b.into());
    // The current context is in the first file, also with its new name.
    assert_eq!(disk.run("config use-context x").code, Some(0));
    assert_eq!(disk.run("config rename-context x y"), done("Context \"x\" renamed to \"y\".\n"));
    assert!(disk.text("/home/a").contains("current-context: \"y\"\n"), "{}", disk.text("/home/a"));
    assert!(disk.text("/home/b").contains("name: \"y\"\n"), "{}", disk.text("/home/b"));
    assert_eq!(disk.run("config current-context"), done("y\n"));

    // The stanza of the next file takes its place; the message names the file for new stanzas.
    assert_eq!(disk.run("config delete-context both"), done("deleted context both from /home/a\n"));
    assert!(disk.run("config view -o json").out.contains("\"namespace\": \"b\""));
    assert_eq!(disk.run("config delete-user u"), done("deleted user u from /home/a\n"));
    assert!(!disk.text("/home/b").contains("name: u\n"));
    // All of them, in all files.
    assert_eq!(disk.run("config unset contexts").code, Some(0));
    assert_eq!(disk.run("config get-contexts -o name"), done(""));
}

#[test]
fn flatten_embeds_files() {
    let mut disk = Disk::new(FILE);
    disk.files.insert("/home/ca.crt".into(), "CA".into());
    let shown = disk.run("config view --flatten");
    assert!(shown.out.contains("certificate-authority-data: Q0E=\n"), "{}", shown.out);
    assert!(!shown.out.contains("certificate-authority: ") && !shown.out.contains("REDACTED"), "{}", shown.out);
    assert!(!shown.out.contains("OMITTED") && shown.out.contains("password: p\n"), "{}", shown.out);
    let one = disk.run("config view --minify --flatten --context oth -o json").out;
    assert!(one.contains("\"certificate-authority-data\": \"Q0E=\"") && one.contains("\"token\": \"abc\""), "{one}");

    disk.files.remove(std::path::Path::new("/home/ca.crt"));
    let missing = failed("error: open /home/ca.crt: no such file or directory\n");
    assert_eq!(disk.run("config view --flatten"), missing);
    assert_eq!(disk.run("config view --flatten --minify").code, Some(0));
    disk.files.insert("/home/c".into(), "users: [{name: u, user: {client-key: k, client-key-data: a2V5}}]".into());
    let both = failed("error: cannot have values for both path and contents\n");
    assert_eq!(disk.run("config view --flatten"), both);
    let merge = failed("error: if merge==false a precise file must be specified\n");
    assert_eq!(disk.run("config view --merge=false"), merge);
    assert_eq!(disk.run("config view x"), failed("error: unexpected arguments: [x]\n"));
}

#[test]
fn flags_of_stanzas() {
    let mut disk = Disk::new(FILE);
    let runs = [
        ("config set-cluster dev --tls-server-name=n", done("Cluster \"dev\" set.\n")),
        ("config set-cluster dev --server=https://new", done("Cluster \"dev\" set.\n")),
        ("config set-credentials ex --exec-command=q --exec-env=A=b,c --exec-arg=1,2", done("User \"ex\" set.\n")),
        ("config set-credentials ex --exec-env=A", failed("error: invalid exec-env format: A\n")),
        (
            "config set-credentials ex --exec-interactive-mode=Maybe",
            failed("error: invalid interactive mode type, can be only IfAvailable, Never, Always\n"),
        ),
    ];
    for (line, outcome) in runs {
        assert_eq!(disk.run(line), outcome, "{line}");
    }
    let text = disk.text("/home/c");
    assert!(!text.contains("tls-server-name") && text.contains("value: b,c\n"), "{text}");
    assert!(text.contains("- \"1\"\n      - \"2\"\n"), "{text}");
    assert_eq!(disk.run("config set-credentials ex --exec-env=A-").code, Some(0));
    assert!(!disk.text("/home/c").contains("b,c"));
}

#[test]
fn remarks_and_order_stay() {
    let text = "# Mine.\nusers:\n- name: b # first\n  user: {token: t}\n- name: a\n# End.\ncurrent-context: x # now\n";
    let mut disk = Disk::new(text);
    assert_eq!(disk.run("config delete-user a").code, Some(0));
    assert_eq!(disk.run("config set current-context y").code, Some(0));
    assert_eq!(disk.text("/home/c"), text.replace("- name: a\n", "").replace("x # now", "\"y\" # now"));
}
