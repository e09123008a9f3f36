//! Subresources.

mod eviction;
mod exec;
mod log;
mod portforward;
mod run;
mod scale;
mod token;

use serde_json::json;
use std::sync::Arc;

use super::Server;
use super::context::Cx;
use super::kinds::Resource;
use super::managed::{self, Who};
use super::meta::{self, Json};
use super::reply::Reply;
use super::status::{Failure, Outcome};
use super::store::Object;
use super::webhook::Operation;

pub(crate) use log::{Follower, Log};
pub(crate) use token::Token;

impl Server {
    /// Answers a request for one of the resource's subresources, with one of its verbs.
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
            ("scale", _) => self.scale(cx, resource),
            ("eviction", _) => self.evict(cx, resource),
            ("binding", _) => self.bind(cx, resource),
            ("token", _) => self.request_token(cx, resource),
            ("log", _) => self.log(cx, resource),
            ("proxy", _) => {
                let object = self.named(cx, resource)?;
                self.connect(cx, resource, sub)?;
                let message = match resource.kind.as_str() {
                    "Service" => format!("no endpoints available for service \"{}\"", object.name()),
                    _ => "error trying to reach service: dial tcp: connect: connection refused".to_owned(),
                };
                Err(Failure::new(503, "ServiceUnavailable", message))
            }
            ("exec" | "attach", _) => {
                self.connect(cx, resource, sub)?;
                self.exec(cx, resource, sub)
            }
            ("portforward", _) => {
                self.connect(cx, resource, sub)?;
                self.port_forward(cx, resource)
            }
            _ => Err(Failure::no_such_path()),
        }
    }
}

impl Server {
    /// Webhooks of a connection: its object is that of the options.
    fn connect(&self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str) -> Outcome<()> {
        if !self.has_webhooks(resource) {
            return Ok(());
        }
        let mut options = json!({"kind": resource.sub(sub).map_or("", |sub| sub.kind), "apiVersion": "v1"});
        for key in ["stdin", "stdout", "stderr", "tty"] {
            if cx.query.flag(key) {
                options[key] = true.into();
            }
        }
        for key in ["container", "path"] {
            if let Some(text) = cx.query.text(key) {
                options[key] = text.into();
            }
        }
        let command: Vec<&str> = cx.query.all("command").collect();
        if !command.is_empty() {
            options["command"] = json!(command);
        }
        let ports: Vec<i64> = cx.query.all("ports").filter_map(|port| port.parse().ok()).collect();
        if !ports.is_empty() {
            options["ports"] = json!(ports);
        }
        let mut admission = Server::admission(cx, resource, sub, Operation::Connect);
        admission.object = options.as_object().cloned();
        self.admit_unchanged(cx, admission)
    }

    /// Webhooks of a create in a subresource. Returns the object as they have changed it.
    fn admit_sub(&self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str, object: Json) -> Outcome<Json> {
        if !self.has_webhooks(resource) {
            return Ok(object);
        }
        let mut object = object;
        meta::meta_mut(&mut object).insert("namespace".into(), cx.info.namespace.clone().into());
        if meta::at(&object, &["metadata", "managedFields"]).is_none() {
            // The request records its field manager, as any write.
            let view = Resource { kind: meta::text(&object, &["kind"]).to_owned(), ..Resource::clone(resource) };
            let options = cx.write_options("CreateOptions")?;
            let version = meta::text(&object, &["apiVersion"]).to_owned();
            let who = Who { version, ..cx.who(&view, &options, sub, false) };
            managed::updated(&view, None, None, &mut object, &who, cx.now);
        }
        let mut admission = Server::admission(cx, resource, sub, Operation::Create);
        admission.object = Some(object);
        self.mutate(cx, &mut admission)?;
        self.validate(cx, &admission)?;
        Ok(admission.object.unwrap_or_default())
    }
}

/// The container of the request: the named one, or the only one.
fn container(cx: &Cx<'_>, pod: &Object) -> Outcome<String> {
    let name = pod.name();
    let names = |list: &str| -> Vec<&str> {
        meta::list(&pod.value, &["spec", list]).iter().filter_map(|c| c.get("name")?.as_str()).collect()
    };
    let (own, init) = (names("containers"), names("initContainers"));
    if let Some(asked) = cx.query.text("container") {
        let known = own.contains(&asked) || init.contains(&asked) || names("ephemeralContainers").contains(&asked);
        let unknown = || Failure::bad_request(format!("container {asked} is not valid for pod {name}"));
        return known.then(|| asked.to_owned()).ok_or_else(unknown);
    }
    if let [only] = own.as_slice() {
        return Ok((*only).to_owned());
    }
    let mut text = format!("a container name must be specified for pod {name}, choose one of: [{}]", own.join(" "));
    if !init.is_empty() {
        text.push_str(&format!(" or one of the init containers: [{}]", init.join(" ")));
    }
    Err(Failure::bad_request(text))
}
