//! A small kubectl on smol: `cargo run -p kube-transport-smol --example kubectl-smol -- --demo get pods -A`.

use std::process::ExitCode;

use kube_kubectl_example::{Forwarding, Program, Running, failed, message};
use kube_transport_smol::{Client, Warnings, load, locate};
use smol::block_on;

fn main() -> ExitCode {
    block_on(run()).unwrap_or_else(|code| code)
}

async fn run() -> Result<ExitCode, ExitCode> {
    let mut program = Program::start(locate(), |loader| block_on(load(loader)))?;
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
            match forwarder.listen((*address, local), pair.remote.clone()) {
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
                    smol::spawn(served).detach();
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
