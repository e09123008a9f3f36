//! The output of a credential plugin, compared with `serde_json`.

#![no_main]

use kube_proto::config::{ExecApiVersion, Secret, parse_exec_credential};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let found = [ExecApiVersion::V1, ExecApiVersion::V1Beta1].map(|version| parse_exec_credential(input, version));
    assert!(found.iter().filter(|found| found.is_ok()).count() <= 1, "a document has one version");
    for found in found {
        let status = match found {
            Ok(status) => status,
            Err(error) => {
                assert!((1..1000).contains(&error.to_string().len()), "{error}");
                continue;
            }
        };
        assert_eq!(status.client_certificate.is_some(), status.client_key.is_some());
        assert!(status.token.is_some() || status.client_key.is_some());
        if let Ok(document) = serde_json::from_slice::<Value>(input) {
            let said = &document["status"];
            assert_eq!(
                status.token.as_ref().map(Secret::expose),
                said["token"].as_str().filter(|text| !text.is_empty())
            );
            // A plugin may leave it out.
            assert!(document["kind"].is_null() || document["kind"] == "ExecCredential");
        }
    }
});
