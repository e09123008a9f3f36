//! `feeder COUNT [PORT]`: the server of the benchmarks. Prints its URL, and serves until it is killed.

use std::net::TcpListener;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let (Some(Ok(count)), port) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: feeder COUNT [PORT]");
        return ExitCode::from(2);
    };
    let port = port.and_then(Result::ok).and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
    match TcpListener::bind(("127.0.0.1", port)).and_then(|listener| Ok((listener.local_addr()?, listener))) {
        Ok((address, listener)) => {
            println!("http://{address}");
            kube_tests::feed::serve(&listener, count);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("feeder: {error}");
            ExitCode::FAILURE
        }
    }
}
