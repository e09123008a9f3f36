//! The upgrade to WebSocket (RFC 6455 §4), for both roles.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, StatusCode, response};

use super::sha1::sha1;
use crate::random::Random;

/// The client's side of an upgrade.
///
/// | the server's 101 | result |
/// |---|---|
/// | names one of the offered protocols, in any case of letters | that protocol |
/// | names another protocol, or none | an error |
/// | has no `Upgrade: websocket` or no `Connection: upgrade` | an error |
/// | has an answer to another key, or none | an error |
/// | has an extension | an error: none was offered |
#[derive(Clone, Debug)]
pub struct ClientHandshake {
    key: String,
    protocols: Cow<'static, [&'static str]>,
}

impl ClientHandshake {
    /// A handshake that offers these protocols, the best one first. Its key comes from `random`: it is no secret, and
    /// only has to differ from one connection to the next.
    #[must_use]
    pub fn new(random: &mut Random, protocols: impl Into<Cow<'static, [&'static str]>>) -> Self {
        let mut key = [0; 16];
        for part in key.as_chunks_mut::<8>().0 {
            *part = random.draw().to_ne_bytes();
        }
        Self { key: STANDARD.encode(key), protocols: protocols.into() }
    }

    /// The headers of the request. The protocols stand in one header, because API servers read only the first
    /// (docs/wire.md §6.1).
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        let valued = [(SEC_WEBSOCKET_KEY, self.key.clone()), (SEC_WEBSOCKET_PROTOCOL, self.offered())];
        for (name, value) in valued {
            if let (false, Ok(value)) = (value.is_empty(), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        headers
    }

    /// The offered protocols, as the request lists them.
    #[must_use]
    pub fn offered(&self) -> String {
        self.protocols.join(", ")
    }

    /// Checks the head of a 101, and returns the chosen protocol as it was offered; empty if none was.
    ///
    /// # Errors
    /// It does not answer this handshake: see the table.
    pub fn check(&self, head: &response::Parts) -> Result<&'static str, String> {
        let headers = &head.headers;
        if !has_token(headers, &UPGRADE, "websocket") || !has_token(headers, &CONNECTION, "upgrade") {
            return Err("the server switched to another protocol than WebSocket".into());
        }
        if headers.get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes) != Some(answer(&self.key).as_bytes()) {
            return Err("the server's Sec-WebSocket-Accept does not answer the key of the request".into());
        }
        if headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) {
            return Err("the server chose an extension of WebSocket, and none was offered".into());
        }
        let chosen = headers.get(SEC_WEBSOCKET_PROTOCOL).and_then(|chosen| chosen.to_str().ok()).unwrap_or_default();
        let offered = || self.offered();
        match self.protocols.iter().find(|offered| offered.eq_ignore_ascii_case(chosen.trim())) {
            Some(protocol) => Ok(protocol),
            None if self.protocols.is_empty() && chosen.is_empty() => Ok(""),
            None if chosen.is_empty() => Err(format!("the server chose none of the protocols {}", offered())),
            None => Err(format!("the server chose the protocol {chosen:?}, and offered were {}", offered())),
        }
    }
}

/// The server's side of an upgrade that succeeds.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The chosen protocol, as the client spells it; empty if the client offered none.
    pub protocol: String,
    /// The headers of the 101.
    pub headers: HeaderMap,
}

/// Why a server refuses an upgrade, and with which status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// 400: the request is no WebSocket handshake of version 13.
    NoHandshake,
    /// 403: the server supports none of the protocols.
    Protocol,
}

impl Refused {
    /// The status of the answer. Its body is empty, as that of Go's servers.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoHandshake => StatusCode::BAD_REQUEST,
            Self::Protocol => StatusCode::FORBIDDEN,
        }
    }
}

/// Answers a client's request as API servers do: the first protocol of the client's list that is `supported` is chosen.
///
/// # Errors
/// The request is no handshake, or names only other protocols.
pub fn accept(method: &Method, head: &HeaderMap, supported: impl Fn(&str) -> bool) -> Result<Accepted, Refused> {
    let value = |name: &HeaderName| head.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = value(&SEC_WEBSOCKET_KEY).trim();
    let is_handshake = method == Method::GET
        && has_token(head, &UPGRADE, "websocket")
        && has_token(head, &CONNECTION, "upgrade")
        && value(&SEC_WEBSOCKET_VERSION).trim() == "13"
        && STANDARD.decode(key).is_ok_and(|key| key.len() == 16);
    if !is_handshake {
        return Err(Refused::NoHandshake);
    }
    let offered = value(&SEC_WEBSOCKET_PROTOCOL);
    let chosen = offered.split(',').map(str::trim).find(|offered| supported(offered));
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let protocol = match chosen {
        Some(chosen) => chosen,
        None => return Err(Refused::Protocol),
    };
    for (name, text) in [(SEC_WEBSOCKET_ACCEPT, answer(key)), (SEC_WEBSOCKET_PROTOCOL, protocol.to_owned())] {
        if let (false, Ok(value)) = (text.is_empty(), HeaderValue::try_from(text)) {
            headers.insert(name, value);
        }
    }
    Ok(Accepted { protocol: protocol.to_owned(), headers })
}

/// The answer to a key.
fn answer(key: &str) -> String {
    STANDARD.encode(sha1(&[key.as_bytes(), b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"].concat()))
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|found| found.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    const BOTH: &[&str] = &["v5.channel.k8s.io", "v4.channel.k8s.io"];

    /// The handshake whose key is the RFC's example.
    fn example() -> ClientHandshake {
        ClientHandshake { key: "dGhlIHNhbXBsZSBub25jZQ==".into(), protocols: BOTH.into() }
    }

    fn request(change: impl FnOnce(&mut HeaderMap)) -> HeaderMap {
        let mut headers = example().headers();
        change(&mut headers);
        headers
    }

    fn accept(headers: &HeaderMap, supported: impl Fn(&str) -> bool) -> Result<Accepted, Refused> {
        super::accept(&Method::GET, headers, supported)
    }

    #[test]
    fn the_example_of_the_rfc() {
        let accepted = accept(&request(|_| {}), |_| true).unwrap();
        assert_eq!(accepted.headers[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(accepted.protocol, BOTH[0]);
    }

    #[test]
    fn what_a_client_accepts() {
        let headers = accept(&request(|_| {}), |protocol| protocol == BOTH[1]).unwrap().headers;
        type Change = fn(&mut HeaderMap);
        let rows: [(Change, Result<&str, &str>); 9] = [
            (|_| {}, Ok(BOTH[1])),
            (|headers| _ = headers.insert(UPGRADE, HeaderValue::from_static("WebSocket")), Ok(BOTH[1])),
            (
                |headers| _ = headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("V5.Channel.K8s.io")),
                Ok(BOTH[0]),
            ),
            (|headers| _ = headers.insert(UPGRADE, HeaderValue::from_static("spdy/3.1")), Err("another protocol")),
            (|headers| _ = headers.remove(CONNECTION), Err("another protocol")),
            (|headers| _ = headers.remove(SEC_WEBSOCKET_ACCEPT), Err("Sec-WebSocket-Accept")),
            (|headers| _ = headers.remove(SEC_WEBSOCKET_PROTOCOL), Err("none of the protocols")),
            (
                |headers| _ = headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("channel.k8s.io")),
                Err("\"channel.k8s.io\""),
            ),
            (
                |headers| {
                    headers.insert(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static("permessage-deflate"));
                },
                Err("an extension"),
            ),
        ];
        for (change, expected) in rows {
            let (mut head, ()) = Response::new(()).into_parts();
            head.headers = headers.clone();
            change(&mut head.headers);
            match (example().check(&head), expected) {
                (Ok(chosen), Ok(expected)) => assert_eq!(chosen, expected),
                (Err(text), Err(expected)) => assert!(text.contains(expected), "{text}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_a_server_refuses() {
        let any = |_: &str| true;
        let broken = |name: HeaderName, value: &'static str| {
            accept(&request(|headers| _ = headers.insert(name, HeaderValue::from_static(value))), any).unwrap_err()
        };
        assert_eq!(broken(SEC_WEBSOCKET_VERSION, "8"), Refused::NoHandshake);
        assert_eq!(broken(SEC_WEBSOCKET_KEY, "c2hvcnQ="), Refused::NoHandshake);
        assert_eq!(broken(UPGRADE, "SPDY/3.1"), Refused::NoHandshake);
        assert_eq!(accept(&request(|_| {}), |_| false).unwrap_err(), Refused::Protocol);
        assert_eq!(Refused::Protocol.status(), 403);
    }

    #[test]
    fn each_connection_has_its_own_key_and_a_seed_repeats_it() {
        let key = |seed| ClientHandshake::new(&mut Random::new(seed), BOTH).key;
        assert_eq!(key(1), key(1));
        assert_ne!(key(1), key(2));
        assert_eq!(STANDARD.decode(key(1)).unwrap().len(), 16);
    }
}
