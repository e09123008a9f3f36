//! OpenTelemetry, by its semantic conventions.

mod metrics;
mod traces;

pub use metrics::OtelMetrics;
pub use traces::OtelTraces;

/// The name of the instrumentation scope.
const SCOPE: &str = "kube-observe";
