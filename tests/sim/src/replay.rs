//! A recording of an operation, carried out again.

use std::fmt;
use std::task::Waker;
use std::time::Duration;

use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::driver::{Cx, Input, Moment, Now, Operation, Session, SessionOptions, Step, Task};
use kube_proto::flight::{Flight, Malformed, describe};
use kube_proto::settings::Settings;

/// Why a replay did not come to the end of its recording.
#[derive(Debug)]
#[non_exhaustive]
pub enum Departure {
    /// The file is no recording.
    Malformed(Malformed),
    /// The file lacks its first turns: they were older than its limit allowed.
    Dropped(u64),
    /// The body of a response was left out of the file, because it was compressed or in protobuf.
    Opaque {
        /// The number of the turn, from 1.
        turn: usize,
    },
    /// The session cannot be made.
    Session(Error),
    /// The operation takes another step than the recorded one.
    Step {
        /// The number of the turn, from 1.
        turn: usize,
        /// The time of the turn, since the first one.
        at: Duration,
        /// The recorded step.
        recorded: String,
        /// The step of this version of the library.
        replayed: String,
    },
}

/// Carries an operation out with the inputs and times of this recording, and compares its steps with the recorded ones. Returns
/// the number of turns.
///
/// The operation, the configuration and the settings are those of the program that made the recording; the file names the
/// operation's type, and its first request has the path. The credential in `config` may be any: `with_token("any")`.
///
/// ```
/// use kube_proto::config::Config;
/// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
/// use kube_proto::settings::Settings;
/// use kube_proto::Api;
/// use kube_test_sim::replay;
///
/// let file = "kube-flight 1\nlibrary 0.1.0\noperation a get\nseed 42 0\n\
///     > 0 1800000000000000000 none\n< do call GET /api/v1/namespaces/shop/configmaps/a 0\n\
///     > 5000000 1800000000005000000 head 404\n< wait 5005000000\n\
///     > 5000000 1800000000005000000 end\n< failed 404\n";
/// let maps = ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced);
/// let get = Api::<DynamicObject>::dynamic(maps).within("shop").get("a");
/// let turns = replay(file, get, &Config::new("https://k.example")?, Settings::default()).unwrap();
/// assert_eq!(turns, 3);
/// # Ok::<(), kube_proto::Error>(())
/// ```
///
/// # Errors
/// The first difference, or why the file cannot be replayed.
pub fn replay<O: Operation>(
    file: &str,
    mut operation: O,
    config: &Config,
    settings: Settings,
) -> Result<usize, Departure> {
    let flight = Flight::parse(file).map_err(Departure::Malformed)?;
    if flight.dropped > 0 {
        return Err(Departure::Dropped(flight.dropped));
    }
    let session = Session::new(config, SessionOptions::new(settings, flight.seed)).map_err(Departure::Session)?;
    // Generators that other operations of the session had.
    for _ in 0..flight.generators {
        let _ = session.random();
    }
    let first = Moment::after_zero(Duration::from_secs(1));
    for (number, turn) in flight.turns.iter().enumerate() {
        let (number, at) = (number + 1, turn.now.mono.since_zero());
        let now = Now { mono: first.after(at), unix: turn.now.unix };
        let input = turn.input().map_err(|_| Departure::Opaque { turn: number })?;
        // The session learns of the time from the task that takes a turn.
        let _ = Task::new(Nothing, session.clone()).turn(now, Waker::noop(), || None);
        let step = operation.resume(input, &mut Cx { session: &session, now, waker: Waker::noop() });
        let (recorded, replayed) = (turn.step.clone(), describe(&step, first));
        if recorded != replayed {
            return Err(Departure::Step { turn: number, at, recorded, replayed });
        }
    }
    Ok(flight.turns.len())
}

/// An operation that only waits.
struct Nothing;

impl Operation for Nothing {
    type Item = ();

    fn resume(&mut self, _: Option<Input>, _: &mut Cx<'_>) -> Step<()> {
        Step::Wait(None)
    }
}

impl std::error::Error for Departure {}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Departure::Malformed(malformed) => malformed.fmt(f),
            Departure::Dropped(count) => {
                write!(f, "the recording lacks its first {count} turns: record with a larger limit")
            }
            Departure::Opaque { turn } => {
                write!(
                    f,
                    "turn {turn}: the body was left out, because the server sent it compressed or in another format than JSON"
                )
            }
            Departure::Session(error) => write!(f, "no session: {error}"),
            Departure::Step { turn, at, recorded, replayed } => {
                write!(f, "turn {turn}, after {at:?}: recorded `{recorded}`, now `{replayed}`")
            }
        }
    }
}
