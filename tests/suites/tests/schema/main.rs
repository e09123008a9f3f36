//! Objects of the real server's kinds, and of public projects' custom resources, judged by the library and by the server.
//!
//! A generator makes objects by the schemas, and breaks each in one place. The server judges them by a dry run with
//! `fieldValidation=Strict`. What the server accepts, the library must not refuse; what the server finds by a schema or
//! by decoding, the library must find, at the same field.
//!
//! The test needs a cluster (see `tests/cluster`), and the folder that `KUBE_TEST_MANIFESTS` names, with manifests as
//! `*.yaml.xz`. Without them it says so and passes; with `KUBE_TEST_REQUIRE_MANIFESTS=1` it fails. `KUBE_TEST_OBJECTS` is
//! the number of objects (10,000), `KUBE_TEST_SEED` another start of the generator. It prints its figures
//! (`--nocapture`).
//!
//! Values are also broken so that rules in CEL fail. `cel` runs upstream's own table of these rules.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends that way, and shows its figures"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small numbers"
)]

mod cel;
mod cluster;
mod generate;

use std::collections::BTreeSet;
use std::path::Path;

use cluster::{Cluster, Verdict};
use generate::{FAULTS, Fault, Generator, Schemas, Tally, shown};
use kube_proto::schema::{FieldError, FieldErrorKind, Report, Schema, Why, read_strict};
use serde_json::{Map, Value, json};

/// A kind to judge.
struct Kind {
    path: String,
    api_version: String,
    kind: String,
    schema: Schema,
    written: Value,
    schemas: Map<String, Value>,
    custom: bool,
}

/// The versions of a definition that are served: their names and the paths of their objects.
fn served(definition: &Value) -> Vec<(String, String)> {
    let (group, plural) = (definition["spec"]["group"].as_str(), definition["spec"]["names"]["plural"].as_str());
    let (group, plural) = (group.unwrap_or_default(), plural.unwrap_or_default());
    let scope = if definition["spec"]["scope"] == json!("Namespaced") { "namespaces/default/" } else { "" };
    let versions = definition["spec"]["versions"].as_array().cloned().unwrap_or_default();
    let names = versions.iter().filter(|one| one["served"] == json!(true)).filter_map(|one| one["name"].as_str());
    names.map(|name| (name.to_owned(), format!("/apis/{group}/{name}/{scope}{plural}"))).collect()
}

fn custom_kinds(definitions: &[Value]) -> Vec<Kind> {
    let kinds = definitions.iter().flat_map(|definition| {
        served(definition).into_iter().map(move |(version, path)| {
            let versions = definition["spec"]["versions"].as_array().unwrap();
            let found = versions.iter().find(|one| one["name"] == json!(version)).unwrap();
            Kind {
                path,
                api_version: format!("{}/{version}", definition["spec"]["group"].as_str().unwrap()),
                kind: definition["spec"]["names"]["kind"].as_str().unwrap().to_owned(),
                schema: Schema::of_definition(definition, &version).unwrap(),
                written: found["schema"]["openAPIV3Schema"].clone(),
                schemas: Map::new(),
                custom: true,
            }
        })
    });
    kinds.collect()
}

fn built_in_kinds(cluster: &Cluster) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (path, (document, written)) in cluster.openapi() {
        let schemas = written["components"]["schemas"].as_object().cloned().unwrap_or_default();
        let paths = written["paths"].as_object().cloned().unwrap_or_default();
        for (collection, operations) in paths {
            let Some(post) = operations.get("post").filter(|post| post["x-kubernetes-action"] == json!("post")) else {
                continue;
            };
            if collection.contains("{name}") {
                continue;
            }
            let gvk = &post["x-kubernetes-group-version-kind"];
            let text = |key: &str| gvk[key].as_str().unwrap_or_default();
            let prefix = path.trim_start_matches("api/").trim_start_matches("apis/");
            let gvk = kube_proto::schema::GroupVersionKind::new(text("group"), text("version"), text("kind"));
            let Some(schema) = document.kind(&gvk) else { continue };
            let name = schema.name().unwrap().to_owned();
            kinds.push(Kind {
                path: collection.replace("{namespace}", "default"),
                api_version: prefix.to_owned(),
                kind: gvk.kind,
                written: schemas[&name].clone(),
                schema,
                schemas: schemas.clone(),
                custom: false,
            });
        }
    }
    kinds
}

/// A path without indexes.
fn bare(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// Where the library finds errors, as the server writes it.
fn fields(report: &Report, twice: &[FieldError]) -> BTreeSet<String> {
    let of = |error: &FieldError| if error.field() == "<nil>" { error.body() } else { error.field().to_owned() };
    // The server says of an object that rules were not checked; so does the library, and it is no field.
    let all = report.errors().iter().chain(twice);
    all.filter(|error| !error.detail().starts_with("some validation rules were not checked")).map(of).collect()
}

/// Whether the library found what the server found.
fn is_same(kind: &Kind, theirs: &Verdict, report: &Report, twice: &[FieldError]) -> bool {
    let ours = fields(report, twice);
    if theirs.undecoded && !theirs.message.contains("strict decoding error") {
        // Go's decoder stops at the first error, names fields without indexes and without the keys of maps, and often
        // names none.
        let named = |ours: &String| {
            theirs.fields.iter().any(|field| {
                let ours = bare(ours);
                // Between the steps, the server may name a struct that is embedded in another.
                let mut theirs = field.split('.');
                let all = ours.split('.').all(|step| theirs.any(|one| one == step));
                all || ours.rsplit_once('.').is_some_and(|(outer, _)| outer == field)
            })
        };
        return if theirs.fields.is_empty() { !ours.is_empty() } else { ours.iter().any(named) };
    }
    if theirs.undecoded {
        // The server decodes before it validates.
        let early = |kind: FieldErrorKind| matches!(kind, FieldErrorKind::Unknown | FieldErrorKind::DuplicateField);
        let ours: BTreeSet<String> = report
            .errors()
            .iter()
            .chain(twice)
            .filter(|error| early(error.kind()))
            .map(|error| error.field().to_owned())
            .collect();
        return ours == theirs.fields;
    }
    if kind.custom {
        let theirs: BTreeSet<String> = theirs.fields.union(&theirs.ruled).cloned().collect();
        return ours.is_subset(&theirs) && theirs.iter().all(|field| ours.contains(field) || has_rules(report));
    }
    // The server's own code names some fields without indexes.
    let theirs: BTreeSet<String> = theirs.fields.iter().chain(&theirs.ruled).map(|field| bare(field)).collect();
    ours.iter().all(|field| theirs.contains(&bare(field)))
}

/// Whether the library could not check a rule.
fn has_rules(report: &Report) -> bool {
    report.unchecked().iter().any(|one| matches!(one.why(), Why::Rule(_)))
}

/// The server's errors that no schema has: those of its own code for built-in kinds. Also rules in CEL that the library did
/// not check.
fn is_beyond_schemas(kind: &Kind, theirs: &Verdict, report: &Report) -> bool {
    !theirs.undecoded && (!kind.custom || theirs.fields.is_empty() && !theirs.ruled.is_empty() && has_rules(report))
}

#[derive(Default)]
struct Figures {
    tally: Tally,
    refused: Vec<String>,
    missed: Vec<String>,
    elsewhere: Vec<String>,
}

impl Figures {
    fn judge(&mut self, cluster: &Cluster, kind: &Kind, text: &str, fault: Option<(Fault, String)>) -> bool {
        let theirs = cluster.judge(&kind.path, text);
        let (value, twice) = read_strict(text.as_bytes()).unwrap();
        let report = kind.schema.validate(&value);
        let ours = report.errors().len() + twice.len();
        let set = if kind.custom { "custom" } else { "built-in" };
        let what = fault.as_ref().map_or_else(|| "whole".to_owned(), |(fault, _)| format!("{fault:?}"));
        let place = fault.map(|(_, place)| place).unwrap_or_default();
        let row = || {
            let found: Vec<String> = report.errors().iter().chain(&twice).map(ToString::to_string).collect();
            let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
            let message = cut(&theirs.message, 700);
            format!(
                "{} {} {what} {place}\n    ours   {}\n    theirs {message}\n    {}",
                kind.api_version,
                kind.kind,
                cut(&found.join("; "), 700),
                cut(text, 600)
            )
        };
        let outcome = match (theirs.accepted, ours == 0) {
            (true, true) => "accepted by both",
            (true, false) => {
                self.refused.push(row());
                "REFUSED by us alone"
            }
            _ if theirs.is_silent() => "not judged: refused before validation",
            (false, true) if is_beyond_schemas(kind, &theirs, &report) => "refused by a rule beyond schemas",
            (false, true) => {
                self.missed.push(row());
                "MISSED by us"
            }
            (false, false) if is_same(kind, &theirs, &report, &twice) => "found at the same fields",
            (false, false) => {
                self.elsewhere.push(row());
                "FOUND at other fields"
            }
        };
        self.tally.add(format!("{set:8} {what:14} {outcome}"));
        self.tally.add(format!("= {outcome}"));
        theirs.accepted || !kind.custom && !theirs.undecoded && ours == 0
    }
}

#[test]
fn the_real_server_judges_alike() {
    let folder = std::env::var("KUBE_TEST_MANIFESTS").unwrap_or_default();
    let found =
        cluster::manifests(Path::new(&folder)).and_then(|found| Cluster::find().map(|cluster| (found, cluster)));
    let (definitions, cluster) = match found {
        Ok(found) => found,
        Err(why) => {
            assert!(std::env::var_os("KUBE_TEST_REQUIRE_MANIFESTS").is_none(), "{why}");
            return eprintln!("ignored: the_real_server_judges_alike: {why} (KUBE_TEST_MANIFESTS names the folder)");
        }
    };
    let number =
        |name: &str, default: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let wanted = number("KUBE_TEST_OBJECTS", 10_000);
    let mut generator = Generator::new(number("KUBE_TEST_SEED", 1) as u64);
    let mut kinds = built_in_kinds(&cluster);
    let built_in = kinds.len();
    let refused = cluster.define(&definitions);
    kinds.extend(custom_kinds(&definitions));
    println!("{built_in} built-in kinds, {} versions of {} custom ones", kinds.len() - built_in, definitions.len());
    refused.iter().for_each(|why| println!("not served: {}", why.chars().take(300).collect::<String>()));
    kinds.retain(|kind| !refused.iter().any(|why| why.contains(&kind.path)));
    let mut figures = Figures::default();
    let mut count = 0;
    while count < wanted {
        for kind in &kinds {
            let schemas = Schemas(&kind.schemas);
            let share = [1, 2, 3, 5][generator.below(4)];
            let mut object = generator.value(&kind.written, &schemas, share, 0);
            object["apiVersion"] = json!(kind.api_version);
            object["kind"] = json!(kind.kind);
            object["metadata"] = json!({"name": "example", "labels": {"a": "b"}});
            let text = object.to_string();
            count += 1;
            if !figures.judge(&cluster, kind, &text, None) {
                continue;
            }
            let fault = FAULTS[generator.below(FAULTS.len())];
            let faults = std::iter::once(fault).chain(FAULTS);
            let broken = faults
                .into_iter()
                .find_map(|fault| Some((fault, generator.broken(&object, &kind.written, &schemas, fault)?)));
            if let Some((fault, (text, place))) = broken {
                figures.judge(&cluster, kind, &text, Some((fault, shown(&place))));
                count += 1;
            }
        }
    }
    for (name, count) in &figures.tally.0 {
        println!("{count:6}  {name}");
    }
    for (name, rows) in [("refused", &figures.refused), ("missed", &figures.missed), ("elsewhere", &figures.elsewhere)]
    {
        rows.iter().take(number("KUBE_TEST_SHOW", 40)).for_each(|row| println!("{name}: {row}"));
    }
    let of = |outcome: &str| figures.tally.0.get(&format!("= {outcome}")).copied().unwrap_or(0);
    let (same, missed, other) = (of("found at the same fields"), of("MISSED by us"), of("FOUND at other fields"));
    println!("{count} objects; found at the same fields: {same} of {}", same + missed + other);
    assert_eq!(figures.refused.len(), 0, "objects that the server accepts are refused");
    assert!(same * 100 >= (same + missed + other) * 99, "99 % of the server's errors must be found at the same fields");
}
