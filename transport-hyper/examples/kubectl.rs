//! A small kubectl on hyper and tokio: `cargo run -p kube-transport-hyper --example kubectl-hyper -- --demo get pods -A`.

use std::process::ExitCode;

use kube_kubectl_example::{Program, failed, message};
use kube_transport_hyper::proto::discovery::Discover;
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
    })
}
