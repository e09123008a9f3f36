//! `api-resources`, `api-versions`, `version` and `get --raw`.

use std::collections::BTreeSet;

use http::Method;
use kube_proto::api::ApiRequest;
use kube_proto::discovery::DiscoveredResource;
use kube_proto::resource::Scope;
use kube_proto::response::Version;
use kube_proto::yaml;
use serde_json::{Map, Value};

use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::object;
use super::output::Output;
use super::table;

pub(super) const API_RESOURCES: &[Flag] = &[
    Flag::value("output", "''", "One of: wide, name.").short('o'),
    Flag::value("api-group", "''", "Only this group."),
    Flag::switch("namespaced", "Only namespaced resources; =false: only the others."),
    Flag::value("verbs", "[]", "Only resources with all these verbs."),
    Flag::value("categories", "[]", "Only resources in all these categories."),
    Flag::value("sort-by", "''", "name or kind."),
    Flag::switch("no-headers", "Print no headings."),
];
pub(super) const VERSION: &[Flag] = &[
    Flag::value("output", "''", "One of: yaml, json.").short('o'),
    Flag::switch("client", "Only the client's version, without a server."),
];

pub(super) fn api_resources(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    if !words.is_empty() {
        return Err(format!("unexpected arguments: {words:?}"));
    }
    let sort = flags.text("sort-by").unwrap_or_default();
    if !["", "name", "kind"].contains(&sort) {
        return Err("--sort-by accepts only name or kind".into());
    }
    Ok(Box::new(ApiResources {
        output: Output::parse(flags, &["name", "wide"])?,
        group: flags.text("api-group").map(str::to_owned),
        namespaced: flags.switch("namespaced"),
        verbs: flags.items("verbs"),
        categories: flags.items("categories"),
        sort: sort.to_owned(),
        headings: !flags.is_on("no-headers"),
    }))
}

#[derive(Debug)]
struct ApiResources {
    output: Output,
    group: Option<String>,
    namespaced: Option<bool>,
    verbs: Vec<String>,
    categories: Vec<String>,
    sort: String,
    headings: bool,
}

impl ApiResources {
    fn wants(&self, found: &DiscoveredResource) -> bool {
        !found.verbs.is_empty()
            && self.group.as_ref().is_none_or(|group| *group == found.resource.group)
            && self.namespaced.is_none_or(|namespaced| namespaced == (found.resource.scope == Scope::Namespaced))
            && self.verbs.iter().all(|verb| found.supports(verb))
            && self.categories.iter().all(|category| found.categories.contains(category))
    }

    fn row(&self, found: &DiscoveredResource) -> Vec<String> {
        let resource = &found.resource;
        let mut row = vec![
            resource.plural.to_string(),
            found.short_names.join(","),
            resource.api_version().into_owned(),
            (resource.scope == Scope::Namespaced).to_string(),
            resource.kind.to_string(),
        ];
        if self.output == Output::Wide {
            row.push(found.verbs.join(","));
            row.push(found.categories.join(","));
        }
        row
    }
}

impl Command for ApiResources {
    fn next(&mut self, _news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let mut found: Vec<_> = desk.discovery.preferred().into_iter().filter(|found| self.wants(found)).collect();
        found.sort_by(|a, b| {
            let key = |found: &&DiscoveredResource| match self.sort.as_str() {
                "name" => found.resource.plural.to_string(),
                "kind" => found.resource.kind.to_string(),
                _ => found.resource.group.to_string(),
            };
            (key(a), &a.resource.plural).cmp(&(key(b), &b.resource.plural))
        });
        if self.output == Output::Name {
            let names: String = found.iter().map(|found| format!("{}\n", found.resource.group_resource())).collect();
            desk.out(names);
        } else {
            let mut headings = vec!["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
            if self.output == Output::Wide {
                headings.extend(["VERBS", "CATEGORIES"]);
            }
            let headings: Vec<String> = headings.into_iter().map(str::to_owned).collect();
            let rows = found.iter().map(|found| self.row(found));
            let lines: Vec<_> = self.headings.then_some(headings).into_iter().chain(rows).collect();
            desk.out(table::lay_out(&lines));
        }
        let failures = &desk.discovery.failures;
        if !failures.is_empty() {
            let each = failures.iter().map(|failure| format!("{}: {}", failure.group_version, failure.text));
            let all = each.collect::<Vec<_>>().join(", ");
            desk.fail(format!("unable to retrieve the complete list of server APIs: {all}"));
        }
        Ok(Next::Done)
    }
}

pub(super) fn api_versions(words: &[String], _: &Flags) -> Result<Box<dyn Command>, String> {
    if !words.is_empty() {
        return Err(format!("unexpected arguments: {words:?}"));
    }
    Ok(Box::new(ApiVersions))
}

#[derive(Debug)]
struct ApiVersions;

impl Command for ApiVersions {
    fn next(&mut self, _news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let known = desk.discovery.groups.iter().flat_map(|group| {
            group.versions.iter().map(|version| match group.name.as_str() {
                "" => version.version.clone(),
                name => format!("{name}/{}", version.version),
            })
        });
        // The server names those that do not answer, too.
        let failed = desk.discovery.failures.iter().map(|failure| failure.group_version.clone());
        let versions: BTreeSet<String> = known.chain(failed).collect();
        desk.out(versions.into_iter().map(|version| version + "\n").collect::<String>());
        Ok(Next::Done)
    }
}

pub(super) fn version(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    if !words.is_empty() {
        return Err(format!("extra arguments: {words:?}"));
    }
    let output = Output::parse(flags, &["json", "yaml"]).map_err(|_| "--output must be 'yaml' or 'json'")?;
    Ok(Box::new(ShowVersion { output, client_only: flags.is_on("client") }))
}

#[derive(Debug)]
struct ShowVersion {
    output: Output,
    client_only: bool,
}

impl ShowVersion {
    fn print(&self, desk: &mut Desk<'_>, server: Option<Value>) {
        let client = concat!("v", env!("CARGO_PKG_VERSION"));
        if self.output == Output::Text {
            desk.out(format!("Client Version: {client}\n"));
            if let Some(server) = server.and_then(|server| object::typed::<Version>(&server).ok()) {
                desk.out(format!("Server Version: {}\n", server.git_version));
            }
            return;
        }
        let mut versions = Map::new();
        versions.insert("clientVersion".into(), serde_json::json!({"gitVersion": client}));
        versions.extend(server.map(|server| ("serverVersion".to_owned(), server)));
        let versions = Value::Object(versions);
        desk.out(if self.output == Output::Yaml {
            yaml::to_string(&versions)
        } else {
            object::escaped(&format!("{versions:#}\n"))
        });
    }
}

impl Command for ShowVersion {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        match news {
            News::Start if !self.client_only => Ok(Next::call(ApiRequest::raw(Method::GET, "/version", ""))),
            News::Answer(answer) => {
                let server = object::decode(&answer.value)?;
                self.print(desk, Some(server));
                Ok(Next::Done)
            }
            News::Failed(error) => {
                self.print(desk, None);
                Err(error.into())
            }
            _ => {
                self.print(desk, None);
                Ok(Next::Done)
            }
        }
    }
}

/// `get --raw`: the answer as it comes.
#[derive(Debug)]
pub(super) struct Raw {
    path: String,
}

impl Raw {
    pub(super) fn new(path: String) -> Self {
        Self { path }
    }
}

impl Command for Raw {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        match news {
            News::Start => Ok(Next::Chunks(Box::new(ApiRequest::raw(Method::GET, self.path.clone(), "")))),
            News::Chunk(chunk) => {
                desk.raw(chunk);
                Ok(Next::More)
            }
            News::Failed(error) => Err(error.into()),
            _ => Ok(Next::Done),
        }
    }
}
