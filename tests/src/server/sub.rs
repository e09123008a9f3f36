//! Subresources.

use std::sync::Arc;

use super::Server;
use super::context::{Cx, response};
use super::kinds::Resource;
use super::meta;
use super::reply::Reply;
use super::status::{Failure, Outcome};

impl Server {
    /// A request whose path ends in a subresource that the resource has, with a verb that it knows.
    pub(crate) fn subresource(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str) -> Outcome<Reply> {
        match (sub, cx.info.verb.as_str()) {
            ("status" | "approval" | "ephemeralcontainers" | "resize", "get") => {
                let accepted = cx.negotiate(true)?;
                let object = self.named(cx, resource)?;
                self.shaped(cx, 200, &accepted, resource, &object)
            }
            ("status" | "approval" | "ephemeralcontainers" | "resize" | "finalize", "update") => {
                self.update(cx, resource, sub)
            }
            ("status" | "approval" | "ephemeralcontainers" | "resize", "patch") => self.patch(cx, resource, sub),
            ("log", _) => self.log(cx, resource),
            _ => {
                self.named(cx, resource)?;
                Err(Failure::bad_request("Upgrade request required"))
            }
        }
    }

    /// Sets the log of a pod's container (whole); those who follow it see what was added.
    pub fn set_log(&mut self, namespace: &str, pod: &str, container: &str, text: &str) {
        self.logs.insert((namespace.to_owned(), pod.to_owned(), container.to_owned()), text.to_owned());
        self.generation += 1;
    }

    /// Adds to the log of a pod's container.
    pub fn append_log(&mut self, namespace: &str, pod: &str, container: &str, text: &str) {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        self.logs.entry(key).or_default().push_str(text);
        self.generation += 1;
    }

    pub(crate) fn drop_logs(&mut self, namespace: &str, pod: &str) {
        self.logs.retain(|(ns, name, _), _| !(ns == namespace && name == pod));
    }

    fn log(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let pod = self.named(cx, resource)?;
        let container = container(cx, &pod.value)?;
        let key = (pod.namespace().to_owned(), pod.name().to_owned(), container);
        let text = self.logs.get(&key).map_or("", String::as_str);
        if cx.query.flag("follow") {
            return Ok(self.follow_log(key, pod.uid(), 0));
        }
        Ok(Reply::Response(response(200, "text/plain", text.to_owned())))
    }
}

/// The container that is meant: the one named, or the only one.
fn container(cx: &Cx<'_>, pod: &meta::Json) -> Outcome<String> {
    let name = meta::meta(pod, "name");
    let all: Vec<&str> = ["initContainers", "containers", "ephemeralContainers"]
        .iter()
        .flat_map(|list| meta::list(pod, &["spec", list]))
        .filter_map(|c| c.get("name")?.as_str())
        .collect();
    match (cx.query.text("container"), all.as_slice()) {
        (Some(asked), all) if all.contains(&asked) => Ok(asked.to_owned()),
        (Some(asked), _) => Err(Failure::bad_request(format!("container {asked} is not valid for pod {name}"))),
        (None, [only]) => Ok((*only).to_owned()),
        (None, all) => Err(Failure::bad_request(format!(
            "a container name must be specified for pod {name}, choose one of: [{}]",
            all.join(" ")
        ))),
    }
}
