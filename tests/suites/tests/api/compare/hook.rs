//! The webhooks of a script: `$hook` is their URL, `$ca` the certificates to trust, `$closed` a URL where no server listens.
//!
//! | path | what it does |
//! |---|---|
//! | `/mutate` | keeps the review in the annotation `review`; the label `do` asks for more |
//! | `/validate` | denies what has the label `do: deny`, with the review as the message; so it does with a deletion or connection |
//! | `/fail` | HTTP 500 |
//! | `/convert` | converts timers: `seconds` in v1, `every` in v2 |

use std::net::TcpListener;

use kube_proto::admission::{Answer, Conversions, Handlers, Review, converting, mutating, validating};
use kube_proto::api::JsonPatch;
use kube_proto::config::Secret;
use kube_proto::driver::wire::tls::{ServerIdentity, ServerTls, provider};
use kube_proto::resource::DynamicObject;
use kube_test_server::serve::Authority;
use serde_json::{Value, json};

use crate::context::Context;

/// The webhooks, until they are dropped.
pub(super) struct Hook {
    pub(super) url: String,
    pub(super) ca: String,
    stop: Box<dyn Fn() + Send + Sync>,
}

impl Hook {
    pub(super) fn start(cx: &Context, group: &str) -> Self {
        use base64::Engine as _;
        let authority = Authority::new("webhooks").unwrap();
        let issued = authority.server(&["127.0.0.1".to_owned()]).unwrap();
        let identity =
            ServerIdentity::new(issued.certificate.as_bytes(), &Secret::new(issued.key.as_str()), provider().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let handlers = Handlers::new()
            .at("/mutate", mutating(mutate))
            .at("/validate", validating(validate))
            .at("/fail", validating(|_: Review<DynamicObject>| Answer::fail("the database is away")))
            .at("/convert", converting(conversions(group)));
        let stop = cx.serve(listener, ServerTls::new(identity.unwrap()), handlers);
        Self { url, ca: base64::engine::general_purpose::STANDARD.encode(authority.pem()), stop }
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        (self.stop)();
    }
}

/// The request of a review, but for its user, and for earlier reviews.
fn seen(review: &Review<DynamicObject>) -> Value {
    let without = |mut object: Value| {
        if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.remove("review");
        }
        object
    };
    let object = review.received().map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    json!({
        "kind": review.kind, "resource": review.resource, "subResource": review.subresource,
        "requestKind": review.request_kind, "requestResource": review.request_resource,
        "requestSubResource": review.request_subresource, "name": review.name, "namespace": review.namespace,
        "operation": review.operation, "object": without(object), "dryRun": review.dry_run, "options": review.options,
        "oldObject": without(serde_json::to_value(&review.old_object).unwrap()), "version": review.version(),
    })
}

fn mutate(review: Review<DynamicObject>) -> Answer {
    let Some(object) = &review.object else { return Answer::allow() };
    let wish = object.metadata.labels.get("do").map_or("", String::as_str);
    let has = |name: &str| object.metadata.annotations.contains_key(name);
    let mut patch = JsonPatch::new();
    match wish {
        "nothing" => return Answer::allow().warn("nothing to do").warn("nothing to do"),
        "misfit" => return Answer::allow().patch(patch.replace("/data", 5)),
        "miss" => return Answer::allow().patch(patch.remove("/data/nothing")),
        "stray" => return Answer::allow().patch(patch.add("/stray", json!({"a": 1}))),
        "spec" => return Answer::allow().patch(patch.add("/spec/stray", json!({"a": 1}))),
        "owners" => return Answer::allow().patch(patch.remove("/metadata/managedFields")),
        "long" => {
            return (0..30).fold(Answer::allow(), |answer, n| answer.warn(format!("{n} {}", "w".repeat(200))));
        }
        _ => {}
    }
    if !review.subresource.is_empty() && review.subresource != "status" {
        return Answer::allow();
    }
    if object.metadata.annotations.is_empty() {
        patch = patch.add("/metadata/annotations", json!({}));
    }
    let patch = if has("review") {
        patch.replace("/metadata/annotations/review", seen(&review).to_string())
    } else {
        patch.add("/metadata/annotations/review", seen(&review).to_string())
    };
    Answer::allow().patch(patch)
}

fn validate(review: Review<DynamicObject>) -> Answer {
    let labels = |object: &Option<DynamicObject>| {
        object.as_ref().and_then(|object| object.metadata.labels.get("do").cloned()).unwrap_or_default()
    };
    let denies = labels(&review.object) == "deny"
        || (review.object.is_none() && labels(&review.old_object) == "keep")
        || (!review.subresource.is_empty() && review.subresource != "status" && review.name.ends_with("-x"));
    let odd = labels(&review.object) == "odd";
    match (denies, odd) {
        (true, _) => Answer::deny(seen(&review).to_string()).warn("denied"),
        (_, true) => Answer::allow().warn("it is \"odd\""),
        _ => Answer::allow(),
    }
}

fn conversions(group: &str) -> Conversions {
    Conversions::new(group, "Timer")
        .pair("v1", "v2", |mut object: Value| {
            if let Some(seconds) = object["spec"]["seconds"].as_u64() {
                object["spec"] = json!({"every": format!("{seconds}s")});
            }
            object["metadata"]["annotations"]["way"] = "up".into();
            Ok::<Value, &str>(object)
        })
        .pair("v2", "v1", |mut object: Value| {
            let every = object["spec"]["every"].as_str().and_then(|every| every.strip_suffix('s')?.parse::<u64>().ok());
            object["spec"] = json!({"seconds": every.ok_or("spec.every is not a number of seconds")?});
            Ok::<Value, &str>(object)
        })
}

/// Reviews in an answer, as JSON in place of text, so that their parts are compared.
pub(super) fn unpack(body: &mut Value) {
    match body {
        Value::Object(object) => object.values_mut().for_each(unpack),
        Value::Array(items) => items.iter_mut().for_each(unpack),
        Value::String(text) => {
            if let Some(start) = text.find("{\"dryRun\"")
                && let Ok(review) = serde_json::from_str::<Value>(text.get(start..).unwrap_or_default())
            {
                *body = json!({"text": text.get(..start), "review": review});
            }
        }
        _ => {}
    }
}
