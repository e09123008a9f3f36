//! Webhooks that default, validate and convert a custom resource: `cargo run -p kube-transport-hyper --example webhook-hyper -- --demo`.
//!
//! | argument | what it does |
//! |---|---|
//! | `--demo` | serves the webhooks, and tries them in an in-memory cluster |
//! | `--try` | the same in the cluster that kubectl would talk to, whose API server must run on this machine |
//! | `--manifests` | prints what a deployment needs |
//! | none | serves on port 9443 with the certificate in `/tls`, until the process ends |
//!
//! The handlers and manifests are in `tests/kubectl/src/webhook`: they are the same for each transport.

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;

use kube_kubectl_example::demo::Demo;
use kube_kubectl_example::failed;
use kube_kubectl_example::webhook::{Local, Play, cleanup, handlers, manifests, mounted};
use kube_transport_hyper::{Client, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run().await.map_or_else(|error| failed(&format!("error: {error}")), |()| ExitCode::SUCCESS)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let asked = |flag: &str| std::env::args().any(|argument| argument == flag);
    if asked("--manifests") {
        print!("{}", manifests());
        return Ok(());
    }
    let demo = Demo::if_asked_for()?;
    let client = match &demo {
        Some(demo) => Client::new(demo.config()?)?,
        None if asked("--try") => Client::from_env().await?,
        None => {
            // The files are read again when they change.
            let tls = mounted("/tls")?;
            serve(TcpListener::bind("0.0.0.0:9443")?, Some(tls), handlers())?.run().await?;
            return Ok(());
        }
    };
    let local = Local::new()?;
    let backend = local.backend.clone();
    let server = serve(local.listener, Some(local.tls), handlers())?;
    let stopper = server.stopper();
    let serving = tokio::spawn(server.run());
    let result = play(&client, Play::new(&backend)).await;
    for deletion in cleanup(&backend) {
        client.call(deletion).await?;
    }
    stopper.stop();
    serving.await??;
    Ok(result?)
}

async fn play(client: &Client, steps: Play) -> Result<(), String> {
    for step in steps {
        let mut tries = 0;
        // An API server needs a moment until a configuration has an effect.
        let line = loop {
            match step.judge(client.call(step.operation()).await) {
                Ok(line) => break line,
                Err(text) if tries == Play::TRIES => return Err(text),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(Play::PAUSE).await;
        };
        println!("{line}");
    }
    Ok(())
}
