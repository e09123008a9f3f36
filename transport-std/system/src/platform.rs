//! What a client needs from the system at its start.

use std::hash::{BuildHasher, RandomState};
use std::io::{IsTerminal, Write};

use kube_proto::config::Locate;
use kube_proto::driver::Fault;
use kube_proto::driver::options::Platform;
use kube_proto::driver::wire::tls::TlsRoots;
use kube_proto::response::Warning;

/// The system's part of a new client. `alpn` lists the protocols that the transport offers to servers, the preferred one
/// first.
#[must_use]
pub fn platform(alpn: &'static [&'static [u8]]) -> Platform {
    Platform { seed: entropy(), terminal: std::io::stdin().is_terminal(), roots: system_roots, alpn, warn }
}

/// Where this process may look for a configuration: its environment and its current folder.
#[must_use]
pub fn locate() -> Locate {
    let current_dir = std::env::current_dir().ok();
    Locate { current_dir, ..Locate::from_env(|name| std::env::var_os(name)) }
}

/// Prints a warning of the server to standard error.
fn warn(warning: &Warning<'_>) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr().lock(), "Warning: {}", warning.text);
}

/// A seed from the system's entropy: the standard library seeds its hash maps with it.
fn entropy() -> u64 {
    RandomState::new().hash_one(0u8)
}

/// The certificates that the system trusts; blocks.
fn system_roots() -> Result<TlsRoots, Fault> {
    let found = rustls_native_certs::load_native_certs();
    TlsRoots::found(found.certs, found.errors.first().map(|error| error as _))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_has_a_seed_of_its_own() {
        let seeds: std::collections::BTreeSet<u64> = (0..8).map(|_| platform(&[]).seed).collect();
        assert_eq!(seeds.len(), 8);
    }
}
