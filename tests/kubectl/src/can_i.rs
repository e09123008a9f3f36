//! `auth can-i`: what the user may do.

use kube_proto::Api;
use kube_proto::access::{Access, Action, RuleTable};
use kube_proto::api::{ApiRequest, WriteParams};
use kube_proto::resource::{
    Scope, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
};

use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::object;
use super::table;

pub(super) const CAN_I: &[Flag] = &[
    Flag::switch("all-namespaces", "can-i: in all namespaces.").short('A'),
    Flag::switch("quiet", "can-i: only the exit code.").short('q'),
    Flag::value("subresource", "''", "can-i: this subresource: log, scale."),
    Flag::switch("list", "can-i: all that the user may do in the namespace."),
    Flag::switch("no-headers", "can-i --list: no headings."),
];

pub(super) fn can_i(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let (all, quiet) = (flags.is_on("all-namespaces"), flags.is_on("quiet"));
    let (list, headings) = (flags.is_on("list"), !flags.is_on("no-headers"));
    let subresource = flags.some_text("subresource").unwrap_or_default();
    if list {
        if !words.is_empty() {
            return Err("list option must be specified with no arguments".into());
        }
        if quiet || all || !subresource.is_empty() {
            return Err(
                "list option can't be specified with neither quiet, all-namespaces nor subresource options".into()
            );
        }
        return Ok(Box::new(List { headings }));
    }
    let [verb, what] = words else {
        return Err("you must specify two arguments: verb resource or verb resource/resourceName.\n\
                    See 'kubectl auth can-i -h' for help and examples."
            .into());
    };
    if what.starts_with('/') && !subresource.is_empty() {
        return Err("--subresource can not be used with NonResourceURL".into());
    }
    if !headings {
        return Err("--no-headers cannot be set without --list specified".into());
    }
    Ok(Box::new(CanI { verb: verb.clone(), what: what.clone(), subresource, all, quiet }))
}

#[derive(Debug)]
struct CanI {
    verb: String,
    /// A resource with an object's name, or a path.
    what: String,
    subresource: String,
    all: bool,
    quiet: bool,
}

impl CanI {
    fn is_path(&self) -> bool {
        self.what.starts_with('/')
    }

    fn action(&self, desk: &mut Desk<'_>) -> Action {
        let known = if self.is_path() { PATH_VERBS } else { VERBS };
        let unknown_verb =
            (!known.contains(&self.verb.as_str())).then(|| format!("verb '{}' is not a known verb", self.verb));
        if self.is_path() {
            unknown_verb.into_iter().for_each(|text| desk.err(&format!("Warning: {text}\n")));
            return Action::path(&self.verb, &self.what);
        }
        let (resource, name) = self.what.split_once('/').unwrap_or((&self.what, ""));
        let mut action = Action::new(&self.verb, "*");
        if resource != "*" {
            let resource_lower = resource.to_lowercase();
            match desk.discovery.resolve(&resource_lower) {
                Ok(found) => {
                    action = Action::new(&self.verb, &found.resource.group_resource());
                    if !self.all && found.resource.scope == Scope::Cluster {
                        let group = match &*found.resource.group {
                            "" => String::new(),
                            group => format!(" in group '{group}'"),
                        };
                        let text = format!("resource '{}' is not namespace scoped{group}", found.resource.plural);
                        desk.err(&format!("Warning: {text}\n"));
                    }
                }
                Err(_) => {
                    let (plural, group) = resource_lower.split_once('.').unwrap_or((&resource_lower, ""));
                    let group = if group.is_empty() { String::new() } else { format!(" in group '{group}'") };
                    if !["users", "groups"].contains(&resource_lower.as_str()) {
                        desk.err(&format!("Warning: the server doesn't have a resource type '{plural}'{group}\n"));
                    }
                    // kubectl asks about the whole word.
                    action = Action::new(&self.verb, "");
                    if let Action::Resource(asked) = &mut action {
                        resource.clone_into(&mut asked.resource);
                    }
                }
            }
        }
        if !self.all {
            unknown_verb.into_iter().for_each(|text| desk.err(&format!("Warning: {text}\n")));
        }
        let namespace = if self.all { "" } else { desk.namespace };
        action.within(namespace).named(name).subresource(&self.subresource)
    }
}

impl Command for CanI {
    fn needs_discovery(&self) -> bool {
        !self.is_path()
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        match news {
            News::Start => {
                let spec = match self.action(desk) {
                    Action::Resource(resource) => {
                        SelfSubjectAccessReviewSpec { resource_attributes: Some(resource), ..Default::default() }
                    }
                    Action::Path(path) => {
                        SelfSubjectAccessReviewSpec { non_resource_attributes: Some(path), ..Default::default() }
                    }
                };
                let review = SelfSubjectAccessReview { spec, ..Default::default() };
                Ok(Next::call(Api::<SelfSubjectAccessReview>::all().target().create(&review, &WriteParams::default())))
            }
            News::Answer(answer) => {
                let review: SelfSubjectAccessReview = read(&answer.value)?;
                let access = Access::of(review.status);
                if !self.quiet {
                    desk.out(format!("{access}\n"));
                }
                *desk.failed |= !access.is_allowed();
                Ok(Next::Done)
            }
            News::Failed(error) => Err(error.into()),
            _ => Ok(Next::Done),
        }
    }
}

#[derive(Debug)]
struct List {
    headings: bool,
}

impl Command for List {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        match news {
            News::Start => {
                let spec = SelfSubjectRulesReviewSpec { namespace: desk.namespace.to_owned() };
                let review = SelfSubjectRulesReview { spec, ..Default::default() };
                let request: ApiRequest =
                    Api::<SelfSubjectRulesReview>::all().target().create(&review, &WriteParams::default());
                Ok(Next::call(request))
            }
            News::Answer(answer) => {
                let review: SelfSubjectRulesReview = read(&answer.value)?;
                let table = RuleTable::of(&review.status);
                if table.incomplete {
                    desk.err(&format!("Warning: the list may be incomplete: {}", table.error));
                }
                let headings =
                    ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"].map(str::to_owned).to_vec();
                let rows = table.rows.iter().map(|row| {
                    vec![
                        row.full_resource(),
                        format!("[{}]", row.url),
                        format!("[{}]", row.name),
                        format!("[{}]", row.verbs.join(" ")),
                    ]
                });
                let lines: Vec<_> = self.headings.then_some(headings).into_iter().chain(rows).collect();
                desk.out(table::lay_out(&lines));
                Ok(Next::Done)
            }
            News::Failed(error) => Err(error.into()),
            _ => Ok(Next::Done),
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    object::typed(&object::decode(body)?).map_err(|error| Failure::text(error.to_string()))
}

const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
    "escalate",
    "attest",
];
const PATH_VERBS: &[&str] = &["get", "put", "post", "head", "options", "delete", "patch", "*"];
