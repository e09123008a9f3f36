//! A flight recorder: what an operation got and did, as a file that a test replays.
//!
//! [`record`] puts a recorder around an operation. It keeps each turn: the time, the input, the step that followed. The file is
//! written when it is asked for, or when the operation fails. `kube_test_sim::replay` carries the same operation out with the
//! inputs of the file and compares its steps.
//!
//! ```
//! use kube_proto::Api;
//! use kube_proto::flight;
//! use kube_proto::resource::LocalSubjectAccessReview;
//!
//! let get = Api::<LocalSubjectAccessReview>::namespaced("shop").get("a");
//! let (operation, recording) = flight::record(get, flight::LIMIT);
//! let operation = operation.when_failed(|error, file| {
//!     if !error.is_not_found() {
//!         println!("{file}");
//!     }
//! });
//! // client.call(operation)
//! # let _ = operation;
//! assert!(recording.file().starts_with("kube-flight 1\n"));
//! ```
//!
//! # What is in a file
//!
//! Names of objects, namespaces, kinds, versions and uids; paths; status codes; the lengths and the shapes of documents. All other
//! strings are placeholders of the same length: tokens, keys, the data of secrets and config maps, specs, labels, messages, queries
//! but for the parameters of the protocol, what a plugin prints, and the contents of files. Faults have no text.
//!
//! | line | what it is |
//! |---|---|
//! | `kube-flight 1` | the format and its version |
//! | `library 0.1.0` | the version of this library |
//! | `operation ...` | the type of the operation |
//! | `seed 42 3` | the session's seed, and how many generators it had given before |
//! | `dropped 5` | turns that are not in the file, because they were older than its limit allows |
//! | `> MONO UNIX INPUT` | a turn: both clocks in nanoseconds, `MONO` since the first turn, and the input |
//! | `< STEP` | what followed |
//!
//! # A session
//!
//! A [`SessionRecorder`] records several operations of one session in the order of their turns, which `kube_test_sim::replay_session` takes
//! again: so what they share (credentials, rates, the breaker, the order of random numbers) is as it was. The file differs so:
//!
//! | line | what it is |
//! |---|---|
//! | `kube-flight-session 1` | the format and its version |
//! | `operation #3 ...` | the first turn of an operation follows: its id, and its type |
//! | `> #3 MONO UNIX INPUT` | a turn of this operation; `MONO` is since the first turn of the session |
//!
//! # What a replay cannot do
//!
//! - Bodies that are compressed or in protobuf cannot be masked, so they are left out. A recorder asks for neither: it changes
//!   `Accept` and `Accept-Encoding` of each request on its way to the driver. So a recorded operation has larger answers, and a
//!   fault of protobuf or of compression itself is not in a recording. What a server compresses unasked is left out.
//! - What unrecorded operations of the session did is not in the file: a credential that one of them has fetched, permits, the state of
//!   the breaker. The recording of a session's only operation is exact, and so is that of all of its operations.
//! - A caller that drops an operation gives back its permit and its right to fetch. No line says so.
//! - Decisions by a text that is a placeholder, as the breaker's for a failed webhook, may differ.

mod file;
mod mask;

use std::any::type_name;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use http::{HeaderMap, HeaderValue, header};

use crate::driver::effect::Effect;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::Error;
use crate::lock::lock;

use file::Body;
pub use file::{Flight, Malformed, SessionFlight, Turn, describe};

/// The usual limit of a recording, in bytes.
pub const LIMIT: usize = 1 << 20;

/// Records this operation. `limit` is the most bytes of turns that are kept; older ones are dropped, and then the file can be
/// read but not replayed.
pub fn record<O: Operation>(operation: O, limit: usize) -> (Recorded<O>, Recording) {
    let recording = Recording(Arc::new(Mutex::new(Log { operation: type_name::<O>(), ..Log::default() })));
    (Recorded::new(operation, recording.clone(), limit, None), recording)
}

/// Records operations of one session together.
///
/// ```
/// use kube_proto::Api;
/// use kube_proto::flight::{LIMIT, SessionRecorder};
/// use kube_proto::resource::LocalSubjectAccessReview;
///
/// let recorder = SessionRecorder::new(LIMIT);
/// let api = Api::<LocalSubjectAccessReview>::namespaced("shop");
/// let (one, another) = (recorder.record(api.get("a")), recorder.record(api.get("b")));
/// // client.call(one), client.call(another)
/// # let _ = (one, another);
/// assert!(recorder.file().starts_with("kube-flight-session 1\n"));
/// ```
#[derive(Clone, Debug)]
pub struct SessionRecorder {
    recording: Recording,
    limit: usize,
}

impl SessionRecorder {
    /// `limit` is the most bytes of turns that are kept, of all operations together. See [`record`].
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let log = Log { is_session: true, ..Log::default() };
        Self { recording: Recording(Arc::new(Mutex::new(log))), limit }
    }

    /// Records this operation, under the next id.
    pub fn record<O: Operation>(&self, operation: O) -> Recorded<O> {
        let mut log = self.recording.log();
        log.operations += 1;
        let id = log.operations;
        drop(log);
        Recorded::new(operation, self.recording.clone(), self.limit, Some(id))
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> String {
        self.recording.file()
    }
}

/// An operation with its recorder.
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Recorded<O> {
    operation: O,
    recording: Recording,
    limit: usize,
    /// In the recording of a session.
    id: Option<u64>,
    began: bool,
    /// How the body under way is masked.
    body: Body,
    /// The last step, if it was a wait.
    last: Option<String>,
    failed: Option<Box<Failed>>,
    over: bool,
}

type Failed = dyn FnMut(&Error, &str) + Send;

/// The turns of a recorded operation so far. A clone is of the same recording.
#[derive(Clone)]
pub struct Recording(Arc<Mutex<Log>>);

#[derive(Default)]
struct Log {
    operation: &'static str,
    is_session: bool,
    /// The last id that was given.
    operations: u64,
    /// The time of the first turn.
    first: Option<Moment>,
    seed: u64,
    generators: u64,
    turns: VecDeque<String>,
    bytes: usize,
    dropped: u64,
}

impl<O> Recorded<O> {
    fn new(operation: O, recording: Recording, limit: usize, id: Option<u64>) -> Self {
        let (began, body, last, failed, over) = (false, Body::default(), None, None, false);
        Self { operation, recording, limit, id, began, body, last, failed, over }
    }

    /// Calls this with the error and the file when the operation fails. It runs on the thread of the operation.
    pub fn when_failed(mut self, failed: impl FnMut(&Error, &str) + Send + 'static) -> Self {
        self.failed = Some(Box::new(failed));
        self
    }

    /// The recorded operation.
    #[must_use]
    pub fn operation(&self) -> &O {
        &self.operation
    }
}

impl Recording {
    /// The file.
    #[must_use]
    pub fn file(&self) -> String {
        self.log().file()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.0)
    }
}

impl Log {
    fn push(&mut self, turn: String, limit: usize) {
        self.bytes += turn.len();
        self.turns.push_back(turn);
        while self.bytes > limit
            && let Some(oldest) = self.turns.pop_front()
        {
            self.bytes -= oldest.len();
            self.dropped += 1;
        }
    }

    fn file(&self) -> String {
        let Self { operation, seed, generators, turns, dropped, is_session, .. } = self;
        let format = if *is_session { file::SESSION_FORMAT } else { file::FORMAT };
        let mut file = format!("{format}\nlibrary {}\n", env!("CARGO_PKG_VERSION"));
        if !*is_session {
            file.push_str(&format!("operation {operation}\n"));
        }
        file.push_str(&format!("seed {seed} {generators}\n"));
        if *dropped > 0 {
            file.push_str(&format!("dropped {dropped}\n"));
        }
        turns.iter().for_each(|turn| file.push_str(turn));
        file
    }
}

impl<O: Operation> Operation for Recorded<O> {
    type Item = O::Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<O::Item> {
        if self.over {
            return self.operation.resume(input, cx);
        }
        let mut log = self.recording.log();
        if log.first.is_none() {
            (log.seed, log.generators) = cx.session.chance();
        }
        let first = *log.first.get_or_insert(cx.now.mono);
        if let (Some(id), false) = (self.id, self.began) {
            log.push(format!("operation #{id} {}\n", type_name::<O>()), self.limit);
        }
        drop(log);
        self.began = true;
        let quiet = input.is_none();
        let line = self.body.input(input.as_ref());
        let mut step = self.operation.resume(input, cx);
        if let Step::Do(Effect::Exchange(exchange)) = &mut step {
            ask_for_text(exchange.request.headers_mut());
        }
        if let Step::Do(Effect::Exchange(_) | Effect::Abort) = &step {
            self.body = Body::default();
        }
        let said = describe(&step, first);
        let same = quiet && matches!(step, Step::Wait(_)) && self.last.as_ref() == Some(&said);
        if !same {
            let (mono, unix) = (cx.now.mono.since(first).as_nanos(), cx.now.unix.as_nanos());
            let id = self.id.map(|id| format!("#{id} ")).unwrap_or_default();
            self.recording.log().push(format!("> {id}{mono} {unix} {line}\n< {said}\n"), self.limit);
        }
        self.last = matches!(step, Step::Wait(_)).then_some(said);
        if let Step::Done(result) = &step {
            self.over = true;
            if let (Err(error), Some(failed)) = (result, &mut self.failed) {
                let file = self.recording.file();
                failed(error, &file);
            }
        }
        step
    }
}

/// Asks for what can be masked: not for protobuf where there is a choice, and not for compression.
fn ask_for_text(headers: &mut HeaderMap) {
    if headers.contains_key(header::ACCEPT_ENCODING) {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    let Some(accept) = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()) else { return };
    let is_text = |range: &&str| !range.trim_start().starts_with("application/vnd.kubernetes.protobuf");
    let text: Vec<&str> = accept.split(',').filter(is_text).collect();
    if let Some(Ok(text)) = (!text.is_empty()).then(|| HeaderValue::from_str(text.join(",").trim_start())) {
        headers.insert(header::ACCEPT, text);
    }
}

impl<O: OneResult> OneResult for Recorded<O> {}

impl<O> fmt::Debug for Recorded<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded").field("recording", &self.recording).finish_non_exhaustive()
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self.log();
        f.debug_struct("Recording").field("turns", &log.turns.len()).field("bytes", &log.bytes).finish_non_exhaustive()
    }
}
