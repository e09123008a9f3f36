//! A small kubectl on hyper and tokio: `cargo run -p kube-transport-hyper --example kubectl-hyper -- --demo get pods -A`.

use std::process::ExitCode;

use kube_kubectl_example::{Forwarding, Program, Running, failed, message};
use kube_transport_hyper::{Client, Tokio, Warnings, load, locate};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&format!("error: {error}")));
    runtime.and_then(|runtime| run(&runtime)).unwrap_or_else(|code| code)
}

fn run(runtime: &Runtime) -> Result<ExitCode, ExitCode> {
    let mut program =
        Program::start(locate(), |loader| runtime.block_on(load(loader, &Tokio::from(runtime.handle().clone()))))?;
    runtime.block_on(async {
        // The operation prints the warnings of its requests itself.
        let builder = Client::builder(program.config()).warnings(Warnings::off());
        let client = builder.build().map_err(|error| failed(&message(&error)))?;
        if let Some(forwarding) = program.forwarding() {
            return forward(&client, &forwarding).await;
        }
        let operation = program.operation()?;
        let mut results = client.together(Running::new(operation));
        while let Some(result) = results.next().await {
            if let Some(code) = program.print(result) {
                return Ok(code);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Forwards ports until the session ends.
async fn forward(client: &Client, Forwarding { target, pairs, addresses }: &Forwarding) -> Result<ExitCode, ExitCode> {
    let error = |error| failed(&message(&error));
    let forwarder = client.port_forward(target.clone()).await.map_err(error)?;
    for pair in pairs {
        let remote = forwarder.port(pair.remote.clone()).map_err(error)?;
        let mut local = pair.local.unwrap_or(remote);
        let (mut last, mut listens) = (None, false);
        for address in addresses {
            match forwarder.listen((*address, local), pair.remote.clone()).await {
                Ok(listener) => {
                    let address = listener.local_addr().map_err(|error| failed(&format!("error: {error}")))?;
                    println!("{}", Forwarding::listening(address, remote));
                    (local, listens) = (address.port(), true);
                    let served = async move {
                        listener
                            .run(move |_, failure| match failure {
                                None => println!("{}", Forwarding::handling(address.port())),
                                Some(error) => eprintln!("{}", Forwarding::failed(address.port(), remote, error)),
                            })
                            .await
                    };
                    tokio::spawn(served);
                }
                Err(error) => last = Some(error),
            }
        }
        if let (false, Some(error)) = (listens, last) {
            return Err(failed(&format!("error: unable to listen on port {local}: {error}")));
        }
    }
    let _ = forwarder.closed().await;
    Err(failed(Forwarding::LOST))
}
