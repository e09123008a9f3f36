//! Serves the metrics of a client as a page for Prometheus. `--once` prints the page and ends.

use std::net::TcpListener;

use kube_observe::Metrics;
use kube_telemetry::{Failure, calls, client, prometheus, serve_page};
use kube_transport_std::proto::observe::Observers;

fn main() -> Result<(), Failure> {
    let page = prometheus()?;
    let (_server, client) = client(Observers::to(Metrics::new()))?;
    calls(&client)?;
    if std::env::args().any(|argument| argument == "--once") {
        print!("{}", page.render());
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}/metrics", listener.local_addr()?);
    serve_page(&listener, &page);
    Ok(())
}
