//! The Kubernetes API protocol as pure state machines.
