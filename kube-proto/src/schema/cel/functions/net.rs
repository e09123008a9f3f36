//! Addresses and networks (`ip` and `cidr` of Kubernetes' library).

use core::net::IpAddr;

use super::super::error::CelError;
use super::super::value::Value;

/// An address without a zone, and none of IPv4 in IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    match address {
        IpAddr::V6(inner) if inner.to_ipv4_mapped().is_some() => None,
        address => Some(address),
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, length) = text.split_once('/')?;
    let ip = address(ip)?;
    let plain = length.len() == 1 || !length.starts_with('0');
    let plain = plain && !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length = length.parse().ok().filter(|length| plain && *length <= bits(ip))?;
    Some((ip, length))
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with its host's bits cleared.
fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            IpAddr::V4((u32::from(ip) & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            IpAddr::V6((u128::from(ip) & mask).into())
        }
    }
}

pub(super) fn read<'a>(name: &str, text: &str) -> Result<Value<'a>, CelError> {
    Ok(match (name, address(text), network(text)) {
        ("isIP", address, _) => Value::Bool(address.is_some()),
        ("isCIDR", _, network) => Value::Bool(network.is_some()),
        ("ip", Some(address), _) => Value::Ip(address),
        ("ip.isCanonical", Some(address), _) => Value::Bool(address.to_string() == text),
        ("cidr", _, Some((address, length))) => Value::Cidr(address, length),
        ("cidr", ..) => return CelError::failed("network address parse error during conversion from string"),
        _ => return CelError::failed("IP Address parse error during conversion from string"),
    })
}

pub(super) fn of_address<'a>(name: &str, address: IpAddr) -> Result<Value<'a>, CelError> {
    let is_local = |unicast: bool| match address {
        IpAddr::V4(ip) if unicast => ip.is_link_local(),
        IpAddr::V4(ip) => ip.octets().starts_with(&[224, 0, 0]),
        IpAddr::V6(ip) if unicast => ip.segments()[0] & 0xffc0 == 0xfe80,
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    };
    let broadcast = matches!(address, IpAddr::V4(ip) if ip.is_broadcast());
    Ok(match name {
        "family" => Value::Int(if address.is_ipv4() { 4 } else { 6 }),
        "isUnspecified" => Value::Bool(address.is_unspecified()),
        "isLoopback" => Value::Bool(address.is_loopback()),
        "isLinkLocalMulticast" => Value::Bool(is_local(false)),
        "isLinkLocalUnicast" => Value::Bool(is_local(true)),
        "isGlobalUnicast" => Value::Bool(
            !address.is_unspecified()
                && !address.is_loopback()
                && !address.is_multicast()
                && !is_local(true)
                && !broadcast,
        ),
        "string" => Value::text(address.to_string()),
        _ => return CelError::no_overload(name),
    })
}

pub(super) fn of_network<'a>(
    name: &str,
    (ip, length): (IpAddr, u8),
    rest: &[Value<'a>],
) -> Result<Value<'a>, CelError> {
    let within = |other: IpAddr| other.is_ipv4() == ip.is_ipv4() && masked(other, length) == masked(ip, length);
    Ok(match (name, rest) {
        ("ip", []) => Value::Ip(ip),
        ("prefixLength", []) => Value::Int(i64::from(length)),
        ("masked", []) => Value::Cidr(masked(ip, length), length),
        ("containsIP", [Value::Ip(other)]) => Value::Bool(within(*other)),
        ("containsIP", [Value::Text(text)]) => match address(text) {
            Some(other) => Value::Bool(within(other)),
            None => return read("ip", text),
        },
        ("containsCIDR", [Value::Cidr(other, others)]) => Value::Bool(*others >= length && within(*other)),
        ("containsCIDR", [Value::Text(text)]) => match network(text) {
            Some((other, others)) => Value::Bool(others >= length && within(other)),
            None => return read("cidr", text),
        },
        _ => return CelError::no_overload(name),
    })
}
