//! A small kubectl on blocking sockets: `cargo run -p kube-transport-std --example kubectl -- --demo get pods -A`.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use kube_kubectl_example::{
    Copying, Forwarding, Opening, Program, Remote, Running, Session, Terminal, failed, message,
};
use kube_transport_std::{Client, Error, ExecParts, Warnings, load, locate};

fn main() -> ExitCode {
    run().unwrap_or_else(|code| code)
}

fn run() -> Result<ExitCode, ExitCode> {
    let mut program = Program::start(locate(), load)?;
    // The operation prints the warnings of its requests itself.
    let builder = Client::builder(program.config()).warnings(Warnings::off());
    let client = builder.build().map_err(|error| failed(&message(&error)))?;
    if let Some(forwarding) = program.forwarding() {
        return forward(&client, &forwarding);
    }
    if let Some(session) = program.session() {
        return carry(&client, session);
    }
    let operation = program.operation()?;
    for result in client.together(Running::new(operation)) {
        if let Some(code) = program.print(result) {
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Forwards ports until the session ends.
fn forward(client: &Client, Forwarding { target, pairs, addresses }: &Forwarding) -> Result<ExitCode, ExitCode> {
    let error = |error| failed(&message(&error));
    let forwarder = client.port_forward(target.clone()).map_err(error)?;
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
                    std::thread::spawn(move || {
                        listener.run(move |_, failure| match failure {
                            None => println!("{}", Forwarding::handling(address.port())),
                            Some(error) => eprintln!("{}", Forwarding::failed(address.port(), remote, error)),
                        })
                    });
                }
                Err(error) => last = Some(error),
            }
        }
        if let (false, Some(error)) = (listens, last) {
            return Err(failed(&format!("error: unable to listen on port {local}: {error}")));
        }
    }
    let _ = forwarder.closed();
    Err(failed(Forwarding::LOST))
}

/// Carries out `exec`, `attach` and `cp`.
fn carry(client: &Client, session: Session) -> Result<ExitCode, ExitCode> {
    let error = |error: Error| failed(&message(&error));
    let report = |event| {
        if let Some(line) = Session::line(&event) {
            eprintln!("{line}");
        }
    };
    let line = match session {
        Session::Process(remote) => return process(client, &remote),
        Session::Copy(line) => line,
    };
    let pod = line.pod().map(|pod| client.call(pod)).transpose().map_err(error)?;
    match line.copying(pod.as_ref()).map_err(|text| failed(&text))? {
        Copying::Download(from, to) => client.copy_from(from, to, report).map_err(error)?,
        Copying::Upload(from, to) => client.copy_to(from, to, report).map_err(error)?,
    };
    Ok(ExitCode::SUCCESS)
}

/// Carries the streams of a process, and the size of its terminal.
fn process(client: &Client, remote: &Remote) -> Result<ExitCode, ExitCode> {
    let error = |error: Error| failed(&message(&error));
    let system = |error: io::Error| failed(&format!("error: {error}"));
    let found = remote.find().map(|find| client.call(find)).transpose().map_err(error)?;
    let pod = client.call(remote.pod(found.map(|found| found.pod))).map_err(error)?;
    let Opening { exec, lines, stdin: has_stdin, tty } =
        remote.open(&pod, Terminal::is_there()).map_err(|text| failed(&text))?;
    eprint!("{lines}");
    let ExecParts { mut stdin, mut stdout, mut stderr, process } =
        client.open(exec).map_err(|error| failed(&Remote::refused(&error)))?.split();
    let raw = if tty { Some(Terminal::raw().map_err(system)?) } else { None };
    if has_stdin {
        let mut input = Terminal::input().map_err(system)?;
        // It ends with the program: nothing can interrupt a read of the terminal.
        std::thread::spawn(move || {
            let mut buffer = vec![0; 32 * 1024];
            while let Ok(count @ 1..) = input.read(&mut buffer) {
                if stdin.write_all(buffer.get(..count).unwrap_or_default()).is_err() {
                    return;
                }
            }
            let _ = stdin.finish();
        });
    }
    if tty {
        let process = process.clone();
        std::thread::spawn(move || {
            let mut last = None;
            loop {
                if let Some((width, height)) = Terminal::size().filter(|size| last != Some(*size)) {
                    last = Some((width, height));
                    if process.resize(width, height).is_err() {
                        return;
                    }
                }
                std::thread::sleep(Terminal::LOOK);
            }
        });
    }
    let (mut out, mut err) = (Terminal::output(false).map_err(system)?, Terminal::output(true).map_err(system)?);
    let result = std::thread::scope(|scope| {
        scope.spawn(move || io::copy(&mut stderr, &mut err));
        let _ = io::copy(&mut stdout, &mut out);
        drop(stdout);
        process.wait()
    });
    drop(raw);
    let (line, code) = Remote::ended(&result);
    eprint!("{line}");
    Ok(code.into())
}
