//! Answers with a 2xx code that are not what was asked for, and those without a body.

use kube_proto::api::{DeleteParams, ListParams, Patch, PatchParams, WriteParams};
use kube_proto::driver::{Input, Operation};
use kube_proto::response::Deleted;
use kube_proto::{Error, ErrorKind};

use crate::border::pods;
use crate::script::{Script, answer, head, session};

const SUCCESS: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Success","message":"done"}"#;

/// The result of an operation whose answer is this; no body at all if it is empty.
fn result<O: Operation>(operation: O, code: u16, body: &str) -> Result<O::Item, Error> {
    let mut script = Script::new(operation, &session());
    script.exchange();
    if body.is_empty() {
        script.arrived.extend([head(code, &[]), Input::End]);
    } else {
        script.arrived.extend(answer(code, body));
    }
    match script.turn() {
        kube_proto::driver::Step::Yield(item) => Ok(item),
        kube_proto::driver::Step::Done(end) => Err(end.unwrap_err()),
        other => panic!("{}", crate::script::name(&other)),
    }
}

#[test]
fn a_deletion_may_have_no_body() {
    for code in [200, 202, 204] {
        let delete = pods().delete("a", &DeleteParams::default());
        let Deleted::Status(status) = result(delete, code, "").unwrap() else { panic!("no object was sent") };
        assert_eq!(status.status, "Success");
        let delete = pods().delete_collection(&DeleteParams::default(), &ListParams::default());
        assert!(result(delete, code, "").unwrap().object().is_none());
        assert_eq!(result(pods().evict("a", &DeleteParams::default()), code, "").unwrap().status, "Success");
        assert_eq!(result(pods().bind("a", "n", &WriteParams::default()), code, "").unwrap().status, "Success");
    }
    let delete = || pods().delete("a", &DeleteParams::default());
    let Deleted::Status(status) = result(delete(), 200, SUCCESS).unwrap() else { panic!("a status") };
    assert_eq!(status.message, "done");
    for body in ["null", "<html>log in</html>", r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"a"}}"#] {
        let error = result(delete(), 200, body).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Decode { .. }) && error.outcome_unknown(), "{error}");
    }
}

#[test]
fn what_was_not_asked_for_is_an_error_of_every_operation() {
    let pod = serde_json::from_str(r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#).unwrap();
    for body in
        ["", "null", SUCCESS, "<html>log in</html>", r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"a"}}"#]
    {
        let write = WriteParams::default();
        let errors = [
            result(pods().get("a"), 200, body).unwrap_err(),
            result(pods().get("a").with_info(), 200, body).unwrap_err(),
            result(pods().get("a").single_flight(), 200, body).unwrap_err(),
            result(pods().create(&pod, &write), 201, body).unwrap_err(),
            result(pods().replace("a", &pod, &write), 200, body).unwrap_err(),
            result(pods().patch("a", &Patch::merge(&serde_json::json!({})), &PatchParams::default()), 200, body)
                .unwrap_err(),
            result(pods().metadata().get("a"), 200, if body.contains("Node") { "[]" } else { body }).unwrap_err(),
            result(pods().scale().get("a"), 200, body).unwrap_err(),
            result(pods().list(&ListParams::default()), 200, body).unwrap_err(),
            result(pods().pages(&ListParams::default()), 200, body).unwrap_err(),
            result(pods().target().get("a", &kube_proto::api::GetParams::default()).document(), 200, body).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{body:?}: {error}");
            assert!(error.attempt().is_some(), "{body:?}: {error}");
        }
    }
}
