//! Async code that is generic over the client: the same functions for each transport and for the simulation.

use std::time::Duration;

use kube_proto::api::{ListParams, WriteParams};
use kube_proto::client::{AsyncClient, AsyncStream};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::{Api, Error};
use serde_json::json;

/// The config maps of the namespace `default`.
#[must_use]
pub fn maps() -> Api<DynamicObject> {
    Api::dynamic(resource()).within("default")
}

fn resource() -> ApiResource {
    ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)
}

/// A config map with one entry.
#[must_use]
pub fn map(name: &str, number: u64) -> DynamicObject {
    DynamicObject::new(&resource(), name).with("data", json!({"n": number.to_string()}))
}

/// Makes the config map `copy` hold the data of `source`. Several replicas may do so at once: the data of the copy never goes
/// back to an earlier state of the source.
///
/// # Errors
/// A call failed; or another replica changed the copy meanwhile. Both are to be tried again.
pub async fn reconcile<C: AsyncClient>(client: &C) -> Result<(), Error> {
    // The copy is read first. Then the source is at least as new as all that stands in this version of the copy.
    let copy = match client.call(maps().get("copy")).await {
        Ok(copy) => Some(copy),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error),
    };
    let source = client.call(maps().get("source")).await?;
    let data = source.data.get("data").cloned().unwrap_or_default();
    match copy {
        Some(copy) if copy.data.get("data") == Some(&data) => Ok(()),
        Some(copy) => {
            // The copy's resource version goes with it: the server refuses the write if the copy has changed.
            client.trace(|| format!("the copy becomes {data}"));
            let copy = copy.with("data", data);
            client.call(maps().replace("copy", &copy, &WriteParams::default())).await.map(drop)
        }
        None => {
            client.trace(|| format!("the copy begins with {data}"));
            let copy = DynamicObject::new(&resource(), "copy").with("data", data);
            client.call(maps().create(&copy, &WriteParams::default())).await.map(drop)
        }
    }
}

/// Reconciles for ever, with this pause; sooner after an error.
pub async fn replica<C: AsyncClient>(client: C, every: Duration) {
    loop {
        let pause = match reconcile(&client).await {
            Ok(()) => every,
            Err(error) => {
                client.trace(|| error.to_string());
                every / 10
            }
        };
        client.sleep(pause).await;
    }
}

/// Changes the source again and again, and waits each time until replicas that run elsewhere have changed the copy.
///
/// # Panics
/// A call fails, or the copy does not follow within a minute.
#[allow(clippy::unwrap_used, reason = "a test ends that way")]
pub async fn copy_follows<C: AsyncClient>(client: C) {
    let params = WriteParams::default();
    client.call(maps().create(&map("source", 0), &params)).await.unwrap();
    for n in 1..=5 {
        let source = client.call(maps().replace("source", &map("source", n), &params)).await.unwrap();
        let deadline = client.now().after(Duration::from_secs(60));
        let follows = |copy: Result<DynamicObject, Error>| {
            copy.is_ok_and(|copy| copy.data.get("data") == source.data.get("data"))
        };
        while !follows(client.call(maps().get("copy")).await) {
            assert!(client.now().mono < deadline.mono, "the copy does not follow");
            client.sleep(Duration::from_millis(5)).await;
        }
    }
}

/// All that the trait promises, on an empty namespace.
///
/// # Panics
/// The client does not keep one of the promises.
#[allow(clippy::unwrap_used, reason = "a test ends that way")]
pub async fn promises<C: AsyncClient>(client: C) {
    let began = client.now();
    // A call, and one that fails.
    assert!(client.call(maps().get("source")).await.unwrap_err().is_not_found());
    client.call(maps().create(&map("source", 1), &WriteParams::default())).await.unwrap();
    // A batch keeps the order of its operations; a failure disturbs none of the others.
    let names: Vec<String> = (0..9).map(|n| format!("m{n}")).collect();
    let creates = names.iter().map(|name| maps().create(&map(name, 0), &WriteParams::default()));
    let created = client.batch(creates, 3).await;
    let of = |found: &DynamicObject| found.metadata.name.clone().unwrap_or_default();
    assert_eq!(created.iter().map(|created| of(created.as_ref().unwrap())).collect::<Vec<_>>(), names);
    let gets = client.batch(["m0", "none", "m1"].map(|name| maps().get(name)), 0).await;
    assert_eq!(gets.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert!(client.batch(names.iter().take(0).map(|name| maps().get(name)), 4).await.is_empty());
    // A stream, whose `next` may be dropped.
    let mut pages = client.stream(maps().pages(&ListParams::default().limit(2)));
    drop(pages.next());
    let mut found = Vec::new();
    while let Some(object) = pages.next().await {
        found.push(of(&object.unwrap()));
    }
    assert!(pages.next().await.is_none());
    // The server's own namespaces have a config map, too, on some servers.
    found.retain(|name| names.contains(name) || name == "source");
    assert_eq!(found.len(), 10, "{found:?}");
    // A span goes by.
    let before = client.now();
    client.sleep(Duration::from_millis(20)).await;
    assert!(client.now().mono >= before.mono + Duration::from_millis(20));
    assert!(before.mono >= began.mono);
    // The example.
    reconcile(&client).await.unwrap();
    reconcile(&client).await.unwrap();
    let copy = client.call(maps().get("copy")).await.unwrap();
    assert_eq!(copy.data["data"], json!({"n": "1"}));
    client.trace(|| "all promises are kept".to_owned());
}
