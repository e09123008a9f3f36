//! Reads that ask for protobuf, and what comes back.

use bytes::Bytes;
use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::Api;
use kube_proto::api::{GetParams, IncludeObject, ListParams, Trim, WatchParams, WriteParams};
use kube_proto::config::Config;
use kube_proto::driver::{Input, Operation, Session, SessionOptions, Step};
use kube_proto::internals::protobuf::{Content, Envelope, sealed, to_document};
use kube_proto::resource::{
    ApiResource, DynamicObject, Identified, Lazy, Object, PartialObject, Protobuf, Scope, Tolerant,
};
use kube_proto::settings::{ContentType, Settings};
use kube_proto::watch::{Event, EventKind, WatchEvent, WatchSettings};
use serde_json::{Value, json};

use crate::script::{Script, answer, head, session};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

fn maps() -> Api<ConfigMap> {
    Api::namespaced("shop").content_type(ContentType::Protobuf)
}

fn of<K: Object>() -> Api<K> {
    Api::of(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced))
        .within("shop")
        .content_type(ContentType::Protobuf)
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": name},
        "metadata": {"name": name, "namespace": "shop", "uid": "u", "resourceVersion": "7",
            "managedFields": [{"manager": "m"}]}})
}

fn document(value: &Value, kind: &str) -> Vec<u8> {
    to_document(value, "v1", kind).unwrap()
}

fn status() -> Vec<u8> {
    let status = json!({"status": "Failure", "reason": "Expired", "message": "too old", "code": 410});
    document(&status, "Status")
}

fn list(token: &str, names: &[&str]) -> Vec<u8> {
    let items: Vec<_> = names.iter().map(|name| map(name)).collect();
    document(&json!({"metadata": {"resourceVersion": "9", "continue": token}, "items": items}), "ConfigMapList")
}

/// A frame of a watch.
fn frame(kind: &str, object: &[u8]) -> Vec<u8> {
    // The envelope of a document has the same two records, in other places: a type and bytes.
    fn record(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length > 127 {
            out.push((length & 127) as u8 | 128);
            length >>= 7;
        }
        out.push(length as u8);
        [&out, bytes].concat()
    }
    let event = [record(1, kind.as_bytes()), record(2, &record(1, object))].concat();
    [&u32::try_from(event.len()).unwrap().to_be_bytes()[..], &event].concat()
}

/// The inputs of a response in protobuf, cut into pieces of this length.
fn response(code: u16, body: &[u8], piece: usize) -> Vec<Input> {
    let mut inputs = vec![head(code, &[("content-type", PROTOBUF)])];
    inputs.extend(body.chunks(piece).map(|piece| Input::Data(Bytes::copy_from_slice(piece))));
    inputs.push(Input::End);
    inputs
}

fn asked<O: Operation>(operation: O) -> (Script<O>, String) {
    asked_in(&session(), operation)
}

fn asked_in<O: Operation>(session: &Session, operation: O) -> (Script<O>, String) {
    let mut script = Script::new(operation, session);
    let accept = script.exchange().request.headers()["accept"].to_str().unwrap().to_owned();
    (script, accept)
}

#[test]
fn who_asks_for_protobuf() {
    let both = "application/vnd.kubernetes.protobuf,application/json";
    let without = "application/vnd.kubernetes.protobuf;drop=metadata.managedFields,\
        application/json;drop=metadata.managedFields";
    let one = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,\
        application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    let one_in_json = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let (json, list, watch, get) =
        ("application/json", ListParams::default(), WatchParams::default(), GetParams::default());
    let all_in_protobuf = session_with(ContentType::Protobuf);
    let of_the_session = || Api::<ConfigMap>::namespaced("shop");
    for (accept, expected) in [
        (asked(maps().get("a")).1, both),
        (asked(maps().list(&list)).1, both),
        (asked(maps().pages(&list)).1, both),
        (asked(maps().watch_once(&watch)).1, both),
        (asked(maps().watch(WatchSettings::default())).1, both),
        (asked(maps().list(&list).trim(Trim::managed_fields())).1, without),
        (asked(maps().reflect(WatchSettings::default(), [])).1, without),
        (asked(maps().within("other").get("a")).1, both),
        (asked(of::<Tolerant<ConfigMap>>().list(&list)).1, both),
        (asked(of::<Identified<ConfigMap>>().list(&list)).1, both),
        (asked(maps().metadata().get("a")).1, one),
        // What stays JSON: types that keep all fields, writes, subresources, kinds without protobuf.
        (asked(Api::<ConfigMap>::namespaced("shop").get("a")).1, json),
        (asked(of::<DynamicObject>().get("a")).1, json),
        (asked(Api::<DynamicObject>::new(maps().target().clone()).get("a")).1, json),
        (asked(of::<Tolerant<DynamicObject>>().get("a")).1, json),
        (asked(of::<Lazy<DynamicObject>>().list(&list)).1, json),
        (asked(of::<Lazy<ConfigMap>>().list(&list)).1, both),
        (
            asked(maps().create(&ConfigMap { metadata: meta("a"), ..ConfigMap::default() }, &WriteParams::default())).1,
            json,
        ),
        (asked(maps().status().get("a")).1, json),
        (asked(Api::<Widget>::namespaced("shop").content_type(ContentType::Protobuf).get("a")).1, json),
        (asked(maps().target().get("a", &get).json::<Value>()).1, json),
        (asked(maps().target().get("a", &get).accept("application/json").bytes()).1, json),
        (asked(maps().target().list(&list).as_table(IncludeObject::None).bytes()).1, table),
        // Bytes have no type: only the choice of the API counts.
        (asked(maps().target().get("a", &get).bytes()).1, both),
        (asked(maps().target().get("a", &get).document()).1, both),
        (asked(Api::<ConfigMap>::namespaced("shop").metadata().target().get("a", &get).bytes()).1, one_in_json),
        (asked_in(&all_in_protobuf, of_the_session().target().get("a", &get).bytes()).1, json),
        // The choice of the API goes before the session's.
        (asked_in(&all_in_protobuf, of_the_session().get("a")).1, both),
        (asked_in(&all_in_protobuf, of_the_session().get("a").single_flight()).1, both),
        (asked_in(&all_in_protobuf, of_the_session().content_type(ContentType::Json).get("a")).1, json),
        (asked_in(&all_in_protobuf, of_the_session().content_type(ContentType::Auto).get("a")).1, json),
        (asked_in(&session_with(ContentType::Json), maps().get("a")).1, both),
    ] {
        assert_eq!(accept, expected);
    }
}

/// The page of the documentation has a table of what each type asks for.
#[test]
fn the_defaults_are_those_of_the_table() {
    let page = include_str!("../../docs/encodings.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| type | `Auto`")).skip(2);
    let mut count = 0;
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, name, auto, json, protobuf, ..] = cells.as_slice() else { panic!("{row}") };
        for (content_type, expected) in
            [(ContentType::Auto, auto), (ContentType::Json, json), (ContentType::Protobuf, protobuf)]
        {
            let session = session_with(content_type);
            for chosen in [None, Some(content_type)] {
                let session = if chosen.is_some() { &session_with(ContentType::Auto) } else { &session };
                for found in accepted(name, session, chosen) {
                    let found = if found.starts_with(PROTOBUF) { "protobuf" } else { "JSON" };
                    assert_eq!(found, *expected, "{name} with {content_type:?}");
                }
            }
        }
        count += 1;
    }
    assert_eq!(count, 11);
}

/// What the reads of a type in the table accept.
fn accepted(name: &str, session: &Session, chosen: Option<ContentType>) -> Vec<String> {
    fn of<K: Object>(
        session: &Session,
        chosen: Option<ContentType>,
        resource: (&'static str, &'static str),
    ) -> Vec<String> {
        let resource = ApiResource::new(resource.0, resource.1, "things", Scope::Namespaced);
        let mut api = Api::<K>::of(resource).within("shop");
        if let Some(chosen) = chosen {
            api = api.content_type(chosen);
        }
        vec![
            asked_in(session, api.get("a")).1,
            asked_in(session, api.list(&ListParams::default())).1,
            asked_in(session, api.pages(&ListParams::default())).1,
            asked_in(session, api.watch_once(&WatchParams::default())).1,
            asked_in(session, api.watch(WatchSettings::default())).1,
            asked_in(session, api.reflect(WatchSettings::default(), [])).1,
        ]
    }
    let (map, widget) = (("v1", "ConfigMap"), ("example.com/v1", "Widget"));
    match name {
        "types of `k8s-openapi`" => of::<ConfigMap>(session, chosen, map),
        "types of your own, projections" => of::<Widget>(session, chosen, map),
        "`DynamicObject`" => of::<DynamicObject>(session, chosen, map),
        "`Lazy<K>` of `k8s-openapi`" => of::<Lazy<ConfigMap>>(session, chosen, map),
        "`Lazy<K>` of your own" => of::<Lazy<Widget>>(session, chosen, map),
        "`Lazy<DynamicObject>`" => of::<Lazy<DynamicObject>>(session, chosen, map),
        "`Tolerant<K>`: as `K`" => of::<Tolerant<ConfigMap>>(session, chosen, map),
        "`Identified<K>`" => of::<Identified<DynamicObject>>(session, chosen, map),
        "`PartialObject`, of `Api::metadata`" => of::<PartialObject>(session, chosen, map),
        "`PartialObject` of a custom resource" => of::<PartialObject>(session, chosen, widget),
        "any other type of a custom resource" => {
            [of::<Lazy<Widget>>(session, chosen, widget), of::<Identified<Widget>>(session, chosen, widget)].concat()
        }
        other => panic!("{other}"),
    }
}

fn session_with(content_type: ContentType) -> Session {
    let mut settings = Settings::default();
    settings.content_type = content_type;
    Session::new(&Config::new("http://k.test").unwrap(), SessionOptions::new(settings, 7)).unwrap()
}

fn meta(name: &str) -> k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
    serde_json::from_value(json!({"name": name})).unwrap()
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Widget {
    metadata: kube_proto::resource::ObjectMeta,
}

kube_proto::resource!(Widget {
    group: "example.com",
    version: "v1",
    kind: "Widget",
    plural: "widgets",
    scope: Namespaced,
});

#[test]
fn an_object_in_either_encoding() {
    let wanted: ConfigMap = serde_json::from_value(map("a")).unwrap();
    for piece in [1, 7, 1000] {
        let mut script = asked(maps().get("a")).0;
        script.arrived.extend(response(200, &document(&map("a"), "ConfigMap"), piece));
        assert_eq!(script.item(), wanted);
    }
    let mut script = asked(maps().get("a")).0;
    script.arrived.extend(answer(200, &map("a").to_string()));
    assert_eq!(script.item(), wanted);
    let mut script = asked(maps().get("a").trim(Trim::managed_fields())).0;
    script.arrived.extend(response(200, &document(&map("a"), "ConfigMap"), 1000));
    assert_eq!(script.item().metadata.managed_fields, None);
}

#[test]
fn an_answer_that_is_not_the_object() {
    let secret = document(&json!({"metadata": {"name": "a"}, "data": {"k": "czNjcmV0"}}), "Secret");
    for (code, body, text) in [
        (404, status(), "too old"),
        (200, status(), "too old"),
        (200, secret.clone(), "it is the object Secret \"a\""),
        (200, sealed("v1", "ConfigMap", b"\x0a\x05czNjcmV0"), "an object of the API"),
        (200, secret[..secret.len() - 9].to_vec(), "does not decode"),
        (500, secret, "status 500, no text"),
    ] {
        let mut script = asked(maps().get("a")).0;
        script.arrived.extend(response(code, &body, 50));
        let error = script.error().to_string();
        assert!(error.contains(text) && !error.contains("czNjcmV0") && !error.contains("a proxy"), "{error}");
    }
    // A long message is kept whole, and so is what follows it.
    let long = json!({"status": "Failure", "message": "x".repeat(100_000), "reason": "AlreadyExists", "code": 409});
    let mut script = asked(maps().get("a")).0;
    script.arrived.extend(response(409, &document(&long, "Status"), 1000));
    assert_eq!(script.error().status().unwrap().reason, "AlreadyExists");
}

#[test]
fn lists_in_protobuf() {
    let wanted: Vec<ConfigMap> = ["a", "b"].map(|name| serde_json::from_value(map(name)).unwrap()).into();
    for piece in [1, 7, 1000] {
        let mut script = asked(maps().list(&ListParams::default())).0;
        script.arrived.extend(response(200, &list("", &["a", "b"]), piece));
        let found = script.item();
        assert_eq!((found.items, found.metadata.resource_version.as_str()), (wanted.clone(), "9"));
    }
    let mut script = asked(maps().list(&ListParams::default())).0;
    script.arrived.extend(response(200, &list("", &[]), 1000));
    assert_eq!(script.item().items, []);
    // Each page has an encoding of its own.
    let mut script = asked(maps().pages(&ListParams::default())).0;
    script.arrived.extend(response(200, &list("t", &["a"]), 1000));
    assert_eq!(script.item(), wanted[0]);
    assert!(script.exchange().request.uri().to_string().contains("continue=t"));
    script.arrived.extend(answer(200, &json!({"metadata": {}, "items": [map("b")]}).to_string()));
    assert_eq!(script.item(), wanted[1]);
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

#[test]
fn answers_that_are_no_list() {
    for (body, text) in [
        (status(), "too old"),
        (document(&map("a"), "ConfigMap"), "is not a list"),
        (document(&json!({"items": []}), "SecretList"), "the answer is the SecretList of v1"),
        (sealed("v1", "List", b"\x0a\x00\x12\x02{}"), "is not a list"),
        (list("", &["a"])[..60].to_vec(), "status 200 with a body"),
        (b"log in".to_vec(), "log in"),
    ] {
        let mut script = asked(maps().pages(&ListParams::default())).0;
        script.arrived.extend(response(200, &body, 1000));
        let error = loop {
            match script.turn() {
                Step::Yield(_) => {}
                Step::Done(end) => break end.unwrap_err().to_string(),
                _ => panic!("{text}"),
            }
        };
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn other_types_of_objects() {
    fn one<K: Object>() -> K {
        let mut script = asked(of::<K>().list(&ListParams::default())).0;
        script.arrived.extend(response(200, &list("", &["a"]), 1000));
        script.item().items.pop().unwrap()
    }
    assert_eq!(one::<Identified<ConfigMap>>().meta().uid, Some("u"));
    assert_eq!(one::<Tolerant<ConfigMap>>().into_object().unwrap().metadata.name.as_deref(), Some("a"));
    let lazy = one::<Lazy<ConfigMap>>();
    assert_eq!((lazy.meta().name, lazy.parse().unwrap().data.unwrap()["k"].as_str()), (Some("a"), "a"));
    assert_eq!(serde_json::from_str::<Value>(&lazy.text()).unwrap(), map("a"));
    assert_eq!(one::<DynamicObject>().kind, "ConfigMap");
    #[derive(serde::Deserialize)]
    struct Strange {
        metadata: kube_proto::resource::ObjectMeta,
        #[allow(dead_code, reason = "it does not decode")]
        data: u32,
    }
    impl Object for Strange {
        fn meta(&self) -> kube_proto::resource::Meta<'_> {
            self.metadata.meta()
        }
    }
    let Tolerant::Undecodable(strange) = one::<Tolerant<Strange>>() else { panic!("it has no such field") };
    assert!(strange.text().contains("\"data\":{\"k\":\"a\"}"));
    assert!(strange.error().to_string().contains("ConfigMap \"shop/a\" does not decode: data"), "{}", strange.error());
    // Metadata only.
    let mut script = asked(of::<PartialObject>().list(&ListParams::default())).0;
    let list = json!({"metadata": {}, "items": [{"metadata": {"name": "a"}}]});
    let list = to_document(&list, "meta.k8s.io/v1", "PartialObjectMetadataList").unwrap();
    script.arrived.extend(response(200, &list, 1000));
    let partial = script.item().items.pop().unwrap();
    assert_eq!((partial.kind.as_str(), partial.metadata.name.as_deref()), ("PartialObjectMetadata", Some("a")));
}

#[test]
fn a_watch_in_protobuf() {
    let bookmark = json!({"metadata": {"resourceVersion": "8", "annotations": {"k8s.io/initial-events-end": "true"}}});
    let broken = sealed("v1", "ConfigMap", b"\x0a\x06\x0a\x01a\x32\x019\x12\x08czNjcmV0");
    let other = to_document(&json!({"metadata": {"resourceVersion": "7"}}), "v1", "Secret").unwrap();
    let body = [
        frame("ADDED", &document(&map("a"), "ConfigMap")),
        frame("MODIFIED", &other),
        frame("BOOKMARK", b""),
        frame("BOOKMARK", &document(&bookmark, "ConfigMap")),
        frame("MODIFIED", &broken),
        frame("DELETED", &document(&map("b"), "ConfigMap")),
        frame("ERROR", &status()),
    ];
    for piece in [1, 7, 1000] {
        let mut script = asked(maps().watch_once(&WatchParams::default())).0;
        script.arrived.push_back(head(200, &[("content-type", "application/vnd.kubernetes.protobuf;stream=watch")]));
        script.arrived.extend(response(200, &body.concat(), piece).into_iter().skip(1));
        let wanted = |name| serde_json::from_value::<ConfigMap>(map(name)).unwrap();
        assert!(matches!(script.item(), WatchEvent::Added(found) if found == wanted("a")));
        let WatchEvent::Undecodable { resource_version, error, .. } = script.item() else { panic!("another kind") };
        assert_eq!(resource_version.as_deref(), Some("7"));
        assert!(error.to_string().contains("is the Secret of v1, but the ConfigMap of v1 was asked for"), "{error}");
        let WatchEvent::Bookmark(found) = script.item() else { panic!("a bookmark") };
        assert_eq!((found.resource_version.as_str(), found.initial_events_end), ("8", true));
        let WatchEvent::Undecodable { kind, object, resource_version, error } = script.item() else { panic!("broken") };
        assert_eq!((kind, &object[..], resource_version.as_deref()), (EventKind::Modified, &broken[..], Some("9")));
        assert!(error.to_string().contains("ConfigMap \"a\"") && !error.to_string().contains("czNj"), "{error}");
        assert!(matches!(script.item(), WatchEvent::Deleted(found) if found == wanted("b")));
        let error = script.error();
        assert!(error.is_expired() && error.to_string().contains("too old"), "{error}");
    }
}

#[test]
fn the_end_of_a_watch_in_protobuf() {
    let object = document(&json!({"metadata": {"name": "a"}, "data": {"k": "s3cret"}}), "ConfigMap");
    let frame = frame("ADDED", &object);
    for (body, text) in [
        (&frame[..], None),
        (&[][..], None),
        (&frame[..frame.len() - 1], Some("the watch ended within an event")),
        (b"\0\0", Some("the watch ended within an event")),
        (b"\0\0\0\x06s3cret", Some("a document of the watch is not an event")),
        (b"\xff\0\0\0", Some("limit")),
    ] {
        let mut script = asked(maps().watch_once(&WatchParams::default())).0;
        script.arrived.extend(response(200, body, 1000));
        let mut step = script.turn();
        if matches!(step, Step::Yield(_)) {
            step = script.turn();
        }
        let Step::Done(end) = step else { panic!("{body:?}") };
        let error = end.err().map(|error| error.to_string());
        assert_eq!(error.is_some(), text.is_some(), "{error:?}");
        let error = error.unwrap_or_default();
        assert!(error.contains(text.unwrap_or_default()) && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_watch_lists_and_goes_on() {
    let mut script = asked(maps().watch(WatchSettings::default().streaming(false))).0;
    script.arrived.extend(response(200, &list("", &["a"]), 1000));
    assert!(matches!(script.item(), Event::InitBegin));
    assert!(matches!(script.item(), Event::InitApplied(found) if found.metadata.name.as_deref() == Some("a")));
    assert!(matches!(script.item(), Event::InitDone { .. }));
    let next = script.exchange();
    assert_eq!(next.request.headers()["accept"], "application/vnd.kubernetes.protobuf,application/json");
    assert!(next.request.uri().to_string().contains("resourceVersion=9"));
    let mut inputs = response(200, &frame("MODIFIED", &document(&map("a"), "ConfigMap")), 1000);
    inputs.pop();
    script.arrived.extend(inputs);
    assert!(matches!(script.item(), Event::Applied(found) if found.metadata.name.as_deref() == Some("a")));
}

/// A config map of a newer server: unknown fields of every wire type, in the object, its metadata and between known fields.
fn of_a_newer_server() -> Vec<u8> {
    const NEW: &[u8] = b"\xba\x3f\x01?\xc0\x3f\x96\x01\xc9\x3f12345678\xd5\x3f1234";
    let known = document(&map("a"), "ConfigMap");
    let Content::Message(known) = Envelope::open(&known).unwrap().content else { panic!("a message") };
    // The metadata is the first record. Its length has one byte, and with the new fields two.
    let [0x0a, length @ 0..128, rest @ ..] = known else { panic!("{known:?}") };
    let (metadata, rest) = rest.split_at(usize::from(*length));
    let length = metadata.len() + 2 * NEW.len();
    let head = [0x0a, (length & 127) as u8 | 128, (length >> 7) as u8];
    sealed("v1", "ConfigMap", &[&head[..], metadata, NEW, NEW, rest, NEW].concat())
}

/// What the same server sends in JSON.
fn of_a_newer_server_in_json() -> Value {
    let mut object = map("a");
    object["newField"] = json!({"x": [1, null]});
    object["metadata"]["newField"] = json!("?");
    object
}

/// A type that keeps what it does not know.
#[derive(serde::Serialize, serde::Deserialize)]
struct Keeps {
    metadata: kube_proto::resource::ObjectMeta,
    #[serde(flatten)]
    other: serde_json::Map<String, Value>,
}

impl Object for Keeps {
    const PROTOBUF: Protobuf = Protobuf::Never;

    fn meta(&self) -> kube_proto::resource::Meta<'_> {
        self.metadata.meta()
    }
}

/// Reads an object, in the encoding that the type asks for, and gives the body of a write of it.
fn read_and_written<K: Object + serde::Serialize>() -> Value {
    let (mut script, accept) = asked(of::<K>().get("a"));
    script.arrived.extend(if accept.starts_with(PROTOBUF) {
        response(200, &of_a_newer_server(), 1000)
    } else {
        answer(200, &of_a_newer_server_in_json().to_string()).into()
    });
    let found = script.item();
    let mut write = Script::new(of::<K>().replace("a", &found, &WriteParams::default()), &session());
    let exchange = write.exchange();
    assert_eq!(exchange.request.headers()["content-type"], "application/json");
    serde_json::from_slice(exchange.request.body()).unwrap()
}

/// Fields of a newer server are not lost in a write: types that keep them are read in JSON, whatever the caller chooses.
#[test]
fn fields_that_are_not_known_and_a_write() {
    assert_eq!(read_and_written::<DynamicObject>(), of_a_newer_server_in_json());
    assert_eq!(read_and_written::<Keeps>(), of_a_newer_server_in_json());
    // A type without a place for them is the same from both encodings.
    let typed: ConfigMap = serde_json::from_value(of_a_newer_server_in_json()).unwrap();
    assert_eq!(read_and_written::<ConfigMap>(), serde_json::to_value(&typed).unwrap());
    // Bytes stay as they are.
    let mut script = asked(of::<Lazy<ConfigMap>>().get("a")).0;
    script.arrived.extend(response(200, &of_a_newer_server(), 1000));
    let lazy = script.item();
    assert_eq!(lazy.parse().unwrap(), typed);
    assert_eq!(lazy.into_bytes()[..], of_a_newer_server());
    // Also without the parts that the caller does not want.
    let mut script = asked(of::<Lazy<ConfigMap>>().get("a").trim(Trim::managed_fields())).0;
    script.arrived.extend(response(200, &of_a_newer_server(), 1000));
    let shorter = script.item().into_bytes();
    assert_eq!(shorter.windows(4).filter(|bytes| *bytes == b"\xba\x3f\x01?").count(), 3);
    assert!(!shorter.windows(3).any(|bytes| bytes == b"\x0a\x01m"));
    // The writer refuses what it would lose.
    assert!(to_document(&of_a_newer_server_in_json(), "v1", "ConfigMap").unwrap_err().to_string().contains("newField"));
}
