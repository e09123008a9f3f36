//! A proxy's answers to `CONNECT` and in SOCKS 5, compared with other cuttings; heads of `CONNECT` with `httparse`.

#![no_main]

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};

use bytes::{Buf, Bytes};
use kube_fuzz::for_any_cutting;
use kube_proto::config::Config;
use kube_proto::driver::wire::HttpLimits;
use kube_proto::driver::wire::proxy::{Handshake, Progress};
use kube_proto::driver::{Endpoint, Tls};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for scheme in ["http", "socks5"] {
        for user in ["", "u:hunter2@"] {
            let result = for_any_cutting(input, |pieces| shake(&format!("{scheme}://{user}proxy.example"), pieces));
            match result {
                Some(read) if scheme == "http" => assert_eq!(read, connected(input), "the rest is the server's"),
                Some(read) => assert!(read >= 2 + 7 && input.starts_with(&[5]), "at least an answer with an address"),
                None => {}
            }
        }
    }
});

/// The number of bytes read before the tunnel is open; `None` for an error, which depends on the cutting.
fn shake(proxy: &str, pieces: Vec<Bytes>) -> Option<usize> {
    let secret = pieces.concat().windows(7).any(|part| part == b"hunter2");
    let config = Config::new("https://k.example:6443").expect("a server");
    let config = config.with_proxy(proxy).expect("a proxy");
    let tls = Tls { id: 1, server_name: "k.example".into(), settings: Default::default(), api_server: true };
    let to = Endpoint::new("k.example", 6443, Some(tls), config.proxy);
    let mut handshake = Handshake::new(&to, HttpLimits::default()).expect("a valid proxy").expect("a proxy");
    let mut socket = Socket { pieces: pieces.into(), blocks: false, read: 0 };
    loop {
        match handshake.pump(&mut socket) {
            Ok(Progress::Done) => return Some(socket.read),
            Ok(Progress::Blocked { write }) => assert!(!write, "there is room"),
            Err(fault) => {
                let text = fault.text;
                assert!(text.len() < 4096 && !text.contains('\n'), "{text}");
                assert!(secret || !text.contains("hunter2"), "{text}");
                assert_eq!(handshake.pump(&mut socket).map_err(|fault| fault.text), Err(text), "an error is repeated");
                return None;
            }
        }
    }
}

/// The length of all heads up to the one with status 200.
fn connected(input: &[u8]) -> usize {
    let mut length = 0;
    loop {
        let mut fields = vec![httparse::EMPTY_HEADER; 257];
        let mut response = httparse::Response::new(&mut fields);
        let Ok(httparse::Status::Complete(head)) = response.parse(&input[length..]) else {
            panic!("httparse refuses the head")
        };
        length += head;
        match response.code {
            Some(200) => return length,
            code => assert_eq!(code.map(|code| code / 100), Some(1)),
        }
    }
}

/// Accepts all writes; reads one piece after the other, and `WouldBlock` between them.
struct Socket {
    pieces: VecDeque<Bytes>,
    blocks: bool,
    read: usize,
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if std::mem::take(&mut self.blocks) {
            return Err(ErrorKind::WouldBlock.into());
        }
        while self.pieces.front().is_some_and(Bytes::is_empty) {
            self.pieces.pop_front();
        }
        let Some(piece) = self.pieces.front_mut() else { return Ok(0) };
        let length = piece.len().min(into.len());
        piece.copy_to_slice(&mut into[..length]);
        self.blocks = piece.is_empty();
        self.read += length;
        Ok(length)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
