//! Objects as Go writes them, in both encodings (`kube-proto/protobuf/generate` makes them).

use std::path::PathBuf;

use kube_proto::api::Trim;
use kube_proto::internals::protobuf::{Envelope, from_document, to_document};
use serde_json::Value;

/// An object as Go writes it.
pub struct Vector {
    pub name: String,
    pub json: Vec<u8>,
    pub protobuf: Vec<u8>,
}

impl Vector {
    /// `apps/v1 Deployment`
    pub fn api_version_and_kind(&self) -> String {
        let Envelope { api_version, kind, .. } = Envelope::open(&self.protobuf).unwrap();
        format!("{api_version} {kind}")
    }
}

/// All of them. Without Go on the machine there are none, unless `KUBE_TEST_REQUIRE_VECTORS` is set.
pub fn vectors() -> Vec<Vector> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/protobuf/vectors");
    let all = match std::fs::read(&file) {
        Ok(all) => all,
        Err(error) if std::env::var_os("KUBE_TEST_REQUIRE_VECTORS").is_some() => panic!("{}: {error}", file.display()),
        Err(_) => {
            eprintln!("no vectors: run kube-proto/protobuf/generate, which needs Go");
            return Vec::new();
        }
    };
    let mut rest = &all[..];
    let mut part = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (part, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        Some(part.to_vec())
    };
    std::iter::from_fn(|| {
        let name = String::from_utf8(part()?).unwrap();
        Some(Vector { name, json: part().unwrap(), protobuf: part().unwrap() })
    })
    // It is never in an envelope.
    .filter(|vector| vector.name != "testdata core.v1.WatchEvent")
    .collect()
}

/// Compares what was read with Go's JSON. A list or a map without elements is null there, or absent; protobuf does not
/// have it at all.
fn differences(ours: &Value, gos: &Value, path: &str, found: &mut Vec<String>) {
    match (ours, gos) {
        (Value::Object(ours), Value::Object(gos)) => {
            for key in ours.keys().filter(|key| !gos.contains_key(*key)) {
                found.push(format!("{path}.{key} is not in Go's JSON"));
            }
            for (key, gos) in gos {
                match ours.get(key) {
                    Some(ours) => differences(ours, gos, &format!("{path}.{key}"), found),
                    None if gos.is_null() => {}
                    None => found.push(format!("{path}.{key} is missing: {gos}")),
                }
            }
        }
        (Value::Array(ours), Value::Array(gos)) if ours.len() == gos.len() => {
            for (index, (ours, gos)) in ours.iter().zip(gos).enumerate() {
                differences(ours, gos, &format!("{path}[{index}]"), found);
            }
        }
        _ if ours == gos => {}
        _ => found.push(format!("{path} is {ours}, and {gos} in Go's JSON")),
    }
}

#[test]
fn values_are_as_in_gos_json() {
    let mut wrong = Vec::new();
    for Vector { name, json, protobuf } in vectors() {
        let gos: Value = serde_json::from_slice(&json).unwrap();
        match from_document::<Value>(&protobuf, &Trim::default()) {
            Ok(ours) => differences(&ours, &gos, &name, &mut wrong),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn bytes_are_gos() {
    let mut wrong = Vec::new();
    for Vector { name, json, protobuf } in vectors() {
        let envelope = Envelope::open(&protobuf).unwrap();
        let read: Value = from_document(&protobuf, &Trim::default()).unwrap();
        for (from, value) in [("Go's JSON", serde_json::from_slice(&json).unwrap()), ("what was read", read)] {
            match to_document::<Value>(&value, envelope.api_version, envelope.kind) {
                Ok(ours) if ours == protobuf => {}
                Ok(ours) => {
                    let at = ours.iter().zip(&protobuf).take_while(|(ours, gos)| ours == gos).count();
                    let part = |bytes: &[u8]| {
                        bytes[at.saturating_sub(20)..bytes.len().min(at + 30)].escape_ascii().to_string()
                    };
                    wrong.push(format!("{name} from {from} at {at}: {} instead of {}", part(&ours), part(&protobuf)));
                }
                Err(error) => wrong.push(format!("{name} from {from}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
