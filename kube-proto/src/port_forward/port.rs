//! Ports by number and name, and pairs of a local and a remote one.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A port of a pod or a service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// Its number.
    Number(u16),
    /// Its name in the service, or in a container of the pod.
    Name(String),
}

impl FromStr for Port {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse() {
            Ok(0) => Err(Error::misuse("0 is no port of a pod")),
            Ok(number) => Ok(Port::Number(number)),
            Err(_) if text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err(Error::misuse(format!("{text:?} is no port: give a number from 1 to 65535, or a name")))
            }
            Err(_) => Ok(Port::Name(text.to_owned())),
        }
    }
}

impl From<u16> for Port {
    fn from(number: u16) -> Self {
        Port::Number(number)
    }
}

impl From<&str> for Port {
    /// A number if it is one, else a name.
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Port::Name(text.to_owned()), Port::Number)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Number(number) => number.fmt(f),
            Port::Name(name) => f.write_str(name),
        }
    }
}

/// A local port and the remote one that it leads to, as kubectl writes them: `8080:80`, `:80` (any free local port), `80`
/// (the same), `8080:http`.
///
/// ```
/// use kube_proto::port_forward::{Port, PortPair};
///
/// let pair: PortPair = "8080:http".parse()?;
/// assert_eq!(pair, PortPair { local: Some(8080), remote: Port::Name("http".into()) });
/// # Ok::<(), kube_proto::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PortPair {
    /// `Some(0)` is any free port; `None` is the number of the remote one, once it is known.
    pub local: Option<u16>,
    /// The remote port.
    pub remote: Port,
}

impl FromStr for PortPair {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::misuse(format!("{text:?} is no pair of ports: give LOCAL:REMOTE, :REMOTE or PORT"));
        match text.split_once(':') {
            None => Ok(Self { local: None, remote: text.parse()? }),
            Some((_, remote)) if remote.contains(':') => Err(wrong()),
            Some(("", remote)) => Ok(Self { local: Some(0), remote: remote.parse()? }),
            Some((local, remote)) => {
                Ok(Self { local: Some(local.parse().map_err(|_| wrong())?), remote: remote.parse()? })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_as_kubectl_writes_them() {
        let pair = |local, remote: &str| PortPair { local, remote: Port::from(remote) };
        for (text, expected) in [
            ("80", pair(None, "80")),
            (":80", pair(Some(0), "80")),
            ("0:80", pair(Some(0), "80")),
            ("8080:80", pair(Some(8080), "80")),
            ("8080:http", pair(Some(8080), "http")),
            ("http", pair(None, "http")),
        ] {
            assert_eq!(text.parse::<PortPair>().unwrap(), expected);
        }
        for text in ["", ":", "80:", "a:80", "1:2:3", "70000", "80:0", "80:70000", "-1:80"] {
            assert!(text.parse::<PortPair>().is_err(), "{text}");
        }
    }
}
