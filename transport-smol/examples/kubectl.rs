//! A small kubectl on smol: `cargo run -p kube-transport-smol --example kubectl-smol -- --demo get pods -A`.

use std::process::ExitCode;

use kube_kubectl_example::{Program, failed, message};
use kube_transport_smol::proto::discovery::Discover;
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
    let mut operation = program.operation()?;
    loop {
        let requests = operation.round();
        if requests.is_empty() {
            break;
        }
        operation.answer(client.batch(requests, Discover::AT_ONCE).await);
    }
    let mut results = client.stream(operation);
    while let Some(result) = results.next().await {
        if let Some(code) = program.print(result) {
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}
