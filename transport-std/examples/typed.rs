//! Typed objects: a ConfigMap is applied, read, listed and deleted, and pods are listed page by page.
//!
//! `cargo run -p kube-transport-std --example typed -- --demo`. Without `--demo` it does so in the cluster that kubectl would
//! talk to, in the namespace of its configuration.
//!
//! In an application this needs two lines of `Cargo.toml`. The version of Kubernetes is the application's choice:
//!
//! ```toml
//! kube-transport-std = { version = "0.1", features = ["k8s-openapi"] }
//! k8s-openapi = { version = "0.29", features = ["v1_36"] }
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube_kubectl_example::demo::Demo;
use kube_kubectl_example::failed;
use kube_transport_std::{Api, Client, DeleteParams, ListParams, ObjectMeta, Patch, PatchParams};

const NAME: &str = "typed-example";

fn main() -> ExitCode {
    run().map_or_else(|error| failed(&format!("error: {error}")), |()| ExitCode::SUCCESS)
}

fn run() -> Result<(), Box<dyn Error>> {
    let demo = Demo::if_asked_for()?;
    let client = match &demo {
        Some(demo) => Client::new(demo.config()?)?,
        None => Client::from_env()?,
    };
    let config_maps = Api::<ConfigMap>::default_namespace();

    // Server-side apply: creates the object, or else changes the fields that this field manager owns.
    let wanted = ConfigMap {
        metadata: ObjectMeta::named(NAME).label("app", NAME).into(),
        data: Some(BTreeMap::from([("colour".to_owned(), "blue".to_owned())])),
        ..ConfigMap::default()
    };
    let manager = PatchParams::default().field_manager(NAME);
    let applied = client.call(config_maps.patch(NAME, &Patch::apply(&wanted), &manager))?;
    println!("applied {NAME}, which is at version {}", applied.metadata.resource_version.unwrap_or_default());

    let found = client.call(config_maps.get(NAME))?;
    for (key, value) in found.data.unwrap_or_default() {
        println!("{key} is {value}");
    }

    // A list in one document.
    let ours = client.call(config_maps.list(&ListParams::default().label_selector("app=typed-example")))?;
    println!("{} of the label app=typed-example", ours.items.len());

    // A list of any length: page by page, and each object as soon as its bytes are there.
    for pod in client.stream(Api::<Pod>::all().pages(&ListParams::default())) {
        let pod = pod?;
        let phase = pod.status.and_then(|status| status.phase).unwrap_or_default();
        let metadata = pod.metadata;
        println!("{}/{} {phase}", metadata.namespace.unwrap_or_default(), metadata.name.unwrap_or_default());
    }

    client.call(config_maps.delete(NAME, &DeleteParams::default()))?;
    match client.call(config_maps.get(NAME)) {
        Err(error) if error.is_not_found() => println!("deleted {NAME}"),
        Err(error) => return Err(error.into()),
        Ok(_) => println!("{NAME} is being deleted"),
    }
    Ok(())
}
