//! The shared parts of the handshakes with proxies.

use core::net::IpAddr;
use std::borrow::Cow;

use bytes::Bytes;

use crate::driver::endpoint::Endpoint;

/// The next step of a machine.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HandshakeStep {
    /// Bytes for the proxy.
    Send(Bytes),
    /// Read at most this many bytes more: they cannot reach beyond the end.
    Read(usize),
    Done,
}

/// Why a proxy cannot be used, as the end of a sentence about it.
pub(super) type Refused = Cow<'static, str>;

/// The server's name or address for a proxy, without characters that the proxy could misread. A zone has a meaning on
/// this host alone (RFC 6874 §4).
pub(super) fn host(to: &Endpoint) -> Result<&str, Refused> {
    let host = to.host().split_once('%').map_or(to.host(), |(address, _)| address);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match host.parse::<IpAddr>().is_ok() || (!host.is_empty() && host.bytes().all(is_name)) {
        true => Ok(host),
        false => Err(format!("{:?} cannot be the name of a server", to.host()).into()),
    }
}
