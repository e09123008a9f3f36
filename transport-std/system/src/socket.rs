//! TCP sockets of the system.

use std::io;
use std::mem::MaybeUninit;
#[cfg(unix)]
use std::net::TcpStream;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

#[cfg(unix)]
use socket2::{Domain, SockAddr, Socket, Type};
use socket2::{SockRef, TcpKeepalive};

/// The addresses of a host, as the system's resolver finds them; blocks.
///
/// # Errors
/// The resolver does not find any.
pub fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// Begins to connect to an address without blocking: the socket becomes writable when [`is_connected`] has a result.
/// Turns Nagle's algorithm off, and [`keep_alive`] on if wanted.
///
/// # Errors
/// The system refuses at once.
#[cfg(unix)]
pub fn connect(address: SocketAddr, every: Option<Duration>) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(every) = every {
        keep_alive(&socket, every)?;
    }
    match socket.connect(&SockAddr::from(address)) {
        Err(error) if !in_progress(&error) => Err(error),
        _ => Ok(socket.into()),
    }
}

/// Whether a socket of [`connect`] is connected by now.
///
/// # Errors
/// The connection failed.
#[cfg(unix)]
pub fn is_connected(socket: &TcpStream) -> io::Result<bool> {
    match socket.take_error()? {
        Some(error) => Err(error),
        None => Ok(socket.peer_addr().is_ok()),
    }
}

/// TCP keep-alive: after this much silence, and then as often, the system asks the peer for a sign of life.
///
/// # Errors
/// The system does not support it.
pub fn keep_alive<'s>(socket: impl Into<SockRef<'s>>, every: Duration) -> io::Result<()> {
    let keep_alive = TcpKeepalive::new().with_time(every).with_interval(every);
    socket.into().set_tcp_keepalive(&keep_alive)
}

/// Whether nothing has arrived on a nonblocking socket: no bytes, no end and no error.
pub fn is_quiet<'s>(socket: impl Into<SockRef<'s>>) -> bool {
    let seen = socket.into().peek(&mut [MaybeUninit::uninit()]);
    seen.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

#[cfg(unix)]
fn in_progress(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_socket_connects_and_hears() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = connect(listener.local_addr().unwrap(), Some(Duration::from_secs(30))).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        while !is_connected(&socket).unwrap() {
            std::thread::yield_now();
        }
        assert!(SockRef::from(&socket).keepalive().unwrap());
        assert!(is_quiet(&socket));
        peer.write_all(b"!").unwrap();
        while is_quiet(&socket) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_closed_port_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let refused = connect(address, None).and_then(|socket| {
            while !is_connected(&socket)? {
                std::thread::yield_now();
            }
            Ok(())
        });
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}
