//! URIs as Go's `url.ParseRequestURI` reads them.

use core::net::Ipv6Addr;

/// Whether a text is an absolute URI or an absolute path.
pub(crate) fn is_request_uri(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_control()) {
        return false;
    }
    if text == "*" {
        return true;
    }
    let Some((scheme, rest)) = scheme(text) else { return false };
    let rest = rest.split('?').next().unwrap_or_default();
    if !rest.starts_with('/') {
        // With a scheme it is opaque.
        return !scheme.is_empty();
    }
    let path = match rest.strip_prefix("//").filter(|_| !scheme.is_empty()) {
        None => rest,
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !is_authority(scheme, authority) {
                return false;
            }
            path
        }
    };
    escapes(path).is_some()
}

/// The scheme, empty if there is none, and what follows. `None` if there is only its colon.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
    match end.and_then(|end| Some((text.get(..end)?, text.get(end..)?))) {
        Some(("", rest)) if rest.starts_with(':') => None,
        Some((scheme, rest)) if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            Some(rest.strip_prefix(':').map_or(("", text), |rest| (scheme, rest)))
        }
        _ => Some(("", text)),
    }
}

fn is_authority(scheme: &str, authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let of_user = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    user.chars().all(of_user) && escapes(user).is_some() && is_host(scheme, host)
}

fn is_host(scheme: &str, host: &str) -> bool {
    let port = |text: &str| {
        text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match host.rfind('[') {
        Some(0) => {
            let literal = host.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'));
            return literal.is_some_and(|(address, after)| {
                let (address, zone) = address.split_once("%25").map_or((address, None), |(a, zone)| (a, Some(zone)));
                let zone = zone.is_none_or(|zone| !zone.is_empty() && of_host(zone, true));
                port(after) && zone && of_host(address, false) && address.parse::<Ipv6Addr>().is_ok()
            });
        }
        Some(_) => return false,
        None => {}
    }
    let colon = if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
        host.find(':')
    } else {
        host.rfind(':')
    };
    colon.is_none_or(|at| port(host.get(at..).unwrap_or_default())) && of_host(host, false)
}

/// Whether the characters may be in a host. Only bytes beyond ASCII may be escaped; in a zone, also these characters
/// and a space.
fn of_host(text: &str, zone: bool) -> bool {
    let may = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte);
    let escaped = |byte: u8| byte == b'%' || if zone { byte == b' ' || may(byte) } else { byte >= 0x80 };
    let Some(escapes) = escapes(text) else { return false };
    escapes.into_iter().all(escaped) && text.bytes().all(|byte| byte == b'%' || !byte.is_ascii() || may(byte))
}

/// The bytes that are escaped with `%`; `None` if an escape is broken.
fn escapes(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    parts.next();
    let byte = |part: &str| {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u8::from_str_radix(digits, 16).ok()
    };
    parts.map(byte).collect()
}
