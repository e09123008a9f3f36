//! `get`, `logs`, `api-resources`, `version`.

use super::*;

#[test]
fn tables() {
    let mut world = World::demo();
    for (line, out) in [
        (
            "get deploy web cart -n shop",
            "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\n\
             web    3/3     3            3           3d\n\
             cart   2/2     2            2           3d\n",
        ),
        (
            "get deploy/web svc/web -n shop",
            "NAME                  READY   UP-TO-DATE   AVAILABLE   AGE\n\
             deployment.apps/web   3/3     3            3           3d\n\n\
             NAME          TYPE           CLUSTER-IP    EXTERNAL-IP    PORT(S)        AGE\n\
             service/web   LoadBalancer   10.96.57.22   203.0.113.10   80:30039/TCP   10d\n",
        ),
        ("get deployments.apps -A --no-headers -l app=coredns", "kube-system   coredns   2/2   2     2     3d\n"),
        (
            "get no worker-1 --show-kind",
            "NAME            STATUS   ROLES    AGE   VERSION\nnode/worker-1   Ready    <none>   10d   v1.36.3\n",
        ),
        (
            "get pods -n shop -l app=web -o name --chunk-size=1",
            "pod/web-0b877f35-bfjmq\npod/web-0b877f35-lpswb\npod/web-0b877f35-vzdhl\n",
        ),
        (
            "get deploy,sts -n shop -o name",
            "deployment.apps/billing\ndeployment.apps/cart\ndeployment.apps/search\ndeployment.apps/web\nstatefulset.apps/database\n",
        ),
    ] {
        assert_eq!(world.run(line), done(out), "{line}");
    }
}

#[test]
fn lists_come_in_pages() {
    let mut world = World::demo();
    let whole = world.run("get pods -n shop");
    world.asked.clear();
    assert_eq!(world.run("get pods -n shop --chunk-size=4"), whole);
    let pages = world.asked.iter().filter(|line| line.contains("/pods?limit=4")).count();
    assert_eq!(pages, 3, "{:?}", world.asked);
}

#[test]
fn documents() {
    let mut world = World::demo();
    let namespace = "\
apiVersion: v1
kind: Namespace
metadata:
  creationTimestamp: \"2025-12-22T00:00:00Z\"
  labels:
    kubernetes.io/metadata.name: shop
    team: retail
  name: shop
";
    assert!(world.run("get ns shop -o yaml").out.starts_with(namespace));
    let list = world.run("get ns shop default -o json").out;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        (&list["kind"], &list["items"][0]["kind"], &list["items"][1]["metadata"]["name"]),
        (&"List".into(), &"Namespace".into(), &"default".into())
    );
    let empty = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n";
    assert_eq!(world.run("get secrets -l no=where -o json"), done(empty));
}

#[test]
fn what_is_not_there() {
    let mut world = World::demo();
    let nothing = |err: &str| Outcome { out: String::new(), err: err.into(), code: Some(0) };
    assert_eq!(world.run("get secrets -l no=where -n shop"), nothing("No resources found in shop namespace.\n"));
    assert_eq!(world.run("get secrets -l no=where -A"), nothing("No resources found\n"));
    assert_eq!(world.run("get secrets -l no=where --ignore-not-found"), done(""));
    assert_eq!(world.run("get pod nope --ignore-not-found"), done(""));
    assert_eq!(world.run("get pod nope"), failed("Error from server (NotFound): pods \"nope\" not found\n"));
    assert_eq!(world.run("get nothing"), failed("error: the server doesn't have a resource type \"nothing\"\n"));
    let both = world.run("get ns shop nope -o name");
    assert_eq!((both.out.as_str(), both.code), ("namespace/shop\n", Some(1)));
    assert_eq!(both.err, "Error from server (NotFound): namespaces \"nope\" not found\n");
}

#[test]
fn a_watch_prints_what_changes() {
    let mut world = World::new();
    let map = |name: &str, value: &str| {
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{k: {value}}}}}")
    };
    world.does("create -f a", &[&map("first", "a")]);
    world.meanwhile = VecDeque::from([
        (|world: &mut World| world.does("label cm first new=label", &[])) as fn(&mut World),
        |world| world.does("delete cm first --wait=false", &[]),
    ]);
    let outcome = world.run("get cm -w --output-watch-events -l !other --no-headers");
    let events: Vec<Vec<&str>> = outcome.out.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    let known = [["ADDED", "first"], ["MODIFIED", "first"], ["DELETED", "first"]];
    assert_eq!(events, known, "{outcome:?}");
    assert_eq!(outcome.code, Some(0));
    assert!(world.asked.last().unwrap().contains("labelSelector=%21other"), "{:?}", world.asked);
}

#[test]
fn a_watch_of_one_object_prints_it_once() {
    let mut world = World::new();
    world.does("create -f a", &["{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}"]);
    world.does("create -f a", &["{apiVersion: v1, kind: ConfigMap, metadata: {name: two}}"]);
    world.meanwhile =
        VecDeque::from([(|world: &mut World| world.does("label cm two new=label", &[])) as fn(&mut World), |world| {
            world.does("label cm one new=label", &[]);
        }]);
    assert_eq!(world.run("get cm one -w -o name").out, "configmap/one\nconfigmap/one\n");
    let only = world.run("get cm one --watch-only -o name");
    assert_eq!(only.out, "", "--watch-only does not print existing objects");
    let watch = world.asked.last().unwrap();
    assert!(watch.contains("fieldSelector=metadata.name%3Done") && watch.contains("resourceVersion=0"), "{watch}");
}

#[test]
fn a_watch_that_fails_says_so() {
    let mut world = World::demo();
    let gone = r#"{"type":"ERROR","object":{"kind":"Status","status":"Failure","message":"too old resource version: 1 (2)","reason":"Expired","code":410}}"#;
    world.answers.push(("GET /api/v1/namespaces/default/pods?watch", 200, format!("{gone}\n")));
    let outcome = world.run("get pods -w");
    assert!(outcome.out.starts_with("NAME "));
    assert_eq!(
        (outcome.complaint(), outcome.code),
        ("Error from server (Expired): too old resource version: 1 (2)\n", Some(1))
    );
}

#[test]
fn what_the_server_is() {
    let mut world = World::demo();
    assert_eq!(
        world.run("version"),
        done(concat!("Client Version: v", env!("CARGO_PKG_VERSION"), "\nServer Version: v1.36.3\n"))
    );
    assert_eq!(world.asked, ["GET /version"]);
    assert_eq!(world.run("get --raw /livez"), done("ok"));
    assert_eq!(
        world.run("api-resources --api-group=apps --verbs=list,get --categories=all"),
        done(
            "NAME           SHORTNAMES   APIVERSION   NAMESPACED   KIND\n\
             daemonsets     ds           apps/v1      true         DaemonSet\n\
             deployments    deploy       apps/v1      true         Deployment\n\
             replicasets    rs           apps/v1      true         ReplicaSet\n\
             statefulsets   sts          apps/v1      true         StatefulSet\n"
        )
    );
    let names = world.run("api-resources --namespaced=false -o name").out;
    assert!(names.starts_with("componentstatuses\n") || names.starts_with("namespaces\n"), "{names}");
    assert!(names.contains("\ncustomresourcedefinitions.apiextensions.k8s.io\n"), "{names}");
}

#[test]
fn an_old_server_is_asked_for_each_version_once() {
    let options = Options { aggregated_discovery: false, ..Options::default() };
    let mut world = World::with(options);
    world.answers.push(("GET /apis/batch/v1", 503, "no".into()));
    assert_eq!(world.run("get deploy,ns -o name").out.lines().next(), Some("namespace/default"));
    for version in ["apps/v1", "batch/v1"] {
        let asked = world.asked.iter().filter(|line| **line == format!("GET /apis/{version}"));
        assert_eq!(asked.count(), 1, "{version}: {:?}", world.asked);
    }
    let outcome = world.run("api-resources -o name --api-group=apps");
    assert!(outcome.out.contains("deployments.apps\n"));
    assert!(
        outcome.complaint().starts_with("error: unable to retrieve the complete list of server APIs: batch/v1: "),
        "{}",
        outcome.err
    );
    assert_eq!(outcome.code, Some(1));
}

#[test]
fn logs() {
    let mut world = World::demo();
    assert_eq!(world.run("logs broken"), done("broken: started\nbroken: listening on :8080\n"));
    assert_eq!(world.run("logs pod/broken --tail=1 --since=90s --timestamps -p").code, Some(0));
    let asked = world.asked.last().unwrap();
    for parameter in ["container=broken", "tailLines=1", "sinceSeconds=90", "timestamps=true", "previous=true"] {
        assert!(asked.contains(parameter), "{asked}");
    }
    assert_eq!(
        world.run("logs nope -n shop"),
        failed("error: error from server (NotFound): pods \"nope\" not found in namespace \"shop\"\n")
    );
    assert_eq!(
        world.run("logs broken -c nope"),
        failed("error: container nope is not valid for pod broken out of: broken\n")
    );
    let two = "{apiVersion: v1, kind: Pod, metadata: {name: two}, spec: {initContainers: [{name: i, image: x}], \
               containers: [{name: a, image: x}, {name: b, image: x}]}}";
    world.does("create -f a", &[two]);
    world.server.set_log("default", "two", "a", "hello\n");
    world.server.set_log("default", "two", "b", "there\n");
    let defaulted = world.run("logs two");
    assert_eq!(defaulted.err, "Defaulted container \"a\" out of: a, b, i (init)\n");
    assert_eq!(defaulted.out, "hello\n");
    assert_eq!(world.run("logs two b"), done("there\n"));
    world.does("annotate pod two kubectl.kubernetes.io/default-container=b", &[]);
    assert_eq!(world.run("logs two"), done("there\n"));
}

#[test]
fn logs_of_several_containers() {
    let mut world = World::demo();
    let pod = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: x}}}}, spec: {{nodeName: node, \
             restartPolicy: Never, containers: [{{name: a, image: x}}, {{name: b, image: x}}]}}}}"
        )
    };
    for name in ["one", "two"] {
        world.does("create -f a", &[&pod(name)]);
        for container in ["a", "b"] {
            world.server.start_container("default", name, container);
            world.server.append_log("default", name, container, &format!("{name} {container}\nlast"));
        }
    }
    assert_eq!(world.run("logs one --all-containers"), done("one a\nlastone b\nlast"));
    let prefixed = world.run("logs one --all-containers --prefix");
    assert_eq!(prefixed.out, "[pod/one/a] one a\n[pod/one/a] last[pod/one/b] one b\n[pod/one/b] last");
    let selected = world.run("logs -l app=x -c b");
    assert_eq!((selected.out.as_str(), selected.err.as_str()), ("one b\nlasttwo b\nlast", ""));
    assert!(world.asked.iter().any(|asked| asked.contains("tailLines=10")), "{:?}", world.asked);
    assert_eq!(world.run("logs -l app=none").err, "No resources found in default namespace.\n");
    let many = world.run("logs -f -l app=x --all-containers --max-log-requests 3");
    let text = "error: you are attempting to follow 4 log streams, but maximum allowed concurrency is 3, use \
                --max-log-requests to increase the limit\n";
    assert_eq!((many.err.as_str(), many.code), (text, Some(1)));
    for name in ["one", "two"] {
        for container in ["a", "b"] {
            world.server.end_container("default", name, container, 0);
        }
    }
    let followed = world.run("logs -f -l app=x --all-containers --prefix");
    let lines: Vec<&str> = followed.out.split_inclusive('\n').collect();
    assert_eq!(lines.first(), Some(&"[pod/one/a] one a\n"));
    assert_eq!((followed.out.matches("last").count(), followed.code), (4, Some(0)));
    let service =
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {app: x}, ports: [{port: 80}]}}";
    world.does("create -f a", &[service]);
    let first = world.run("logs svc/s -c a");
    assert_eq!((first.out.as_str(), first.err.as_str()), ("one a\nlast", "Found 2 pods, using pod/one\n"));
}

#[test]
fn anonymous_and_refused() {
    let mut world = World::demo();
    world.identity = Identity::anonymous();
    let outcome = world.run("get secrets");
    assert!(outcome.err.starts_with("Error from server (Forbidden): "), "{}", outcome.err);
    world.identity = Identity::Refused;
    assert_eq!(world.run("version").err, "error: You must be logged in to the server (Unauthorized)\n");
    world.down = true;
    let refused = "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n";
    assert_eq!(world.run("get pods"), failed(refused));
}

#[test]
fn what_is_no_table_and_no_object_is_an_error() {
    for body in ["", "null", "<html>log in</html>", r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#] {
        let mut world = World::new();
        world.answers.push(("GET /api/v1/namespaces/default/pods", 200, body.into()));
        for line in ["get pods", "get pods -o json", "get pod a", "get pod a -o name"] {
            let outcome = world.run(line);
            assert_eq!((outcome.out.as_str(), outcome.code), ("", Some(1)), "{line}: {body}");
            assert!(outcome.complaint().starts_with("error: "), "{line}: {body}: {}", outcome.err);
        }
    }
}

#[test]
fn warnings_are_printed_once() {
    let mut world = World::new();
    world.answers.push((
        "GET /api/v1/namespaces/default/pods",
        200,
        r#"{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}}]}"#.into(),
    ));
    let outcome = world.run("get pods,po -o name");
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("pod/a\npod/a\n", "Warning: this is canned\n"));
    // A server that knows no tables answers with the objects.
    assert_eq!(world.run("get pods").out, "NAME\na\n");
    // Also for streams and errors.
    let endpoints = "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n";
    let outcome = world.run("get --raw /api/v1/namespaces/default/endpoints");
    assert_eq!((outcome.err.as_str(), outcome.code), (endpoints, Some(0)));
    world.answers.push(("GET /api/v1/namespaces/default/secrets/b", 403, String::new()));
    let outcome = world.run("get secrets b");
    assert!(outcome.err.starts_with("Warning: this is canned\nError from server (Forbidden): "), "{}", outcome.err);
}

/// As client-go: an event ends where its JSON ends.
#[test]
fn a_watch_needs_no_lines() {
    let mut world = World::new();
    let pod = |name: &str| {
        format!(
            r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{name}","namespace":"default","resourceVersion":"7"}}}}"#
        )
    };
    let list = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"5"}},"items":[{}]}}"#,
        pod("a")
    );
    let event = |name: &str| {
        format!(
            "{{\"type\":\"ADDED\",
\"object\":{}}}",
            pod(name)
        )
    };
    let events = ["{\"type\":\"BOOKMARK\"}".to_owned(), event("b"), event("c"), " ".into(), event("d")].concat();
    world.answers.push(("GET /api/v1/namespaces/default/pods?watch", 200, events));
    world.answers.push(("GET /api/v1/namespaces/default/pods?limit", 200, list));
    let outcome = world.run("get pods -w -o name");
    assert_eq!((outcome.out.as_str(), outcome.complaint()), ("pod/a\npod/b\npod/c\npod/d\n", ""));
}

#[test]
fn versions_of_groups() {
    let out = World::new().run("api-versions").out;
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines.is_sorted() && lines.contains(&"v1") && lines.contains(&"apps/v1") && lines.contains(&"autoscaling/v2"),
        "{out}"
    );
}
