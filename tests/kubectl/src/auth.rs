//! `auth whoami`: the user that the server sees.

use http::Method;
use kube_proto::api::ApiRequest;
use kube_proto::yaml;
use serde_json::{Value, json};

use super::can_i;
use super::config_view;
use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::object;

pub(super) const AUTH: &[Flag] = &[Flag::value("output", "''", "One of: yaml, json, name.").short('o')];

pub(super) fn auth(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    match words.first().map(String::as_str) {
        Some("whoami") => {}
        Some("can-i") => return can_i::can_i(words.get(1..).unwrap_or_default(), flags),
        Some(other) => return Err(format!("unknown command \"{other}\" for \"kubectl auth\"")),
        None => return Err("name a subcommand: whoami, can-i".into()),
    }
    let output = flags.text("output").unwrap_or_default();
    if !["", "json", "name", "yaml"].contains(&output) {
        return Err(format!(
            "unable to match a printer suitable for the output format {output:?}, allowed formats are: json,name,yaml"
        ));
    }
    Ok(Box::new(WhoAmI { output: output.to_owned() }))
}

#[derive(Debug)]
struct WhoAmI {
    output: String,
}

impl Command for WhoAmI {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        match news {
            News::Start => {
                let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).to_string();
                Ok(Next::call(ApiRequest::raw(Method::POST, PATH, body)))
            }
            News::Answer(answer) => {
                let review: Value = object::decode(&answer.value)?;
                match self.output.as_str() {
                    "yaml" => desk.out(yaml::to_string(&review)),
                    "json" => desk.out(config_view::json(&ordered(&review))),
                    "name" => desk.out("selfsubjectreview.authentication.k8s.io/<unknown>\n"),
                    _ => desk.out(table(review.pointer("/status/userInfo").unwrap_or(&Value::Null))),
                }
                Ok(Next::Done)
            }
            News::Failed(error) => Err(error.into()),
            _ => Ok(Next::Done),
        }
    }
}

/// A review with its fields in Go's order.
fn ordered(review: &Value) -> config_view::Ordered {
    config_view::Ordered::of(
        review,
        &["kind", "apiVersion", "metadata", "status", "username", "uid", "groups", "extra"],
    )
}

fn table(info: &Value) -> String {
    let mut rows = vec![("ATTRIBUTE".to_owned(), "VALUE".to_owned())];
    let list = |value: &Value| {
        let items = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        format!("[{}]", items.collect::<Vec<_>>().join(" "))
    };
    for (key, title) in [("username", "Username"), ("uid", "UID")] {
        if let Some(text) = info[key].as_str().filter(|text| !text.is_empty()) {
            rows.push((title.to_owned(), text.to_owned()));
        }
    }
    if info["groups"].is_array() {
        rows.push(("Groups".to_owned(), list(&info["groups"])));
    }
    for (key, values) in info["extra"].as_object().into_iter().flatten() {
        rows.push((format!("Extra: {key}"), list(values)));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default() + 3;
    rows.iter().map(|(name, value)| format!("{name:width$}{value}\n")).collect()
}

const PATH: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
