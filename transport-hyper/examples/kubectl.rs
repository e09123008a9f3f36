//! A small kubectl on hyper and tokio: `cargo run -p kube-transport-hyper --example kubectl-hyper -- --demo get pods -A`.

use std::io;
use std::process::ExitCode;

use kube_kubectl_example::{
    Copying, Forwarding, Opening, Program, Remote, Running, Session, Terminal, failed, message,
};
use kube_transport_hyper::{Client, Error, ExecParts, Tokio, Warnings, load, locate};
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, copy};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&format!("error: {error}")));
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let code = run(&runtime).unwrap_or_else(|code| code);
    // A read of the terminal cannot be interrupted.
    runtime.shutdown_background();
    code
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
        if let Some(session) = program.session() {
            return carry(&client, session).await;
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

/// Carries out `exec`, `attach` and `cp`.
async fn carry(client: &Client, session: Session) -> Result<ExitCode, ExitCode> {
    let error = |error: Error| failed(&message(&error));
    let report = |event| {
        if let Some(line) = Session::line(&event) {
            eprintln!("{line}");
        }
    };
    let line = match session {
        Session::Process(remote) => return process(client, &remote).await,
        Session::Copy(line) => line,
    };
    let pod = match line.pod() {
        Some(pod) => Some(client.call(pod).await.map_err(error)?),
        None => None,
    };
    match line.copying(pod.as_ref()).map_err(|text| failed(&text))? {
        Copying::Download(from, to) => client.copy_from(from, to, report).await.map_err(error)?,
        Copying::Upload(from, to) => client.copy_to(from, to, report).await.map_err(error)?,
    };
    Ok(ExitCode::SUCCESS)
}

/// Carries the streams of a process, and the size of its terminal.
async fn process(client: &Client, remote: &Remote) -> Result<ExitCode, ExitCode> {
    let error = |error: Error| failed(&message(&error));
    let system = |error: io::Error| failed(&format!("error: {error}"));
    let found = match remote.find() {
        Some(find) => Some(client.call(find).await.map_err(error)?.pod),
        None => None,
    };
    let pod = client.call(remote.pod(found)).await.map_err(error)?;
    let Opening { exec, lines, stdin: has_stdin, tty } =
        remote.open(&pod, Terminal::is_there()).map_err(|text| failed(&text))?;
    eprint!("{lines}");
    let ExecParts { mut stdin, mut stdout, mut stderr, process } =
        client.open(exec).await.map_err(|error| failed(&Remote::refused(&error)))?.split();
    let raw = if tty { Some(Terminal::raw().map_err(system)?) } else { None };
    if has_stdin {
        let mut input = File::from_std(Terminal::input().map_err(system)?);
        tokio::spawn(async move {
            if copy(&mut input, &mut stdin).await.is_ok() {
                let _ = stdin.shutdown().await;
            }
        });
    }
    if tty {
        let process = process.clone();
        tokio::spawn(async move {
            let mut last = None;
            loop {
                if let Some((width, height)) = Terminal::size().filter(|size| last != Some(*size)) {
                    last = Some((width, height));
                    if process.resize(width, height).await.is_err() {
                        return;
                    }
                }
                tokio::time::sleep(Terminal::LOOK).await;
            }
        });
    }
    let mut out = File::from_std(Terminal::output(false).map_err(system)?);
    let mut err = File::from_std(Terminal::output(true).map_err(system)?);
    let outputs = async {
        let _ = copy(&mut stdout, &mut out).await;
        drop(stdout);
        let _ = out.flush().await;
    };
    let errors = async {
        let _ = copy(&mut stderr, &mut err).await;
        drop(stderr);
        let _ = err.flush().await;
    };
    let ((), (), result) = tokio::join!(outputs, errors, process.wait());
    drop(raw);
    let (line, code) = Remote::ended(&result);
    eprint!("{line}");
    Ok(code.into())
}
