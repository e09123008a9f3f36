//! The documents of the benchmarks: the pods of `feeder`.

use http::Response;
use kube_proto::driver::Input;

/// A pod of 4.7 KB, a third of it `managedFields`, in the field order of API servers.
pub(crate) fn pod(n: usize) -> String {
    item(n).replacen('{', r#"{"kind":"Pod","apiVersion":"v1","#, 1)
}

/// The same as an item of a list: without `kind` and `apiVersion`.
pub(crate) fn item(n: usize) -> String {
    TEMPLATE.replace('\n', "").replace("NNNNN", &format!("{n:05}"))
}

/// The line of a watch for a change of this pod.
pub(crate) fn event(n: usize) -> String {
    format!("{{\"type\":\"MODIFIED\",\"object\":{}}}\n", pod(n))
}

/// A list of this many pods.
pub(crate) fn list(count: usize) -> String {
    let items: Vec<String> = (0..count).map(item).collect();
    let items = items.join(",");
    format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"9"}},"items":[{items}]}}"#)
}

/// The head of an answer in JSON.
pub(crate) fn head() -> Input {
    let answer = Response::builder().status(200).header("content-type", "application/json");
    Input::Head(Box::new(answer.body(()).unwrap().into_parts().0))
}

const TEMPLATE: &str = include_str!("../../probe/src/feed/pod.json");
