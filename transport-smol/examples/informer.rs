//! Keeps all pods in a store, and prints what changes: `cargo run -p kube-transport-smol --example informer-smol -- --demo`.
//!
//! Without `--demo` they are those of the cluster that kubectl would talk to, until the program is stopped.

use std::error::Error;
use std::process::ExitCode;

use kube_kubectl_example::demo::{Demo, line};
use kube_kubectl_example::failed;
use kube_transport_smol::{Api, ApiResource, Change, Client, DynamicObject, Index, Scope, StoreEvent, WatchSettings};
use smol::block_on;

fn main() -> ExitCode {
    block_on(run()).map_or_else(|error| failed(&format!("error: {error}")), |()| ExitCode::SUCCESS)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let demo = Demo::if_asked_for()?;
    let client = match &demo {
        Some(demo) => Client::new(demo.config()?)?,
        None => Client::from_env().await?,
    };
    let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced));
    let reflector = pods.reflect(WatchSettings::default(), [Index::label("app")]);
    // Any thread may read the store at any time. The loop keeps it equal to the server, and recovers from failures of
    // both.
    let store = reflector.store();
    let mut notices = client.stream(reflector);
    while let Some(notice) = notices.next().await {
        match notice? {
            StoreEvent::Changed { change, .. } => {
                println!("{}", line(&change));
                if demo.is_some() && store.is_synced() && matches!(change, Change::Deleted { .. }) {
                    return Ok(());
                }
            }
            StoreEvent::Synced { version } => {
                let now = store.snapshot();
                let apps = now.values("app").map_or(0, Iterator::count);
                println!("{} pods of {apps} apps, at version {}", now.len(), version.unwrap_or_default());
                demo.iter().for_each(Demo::visit);
            }
            StoreEvent::Undecodable(pod) => eprintln!("{}", pod.error),
            StoreEvent::Trouble(trouble) => eprintln!("{}; the next try is in {:?}", trouble.error, trouble.wait),
            _ => {}
        }
    }
    Ok(())
}
