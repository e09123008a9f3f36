//! Questions about the access of others that are under way at the same time.

use std::time::Duration;

use kube_proto::access::{AccessCache, Action, Authorize, Authorizer};
use kube_proto::driver::Session;
use kube_proto::resource::UserInfo;

use crate::script::{Script, answer, session, status};

const ALLOWED: &str = r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},
    "spec":{},"status":{"allowed":true,"reason":"because"}}"#;

fn authorizer() -> Authorizer {
    Authorizer::new(AccessCache::new(Duration::from_secs(10), Duration::from_secs(10)))
}

fn jane(groups: &[&str]) -> UserInfo {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    UserInfo { username: "jane".into(), groups, ..UserInfo::default() }
}

fn ask(authorizer: &Authorizer, session: &Session, user: &UserInfo, verb: &str) -> Script<Authorize> {
    Script::new(authorizer.authorize(user, Action::new(verb, "pods").within("shop")), session)
}

#[test]
fn equal_questions_under_way_are_asked_once() {
    let (session, authorizer) = (session(), authorizer());
    let mut first = ask(&authorizer, &session, &jane(&["a", "b"]), "get");
    first.exchange();
    // The order of groups says nothing.
    let mut others: Vec<_> = (0..50).map(|_| ask(&authorizer, &session, &jane(&["b", "a", "b"]), "get")).collect();
    for other in &mut others {
        other.waits();
    }
    // Another verb, another user and another session are other questions.
    ask(&authorizer, &session, &jane(&["a", "b"]), "list").exchange();
    ask(&authorizer, &session, &jane(&["a"]), "get").exchange();
    first.arrived.extend(answer(201, ALLOWED));
    assert!(first.item().is_allowed());
    for other in &mut others {
        let access = other.item();
        assert!(access.is_allowed() && access.reason == "because");
    }
    assert_eq!(session.statistics().shared, 50);
    // Now the cache has it.
    assert!(ask(&authorizer, &session, &jane(&["a", "b"]), "get").item().is_allowed());
}

#[test]
fn a_failure_is_shared_and_not_kept() {
    let (session, authorizer) = (session(), authorizer());
    let user = jane(&[]);
    let (mut first, mut second) = (ask(&authorizer, &session, &user, "get"), ask(&authorizer, &session, &user, "get"));
    first.exchange();
    second.waits();
    first.arrived.extend(answer(403, &status(403, "Forbidden", "no reviews for you")));
    assert!(first.error().is_forbidden() && second.error().is_forbidden());
    ask(&authorizer, &session, &user, "get").exchange();
}

#[test]
fn another_one_asks_when_the_first_is_dropped() {
    let (session, authorizer) = (session(), authorizer());
    let user = jane(&[]);
    let mut first = ask(&authorizer, &session, &user, "get");
    first.exchange();
    let mut second = ask(&authorizer, &session, &user, "get");
    second.waits();
    drop(first);
    second.exchange();
    second.arrived.extend(answer(201, ALLOWED));
    assert!(second.item().is_allowed());
}
