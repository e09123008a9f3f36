//! `CONNECT` to an HTTP proxy, RFC 9110 §9.3.6.
//!
//! | answer | follows |
//! |---|---|
//! | 1xx except 101 | another one; as many as from a server |
//! | 200 | the tunnel, with the byte after the empty line, whatever the headers say of a body |
//! | 407 | refused: the error says what to do about the user |
//! | any other | refused, with the proxy's status and text |
//!
//! A head is checked as strictly as a server's (see [`head`](crate::driver::wire::head)), and has a lower limit.

use bytes::{Bytes, BytesMut};
use http::header::PROXY_AUTHENTICATE;
use http::response::Parts;
use http::{HeaderValue, StatusCode};

use super::handshake::{HandshakeStep, Refused, host};
use crate::driver::endpoint::Endpoint;
use crate::driver::proxy::{Proxy, authority};
use crate::driver::wire::fields::{Scan, Side};
use crate::driver::wire::{HttpLimits, head};
use crate::error::excerpt;

pub(super) struct Connect {
    /// Host and port.
    target: String,
    authorization: Option<HeaderValue>,
    asked: bool,
    limits: HttpLimits,
    scan: Scan,
    /// Bytes of the informational heads so far, and their number.
    heads: usize,
    informational: usize,
}

impl Connect {
    pub(super) fn new(proxy: &Proxy, to: &Endpoint, limits: HttpLimits) -> Result<Self, Refused> {
        let target = authority(host(to)?, Some(to.port()));
        Ok(Self {
            target,
            authorization: proxy.authorization(),
            asked: false,
            limits: HttpLimits { head: limits.head.min(HEAD), ..limits },
            scan: Scan::new(Side::Answer),
            heads: 0,
            informational: 0,
        })
    }

    /// `input` is the same in every call, except for new bytes at its end.
    pub(super) fn step(&mut self, input: &mut BytesMut) -> Result<HandshakeStep, Refused> {
        if !self.asked {
            self.asked = true;
            return Ok(HandshakeStep::Send(self.request()));
        }
        loop {
            let room = self.limits.head.saturating_sub(self.heads);
            let Some(length) = self.scan.end(input, room, &self.limits).map_err(odd)? else {
                return Ok(HandshakeStep::Read(until_end(input)));
            };
            let lines = std::mem::replace(&mut self.scan, Scan::new(Side::Answer)).lines();
            let bytes = input.split_to(length);
            let parts = head::parse(&bytes, lines).map_err(odd)?;
            match parts.status {
                StatusCode::OK => return Ok(HandshakeStep::Done),
                StatusCode::SWITCHING_PROTOCOLS => return Err(self.refused(&parts, &bytes)),
                status if status.is_informational() => {
                    self.heads += length;
                    self.informational += 1;
                    if self.informational > self.limits.informational {
                        let text = format!("more than {} informational answers", self.limits.informational);
                        return Err(odd(text));
                    }
                }
                _ => return Err(self.refused(&parts, &bytes)),
            }
        }
    }

    fn request(&self) -> Bytes {
        let target = &self.target;
        let mut head = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n{USER_AGENT}").into_bytes();
        if let Some(authorization) = &self.authorization {
            head.extend_from_slice(b"proxy-authorization: ");
            head.extend_from_slice(authorization.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head.into()
    }

    fn refused(&self, parts: &Parts, head: &[u8]) -> Refused {
        let said = said(head);
        let text = format!("does not connect to {}: it answered {said}", self.target);
        if parts.status != StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return text.into();
        }
        // The parameters of a challenge contain `=`, and the scheme before them does not.
        let challenges = parts.headers.get_all(PROXY_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let schemes: Vec<&str> =
            challenges.filter_map(|challenge| challenge.split([' ', ',']).find(|word| !word.is_empty())).collect();
        let basic = schemes.is_empty() || schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
        let help = match (basic, &self.authorization) {
            (false, _) => {
                let schemes = schemes.join(", ");
                format!("it wants {}, and this client knows Basic only", excerpt(schemes.as_bytes()))
            }
            (true, None) => "put a user and a password into its URL, as in http://user:password@host:port".to_owned(),
            (true, Some(_)) => "it did not accept the user and the password of its URL".to_owned(),
        };
        format!("{text}; {help}").into()
    }
}

/// Status and text, without the version.
fn said(head: &[u8]) -> String {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let text = line.splitn(2, |&byte| byte == b' ').nth(1).unwrap_or_default();
    excerpt(text)
}

fn odd(text: impl std::fmt::Display) -> Refused {
    format!("does not speak valid HTTP: {text}").into()
}

/// How many bytes of a head can be read without passing its end; depends on how it ends so far.
fn until_end(head: &[u8]) -> usize {
    let missing = |end: &[u8]| 4 - end.len();
    [&b"\r\n\r"[..], b"\r\n", b"\r"].into_iter().find(|end| head.ends_with(end)).map_or(4, missing)
}

/// The most bytes of the heads of one answer.
const HEAD: usize = 64 * 1024;

/// Some proxies refuse requests without one.
const USER_AGENT: &str = concat!("user-agent: kube-proto/", env!("CARGO_PKG_VERSION"), "\r\n");
