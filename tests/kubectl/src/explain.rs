//! `explain`.

use kube_proto::ErrorKind;
use kube_proto::schema::{ExplainError, open_api};

use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};

pub(super) const EXPLAIN: &[Flag] = &[
    Flag::switch("recursive", "List the fields of all levels, without their descriptions."),
    Flag::value("api-version", "''", "The group version of the resource: apps/v1."),
];

pub(super) fn explain(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let [word] = words else {
        return Err(match words {
            [] => "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of \
                   supported resources."
                .to_owned(),
            _ => "We accept only this format: explain RESOURCE".to_owned(),
        });
    };
    let api_version = flags.some_text("api-version");
    Ok(Box::new(Explain { word: word.clone(), recursive: flags.is_on("recursive"), api_version, stage: Stage::Start }))
}

/// | stage | event | next |
/// |---|---|---|
/// | `Start` | the resource is known | `Document`: asks for the schemas of its group version |
/// | `Document` | the schemas | prints, done |
#[derive(Debug)]
struct Explain {
    word: String,
    recursive: bool,
    api_version: Option<String>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Start,
    Document(Wanted),
}

/// The resource, and the path of fields below it.
#[derive(Clone, Debug)]
struct Wanted {
    group: String,
    version: String,
    plural: String,
    path: Vec<String>,
}

impl Explain {
    /// The resource of the word's beginning, and the path after it.
    fn wanted(&self, desk: &Desk<'_>) -> Result<Wanted, Failure> {
        let parts: Vec<&str> = self.word.split('.').filter(|part| !part.is_empty()).collect();
        // `deployments.apps.spec`: with its group, by its full name; otherwise by any of its names.
        let full = (2..=parts.len()).rev().find_map(|count| {
            let name = parts.get(..count).unwrap_or_default().join(".");
            let found = desk.discovery.resolve(&name).ok()?;
            (found.resource.group_resource() == name).then_some((found, count))
        });
        let (found, used) = match full {
            Some((found, used)) => (found, used),
            None => (desk.discovery.resolve(parts.first().copied().unwrap_or_default())?, 1),
        };
        let resource = &found.resource;
        let (group, version) = match self.api_version.as_deref() {
            Some(given) => given.split_once('/').unwrap_or(("", given)),
            None => (&*resource.group, &*resource.version),
        };
        Ok(Wanted {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: resource.plural.to_string(),
            path: parts.get(used..).unwrap_or_default().iter().map(|part| (*part).to_owned()).collect(),
        })
    }
}

impl Command for Explain {
    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        match (&self.stage, news) {
            (Stage::Document(wanted), News::Failed(error)) if matches!(error.kind(), ErrorKind::Misuse(_)) => {
                let Wanted { group, version, plural, .. } = wanted;
                let subject = format!("{group}/{version}, Resource={plural}");
                Err(Failure::text(format!("couldn't find resource for {subject:?}")))
            }
            (_, News::Failed(error)) => Err(error.into()),
            (Stage::Document(wanted), News::Schemas(document)) => {
                let Wanted { group, version, plural, path } = wanted;
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let text = document.explain(group, version, plural, &path, self.recursive).map_err(|error| {
                    if let ExplainError::Field { head, .. } = &error {
                        desk.out(head.clone());
                    }
                    Failure::text(error)
                })?;
                desk.out(text);
                Ok(Next::Done)
            }
            (Stage::Start, _) => {
                let wanted = self.wanted(desk)?;
                let fetch = open_api(&wanted.group, &wanted.version);
                self.stage = Stage::Document(wanted);
                Ok(Next::Schemas(Box::new(fetch)))
            }
            _ => Ok(Next::Done),
        }
    }
}
