//! A small kubectl on blocking sockets: `cargo run -p kube-transport-std --example kubectl -- --demo get pods -A`.

use std::process::ExitCode;

use kube_kubectl_example::{Program, failed, message};
use kube_transport_std::proto::discovery::Discover;
use kube_transport_std::{Client, Warnings, load, locate};

fn main() -> ExitCode {
    run().unwrap_or_else(|code| code)
}

fn run() -> Result<ExitCode, ExitCode> {
    let mut program = Program::start(locate(), load)?;
    // The operation prints the warnings of its requests itself.
    let builder = Client::builder(program.config()).warnings(Warnings::off());
    let client = builder.build().map_err(|error| failed(&message(&error)))?;
    let mut operation = program.operation()?;
    loop {
        let requests = operation.round();
        if requests.is_empty() {
            break;
        }
        operation.answer(client.batch(requests, Discover::AT_ONCE));
    }
    for result in client.stream(operation) {
        if let Some(code) = program.print(result) {
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}
