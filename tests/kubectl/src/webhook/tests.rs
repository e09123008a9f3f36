use kube_proto::admission::Backend;
use kube_proto::resource::DynamicObject;
use kube_test_server::{Options, Server};
use serde_json::{Value, json};

use super::backup::conversions;
use super::{configurations, definition, handlers, manifests};

/// The webhooks in an in-memory server, without a socket.
fn server() -> Server {
    let mut server = Server::new(Options::default());
    server.host_webhooks("backup-webhook.backup-system.svc", handlers());
    let backend = Backend::service("backup-system", "backup-webhook");
    assert_eq!(server.submit(&definition(&backend)).0, 201);
    for configuration in configurations(&backend) {
        assert_eq!(configuration.problems(Some(&handlers())), [""; 0]);
        assert_eq!(server.submit(&configuration.object()).0, 201);
    }
    server
}

fn backup(version: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("backups.example.com/{version}"), "kind": "Backup",
        "metadata": {"name": "a", "namespace": "default"}, "spec": spec})
}

#[test]
fn defaults_checks_and_versions() {
    for (version, spec, stored) in [
        (
            "v2",
            json!({"schedule": "0 3 * * *"}),
            Ok(json!({"schedule": "0 3 * * *", "keep": {"days": 7, "copies": 1}})),
        ),
        ("v1", json!({"schedule": "0 3 * * *"}), Ok(json!({"schedule": "0 3 * * *", "keepDays": 7}))),
        ("v2", json!({"schedule": "0 3"}), Err("the schedule is not valid")),
        ("v1", json!({"schedule": "0 3"}), Err("the schedule is not valid")),
        ("v2", json!({"schedule": "0 3 * * *", "keep": {"days": 1, "copies": 0}}), Err("there would be no backup")),
        ("v2", json!({"schedule": "0 3 * * *", "keep": {"days": -1}}), Err("spec.keep.days")),
    ] {
        let (code, answer) = server().submit(&backup(version, &spec));
        match stored {
            Ok(stored) => assert_eq!((code, &answer["spec"]), (201, &stored)),
            Err(text) => assert!(code >= 400 && answer["message"].as_str().unwrap().contains(text), "{answer}"),
        }
    }
}

#[test]
fn a_conversion_there_and_back_loses_nothing() {
    for days in [None, Some(0), Some(7), Some(400)] {
        for copies in [None, Some(0), Some(1), Some(9)] {
            let mut spec = json!({"schedule": "* * * * *"});
            if let (Some(days), Some(copies)) = (days, copies) {
                spec["keep"] = json!({"days": days, "copies": copies});
            }
            conversions().round_trip(&backup("v2", &spec), "backups.example.com/v1").unwrap();
            let mut spec = json!({"schedule": "* * * * *"});
            if let Some(days) = days {
                spec["keepDays"] = days.into();
            }
            conversions().round_trip(&backup("v1", &spec), "backups.example.com/v2").unwrap();
        }
    }
}

/// `cargo run -p kube-transport-std --example webhook -- --manifests` prints the file.
#[test]
fn the_manifests_are_those_of_the_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/webhook/manifests.yaml");
    if std::env::var_os("UPDATE_MANIFESTS").is_some() {
        std::fs::write(file, manifests()).unwrap();
    }
    assert!(std::fs::read_to_string(file).unwrap() == manifests(), "run with UPDATE_MANIFESTS=1");
    let text = manifests();
    let documents = kube_proto::yaml::documents(&text).map(|document| document.unwrap());
    let objects: Vec<DynamicObject> = documents.map(|value| serde_json::from_value(value).unwrap()).collect();
    assert_eq!(objects.len(), 8);
}
