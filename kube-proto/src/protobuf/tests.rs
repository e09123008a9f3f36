//! Documents read and written as a whole; `tests/protobuf` compares them with Go's.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::descriptor::field_of;
use super::envelope::{Content, Envelope, sealed};
use super::row::{Field, Kind, MessageId, Shape};
use super::wire::{put_bytes, put_number, record};
use super::{DEPTH, from_document, from_message, order, to_document, to_message};
use crate::frame::trim::Trim;
use crate::json::error::{DecodeError, Kind as Wrong};

fn read<T: DeserializeOwned>(document: &[u8]) -> Result<T, DecodeError> {
    from_document(document, &Trim::default())
}

fn message_of(document: &[u8]) -> &[u8] {
    match Envelope::open(document).unwrap().content {
        Content::Message(message) => message,
        Content::Json(_) => panic!("a message"),
    }
}

/// An object with all that is special: messages that are inlined twice, unions, embedded JSON, maps of messages.
fn objects() -> [(Value, &'static str, &'static str); 4] {
    let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p", "labels": {"a": "1", "b": "2"}, "managedFields": [
            {"manager": "m", "fieldsV1": {"f:spec": {}}, "time": "2024-01-02T03:04:05Z"}, {"manager": "n"}]},
        "spec": {"matchConstraints": {"resourceRules": [
            {"resourceNames": ["x", "y"], "operations": ["CREATE", "UPDATE"], "apiGroups": ["apps"], "scope": "*"},
            {"apiVersions": ["v1"], "resources": ["pods", "pods/*"]}]},
            "validations": [{"expression": "true"}]},
        "status": {}});
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "default": {"x": [1, null]}},
            "b": {"type": "array", "items": {"type": "integer", "maximum": 5, "minimum": -1.5}}},
        "additionalProperties": {"type": "string"}, "enum": [1, "a", null]});
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "c"},
        "spec": {"group": "g", "names": {"plural": "p", "kind": "K"}, "scope": "Namespaced",
            "versions": [{"name": "v1", "served": true, "storage": false, "schema": {"openAPIV3Schema": schema}}]},
        "status": {"acceptedNames": {"plural": "", "kind": ""}}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "generation": 3},
        "spec": {"volumes": [{"name": "v", "configMap": {"name": "c", "defaultMode": 0}}, {"name": "w", "emptyDir": {}}],
            "containers": [{"name": "a", "image": "i", "resources": {"limits": {"cpu": "1500m"}},
                "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": false}}}],
                "readinessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 5},
                "livenessProbe": {"tcpSocket": {"port": 80}}}],
            "securityContext": {"supplementalGroups": [1, 200, -3]}, "activeDeadlineSeconds": 0},
        "status": {"phase": "Running", "podIPs": [{"ip": "::1"}]}});
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {}, "spec": {},
        "status": {"user": {"username": "u", "extra": {"a": ["x", "y"], "b": [""]}}}});
    [
        (policy, "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
        (crd, "apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        (pod, "v1", "Pod"),
        (review, "authentication.k8s.io/v1", "TokenReview"),
    ]
}

#[test]
fn what_is_written_is_read() {
    for (object, api_version, kind) in objects() {
        let document = to_document(&object, api_version, kind).unwrap();
        assert_eq!(read::<Value>(&document).unwrap(), object);
    }
}

/// Rewrites a message as no server does: fields in any order, messages in pieces, values that later ones replace, fields
/// that are not known. `choose` gives a number below its argument.
fn scattered(message: MessageId, bytes: &[u8], choose: &mut dyn FnMut(usize) -> usize) -> Vec<u8> {
    // One queue for the records of each field: their order counts.
    let mut queues: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let from = rest;
        let record = record(&mut rest).unwrap();
        let field = field_of(message, record.number as u8);
        let queue = queues.entry(record.number).or_default();
        let same = || vec![from[..from.len() - rest.len()].to_vec()];
        let bytes = record.value.bytes;
        let wrapped = |bytes: &[u8]| {
            let mut out = Vec::new();
            put_bytes(&mut out, field.number, bytes);
            out
        };
        queue.extend(match (field.shape(), field.kind) {
            (Shape::One, Kind::String) => vec![wrapped(b"replaced"), wrapped(bytes)],
            (Shape::One, Kind::Message | Kind::Inline) => {
                let inside = scattered(field.message(), bytes, choose);
                pieces(&inside, choose).iter().map(|piece| wrapped(piece)).collect()
            }
            (Shape::List, Kind::Message) => vec![wrapped(&scattered(field.message(), bytes, choose))],
            (Shape::List, Kind::Int64) => {
                let mut number = Vec::new();
                super::wire::put_varint(&mut number, record.value.number);
                vec![if choose(2) == 0 { wrapped(&number) } else { same().remove(0) }]
            }
            _ => same(),
        });
    }
    let mut out = Vec::new();
    queues.values_mut().for_each(|queue| queue.reverse());
    while !queues.is_empty() {
        if choose(3) == 0 {
            put_number(&mut out, 250, 7);
        }
        let number = *queues.keys().nth(choose(queues.len())).unwrap();
        let queue = queues.get_mut(&number).unwrap();
        out.extend(queue.pop().unwrap());
        if queue.is_empty() {
            queues.remove(&number);
        }
    }
    out
}

/// The records of a message in two messages.
fn pieces(message: &[u8], choose: &mut dyn FnMut(usize) -> usize) -> [Vec<u8>; 2] {
    let mut rest = message;
    let mut count = 0;
    while !rest.is_empty() {
        record(&mut rest).unwrap();
        count += 1;
    }
    let mut rest = message;
    for _ in 0..choose(count + 1) {
        record(&mut rest).unwrap();
    }
    [message[..message.len() - rest.len()].to_vec(), rest.to_vec()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_fields_does_not_matter(choices in prop::collection::vec(any::<usize>(), 1..200)) {
        for (object, api_version, kind) in objects() {
            let message = MessageId::of(api_version, kind).unwrap();
            let bytes = to_message(&object, message).unwrap();
            let mut choices = choices.iter().cycle();
            let mut choose = |below: usize| choices.next().unwrap() % below.max(1);
            let scattered = scattered(message, &bytes, &mut choose);
            let read: Value = from_message(&scattered, message, (api_version, kind), &Trim::default()).unwrap();
            prop_assert_eq!(read, object);
            let ignored: Result<IgnoredAny, _> = from_message(&scattered, message, ("", ""), &Trim::default());
            prop_assert!(ignored.is_ok());
        }
    }

    #[test]
    fn bytes_of_any_kind_do_not_panic(
        tail in prop::collection::vec(prop_oneof![Just(0x0au8), Just(0x12), Just(0x1a), 0u8..40, any::<u8>()], 0..60),
    ) {
        for (_, api_version, kind) in objects() {
            let message = MessageId::of(api_version, kind).unwrap();
            let _whatever: Result<Value, _> = from_message(&tail, message, (api_version, kind), &Trim::default());
        }
    }
}

#[test]
fn what_is_in_order_stays() {
    for (object, api_version, kind) in objects() {
        let message = MessageId::of(api_version, kind).unwrap();
        let bytes = to_message(&object, message).unwrap();
        assert_eq!(order::ordered(message, &bytes).unwrap(), bytes);
    }
}

#[test]
fn an_unknown_field_may_part_a_list_and_a_map() {
    // Otherwise the fields are in order.
    let metadata = b"\x5a\x06\x0a\x01a\x12\x011\xd0\x0f\x07\x5a\x06\x0a\x01b\x12\x012\x72\x01x\xd0\x0f\x07\x72\x01y";
    let mut message = Vec::new();
    put_bytes(&mut message, 1, metadata);
    let found: Value = read(&sealed("v1", "ConfigMap", &message)).unwrap();
    assert_eq!(found["metadata"], json!({"labels": {"a": "1", "b": "2"}, "finalizers": ["x", "y"]}));
}

#[test]
fn a_projection_reads_what_it_names() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Pod {
        metadata: Metadata,
        spec: Spec,
        #[serde(default)]
        status: BTreeMap<String, Value>,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Metadata {
        name: String,
        generation: Option<u8>,
        namespace: Option<String>,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Spec {
        active_deadline_seconds: Option<i64>,
        termination_grace_period_seconds: Option<i64>,
        volumes: Vec<Volume>,
        containers: Vec<IgnoredAny>,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Volume {
        name: Name,
        #[serde(flatten)]
        source: Source,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Name(String);
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    enum Source {
        ConfigMap { name: String },
        EmptyDir {},
    }
    let [_, _, (pod, ..), _] = objects();
    let document = to_document(&pod, "v1", "Pod").unwrap();
    let wanted: Pod = serde_json::from_value(pod).unwrap();
    assert_eq!(read::<Pod>(&document).unwrap(), wanted);
    assert_eq!(wanted.spec.active_deadline_seconds, Some(0), "zero is not the same as nothing");
}

#[test]
fn an_enum_can_be_a_text_or_the_one_field_of_a_message() {
    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    enum Phase {
        Running,
        Pending,
    }
    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(rename_all = "camelCase")]
    enum Handler {
        TcpSocket { port: u16 },
        Exec { command: Vec<String> },
    }
    let read_one = |object: Value, kind: &str| -> Value { read(&to_document(&object, "v1", kind).unwrap()).unwrap() };
    let pod = read_one(json!({"status": {"phase": "Running"}}), "Pod");
    assert_eq!(pod["status"]["phase"], "Running");
    #[derive(Deserialize, Serialize)]
    struct Pod {
        status: Status,
        spec: Spec,
    }
    #[derive(Deserialize, Serialize)]
    struct Status {
        phase: Phase,
    }
    #[derive(Deserialize, Serialize)]
    struct Spec {
        containers: Vec<Container>,
    }
    #[derive(Deserialize, Serialize)]
    struct Container {
        lifecycle: Lifecycle,
    }
    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Lifecycle {
        post_start: Handler,
        pre_stop: Handler,
    }
    let object = json!({"status": {"phase": "Pending"}, "spec": {"containers": [{"lifecycle": {
        "postStart": {"tcpSocket": {"port": 80}}, "preStop": {"exec": {"command": ["a"]}}}}]}});
    let pod: Pod = read(&to_document(&object, "v1", "Pod").unwrap()).unwrap();
    assert_eq!(pod.status.phase, Phase::Pending);
    assert_eq!(pod.spec.containers[0].lifecycle.post_start, Handler::TcpSocket { port: 80 });
    assert_eq!(pod.spec.containers[0].lifecycle.pre_stop, Handler::Exec { command: vec!["a".into()] });
    // Written, the types are what the JSON is.
    assert_eq!(to_document(&pod, "v1", "Pod").unwrap(), to_document(&object, "v1", "Pod").unwrap());
}

#[test]
fn keys_are_those_of_json() {
    #[derive(Serialize)]
    struct Keyed<K: Ord> {
        data: BTreeMap<K, &'static str>,
    }
    let of_json = |key: &str| to_document(&json!({"data": {key: "x"}}), "v1", "ConfigMap").unwrap();
    fn written<K: Ord + Serialize>(key: K) -> Vec<u8> {
        to_document(&Keyed { data: BTreeMap::from([(key, "x")]) }, "v1", "ConfigMap").unwrap()
    }
    assert_eq!(written("a"), of_json("a"));
    assert_eq!(written(7), of_json("7"));
    assert_eq!(written(-7_i64), of_json("-7"));
    assert_eq!(written(true), of_json("true"));
    assert_eq!(written('a'), of_json("a"));
    let keyed = Keyed { data: BTreeMap::from([((), "x")]) };
    assert!(to_document(&keyed, "v1", "ConfigMap").unwrap_err().to_string().contains("a key is no string"));
}

#[test]
fn a_type_may_leave_a_value_or_drop_its_error() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Pod {
        metadata: Metadata,
        spec: Spec,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Metadata {
        #[serde(deserialize_with = "or_nothing")]
        labels: Option<Vec<u8>>,
        finalizers: (String, String),
    }
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Spec {
        #[serde(deserialize_with = "or_nothing")]
        containers: Option<Vec<u8>>,
        restart_policy: String,
    }
    fn or_nothing<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
        Ok(T::deserialize(from).ok())
    }
    let object = json!({"metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x", "y"]},
        "spec": {"containers": [{"name": "a", "image": "b"}, {"name": "c"}], "restartPolicy": "Always"}});
    let wanted = Pod {
        metadata: Metadata { labels: None, finalizers: ("x".into(), "y".into()) },
        spec: Spec { containers: None, restart_policy: "Always".into() },
    };
    assert_eq!(read::<Pod>(&to_document(&object, "v1", "Pod").unwrap()).unwrap(), wanted);
    // A tuple reads two elements, and leaves the third, which JSON refuses.
    let object = json!({"metadata": {"labels": {"a": "1"}, "finalizers": ["x", "y", "z"]}, "spec": object["spec"]});
    assert_eq!(read::<Pod>(&to_document(&object, "v1", "Pod").unwrap()).unwrap().spec, wanted.spec);
}

#[test]
fn a_document_within_a_document() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c",
        "resources": {}}]}, "status": {}});
    let inner = to_document(&pod, "v1", "Pod").unwrap();
    let mut raw = Vec::new();
    put_bytes(&mut raw, 1, &inner);
    for (raw, wanted) in [
        (raw, pod),
        (b"\x0a\x07{\"a\":1}".to_vec(), json!({"a": 1})),
        (b"\x0a\x04null".to_vec(), Value::Null),
        (b"".to_vec(), Value::Null),
        (b"\x0a\x1ck8s\0\x12\x04true\x22\x10application/json".to_vec(), json!(true)),
    ] {
        let mut message = Vec::new();
        put_bytes(&mut message, 2, &raw);
        put_number(&mut message, 3, 7);
        let document = sealed("apps/v1", "ControllerRevision", &message);
        let found: Value = read(&document).unwrap();
        assert_eq!((&found["data"], &found["revision"]), (&wanted, &json!(7)), "{raw:?}");
        #[derive(Deserialize)]
        struct Revision {
            data: Option<Value>,
        }
        let found: Revision = read(&document).unwrap();
        assert_eq!(found.data, Some(wanted).filter(|data| !data.is_null()));
        // The same out of order.
        let document = sealed("apps/v1", "ControllerRevision", &[b"\x18\x08", &message[..]].concat());
        assert_eq!(read::<Value>(&document).unwrap()["revision"], 7);
    }
    // A key that stands twice, in a type that takes no second one.
    #[derive(Debug, Deserialize)]
    struct Twice {
        data: One,
    }
    #[derive(Debug, Deserialize)]
    struct One {
        a: u8,
    }
    let twice = sealed("apps/v1", "ControllerRevision", b"\x12\x0f\x0a\x0d{\"a\":1,\"a\":2}");
    assert_eq!(read::<Twice>(&twice).unwrap().data.a, 2);
    let unknown = sealed("apps/v1", "ControllerRevision", b"\x12\x17\x0a\x15k8s\0\x0a\x0f\x0a\x06x.io/1\x12\x05Thing");
    let error = read::<Value>(&unknown).unwrap_err();
    let text = "data: the kind \"Thing\" of \"x.io/1\" has no protobuf in this version of the library";
    assert_eq!(error.to_string(), text);
    assert!(read::<IgnoredAny>(&unknown).is_ok());
}

#[test]
fn a_document_of_json_in_an_envelope() {
    let document =
        b"k8s\0\x12\x3b{\"metadata\":{\"name\":\"a\",\"managedFields\":[{\"manager\":\"x\"}]}}\x22\x10application/json";
    let found: Value = from_document(document, &Trim::managed_fields()).unwrap();
    assert_eq!(found, json!({"metadata": {"name": "a"}}));
}

#[test]
fn parts_are_left_out_at_their_place_only() {
    let managed = json!([{"manager": "x"}]);
    let metadata = json!({"name": "a", "annotations": {"a": "1", "k": "2"}, "managedFields": managed, "uid": "u"});
    let object = json!({"metadata": metadata, "spec": {"template": {"metadata": metadata}}});
    let document = to_document(&object, "apps/v1", "Deployment").unwrap();
    for (trim, left) in [
        (Trim::default(), metadata.clone()),
        (Trim::managed_fields(), json!({"name": "a", "annotations": {"a": "1", "k": "2"}, "uid": "u"})),
        (Trim::managed_fields().annotation("a"), json!({"name": "a", "annotations": {"k": "2"}, "uid": "u"})),
        (
            Trim::default().annotation("a").annotation("k"),
            json!({"name": "a", "annotations": {}, "managedFields": managed, "uid": "u"}),
        ),
    ] {
        let found: Value = from_document(&document, &trim).unwrap();
        assert_eq!(found["metadata"], left, "{trim:?}");
        assert_eq!(found["spec"]["template"]["metadata"], metadata, "{trim:?}");
    }
    // A list is not an object: its items are read one by one.
    let list = json!({"items": [{"metadata": metadata}]});
    let document = to_document(&list, "v1", "ConfigMapList").unwrap();
    let found: Value = from_document(&document, &Trim::managed_fields()).unwrap();
    assert_eq!(found["items"][0]["metadata"], metadata);
}

#[test]
fn items_of_a_list_are_messages() {
    let list = MessageId::of("v1", "PodList").unwrap();
    assert_eq!(list.item(), MessageId::of("v1", "Pod"));
    assert_eq!((MessageId::of("v1", "List").unwrap().item(), MessageId::of("v1", "Nothing")), (None, None));
    let pod = to_document(&json!({"metadata": {"name": "a"}}), "v1", "Pod").unwrap();
    for (type_meta, kind) in [(("v1", "Pod"), json!("Pod")), (("", ""), Value::Null)] {
        let found: Value = from_message(message_of(&pod), list.item().unwrap(), type_meta, &Trim::default()).unwrap();
        assert_eq!((&found["metadata"]["name"], &found["kind"]), (&json!("a"), &kind));
    }
}

#[test]
fn errors_name_the_field() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Secret {
        data: BTreeMap<String, u8>,
    }
    let read_as = |object: Value, kind: &str, api_version: &str| to_document(&object, api_version, kind).unwrap();
    let secret = read_as(json!({"data": {"a/b": "aHVudGVyMg=="}}), "Secret", "v1");
    let error = read::<Secret>(&secret).unwrap_err();
    assert_eq!(error.to_string(), "data[…]: invalid type: string, expected u8");

    // A container whose image is a number.
    let document = sealed("v1", "Pod", b"\x12\x07\x12\x00\x12\x03\x10\x01\x0a");
    for (document, text) in [
        (document, "spec.containers[1].image: it is no protobuf: a record has another wire type than its field"),
        (sealed("v1", "Pod", b"\x0a\x05a"), "it is no protobuf: a record is longer than the message around it"),
        (sealed("v1", "Pod", b"\x0b"), "it is no protobuf: a record has a wire type that is not in use"),
        (sealed("v1", "Pod", b"\xba\x3f\x05"), "it is no protobuf: a record is longer than the message around it"),
        (
            sealed("x.io/v1", "Thing", b""),
            "the kind \"Thing\" of \"x.io/v1\" has no protobuf in this version of the library",
        ),
        (b"<html>".to_vec(), "it is no protobuf: it does not begin as a document does"),
        (
            sealed("apps/v1", "ControllerRevision", b"\x12\x03\x0a\x01{"),
            "data: it ends in the middle: a value, a bracket or a quote is missing at the end at line 1 column 2",
        ),
        (
            sealed("v1", "Pod", b"\x0a\x0d\x42\x0b\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40\x10"),
            "metadata: it is no protobuf: the bytes end in the middle of a record",
        ),
        (
            sealed("v1", "Pod", b"\x0a\x0c\x42\x0a\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40"),
            "metadata.creationTimestamp: it is no protobuf: a time is not in the years 0 to 9999",
        ),
    ] {
        assert_eq!(read::<Value>(&document).unwrap_err().to_string(), text);
    }
}

/// A field that is skipped is looked at as far as it must be: its wire type, and where it ends.
#[test]
fn what_is_skipped_is_checked() {
    #[derive(Debug, Deserialize)]
    struct Nothing {}
    for (message, is_read) in [
        (&b"\x12\x02\x12\x05"[..], true),
        (b"\x10\x00", false),
        (b"\x12\x05", false),
        (b"\xba\x3f\x01", false),
        (b"\x1b\x1c", false),
    ] {
        assert_eq!(read::<Nothing>(&sealed("v1", "Pod", message)).is_ok(), is_read, "{message:?}");
    }
}

#[test]
fn depth_is_limited() {
    // Each level is a message, and a map or a list around it.
    let schema = |levels: usize| {
        let mut schema = Vec::new();
        for level in 0..levels {
            let mut around = Vec::new();
            if level % 2 == 0 {
                let mut entry = Vec::new();
                put_bytes(&mut entry, 1, b"k");
                put_bytes(&mut entry, 2, &schema);
                put_bytes(&mut around, 29, &entry);
            } else {
                put_bytes(&mut around, 26, &schema);
            }
            schema = around;
        }
        let mut document = Vec::new();
        let mut validation = Vec::new();
        put_bytes(&mut validation, 1, &schema);
        let mut version = Vec::new();
        put_bytes(&mut version, 4, &validation);
        let mut spec = Vec::new();
        put_bytes(&mut spec, 7, &version);
        put_bytes(&mut document, 2, &spec);
        sealed("apiextensions.k8s.io/v1", "CustomResourceDefinition", &document)
    };
    let levels = usize::from(DEPTH - 6) / 2;
    assert!(read::<Value>(&schema(levels)).is_ok());
    let error = read::<Value>(&schema(levels + 1)).unwrap_err();
    assert!(error.to_string().starts_with("spec.versions[0].schema.") && error.kind() == Wrong::Depth, "{error}");
    let error = read::<Value>(&schema(20_000)).unwrap_err();
    assert_eq!(error.kind(), Wrong::Depth);
    // Nor when it must be put in order first.
    let mut disordered = schema(20_000);
    let message = message_of(&disordered).to_vec();
    disordered = sealed("apiextensions.k8s.io/v1", "CustomResourceDefinition", &[&message[..], b"\x0a\x00"].concat());
    assert_eq!(read::<Value>(&disordered).unwrap_err().kind(), Wrong::Depth);
}

#[test]
fn numbers_are_those_of_the_type() {
    // int32 values that have more bits on the wire are cut, as Go does it.
    let container = b"\x0a\x01c\x32\x0d\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x50";
    let mut spec = Vec::new();
    put_bytes(&mut spec, 2, container);
    let mut pod = Vec::new();
    put_bytes(&mut pod, 2, &spec);
    let found: Value = read(&sealed("v1", "Pod", &pod)).unwrap();
    assert_eq!(found["spec"]["containers"][0]["ports"], json!([{"containerPort": -1, "hostPort": 80}]));
    let pod = json!({"spec": {"securityContext": {"supplementalGroups": [1, 2]}}});
    // The groups in one record, two of them, and none.
    for (groups, wanted) in [
        (&b"\x22\x02\x01\x02"[..], json!([1, 2])),
        (b"\x20\x01\x22\x01\x02\x20\x03", json!([1, 2, 3])),
        (b"\x22\x00", json!([])),
    ] {
        let mut spec = Vec::new();
        put_bytes(&mut spec, 14, groups);
        let mut pod = Vec::new();
        put_bytes(&mut pod, 2, &spec);
        let found: Value = read(&sealed("v1", "Pod", &pod)).unwrap();
        assert_eq!(found["spec"]["securityContext"]["supplementalGroups"], wanted);
    }
    assert!(to_document(&pod, "v1", "Pod").is_ok());
}

#[test]
fn text_that_is_not_utf_8_is_replaced() {
    let found: Value =
        read(&sealed("v1", "Pod", b"\x0a\x0e\x0a\x02a\xff\x5a\x08\x0a\x02\xff\xfe\x12\x02\xc3(")).unwrap();
    assert_eq!(found["metadata"], json!({"name": "a\u{fffd}", "labels": {"\u{fffd}\u{fffd}": "\u{fffd}("}}));
}

#[test]
fn what_is_not_written() {
    for (object, text) in [
        (json!({"spec": {"new": 1}}), "spec: the field \"new\" is not known, and would be lost in protobuf"),
        (
            json!({"spec": {"containers": [{}, {"x": null}]}}),
            "spec.containers[1]: the field \"x\" is not known, and would be lost in protobuf",
        ),
        (json!({"metadata": {"name": 7}}), "metadata.name: it is a number, and the API has a string"),
        (json!({"metadata": []}), "metadata: it is a list, and the API has an object"),
        (json!({"metadata": {"labels": {"a": true}}}), "metadata.labels[…]: it is a bool, and the API has a string"),
        (
            json!({"metadata": {"generation": 1.5}}),
            "metadata.generation: it is a number with a fraction, and the API has a number",
        ),
        (json!({"metadata": {"generation": u64::MAX}}), "metadata.generation: the number has more than 63 bits"),
        (json!({"spec": {"priority": 1u64 << 31}}), "spec.priority: the number has more than 32 bits"),
        (json!({"metadata": {"creationTimestamp": "now"}}), "metadata.creationTimestamp: it is no time in RFC 3339"),
    ] {
        assert_eq!(to_document(&object, "v1", "Pod").unwrap_err().to_string(), text);
    }
    let error = to_document(&json!({"data": {"a": "%"}}), "v1", "Secret").unwrap_err();
    assert_eq!(error.to_string(), "data[…]: it is no base64");
    assert!(to_document(&json!({}), "x.io/v1", "Thing").is_err());
}

#[test]
fn what_is_written_although_json_leaves_it_out() {
    // An empty ConfigMap: every text that is no pointer. As the fact sheet has it (docs/wire.md §14).
    let map = json!({"metadata": {"name": "a", "namespace": "n", "resourceVersion": "7"}, "data": {"k": "v"}});
    let message =
        b"\x0a\x13\x0a\x01a\x12\x00\x1a\x01n\x22\x00\x2a\x00\x32\x017\x38\x00\x42\x00\x12\x06\x0a\x01k\x12\x01v";
    assert_eq!(message_of(&to_document(&map, "v1", "ConfigMap").unwrap()), message);
    // Numbers in floating point, base64 over several lines, null in a list and in a map, a key that stands twice.
    for (object, same) in [
        (json!({"metadata": {"generation": 3.0}}), json!({"metadata": {"generation": 3}})),
        (json!({"metadata": {"finalizers": [null]}}), json!({"metadata": {"finalizers": [""]}})),
        (json!({"metadata": {"labels": {"a": null}, "name": null}}), json!({"metadata": {"labels": {"a": ""}}})),
        (json!({"binaryData": {"a": "aGV\r\nsbG8="}}), json!({"binaryData": {"a": "aGVsbG8="}})),
    ] {
        let write = |object| to_document::<Value>(object, "v1", "ConfigMap").unwrap();
        assert_eq!(write(&object), write(&same));
    }
}

#[test]
fn a_field_is_small() {
    assert_eq!(size_of::<Field>(), 8);
}
