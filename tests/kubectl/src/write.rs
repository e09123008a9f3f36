//! `create` and `replace`: objects of files.

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::api::ApiRequest;
use kube_proto::api::{FieldValidation, GetParams, WriteParams};
use serde_json::Value;

use super::desk::{Command, Desk};
use super::each::{Action, Each};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::object::{self, DryRun, Report};
use super::subject::{Fetch, Finder, Selection, Thing};

pub(super) const CREATE: &[Flag] = &[FILES, RECURSIVE, KUSTOMIZE, OUTPUT, DRY_RUN, FIELD_MANAGER, VALIDATE];
pub(super) const REPLACE: &[Flag] = CREATE;
pub(super) const FILES: Flag =
    Flag::value("filename", "[]", "Files with objects, or folders of them, separated by commas; - is standard input.")
        .short('f');
pub(super) const RECURSIVE: Flag = Flag::switch("recursive", "Also the files of folders in a folder.").short('R');
pub(super) const KUSTOMIZE: Flag =
    Flag::value("kustomize", "''", "Not served here: kustomize builds objects itself.").short('k');
pub(super) const OUTPUT: Flag = Flag::value("output", "''", "One of: json, yaml, name.").short('o');
pub(super) const DRY_RUN: Flag = Flag::perhaps(
    "dry-run",
    "unchanged",
    "\"client\": nothing is sent that changes anything. \"server\": the server does not store the result. \"none\".",
);
pub(super) const FIELD_MANAGER: Flag = Flag::value("field-manager", "''", "The manager of these fields.");
pub(super) const VALIDATE: Flag = Flag::perhaps(
    "validate",
    "strict",
    "What happens to fields that are not known: strict (true) refuses, warn warns, ignore (false) drops them.",
);

/// The action on the objects of the files.
#[derive(Debug)]
enum Verb {
    Create,
    Replace,
}

#[derive(Debug)]
struct Write {
    verb: Verb,
    manager: String,
    validation: FieldValidation,
    report: Report,
    /// The current request reads the version of the object to replace.
    unversioned: bool,
}

pub(super) fn create(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    command(Verb::Create, "kubectl-create", words, flags)
}

pub(super) fn replace(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    command(Verb::Replace, "kubectl-replace", words, flags)
}

fn command(verb: Verb, manager: &str, words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    if !flags.has("filename") {
        return Err("must specify one of -f and -k".into());
    }
    if !words.is_empty() {
        return Err(format!("Unexpected args: {words:?}"));
    }
    let validation = validation(flags)?;
    let manager = flags.some_text("field-manager").unwrap_or_else(|| manager.to_owned());
    let finder = Finder::new(Selection::parse(words, flags)?, Fetch::Nothing, false);
    let report = Report::parse(flags)?;
    Ok(Box::new(Each::new(finder, Write { verb, manager, validation, report, unversioned: false })))
}

/// `--validate`.
pub(super) fn validation(flags: &Flags) -> Result<FieldValidation, String> {
    Ok(match flags.text("validate").unwrap_or("strict") {
        "strict" | "true" => FieldValidation::Strict,
        "warn" => FieldValidation::Warn,
        "ignore" | "false" => FieldValidation::Ignore,
        other => {
            return Err(format!(
                "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
            ));
        }
    })
}

impl Write {
    fn params(&self) -> WriteParams {
        let mut params = WriteParams::default().field_manager(&self.manager).field_validation(self.validation);
        params.dry_run = self.report.dry_run.is_server();
        params
    }

    fn done(&self) -> &'static str {
        match self.verb {
            Verb::Create => "created",
            Verb::Replace => "replaced",
        }
    }

    fn verb(&self) -> &'static str {
        match self.verb {
            Verb::Create => "creating",
            Verb::Replace => "replacing",
        }
    }
}

impl Action for Write {
    fn request(&mut self, thing: &mut Thing, desk: &mut Desk<'_>) -> Result<Option<ApiRequest>, Failure> {
        let (target, namespace) = (thing.target(), thing.namespace.clone());
        let Some(manifest) = &mut thing.manifest else { return Ok(None) };
        manifest.within(namespace.as_deref());
        let object = &manifest.object;
        if thing.name.is_empty() && !matches!(self.verb, Verb::Create) {
            return Err(Failure::text(format!(
                "error when {} {:?}: resource name may not be empty",
                self.verb(),
                manifest.source
            )));
        }
        if self.report.dry_run == DryRun::Client {
            let object = Value::Object(object.clone());
            self.report.print(desk, &thing.found.resource, &object, self.done());
            return Ok(None);
        }
        Ok(Some(match &self.verb {
            Verb::Create => target.create(object, &self.params()),
            Verb::Replace if manifest.meta("resourceVersion").is_empty() => {
                self.unversioned = true;
                target.get(&thing.name, &GetParams::default())
            }
            Verb::Replace => target.replace(&thing.name, object, &self.params()),
        }))
    }

    fn answered(
        &mut self,
        thing: &mut Thing,
        answer: &Bytes,
        desk: &mut Desk<'_>,
    ) -> Result<Option<ApiRequest>, Failure> {
        let object = object::decode(answer)?;
        if std::mem::take(&mut self.unversioned) {
            let Some(manifest) = &mut thing.manifest else { return Ok(None) };
            if let Some(Value::Object(metadata)) = manifest.object.get_mut("metadata") {
                metadata.insert("resourceVersion".into(), object["metadata"]["resourceVersion"].clone());
            }
            return Ok(Some(thing.target().replace(
                &thing.name,
                &thing.manifest.as_ref().map(|it| &it.object),
                &self.params(),
            )));
        }
        self.report.print(desk, &thing.found.resource, &object, self.done());
        Ok(None)
    }

    fn refused(&mut self, thing: &mut Thing, error: Error) -> Result<Option<ApiRequest>, Failure> {
        if std::mem::take(&mut self.unversioned) {
            // The object is missing or unreadable: the replacement gets the server's error.
            return Ok(thing
                .manifest
                .as_ref()
                .map(|it| thing.target().replace(&thing.name, &it.object, &self.params())));
        }
        Err(Failure::about(&error, self.verb(), thing.source()))
    }

    fn nothing(&mut self, _desk: &mut Desk<'_>) -> Result<(), Failure> {
        let verb = match self.verb {
            Verb::Create => "create",
            Verb::Replace => "replace",
        };
        Err(Failure::text(format!("no objects passed to {verb}")))
    }
}

/// The server's refusal of an apply; after a conflict with kubectl's advice.
pub(super) fn conflict(error: &Error) -> Failure {
    match error.status() {
        Some(status) if status.is_conflict() => Failure::text(format!("{}\n{CONFLICT}", status.message)),
        Some(status) if status.is_unsupported_media_type() => {
            Failure::text(format!("Server-side apply not available on the server: ({})", status.message))
        }
        _ => error.clone().into(),
    }
}

/// kubectl's advice after a conflict.
const CONFLICT: &str = "\
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";
