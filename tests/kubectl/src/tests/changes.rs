//! Commands that change objects.

use super::*;

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: 'x:1'}]}
";
const TWO: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {x: '1'}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: shop}}
";

#[test]
fn objects_of_files_are_created_and_replaced() {
    let mut world = World::demo();
    assert_eq!(
        world.run_with("create -f web.yaml --dry-run=server", &[WEB]),
        done("deployment.apps/web created (server dry run)\n")
    );
    assert_eq!(
        world.run_with("create -f web.yaml,two.yaml", &[WEB, TWO]),
        done("deployment.apps/web created\nconfigmap/a created\nconfigmap/b created\n")
    );
    assert_eq!(
        world.run_with("create -f web.yaml -f -", &[WEB, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"]),
        Outcome {
            out: "configmap/c created\n".into(),
            err: "Error from server (AlreadyExists): error when creating \"web.yaml\": deployments.apps \"web\" already exists\n".into(),
            code: Some(1)
        }
    );
    assert_eq!(world.run_with("replace -f two.yaml", &[TWO]), done("configmap/a replaced\nconfigmap/b replaced\n"));
    assert_eq!(
        world.run_with("replace -f x", &["{apiVersion: v1, kind: ConfigMap, metadata: {name: zz}}"]),
        failed("Error from server (NotFound): error when replacing \"x\": configmaps \"zz\" not found\n")
    );
    let generated = world
        .run_with("create -f x -o name", &["{apiVersion: v1, kind: ConfigMap, metadata: {generateName: gen-}}"])
        .out;
    assert!(generated.starts_with("configmap/gen-") && generated.len() > "configmap/gen-\n".len(), "{generated}");
    let yaml = world.run_with("create -f x -o yaml", &["{apiVersion: v1, kind: ConfigMap, metadata: {name: d}}"]).out;
    assert!(yaml.starts_with("apiVersion: v1\nkind: ConfigMap\n") && !yaml.contains("managedFields"), "{yaml}");
}

#[test]
fn files_that_make_no_request() {
    let mut world = World::demo();
    for (line, file, err) in [
        ("create -f x", "", "error: no objects passed to create\n"),
        ("create -f x", "a: [", "error: error parsing x: yaml: line 1, column 4: unclosed bracket '['\n"),
        (
            "create -f x",
            "{apiVersion: v1, kind: Nothing, metadata: {name: nn}}",
            "error: resource mapping not found for name: \"nn\" namespace: \"\" from \"x\": no matches for kind \"Nothing\" \
             in version \"v1\"\nensure CRDs are installed first\n",
        ),
        (
            "create -n other -f x",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}",
            "error: the namespace from the provided object \"shop\" does not match the namespace \"other\". You must pass \
             '--namespace=shop' to perform this operation.\n",
        ),
        (
            "apply --server-side -f x",
            "{apiVersion: v1, kind: ConfigMap, metadata: {generateName: g-}}",
            "error: from g-: cannot use generate name with apply\n",
        ),
    ] {
        assert_eq!(world.run_with(line, &[file]), failed(err), "{line}");
        assert!(world.asked.iter().all(|line| line.starts_with("GET ")), "{:?}", world.asked);
    }
}

#[test]
fn what_is_broken_or_refused_does_not_stop_the_rest() {
    let mut world = World::demo();
    let one = |name: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n---\n");
    let list = "{apiVersion: v1, kind: ConfigMapList, items: [{metadata: {name: d}}, {metadata: {name: D}}, {metadata: {name: e}}]}";
    let file = [&one("a"), "a: [\n---\n", &one("B"), "{apiVersion: v1, kind: X}\n---\n", &one("c"), list].concat();
    let result = world.run_with("create -f x -f y", &[&file, "{apiVersion: v1, kind: ConfigMap, metadata: {name: f}}"]);
    let created: Vec<&str> = result.out.lines().collect();
    assert_eq!(created, ["a", "c", "d", "e", "f"].map(|name| format!("configmap/{name} created")));
    let starts = [
        "error: error parsing x: yaml: document 2, line 3, column 4: ",
        "error: resource mapping not found for name: \"\"",
        "ensure CRDs",
        "The ConfigMap \"B\" is invalid",
        "The ConfigMap \"D\" is invalid",
    ];
    assert_eq!(result.err.lines().count(), starts.len(), "{}", result.err);
    assert!(result.err.lines().zip(starts).all(|(line, start)| line.starts_with(start)), "{}", result.err);
    assert_eq!(result.code, Some(1));
    let read = world.run_with("get -o name -f x", &[&file]);
    assert_eq!(read.out, "configmap/a\nconfigmap/c\nconfigmap/d\nconfigmap/e\n");
    assert_eq!(read.code, Some(1));
}

#[test]
fn what_is_not_valid() {
    let mut world = World::demo();
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: []}}";
    assert_eq!(
        world.run_with("create -f x", &[pod]),
        failed("The Pod \"p\" is invalid: spec.containers: Required value\n")
    );
    let unknown = "{apiVersion: v1, kind: ConfigMap, metadata: {name: q}, nope: 1}";
    let strict = world.run_with("create -f x", &[unknown]);
    assert!(strict.err.ends_with("strict decoding error: unknown field \"nope\"\n"), "{}", strict.err);
    let warned = world.run_with("create -f x --validate=warn", &[unknown]);
    assert_eq!((warned.err.as_str(), warned.code), ("Warning: unknown field \"nope\"\n", Some(0)));
}

#[test]
fn an_apply_says_what_to_do_about_conflicts() {
    let mut world = World::demo();
    let path = "PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=me&fieldValidation=Strict&force=true";
    let map = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#;
    world.answers.push((path, 200, map.into()));
    let conflict = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409,
        "message":"Apply failed with 1 conflict: conflict with \"kubectl\" using v1: .data.x",
        "details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"kubectl\" using v1","field":".data.x"}]}}"#;
    world.answers.push(("PATCH /api/v1/namespaces/default/configmaps/a", 409, conflict.into()));
    let refused = world.run_with("apply --server-side --field-manager=me -f x", &[map]);
    assert!(
        refused.complaint().starts_with(
            "error: Apply failed with 1 conflict: conflict with \"kubectl\" using v1: .data.x\nPlease review the fields above"
        ),
        "{}",
        refused.err
    );
    assert_eq!(refused.code, Some(1));
    let forced = world.run_with("apply --server-side --force-conflicts --field-manager=me -f x", &[map]);
    assert_eq!((forced.out.as_str(), forced.code), ("configmap/a serverside-applied\n", Some(0)));
}

#[test]
fn patches() {
    let mut world = World::demo();
    world.does("create -f x", &[TWO]);
    for (line, out) in [
        (r#"patch cm a -p {"data":{"x":"3"}}"#, "configmap/a patched\n"),
        (r#"patch cm a -p {"data":{"x":"3"}} --type=merge"#, "configmap/a patched (no change)\n"),
        ("patch cm/a -p data:+{z:+'1'}", "configmap/a patched\n"),
        (r#"patch cm a --type=json -p [{"op":"remove","path":"/data/z"}]"#, "configmap/a patched\n"),
        (r#"patch cm a --dry-run=server -p {"data":{"x":"4"}}"#, "configmap/a patched\n"),
    ] {
        assert_eq!(world.run(line), done(out), "{line}");
    }
    let both = world.run("patch cm/zz cm/a -p {}");
    assert_eq!((both.out.as_str(), both.code), ("configmap/a patched (no change)\n", Some(1)));
    assert_eq!(both.err, "Error from server (NotFound): configmaps \"zz\" not found\n");
    assert!(world.run("get cm a -o yaml").out.contains("data:\n  x: \"3\"\n"));
}

#[test]
fn labels_and_annotations() {
    let mut world = World::new();
    world.does("create -f x", &["{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"]);
    for (line, out) in [
        ("label cm a x=y", "configmap/a labeled\n"),
        ("label cm a x=y", "configmap/a not labeled\n"),
        ("label cm a x=z --overwrite", "configmap/a labeled\n"),
        ("label cm a x- y-", "label \"y\" not found.\nconfigmap/a unlabeled\n"),
        ("label cm a a=1", "configmap/a labeled\n"),
        ("label cm/a a- b=2 -o name", "configmap/a\n"),
        ("label cm --all who=me", "configmap/a labeled\n"),
        ("annotate cm -l b=2 note=hello+there", "configmap/a annotated\n"),
    ] {
        assert_eq!(world.run(line), done(out), "{line}");
    }
    assert_eq!(world.run("label cm a b=3"), failed("error: 'b' already has a value (2), and --overwrite is false\n"));
    let yaml = world.run("get cm a -o yaml").out;
    assert!(
        yaml.contains("annotations:\n    note: hello there\n") && yaml.contains("labels:\n    b: \"2\"\n    who: me\n"),
        "{yaml}"
    );
}

#[test]
fn scaling() {
    let mut world = World::demo();
    let scale = r#"{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web","resourceVersion":"7"},"spec":{"replicas":3}}"#;
    for method in ["GET", "PATCH"] {
        let line = if method == "GET" {
            "GET /apis/apps/v1/namespaces/shop/deployments/web/scale"
        } else {
            "PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale"
        };
        world.answers.push((line, 200, scale.into()));
    }
    let run = |world: &mut World, line: &str| {
        let Outcome { out, err, code } = world.run(line);
        (out, err.replace("Warning: this is canned\n", ""), code)
    };
    let scaled = ("deployment.apps/web scaled\n".to_owned(), String::new(), Some(0));
    assert_eq!(run(&mut world, "scale deploy web -n shop --replicas=3"), scaled);
    assert_eq!(
        run(&mut world, "scale deploy/web -n shop --replicas=3 --current-replicas=3 --resource-version=7"),
        scaled
    );
    assert!(run(&mut world, "scale deploy/web -n shop --replicas=3 -o yaml").0.contains("\n  replicas: 3\n"));
    let refused = |text: &str| (String::new(), format!("error: Expected {text}\n"), Some(1));
    assert_eq!(
        run(&mut world, "scale deploy web -n shop --replicas=5 --current-replicas=4"),
        refused("replicas to be 4, was 3")
    );
    assert_eq!(
        run(&mut world, "scale deploy web -n shop --replicas=5 --resource-version=6"),
        refused("resource version to be 6, was 7")
    );
    assert_eq!(
        world.run("scale deploy nope --replicas=1"),
        failed("Error from server (NotFound): deployments.apps \"nope\" not found\n")
    );
}

#[test]
fn deletions() {
    let mut world = World::demo();
    world.does("create -f x", &[WEB]);
    for (line, out) in [
        (
            "delete deploy web --dry-run=server",
            "deployment.apps \"web\" deleted from default namespace (server dry run)\n",
        ),
        ("delete deploy/web", "deployment.apps \"web\" deleted from default namespace\n"),
        ("delete deploy web --ignore-not-found", "No resources found\n"),
        ("delete deploy -l app=none", "No resources found\n"),
        ("delete cronjob --all -n shop -o name", "cronjob.batch/nightly\n"),
        (
            "delete pods -A -l app=coredns",
            "pod \"coredns-deed7cc7-mqtxc\" deleted from kube-system namespace\npod \"coredns-deed7cc7-wbfjm\" deleted from kube-system namespace\n",
        ),
        ("delete ns shop --wait=false", "namespace \"shop\" deleted\n"),
    ] {
        let outcome = world.run(line);
        let out = if line.contains("--ignore-not-found") { "" } else { out };
        assert_eq!(outcome, done(out), "{line}");
    }
    assert_eq!(
        world.run_with("delete -f x", &[WEB]),
        failed("Error from server (NotFound): error when deleting \"x\": deployments.apps \"web\" not found\n")
    );
    let forced = world.run("delete pod broken --force");
    assert_eq!(forced.out, "pod \"broken\" force deleted from default namespace\n");
    assert!(forced.err.starts_with("Warning: Immediate deletion does not wait for confirmation"), "{}", forced.err);
}

#[test]
fn a_deletion_waits_until_the_object_is_gone() {
    let mut world = World::new();
    let held = "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [example.com/wait]}}";
    world.does("create -f x", &[held]);
    world.meanwhile = VecDeque::from([
        (|world: &mut World| world.does("label cm held still=here", &[])) as fn(&mut World),
        |world| world.does(r#"patch cm held --type=merge -p {"metadata":{"finalizers":null}}"#, &[]),
    ]);
    assert_eq!(world.run("delete cm held"), done("configmap \"held\" deleted from default namespace\n"));
    assert!(world.meanwhile.is_empty(), "delete waits for all events");
    assert_eq!(world.run("get cm held").code, Some(1));

    // `delete` does not wait for another object of the same name.
    world.does("create -f x", &[held]);
    world.does("delete cm held --wait=false", &[]);
    assert_eq!(world.run("delete cm held --dry-run=server").code, Some(0));
}
