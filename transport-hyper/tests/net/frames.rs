//! HTTP/2 servers, frame by frame, correct or not.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Peer;

/// A server that sends single frames.
pub struct Frames(pub Peer);

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `:status: 200` in HPACK.
pub const OK: &[u8] = &[0x88];

/// A step of a server.
#[derive(Clone)]
pub enum Say {
    /// A frame of the request's stream: its kind, flags and payload.
    Stream(u8, u8, Vec<u8>),
    /// A frame of the connection.
    Connection(u8, u8, Vec<u8>),
    /// A head of this block, in as many frames as necessary.
    Head(Vec<u8>),
    /// Bytes that are no whole frame.
    Raw(Vec<u8>),
    /// This over and over, until the client leaves.
    Endless(Box<Say>),
    /// Ends the connection. Without it the server answers pings, and nothing else, until the client leaves.
    Close,
    /// Stops reading, and keeps the connection open.
    Deaf,
}

pub use Say::{Close, Connection, Deaf, Endless, Head, Raw, Stream};

/// A header in HPACK, not indexed.
pub fn header(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0, name.len() as u8];
    block.extend_from_slice(name.as_bytes());
    // The value's length in 7 bits and more.
    match value.len() {
        length @ ..127 => block.push(length as u8),
        length => {
            block.push(127);
            let mut rest = length - 127;
            while rest >= 128 {
                block.push(rest as u8 | 128);
                rest /= 128;
            }
            block.push(rest as u8);
        }
    }
    block.extend_from_slice(value.as_bytes());
    block
}

pub fn status(code: &str) -> Vec<u8> {
    let mut block = vec![0x08, code.len() as u8];
    block.extend_from_slice(code.as_bytes());
    block
}

impl Frames {
    /// Begins after the client's preface, without settings of its own.
    pub async fn begin(peer: Peer) -> Self {
        Self::greet(peer, &[]).await
    }

    /// Sends a frame without flags; the client must be connected.
    pub async fn say(&mut self, kind: u8, stream: u32, payload: &[u8]) {
        assert!(self.try_frame(kind, 0, stream, payload).await);
    }

    /// `GOAWAY`: `last` is the last stream that the server processed.
    pub async fn go_away(&mut self, last: u32, reason: u32) {
        self.say(GOAWAY, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat()).await;
    }

    /// Reads up to a request and returns its stream.
    pub async fn request(&mut self) -> u32 {
        loop {
            let (kind, _, stream, _) = self.receive().await.unwrap();
            if kind == HEADERS {
                return stream;
            }
        }
    }

    /// The next frame: its kind, flags, stream and payload; `None` if the client is gone.
    async fn receive(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let [x, y, z, kind, flags, a, b, c, d] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, x, y, z]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some((kind, flags, u32::from_be_bytes([a, b, c, d]), payload))
    }

    /// Begins with these settings.
    pub async fn greet(mut peer: Peer, settings: &[u8]) -> Self {
        let mut preface = [0; 24];
        peer.read_exact(&mut preface).await.unwrap();
        let mut frames = Self(peer);
        frames.frame(SETTINGS, 0, 0, settings).await;
        frames
    }

    /// Takes all of these steps, and then answers pings until the client leaves; counts the bytes.
    pub async fn perform(&mut self, stream: u32, says: &[Say], said: &AtomicUsize) {
        for say in says {
            match say {
                Close => return self.close().await,
                Deaf => return std::future::pending().await,
                Endless(say) => while self.say_one(stream, say, said).await {},
                say => _ = self.say_one(stream, say, said).await,
            }
        }
        self.listen().await;
    }

    /// Takes one step; false if the client is gone.
    pub async fn say_one(&mut self, stream: u32, say: &Say, said: &AtomicUsize) -> bool {
        match say {
            Stream(kind, flags, payload) => {
                said.fetch_add(payload.len() + 9, Ordering::SeqCst);
                self.try_frame(*kind, *flags, stream, payload).await
            }
            Connection(kind, flags, payload) => {
                said.fetch_add(payload.len() + 9, Ordering::SeqCst);
                self.try_frame(*kind, *flags, 0, payload).await
            }
            Head(block) => self.head(stream, block).await,
            Raw(bytes) => self.raw(bytes).await,
            Endless(_) | Close | Deaf => false,
        }
    }

    /// Sends a frame; the client may be gone.
    pub async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.try_frame(kind, flags, stream, payload).await;
    }

    /// Sends a frame; false if the client is gone.
    pub async fn try_frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend_from_slice(&[kind, flags]);
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.raw(&frame).await
    }

    pub async fn raw(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok() && self.0.flush().await.is_ok()
    }

    /// Sends a head in as many frames as necessary.
    pub async fn head(&mut self, stream: u32, block: &[u8]) -> bool {
        let mut parts = block.chunks(16 << 10).peekable();
        let mut kind = HEADERS;
        while let Some(part) = parts.next() {
            let flags = if parts.peek().is_none() { END_HEADERS } else { 0 };
            if !self.try_frame(kind, flags, stream, part).await {
                return false;
            }
            kind = CONTINUATION;
        }
        true
    }

    /// Ends the connection.
    pub async fn close(&mut self) {
        let _ = self.0.shutdown().await;
    }

    /// Answers pings, and nothing else, until the client leaves.
    pub async fn listen(&mut self) {
        while let Some((kind, flags, _, payload)) = self.receive().await {
            if kind == PING && flags & ACK == 0 {
                self.frame(PING, ACK, 0, &payload).await;
            }
        }
    }
}
