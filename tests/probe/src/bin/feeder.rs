//! `feeder COUNT [PORT [tls]]`: the server of the benchmarks. It prints its URL and serves until it is killed.

use std::net::TcpListener;
use std::process::ExitCode;

use kube_probe::feed;
use socket2::SockRef;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (count, port, tls) = match arguments.as_slice() {
        [count] => (count, "0", false),
        [count, port] => (count, *port, false),
        [count, port, "tls"] => (count, *port, true),
        _ => return usage(),
    };
    let (Ok(count), Ok(port)) = (count.parse::<usize>(), port.parse::<u16>()) else { return usage() };
    match run(count, port, tls) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("feeder: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: feeder COUNT [PORT [tls]]");
    ExitCode::from(2)
}

fn run(count: usize, port: u16, tls: bool) -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    // As many as a server in Go lets wait. With the 128 of the standard library, some of a thousand connections that are
    // opened at once would have to ask again after a second.
    SockRef::from(&listener).listen(4096)?;
    let tls = if tls { Some(feed::self_signed()?) } else { None };
    let scheme = if tls.is_some() { "https" } else { "http" };
    println!("{scheme}://{}", listener.local_addr()?);
    feed::serve(&listener, count, tls.as_ref());
    Ok(())
}
