//! The objects of a command line: `pods`, `pod a b`, `pod/a deploy/b`, `deploy,svc -l app=web`, or those of files.

use crate::failure::is_not_found;
use std::collections::VecDeque;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::api::ApiRequest;
use kube_proto::api::{GetParams, ListParams, Namespace, Target};
use kube_proto::discovery::{DiscoveredResource, Discovery};
use kube_proto::resource::{ApiResource, Part, Scope};
use serde_json::Value;

use super::desk::{Desk, News};
use super::failure::Failure;
use super::flags::Flags;
use super::manifest::Manifest;
use super::object;

/// The resources and names of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Those of files.
    Files,
    /// `pod/a deploy/b`.
    Pairs(Vec<(String, String)>),
    /// `pods`, `deploy,svc`, `pod a b`.
    Types { types: Vec<String>, names: Vec<String> },
}

/// The selected objects, by words and flags.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) words: Words,
    pub(super) labels: Option<String>,
    pub(super) fields: Option<String>,
    pub(super) all: bool,
    all_namespaces: bool,
    /// `--namespace`: the objects of files must not have another one.
    namespace: Option<String>,
    page: u32,
}

/// One thing to look for.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) found: DiscoveredResource,
    /// `None` for all namespaces, and for cluster-scoped resources.
    pub(super) namespace: Option<String>,
    /// `None` for all objects that match the selectors.
    pub(super) name: Option<String>,
    /// The object of a file.
    pub(super) manifest: Option<Manifest>,
}

impl Words {
    pub(super) fn parse(words: &[String], files: bool) -> Result<Self, String> {
        let Some(first) = words.first() else {
            return if files {
                Ok(Words::Files)
            } else {
                Err("You must provide one or more resources by argument or filename.".into())
            };
        };
        if files {
            return Err(
                "when paths or stdin is provided as input, you may not specify a resource by arguments as well".into(),
            );
        }
        if words.iter().any(|word| word.contains('/')) {
            let pair = |word: &String| match word.split('/').collect::<Vec<_>>().as_slice() {
                [kind, name] if !kind.is_empty() && !name.is_empty() && !kind.contains(',') => {
                    Ok(((*kind).to_owned(), (*name).to_owned()))
                }
                [_, _, _, ..] => Err("arguments in resource/name form may not have more than one slash".to_owned()),
                [_] => {
                    Err("there is no need to specify a resource type as a separate argument when passing arguments \
                            in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of \
                            'kubectl get resource resource/<resource_name>'"
                        .to_owned())
                }
                _ => Err("arguments in resource/name form must have a single resource and name".to_owned()),
            };
            return Ok(Words::Pairs(words.iter().map(pair).collect::<Result<_, _>>()?));
        }
        let types: Vec<String> = first.split(',').filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
        if types.is_empty() {
            return Err("arguments must consist of a resource or a resource and name".into());
        }
        Ok(Words::Types { types, names: words.get(1..).unwrap_or_default().to_vec() })
    }
}

impl Selection {
    pub(super) fn parse(words: &[String], flags: &Flags) -> Result<Self, String> {
        let words = Words::parse(words, flags.has("filename"))?;
        let (labels, fields) = (flags.some_text("selector"), flags.some_text("field-selector"));
        let all = flags.is_on("all");
        let named =
            !matches!(&words, Words::Files) && !matches!(&words, Words::Types { names, .. } if names.is_empty());
        if all && labels.is_some() {
            return Err("cannot set --all and --selector at the same time".into());
        }
        if all && fields.is_some() {
            return Err("cannot set --all and --field-selector at the same time".into());
        }
        if named && (labels.is_some() || fields.is_some()) {
            return Err("name cannot be provided when a selector is specified".into());
        }
        if named && flags.is_on("all-namespaces") {
            return Err("a resource cannot be retrieved by name across all namespaces".into());
        }
        let page = flags.number("chunk-size")?.unwrap_or(500);
        let all_namespaces = flags.is_on("all-namespaces");
        Ok(Self { words, labels, fields, all, all_namespaces, namespace: flags.some_text("namespace"), page })
    }

    /// The same, without pages.
    pub(super) fn in_one_page(mut self) -> Self {
        self.page = 0;
        self
    }

    /// Whether names, selectors or `--all` are given. A change of objects needs one of them.
    pub(super) fn is_explicit(&self) -> bool {
        let bare = matches!(&self.words, Words::Types { names, .. } if names.is_empty());
        !bare || self.all || self.labels.is_some() || self.fields.is_some()
    }

    /// Whether there are selectors or `--all`, so that missing objects are no failure.
    pub(super) fn is_choice(&self) -> bool {
        self.all || self.labels.is_some() || self.fields.is_some()
    }

    pub(super) fn all_namespaces(&self) -> bool {
        self.all_namespaces
    }

    /// The subjects of the selection. Those of files that cannot be read or are not served are failures, which it prints.
    pub(super) fn subjects(&self, desk: &mut Desk<'_>) -> Result<Vec<Subject>, Failure> {
        if matches!(self.words, Words::Files) {
            let read = desk.manifests.iter().cloned();
            let subjects = read.map(|read| read.and_then(|manifest| self.of_manifest(&manifest, desk)));
            let (found, failures): (Vec<_>, Vec<_>) = subjects.partition(Result::is_ok);
            failures.into_iter().filter_map(Result::err).for_each(|failure| desk.fail(failure));
            return Ok(found.into_iter().flatten().collect());
        }
        let subject = |found: &DiscoveredResource, name: Option<&String>| Subject {
            namespace: match found.resource.scope {
                Scope::Namespaced if !self.all_namespaces => Some(desk.namespace.to_owned()),
                _ => None,
            },
            found: found.clone(),
            name: name.cloned(),
            manifest: None,
        };
        match &self.words {
            Words::Files => Ok(Vec::new()),
            Words::Pairs(pairs) => {
                let resolved = |(kind, name): &(String, String)| {
                    desk.discovery.resolve(kind).map(|found| subject(found, Some(name)))
                };
                Ok(pairs.iter().map(resolved).collect::<Result<_, _>>()?)
            }
            Words::Types { types, names } => {
                let mut subjects = Vec::new();
                for kind in types {
                    for found in resources(desk.discovery, kind)? {
                        match names.as_slice() {
                            [] => subjects.push(subject(found, None)),
                            names => subjects.extend(names.iter().map(|name| subject(found, Some(name)))),
                        }
                    }
                }
                Ok(subjects)
            }
        }
    }

    fn of_manifest(&self, manifest: &Manifest, desk: &Desk<'_>) -> Result<Subject, Failure> {
        let (api_version, kind) = (manifest.text("apiVersion"), manifest.text("kind"));
        let (name, own) = (manifest.meta("name"), manifest.meta("namespace"));
        let found = desk.discovery.kind(api_version, kind).map_err(|_| {
            Failure::text(format!(
                "resource mapping not found for name: {name:?} namespace: {own:?} from {:?}: no matches for kind \
                 {kind:?} in version {api_version:?}\nensure CRDs are installed first",
                manifest.source
            ))
        })?;
        let namespace = match (found.resource.scope, own, &self.namespace) {
            (Scope::Cluster, _, _) => None,
            (_, "", _) => Some(desk.namespace.to_owned()),
            (_, own, Some(asked)) if own != asked => {
                return Err(Failure::text(format!(
                    "the namespace from the provided object {own:?} does not match the namespace {asked:?}. You must \
                     pass '--namespace={own}' to perform this operation."
                )));
            }
            (_, own, _) => Some(own.to_owned()),
        };
        let name = (!name.is_empty()).then(|| name.to_owned());
        Ok(Subject { found: found.clone(), namespace, name, manifest: Some(manifest.clone()) })
    }

    /// The failure if the server refuses a get or list.
    pub(super) fn failure(&self, error: &Error, subject: &Subject) -> Failure {
        let text = |selector: &Option<String>| selector.clone().unwrap_or_default();
        match subject.name {
            Some(_) => Failure::about(error, "", ""),
            None => Failure::listing(error, subject.resource(), &text(&self.labels), &text(&self.fields)),
        }
    }

    /// A page of the list.
    pub(super) fn list(&self, token: Option<&str>) -> ListParams {
        let mut params = ListParams::default();
        params.label_selector.clone_from(&self.labels);
        params.field_selector.clone_from(&self.fields);
        params.limit = (self.page > 0).then_some(self.page);
        params.continue_token = token.map(str::to_owned);
        params
    }
}

/// The resources of a name: one, or those of a category that can be listed.
fn resources<'a>(discovery: &'a Discovery, name: &str) -> Result<Vec<&'a DiscoveredResource>, Failure> {
    match discovery.resolve(name) {
        Ok(found) => Ok(vec![found]),
        Err(error) => {
            let category = discovery.category(name);
            let listed: Vec<_> = category.into_iter().filter(|found| found.supports("list")).collect();
            if listed.is_empty() { Err(error.into()) } else { Ok(listed) }
        }
    }
}

impl Subject {
    pub(super) fn resource(&self) -> &ApiResource {
        &self.found.resource
    }

    pub(super) fn target(&self) -> Target {
        let namespace = self.namespace.clone().map_or(Namespace::All, Namespace::Named);
        Target::of(self.found.resource.clone()).within(namespace)
    }
}

/// A found object, or the object of a file.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) found: DiscoveredResource,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    /// The server's object; null if it was not read.
    pub(super) object: Value,
    pub(super) manifest: Option<Manifest>,
}

impl Thing {
    pub(super) fn target(&self) -> Target {
        let namespace = self.namespace.clone().map_or(Namespace::All, Namespace::Named);
        Target::of(self.found.resource.clone()).within(namespace)
    }

    /// The file's name in messages, or empty.
    pub(super) fn source(&self) -> &str {
        self.manifest.as_ref().map_or("", |manifest| &manifest.source)
    }
}

/// How much of an object to read before the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetch {
    /// Nothing, if its name is known.
    Nothing,
    /// All of it.
    Whole,
}

/// Finds the objects of a selection in sequence.
#[derive(Debug)]
pub(super) struct Finder {
    selection: Selection,
    fetch: Fetch,
    ignore_not_found: bool,
    /// The remaining subjects; a continued list has a token.
    queue: Option<VecDeque<(Subject, Option<String>)>>,
    asked: Option<Subject>,
    ready: VecDeque<Thing>,
}

/// A step of a [`Finder`].
#[derive(Debug)]
pub(super) enum Found {
    Ask(Box<ApiRequest>),
    Thing(Box<Thing>),
    Nothing,
}

impl Finder {
    pub(super) fn new(selection: Selection, fetch: Fetch, ignore_not_found: bool) -> Self {
        Self { selection, fetch, ignore_not_found, queue: None, asked: None, ready: VecDeque::new() }
    }

    /// Takes the answer to [`Found::Ask`].
    pub(super) fn take(&mut self, news: News, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let Some(subject) = self.asked.take() else { return Ok(()) };
        match news {
            News::Answer(answer) => self.answered(subject, &answer.value),
            News::Failed(error) => {
                if !(is_not_found(&error) && self.ignore_not_found) {
                    desk.fail(self.selection.failure(&error, &subject));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn answered(&mut self, subject: Subject, body: &Bytes) -> Result<(), Failure> {
        let document = object::decode(body)?;
        if let Some(name) = &subject.name {
            let name = name.clone();
            self.ready.push_back(subject.thing(name, document));
            return Ok(());
        }
        let token = document["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        for mut item in object::items(document) {
            object::adopt(&mut item, &subject.found.resource);
            let mut subject = subject.clone();
            if subject.found.resource.scope == Scope::Namespaced {
                subject.namespace = item["metadata"]["namespace"].as_str().map(str::to_owned);
            }
            let name = object::name(&item).to_owned();
            self.ready.push_back(subject.thing(name, item));
        }
        if !token.is_empty() {
            self.queue.get_or_insert_default().push_front((subject, Some(token)));
        }
        Ok(())
    }

    /// The next object, or the request to find it.
    pub(super) fn next(&mut self, desk: &mut Desk<'_>) -> Result<Found, Failure> {
        if let Some(thing) = self.ready.pop_front() {
            return Ok(Found::Thing(Box::new(thing)));
        }
        if self.queue.is_none() {
            let subjects = self.selection.subjects(desk)?;
            self.queue = Some(subjects.into_iter().map(|subject| (subject, None)).collect());
        }
        let next = self.queue.as_mut().and_then(VecDeque::pop_front);
        let Some((subject, token)) = next else { return Ok(Found::Nothing) };
        let request = match (&subject.name, self.fetch) {
            (Some(name), Fetch::Whole) => subject.target().get(name, &GetParams::default()),
            (Some(name), Fetch::Nothing) => {
                let name = name.clone();
                return Ok(Found::Thing(Box::new(subject.thing(name, Value::Null))));
            }
            (None, _) if subject.manifest.is_some() => {
                return Ok(Found::Thing(Box::new(subject.thing(String::new(), Value::Null))));
            }
            (None, fetch) => {
                let part = if fetch == Fetch::Whole { Part::Whole } else { Part::Metadata };
                subject.target().part(part).list(&self.selection.list(token.as_deref()))
            }
        };
        self.asked = Some(subject);
        Ok(Found::Ask(Box::new(request)))
    }
}

impl Subject {
    fn thing(self, name: String, object: Value) -> Thing {
        Thing { found: self.found, namespace: self.namespace, name, object, manifest: self.manifest }
    }
}
