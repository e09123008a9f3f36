//! Metrics and traces of the clients of `kube-proto`.
//!
//! Each adapter is an [`Observer`](kube_proto::observe::Observer). A client without one measures nothing, and one with an
//! adapter does only what that one says. Several work side by side: `Observers::to(a).and(b)`.
//!
//! | feature | adapter |
//! |---|---|
//! | `metrics` | `Metrics` |
//! | `tracing` | `Spans` |
//! | `opentelemetry` | `OtelMetrics`, `OtelTraces` |
//!
//! # What all of them keep to
//!
//! - Labels of metrics have a bounded number of values: HTTP methods, status codes, servers, resources, API groups, and
//!   templates of URLs. Names of objects and namespaces are in spans alone.
//! - A watch or a log lasts as long as its caller likes. Its duration is in an instrument of its own, and not among the calls.
//! - There is a span for each call and each attempt, and none for an event of a watch.
//! - Tokens, headers, bodies and queries are nowhere. A span has the names of the object, and the text of an error.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "metrics", feature = "tracing", feature = "opentelemetry"))]
mod facts;
#[cfg(feature = "metrics")]
mod keys;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "opentelemetry")]
mod otel;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "metrics")]
mod work;

#[cfg(feature = "metrics")]
pub use crate::metrics::Metrics;
#[cfg(feature = "opentelemetry")]
pub use crate::otel::{OtelMetrics, OtelTraces};
#[cfg(feature = "tracing")]
pub use crate::spans::Spans;

/// The bounds of the buckets for the duration of a request, in seconds: those of OpenTelemetry's conventions. An exporter of
/// the facade `metrics` has to be told; `OtelMetrics` has them already.
pub const DURATION_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The bounds of the buckets for the sizes of requests and responses, in bytes: those of client-go.
pub const SIZE_BUCKETS: [f64; 8] = [64.0, 256.0, 512.0, 1024.0, 4096.0, 16384.0, 65536.0, 262_144.0];

/// The examples of the README are compiled, too.
#[cfg(all(doctest, feature = "metrics"))]
#[doc = include_str!("../README.md")]
struct Readme;
