//! Exports the spans and metrics of some calls by OTLP: to the collector of the first argument, or to a stand-in, whose
//! requests are printed.

use kube_observe::{OtelMetrics, OtelTraces};
use kube_telemetry::{Collector, Failure, calls, client, otlp};
use kube_transport_std::proto::observe::Observers;
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::TracerProvider;

fn main() -> Result<(), Failure> {
    let stand_in = Collector::start()?;
    let collector = std::env::args().nth(1).unwrap_or_else(|| format!("http://{}", stand_in.address));
    let (traces, metrics) = otlp(&collector)?;
    let observers = Observers::to(OtelTraces::with(traces.tracer("example")));
    let (server, client) = client(observers.and(OtelMetrics::with(&metrics.meter("example"))))?;
    calls(&client)?;
    drop((client, server));
    traces.shutdown()?;
    metrics.shutdown()?;
    for (path, body) in stand_in.arrived.try_iter() {
        println!("{path}: {} bytes", body.len());
    }
    Ok(())
}
