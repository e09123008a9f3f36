//! `--prune`: objects that were applied once, and are no longer in the files.
//!
//! | event | next |
//! |---|---|
//! | the command has applied all | a list for each kind of the allowlist, in each namespace |
//! | a list | its objects with the annotation of an apply that were not applied now |
//! | an object | a deletion |
//! | the deletion succeeds | the object is reported |
//! | a failure | the end, with an error |

use std::collections::{BTreeSet, VecDeque};

use kube_proto::api::ApiRequest;
use kube_proto::api::{DeleteParams, ListParams, Namespace, PropagationPolicy, Target};
use kube_proto::resource::{ApiResource, Scope};
use serde_json::Value;

use super::desk::{Desk, News};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::manifest::LAST_APPLIED;
use super::object::{self, DryRun};

pub(super) const PRUNE: Flag =
    Flag::switch("prune", "Delete objects that were applied once and are not in the files; needs -l or --all.");
pub(super) const ALLOWLIST: Flag =
    Flag::value("prune-allowlist", "[]", "The kinds to prune, as group/version/kind (core/v1/ConfigMap); repeatable.");

/// What is pruned, and what is left to do.
#[derive(Debug)]
pub(super) struct Prune {
    selector: Option<String>,
    /// Group, version and kind.
    allowed: Vec<[String; 3]>,
    lists: VecDeque<(ApiResource, Option<String>)>,
    objects: VecDeque<(ApiResource, Pruning)>,
    asked: Asked,
}

/// An object to delete.
struct Pruning(Value);

impl std::fmt::Debug for Pruning {
    /// Leaves out the object: it may be a Secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pruning")
    }
}

#[derive(Debug)]
enum Asked {
    Nothing,
    List(ApiResource, Option<String>),
    Deletion(ApiResource, Pruning),
}

/// A step of a [`Prune`].
pub(super) enum Pruned {
    Call(Box<ApiRequest>),
    Object(ApiResource, Value),
    Over,
}

impl Prune {
    pub(super) fn parse(flags: &Flags) -> Result<Self, String> {
        let kind = |text: &String| match text.split('/').collect::<Vec<_>>().as_slice() {
            [group, version, kind] => Ok([if *group == "core" { "" } else { group }, version, kind].map(str::to_owned)),
            _ => Err(format!("invalid GroupVersionKind format: {text}, please follow <group/version/kind>")),
        };
        let mut allowed = flags.texts("prune-allowlist").iter().map(kind).collect::<Result<Vec<_>, _>>()?;
        if allowed.is_empty() {
            allowed = DEFAULT.iter().map(|kind| kind.map(str::to_owned)).collect();
        }
        let (lists, objects) = Default::default();
        Ok(Self { selector: flags.some_text("selector"), allowed, lists, objects, asked: Asked::Nothing })
    }

    /// Finds out what to list.
    pub(super) fn begin(&mut self, desk: &Desk<'_>, namespaces: BTreeSet<String>) -> Result<(), Failure> {
        let mut cluster = Vec::new();
        let mut namespaced = Vec::new();
        for [group, version, kind] in &self.allowed {
            let api_version = if group.is_empty() { version.clone() } else { format!("{group}/{version}") };
            let found = desk
                .discovery
                .kind(&api_version, kind)
                .map_err(|_| Failure::text(format!("no matches for kind {kind:?} in version {api_version:?}")))?;
            match found.resource.scope {
                Scope::Namespaced => namespaced.push(found.resource.clone()),
                Scope::Cluster => cluster.push((found.resource.clone(), None)),
            }
        }
        for namespace in namespaces {
            self.lists.extend(namespaced.iter().map(|resource| (resource.clone(), Some(namespace.clone()))));
        }
        self.lists.extend(cluster);
        Ok(())
    }

    /// Takes the answer to the last call. `deletes` says how, and nothing that objects are only reported.
    pub(super) fn next(
        &mut self,
        news: News,
        applied: &BTreeSet<String>,
        deletes: Option<DryRun>,
    ) -> Result<Pruned, Failure> {
        match (std::mem::replace(&mut self.asked, Asked::Nothing), news) {
            (Asked::List(resource, namespace), News::Answer(answer)) => {
                let list = object::decode(&answer.value)?;
                let token = list["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
                for mut item in object::items(list) {
                    object::adopt(&mut item, &resource);
                    let metadata = &item["metadata"];
                    let was_applied = metadata["annotations"].get(LAST_APPLIED).is_some();
                    if was_applied && !metadata["uid"].as_str().is_some_and(|uid| applied.contains(uid)) {
                        self.objects.push_back((resource.clone(), Pruning(item)));
                    }
                }
                if !token.is_empty() {
                    return Ok(self.list(resource, namespace, Some(token)));
                }
            }
            (Asked::Deletion(resource, Pruning(object)), News::Answer(_)) => {
                return Ok(Pruned::Object(resource, object));
            }
            (Asked::List(resource, namespace), News::Failed(error)) => {
                let kind = format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind);
                let scope = if namespace.is_some() { "namespaced" } else { "nonNamespaced" };
                let text = super::failure::message(&error);
                return Err(Failure::text(format!("error pruning {scope} object {kind}: {text}")));
            }
            (Asked::Deletion(..), News::Failed(error)) => return Err(error.into()),
            _ => {}
        }
        if let Some((resource, object)) = self.objects.pop_front() {
            let Some(DryRun::No | DryRun::Server) = deletes else { return Ok(Pruned::Object(resource, object.0)) };
            let mut params = DeleteParams::default().propagation_policy(PropagationPolicy::Background);
            params.dry_run = deletes == Some(DryRun::Server);
            let namespace = object.0["metadata"]["namespace"].as_str().map(str::to_owned);
            let request = target(&resource, namespace).delete(object::name(&object.0), &params);
            self.asked = Asked::Deletion(resource, object);
            return Ok(Pruned::Call(Box::new(request)));
        }
        match self.lists.pop_front() {
            Some((resource, namespace)) => Ok(self.list(resource, namespace, None)),
            None => Ok(Pruned::Over),
        }
    }

    fn list(&mut self, resource: ApiResource, namespace: Option<String>, token: Option<String>) -> Pruned {
        let mut params = ListParams::default().limit(500);
        params.label_selector.clone_from(&self.selector);
        params.continue_token = token;
        let request = target(&resource, namespace.clone()).list(&params);
        self.asked = Asked::List(resource, namespace);
        Pruned::Call(Box::new(request))
    }

    /// `v1.ConfigMap.shop.settings`, the file of a difference.
    pub(super) fn file_name(resource: &ApiResource, object: &Value) -> String {
        let group = if resource.group.is_empty() { String::new() } else { format!("{}.", resource.group) };
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        format!("{group}{}.{}.{namespace}.{}", resource.version, resource.kind, object::name(object))
    }
}

fn target(resource: &ApiResource, namespace: Option<String>) -> Target {
    Target::of(resource.clone()).within(namespace.map_or(Namespace::All, Namespace::Named))
}

/// kubectl's allowlist, if the command line has none.
const DEFAULT: &[[&str; 3]] = &[
    ["", "v1", "ConfigMap"],
    ["", "v1", "Endpoints"],
    ["", "v1", "PersistentVolumeClaim"],
    ["", "v1", "Pod"],
    ["", "v1", "ReplicationController"],
    ["", "v1", "Secret"],
    ["", "v1", "Service"],
    ["batch", "v1", "Job"],
    ["batch", "v1", "CronJob"],
    ["networking.k8s.io", "v1", "Ingress"],
    ["apps", "v1", "DaemonSet"],
    ["apps", "v1", "Deployment"],
    ["apps", "v1", "ReplicaSet"],
    ["apps", "v1", "StatefulSet"],
    ["", "v1", "Namespace"],
    ["", "v1", "PersistentVolume"],
];
