//! Paths that name no resource: health, version, the index, and the echo for tests.

use http::HeaderValue;
use serde_json::json;

use super::Server;
use super::context::{Cx, response};
use super::echo;
use super::reply::Reply;
use super::status::{Failure, Outcome};

/// The checks that a verbose answer lists.
const CHECKS: &[&str] = &[
    "ping",
    "log",
    "etcd",
    "informer-sync",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/crd-informer-synced",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/apiservice-discovery-controller",
];

const PATHS: &[&str] = &[
    "/healthz",
    "/healthz/ping",
    "/livez",
    "/livez/ping",
    "/openapi/v2",
    "/openapi/v3",
    "/readyz",
    "/readyz/ping",
    "/version",
];

impl Server {
    /// Answers a path that names no resource.
    pub(crate) fn document(&mut self, cx: &mut Cx<'_>) -> Outcome<Reply> {
        let path = cx.info.path.clone();
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            "api" | "apis" => self.discover(cx),
            "version" if path.trim_end_matches('/') == "/version" => {
                cx.negotiate(false)?;
                Ok(cx.json(200, version_document()))
            }
            "healthz" | "livez" | "readyz" => health(cx, first),
            "openapi" => self.openapi(cx),
            "" => {
                cx.negotiate(false)?;
                Ok(self.index(cx))
            }
            "test" if path == "/test/echo" => Ok(Reply::Upgrade(Box::new(echo::upgrade(cx.headers, &cx.query)?))),
            _ => Err(Failure::no_such_path()),
        }
    }

    fn index(&self, cx: &mut Cx<'_>) -> Reply {
        let mut paths: Vec<String> = vec!["/api".into(), "/api/v1".into(), "/apis".into(), "/apis/".into()];
        for (group, versions) in self.registry.groups() {
            paths.push(format!("/apis/{group}"));
            paths.extend(versions.iter().map(|v| format!("/apis/{group}/{v}")));
        }
        paths.extend(PATHS.iter().map(|p| (*p).to_owned()));
        paths.sort();
        // The real server indents the index for every client.
        cx.pretty = true;
        cx.json(200, json!({ "paths": paths }).to_string())
    }
}

fn version_document() -> Vec<u8> {
    let mut out = super::status::Writer::new();
    for (key, value) in [
        ("major", "1"),
        ("minor", "36"),
        ("emulationMajor", "1"),
        ("emulationMinor", "36"),
        ("minCompatibilityMajor", "1"),
        ("minCompatibilityMinor", "35"),
        ("gitVersion", "v1.36.3"),
        ("gitCommit", "0000000000000000000000000000000000000000"),
        ("gitTreeState", "clean"),
        ("buildDate", "2026-01-01T00:00:00Z"),
        ("goVersion", "go1.26.0"),
        ("compiler", "gc"),
        ("platform", "linux/amd64"),
    ] {
        out.text(key, value);
    }
    out.finish()
}

fn health(cx: &Cx<'_>, endpoint: &str) -> Outcome<Reply> {
    let check = cx.info.path.trim_matches('/').split_once('/').map(|(_, check)| check);
    if let Some(check) = check {
        let one = || Ok(Reply::Response(response(200, "text/plain; charset=utf-8", "ok")));
        return if CHECKS.contains(&check) { one() } else { Err(Failure::no_such_path()) };
    }
    if cx.query.first("verbose").is_none() {
        return Ok(plain("ok"));
    }
    let excluded: Vec<&str> = cx.query.all("exclude").collect();
    let mut text = String::new();
    for check in CHECKS {
        let note = if excluded.contains(check) { " excluded: ok" } else { " ok" };
        text.push_str(&format!("[+]{check}{note}\n"));
    }
    text.push_str(&format!("{endpoint} check passed\n"));
    Ok(plain(&text))
}

/// A plain text.
pub(crate) fn plain(text: &str) -> Reply {
    let mut reply = response(200, "text/plain; charset=utf-8", text.to_owned());
    reply.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    Reply::Response(reply)
}
