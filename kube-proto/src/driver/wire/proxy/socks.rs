//! SOCKS version 5: RFC 1928, and RFC 1929 for user and password.
//!
//! | state | sends | receives | next |
//! |---|---|---|---|
//! | greeting | the supported methods: no login; also user and password if the URL has them | | method |
//! | method | | no login | request |
//! | method | | user and password, if offered | login |
//! | login | user, password | accepted | request |
//! | request | the server: its address, or its name | success | address |
//! | address | | an address, which is ignored | done |
//! | any | | anything else | refused |

use core::net::IpAddr;

use bytes::{Bytes, BytesMut};

use super::handshake::{HandshakeStep, Refused, host};
use crate::driver::endpoint::Endpoint;
use crate::driver::proxy::Proxy;
use crate::secret::Secret;

pub(super) struct Socks {
    user: Option<(String, Secret)>,
    request: Bytes,
    target: String,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Greeting,
    Method,
    LoginSend,
    Login,
    RequestSend,
    Reply,
    AddressKind,
    AddressLength,
    Address(usize),
    Done,
}

impl Socks {
    pub(super) fn new(proxy: &Proxy, to: &Endpoint) -> Result<Self, Refused> {
        let user = proxy.username.clone().map(|name| (name, proxy.password.clone().unwrap_or_default()));
        if let Some((name, password)) = &user {
            if name.is_empty() {
                return Err("its URL has a password, and no user".into());
            }
            if name.len() > 255 || password.expose().len() > 255 {
                return Err("its user and its password may have 255 bytes at most in SOCKS".into());
            }
        }
        let (host, port) = (host(to)?, to.port());
        let mut request = vec![VERSION, CONNECT, 0];
        match host.parse() {
            Ok(IpAddr::V4(address)) => {
                request.push(IPV4);
                request.extend_from_slice(&address.octets());
            }
            Ok(IpAddr::V6(address)) => {
                request.push(IPV6);
                request.extend_from_slice(&address.octets());
            }
            Err(_) => {
                let length = u8::try_from(host.len()).map_err(|_| "its servers' names have 255 bytes at most")?;
                request.extend_from_slice(&[NAME, length]);
                request.extend_from_slice(host.as_bytes());
            }
        }
        request.extend_from_slice(&port.to_be_bytes());
        Ok(Self { user, request: request.into(), target: format!("{host} port {port}"), state: State::Greeting })
    }

    pub(super) fn step(&mut self, input: &mut BytesMut) -> Result<HandshakeStep, Refused> {
        loop {
            let wanted = match self.state {
                State::Greeting | State::LoginSend | State::RequestSend | State::Done => 0,
                State::Method | State::Login | State::Reply | State::AddressKind => 2,
                State::AddressLength => 1,
                State::Address(length) => length,
            };
            if input.len() < wanted {
                return Ok(HandshakeStep::Read(wanted - input.len()));
            }
            let heard = input.split_to(wanted);
            if let Some(said) = self.heard(&heard)? {
                return Ok(said);
            }
        }
    }

    /// Takes as many bytes as the state needs.
    fn heard(&mut self, heard: &[u8]) -> Result<Option<HandshakeStep>, Refused> {
        let (first, second) = match *heard {
            [first, second] => (first, second),
            [first] => (first, 0),
            _ => (0, 0),
        };
        let send = |bytes: Bytes| Some(HandshakeStep::Send(bytes));
        let (next, said) = match self.state {
            State::Greeting => (State::Method, send(self.greeting())),
            State::Method if first != VERSION => {
                return Err(format!("does not speak SOCKS 5: its answer begins with the byte {first:#04x}").into());
            }
            State::Method => match second {
                NO_LOGIN => (State::RequestSend, None),
                USER if self.user.is_some() => (State::LoginSend, None),
                NO_METHOD if self.user.is_some() => {
                    return Err("accepts neither clients without a login nor a user with a password".into());
                }
                NO_METHOD => {
                    return Err("accepts no client without a login: put a user and a password into its URL, \
                                as in socks5://user:password@host:port"
                        .into());
                }
                other => {
                    return Err(format!("chose a login method that the client did not offer ({other:#04x})").into());
                }
            },
            State::LoginSend => (State::Login, send(self.login())),
            State::Login if first != LOGIN_VERSION => {
                return Err(format!("answered a log-in with version {first:#04x}").into());
            }
            State::Login if second != 0 => {
                return Err("did not accept the user and the password of its URL".into());
            }
            State::Login => (State::RequestSend, None),
            State::RequestSend => (State::Reply, send(self.request.clone())),
            State::Reply if first != VERSION => {
                return Err(format!("answered a request with version {first:#04x}").into());
            }
            State::Reply if second != 0 => {
                return Err(format!("does not connect to {}: {}", self.target, reason(second)).into());
            }
            State::Reply => (State::AddressKind, None),
            State::AddressKind => match (first, second) {
                (0, IPV4) => (State::Address(4 + 2), None),
                (0, IPV6) => (State::Address(16 + 2), None),
                (0, NAME) => (State::AddressLength, None),
                _ => {
                    return Err(format!("answered with an address of unknown kind ({first:#04x} {second:#04x})").into());
                }
            },
            State::AddressLength => (State::Address(usize::from(first) + 2), None),
            State::Address(_) | State::Done => (State::Done, Some(HandshakeStep::Done)),
        };
        self.state = next;
        Ok(said)
    }

    fn greeting(&self) -> Bytes {
        Bytes::from_static(match self.user {
            Some(_) => &[VERSION, 2, NO_LOGIN, USER],
            None => &[VERSION, 1, NO_LOGIN],
        })
    }

    fn login(&self) -> Bytes {
        let mut login = vec![LOGIN_VERSION];
        if let Some((name, password)) = &self.user {
            for text in [name.as_str(), password.expose()] {
                // The length fits: it was checked before.
                login.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
                login.extend_from_slice(text.as_bytes());
            }
        }
        login.into()
    }
}

/// RFC 1928 §6.
fn reason(code: u8) -> Refused {
    match code {
        1 => "general failure".into(),
        2 => "its rules do not allow it".into(),
        3 => "the network cannot be reached".into(),
        4 => "the host cannot be reached, or its name has no address".into(),
        5 => "the connection was refused".into(),
        6 => "the time to live expired".into(),
        7 => "it does not know the command CONNECT".into(),
        8 => "it does not know this kind of address".into(),
        _ => format!("unknown reason ({code:#04x})").into(),
    }
}

const VERSION: u8 = 5;
const CONNECT: u8 = 1;
const LOGIN_VERSION: u8 = 1;

const NO_LOGIN: u8 = 0;
const USER: u8 = 2;
const NO_METHOD: u8 = 0xff;

const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
