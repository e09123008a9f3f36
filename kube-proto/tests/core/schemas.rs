//! The documents of OpenAPI that a session fetches.

use kube_proto::ErrorKind;
use kube_proto::driver::Session;
use kube_proto::driver::Step;
use kube_proto::schema::{FetchOpenApi, GroupVersionKind, OpenApiCache, open_api};

use crate::script::{Script, answer, session, status};

const DOCUMENT: &str = r#"{"openapi":"3.0.0","components":{"schemas":{"A":{"type":"object",
    "x-kubernetes-group-version-kind":[{"group":"apps","version":"v1","kind":"A"}]}}}}"#;

fn index(hash: &str) -> String {
    format!(
        r#"{{"paths":{{"apis/apps/v1":{{"serverRelativeURL":"/openapi/v3/apis/apps/v1?hash={hash}"}},
            "api/v1":{{"serverRelativeURL":"https://elsewhere.example/"}}}}}}"#
    )
}

fn fetch(session: &Session, cache: &OpenApiCache) -> Script<FetchOpenApi> {
    Script::new(open_api("apps", "v1").cached(cache), session)
}

/// Answers the index, and returns the path that is asked for then.
fn after_index(script: &mut Script<FetchOpenApi>, hash: &str) -> String {
    assert_eq!(script.exchange().request.uri(), "/openapi/v3");
    script.arrived.extend(answer(200, &index(hash)));
    script.exchange().request.uri().to_string()
}

#[test]
fn a_document_is_fetched_once_for_each_hash() {
    let (session, cache) = (session(), OpenApiCache::new());
    let mut first = fetch(&session, &cache);
    assert_eq!(after_index(&mut first, "AB"), "/openapi/v3/apis/apps/v1?hash=AB");
    first.arrived.extend(answer(200, DOCUMENT));
    assert!(first.item().kind(&GroupVersionKind::of("apps/v1", "A")).is_some());
    assert!((0..2).all(|_| matches!(first.turn(), Step::Done(Ok(())))));
    assert_eq!(cache.size(), (1, DOCUMENT.len()));
    // The same hash: the index alone.
    let mut again = fetch(&session, &cache);
    again.exchange();
    again.arrived.extend(answer(200, &index("AB")));
    assert_eq!(again.item().kinds().count(), 1);
    // Another one, and an operation without the cache.
    assert_eq!(after_index(&mut fetch(&session, &cache), "CD"), "/openapi/v3/apis/apps/v1?hash=CD");
    assert!(after_index(&mut Script::new(open_api("apps", "v1"), &session), "AB").ends_with("AB"));
}

#[test]
fn the_cache_has_a_limit_and_keeps_only_what_has_a_hash() {
    let session = session();
    let cache = OpenApiCache::within(DOCUMENT.len() * 2);
    for (hash, kept) in [("1", 1), ("2", 2), ("3", 2), ("", 2)] {
        let mut script = fetch(&session, &cache);
        let url = after_index(&mut script, hash);
        script.arrived.extend(answer(200, DOCUMENT));
        script.item();
        assert_eq!(cache.size(), (kept, kept * DOCUMENT.len()), "{url}");
    }
    // The oldest one went.
    after_index(&mut fetch(&session, &cache), "1");
    let small = OpenApiCache::within(DOCUMENT.len() - 1);
    let mut script = fetch(&session, &small);
    after_index(&mut script, "1");
    script.arrived.extend(answer(200, DOCUMENT));
    script.item();
    assert_eq!(small.size(), (0, 0));
}

#[test]
fn errors() {
    let session = session();
    let failed = |group: &str, answers: &[(u16, String)]| {
        let mut script = Script::new(open_api(group, "v1"), &session);
        for (code, body) in answers {
            script.exchange();
            script.arrived.extend(answer(*code, body));
        }
        let error = script.error();
        assert_eq!(script.error().to_string(), error.to_string(), "the end is repeated");
        error
    };
    let missing = failed("batch", &[(200, index("A"))]);
    assert!(matches!(missing.kind(), ErrorKind::Misuse(text) if text.contains("no OpenAPI document of apis/batch/v1")));
    let elsewhere = failed("", &[(200, index("A"))]);
    assert!(matches!(elsewhere.kind(), ErrorKind::Decode { .. }), "{elsewhere}");
    let broken = failed("apps", &[(200, "{".to_owned())]);
    assert!(matches!(broken.kind(), ErrorKind::Decode { .. }), "{broken}");
    let document = failed("apps", &[(200, index("A")), (200, "[]".to_owned())]);
    assert!(document.to_string().contains("the OpenAPI document of apis/apps/v1 cannot be read"), "{document}");
    assert!(failed("apps", &[(403, status(403, "Forbidden", "no"))]).is_forbidden());
    assert!(failed("apps", &[(200, index("A")), (404, status(404, "NotFound", "gone"))]).is_not_found());
}
