//! Running a command in a container, or attaching to its process: [`Api::exec`](crate::Api::exec),
//! [`Api::attach`](crate::Api::attach).
//!
//! A client's `open` carries the operation out, and returns a `Duplex<Exec>`. There are two ways to use it:
//!
//! - `next` returns what happens, one [`ExecEvent`] after the other. This needs one thread or task alone.
//! - `split` returns a writer for the standard input and a reader for each output, which may live on different threads or
//!   tasks, and a handle that resizes the terminal and waits for the result.
//!
//! What a session holds in memory is bounded, and a reader that is slow holds the process:
//!
//! - At most [`ChannelSettings::buffer`](crate::settings::ChannelSettings::buffer) bytes (256 KiB), and one read of the socket
//!   (64 KiB) beyond that, have arrived and are not taken. At that point nothing more is read from the connection, and
//!   the server waits, and then the process.
//! - Both outputs share one connection. If only one of two readers reads, it waits as well once the other output fills
//!   that buffer. Drop the reader of an output that does not matter: its bytes are dropped then.
//! - A writer waits until the system has taken its bytes, at most 32 KiB at once.
//!
//! The result is an [`ExecResult`]. A session that ends without the server's final status is an error, never a success.
//! What arrives after that status, until the server closes the connection, still belongs to the outputs.
//!
//! Pings find out whether the server is alive while a thread or task reads, writes or waits:
//! [`ChannelSettings`](crate::settings::ChannelSettings) has the times.
//!
//! # Servers before 1.30
//!
//! They have only `v4.channel.k8s.io`, which cannot end the standard input. [`Streams::finish`](crate::driver::Streams::finish)
//! fails there, and the process waits for more. Give it a command that knows how much it reads (`head -c 100`), or close the
//! session. [`Exec::can_end_stdin`] says which it is.

pub(crate) mod channel;
mod output;
pub(crate) mod result;

#[cfg(test)]
mod tests;

pub use channel::{Exec, ExecStream};
pub use result::{Collector, ExecEvent, ExecOutput, ExecResult};

pub(crate) use channel::open;
