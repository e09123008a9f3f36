//! The body of an error response: always an error with a message of bounded size, and a `Status` only if the JSON reader
//! reads one, which the target `json` compares with `serde_json`.

#![no_main]

use http::{Response, header};
use kube_proto::error::Attempt;
use kube_proto::internals::{error_from_body, failure_in_success, status_document};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let document = kube_proto::json::from_slice::<Value>(input).ok();
    if let Some(status) = status_document(input) {
        let document = document.expect("only JSON is a Status");
        assert!(document["kind"] == "Status" || document["status"] == "Failure");
        assert_eq!(status.message, document["message"].as_str().unwrap_or_default());
        assert_eq!(status.reason, document["reason"].as_str().unwrap_or_default());
    }
    for (code, media_type) in [(404, "application/json"), (503, "text/html"), (302, "image/png"), (422, "")] {
        let response = Response::builder().status(code).header(header::CONTENT_TYPE, media_type);
        let (head, ()) =
            response.header(header::LOCATION, "https://user:word@elsewhere/x").body(()).unwrap().into_parts();
        for truncated in [false, true] {
            let error = error_from_body(&head, input, truncated, &Attempt::default());
            assert!(error.status.code != 0 && !error.status.to_string().is_empty());
            if error.synthetic {
                assert!(error.status.message.len() < 2000, "{}", error.status.message);
                assert!(!error.status.message.contains("word@"));
            }
        }
        if let Some(error) = failure_in_success(&head, input) {
            assert!(error.status.status != "Success" && error.status.code != 0);
        }
    }
});
