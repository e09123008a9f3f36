//! `delete`, and the wait until the objects are gone.

use crate::failure::is_not_found;
use std::collections::VecDeque;

use bytes::Bytes;
use kube_proto::api::ApiRequest;
use kube_proto::api::{DeleteParams, FieldSelector, GetParams, PropagationPolicy, Target, WatchParams};
use kube_proto::internals::frame::{EventType, event};
use kube_proto::resource::Part;
use serde_json::Value;

use super::change::{ALL, ALL_NAMESPACES, FIELD_SELECTOR, SELECTOR};
use super::desk::{Command, Desk, News, Next};
use super::each::{Action, Each};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::object::{self, DryRun, Report};
use super::output::Output;
use super::subject::{Fetch, Finder, Selection, Thing};
use super::write::{DRY_RUN, FILES, KUSTOMIZE, RECURSIVE};

pub(super) const DELETE: &[Flag] = &[
    FILES,
    RECURSIVE,
    KUSTOMIZE,
    SELECTOR,
    FIELD_SELECTOR,
    ALL,
    ALL_NAMESPACES,
    DRY_RUN,
    Flag::value("output", "''", "\"name\": only the names.").short('o'),
    Flag::switch("ignore-not-found", "A missing object is no failure."),
    Flag::perhaps("cascade", "background", "How to delete dependents: background, foreground or orphan."),
    Flag::value("grace-period", "-1", "The grace period in seconds; -1 is the object's own."),
    Flag::switch("now", "A grace period of 1 second."),
    Flag::switch("force", "With a grace period of 0: do not wait for a confirmation."),
    Flag::switch("wait", "Wait until the objects are gone; --wait=false does not."),
];

pub(super) fn delete(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let selection = Selection::parse(words, flags)?;
    if !selection.is_explicit() {
        return Err("resource(s) were provided, but no name was specified".into());
    }
    let ignore_not_found = flags.switch("ignore-not-found").unwrap_or(selection.is_choice());
    let force = flags.is_on("force");
    let mut grace: i64 = flags.number("grace-period")?.unwrap_or(-1);
    if flags.is_on("now") {
        if grace != -1 {
            return Err("--now and --grace-period cannot be specified together".into());
        }
        grace = 1;
    }
    if force && grace > 0 {
        return Err("--force and --grace-period greater than 0 cannot be specified together".into());
    }
    if force && grace < 0 {
        grace = 0;
    }
    if grace == 0 && !force {
        // The server takes 0 as a forced deletion, which needs --force.
        grace = 1;
    }
    let mut params = DeleteParams::default().propagation_policy(match flags.text("cascade").unwrap_or("background") {
        "background" | "true" => PropagationPolicy::Background,
        "foreground" => PropagationPolicy::Foreground,
        "orphan" | "false" => PropagationPolicy::Orphan,
        other => {
            return Err(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            ));
        }
    });
    params.grace_period_seconds = u32::try_from(grace).ok();
    let report = Report::parse(flags)?;
    if !matches!(report.output, Output::Text | Output::Name) {
        return Err(format!(
            "unexpected -o output mode: {}. We only support '-o name'",
            flags.text("output").unwrap_or_default()
        ));
    }
    params.dry_run = report.dry_run.is_server();
    let wait = flags.switch("wait").unwrap_or(!force) && report.dry_run == DryRun::No;
    let finder = Finder::new(selection, Fetch::Nothing, ignore_not_found);
    let warn = force && grace == 0;
    let deletion =
        Deletion { params, report, forced: grace == 0, warn, ignore_not_found, wait, waiting: VecDeque::new() };
    Ok(Box::new(Each::new(finder, deletion)))
}

#[derive(Debug)]
struct Deletion {
    params: DeleteParams,
    report: Report,
    forced: bool,
    /// The warning of a forced deletion is still to be printed.
    warn: bool,
    ignore_not_found: bool,
    wait: bool,
    /// The objects to wait for, in sequence; the first one is the current.
    waiting: VecDeque<Leaving>,
}

/// A deleted object that may still exist.
#[derive(Debug)]
struct Leaving {
    target: Target,
    name: String,
    uid: String,
}

impl Deletion {
    fn say(&self, thing: &Thing, desk: &mut Desk<'_>) {
        let kind = object::kind_name(&thing.found.resource);
        let Thing { name, namespace, .. } = thing;
        desk.out(if self.report.output == Output::Name {
            format!("{kind}/{name}\n")
        } else {
            let forced = if self.forced { "force " } else { "" };
            let from = namespace.as_ref().map(|namespace| format!(" from {namespace} namespace")).unwrap_or_default();
            let dry_run = self.report.dry_run.text();
            format!("{kind} \"{name}\" {forced}deleted{from}{dry_run}\n")
        });
    }
}

impl Action for Deletion {
    fn request(&mut self, thing: &mut Thing, desk: &mut Desk<'_>) -> Result<Option<ApiRequest>, Failure> {
        if std::mem::take(&mut self.warn) {
            desk.err(FORCED);
        }
        if thing.name.is_empty() {
            return Err(Failure::text("resource name may not be empty"));
        }
        if self.report.dry_run == DryRun::Client {
            self.say(thing, desk);
            return Ok(None);
        }
        Ok(Some(thing.target().delete(&thing.name, &self.params)))
    }

    fn answered(
        &mut self,
        thing: &mut Thing,
        answer: &Bytes,
        desk: &mut Desk<'_>,
    ) -> Result<Option<ApiRequest>, Failure> {
        self.say(thing, desk);
        if self.wait {
            // A Status names the object in its details.
            let answer = object::decode(answer)?;
            let is_status = answer["kind"] == "Status";
            let uid = if is_status { &answer["details"]["uid"] } else { &answer["metadata"]["uid"] };
            let uid = uid.as_str().unwrap_or_default().to_owned();
            self.waiting.push_back(Leaving { target: thing.target(), name: thing.name.clone(), uid });
        }
        Ok(None)
    }

    fn refused(&mut self, thing: &mut Thing, error: kube_proto::Error) -> Result<Option<ApiRequest>, Failure> {
        if is_not_found(&error) && self.ignore_not_found {
            return Ok(None);
        }
        Err(Failure::about(&error, "deleting", thing.source()))
    }

    fn nothing(&mut self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        desk.out("No resources found\n");
        Ok(())
    }

    /// Gets the first object; if it still exists, watches it from its version, and gets it again.
    fn afterwards(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let Some(leaving) = self.waiting.front() else { return Ok(Next::Done) };
        match news {
            News::Answer(answer) => {
                let object = object::decode(&answer.value)?;
                let same = leaving.uid.is_empty() || object["metadata"]["uid"] == leaving.uid.as_str();
                if same {
                    return Ok(leaving.watch(&object));
                }
                self.waiting.pop_front();
            }
            News::Event(document) => match event(&document) {
                Some((EventType::Deleted | EventType::Error, _)) | None => {}
                Some(_) => return Ok(Next::More),
            },
            // Without permission to get the object, do not wait.
            News::Failed(error) if is_not_found(&error) || error.is_forbidden() => drop(self.waiting.pop_front()),
            News::Failed(error) if error.is_expired() => {}
            News::Failed(error) => {
                self.waiting.pop_front();
                desk.fail(error);
            }
            News::Start
            | News::Discovered(_)
            | News::Chunk(_)
            | News::Schemas(_)
            | News::Local(_)
            | News::Written
            | News::End => {}
        }
        Ok(match self.waiting.front() {
            Some(leaving) => {
                Next::call(leaving.target.clone().part(Part::Metadata).get(&leaving.name, &GetParams::default()))
            }
            None => Next::Done,
        })
    }
}

impl Leaving {
    fn watch(&self, object: &Value) -> Next {
        let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        let params = WatchParams::default()
            .field_selector(FieldSelector::name(&self.name).to_string())
            .resource_version(version)
            .timeout_seconds(60);
        Next::Events(Box::new(self.target.clone().part(Part::Metadata).watch(&params)))
    }
}

const FORCED: &str = "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
                      terminated. The resource may continue to run on the cluster indefinitely.";
