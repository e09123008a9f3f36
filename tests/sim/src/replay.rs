//! A recording of an operation, carried out again.

use std::collections::BTreeMap;
use std::fmt;
use std::task::Waker;
use std::time::Duration;

use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::driver::{Cx, Input, Moment, Now, Operation, Session, SessionOptions, Step, Task};
use kube_proto::flight::{Flight, Malformed, SessionFlight, describe};
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
    fly(&flight, config, settings, |_, input, cx, first| describe(&operation.resume(input, cx), first))
}

/// An operation for [`replay_session`].
pub struct Replayed(Box<Resume>);

/// Takes a turn, and describes its step.
type Resume = dyn FnMut(Option<Input>, &mut Cx<'_>, Moment) -> String;

impl Replayed {
    /// This operation.
    pub fn new<O: Operation + 'static>(mut operation: O) -> Self {
        Self(Box::new(move |input, cx, first| describe(&operation.resume(input, cx), first)))
    }
}

impl fmt::Debug for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replayed").finish_non_exhaustive()
    }
}

/// The same for the recording of a session: `operation` makes the operation with this id and type, before its first turn. The
/// operations take their turns in the recorded order.
///
/// ```
/// use kube_proto::config::Config;
/// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
/// use kube_proto::settings::Settings;
/// use kube_proto::Api;
/// use kube_test_sim::{Replayed, replay_session};
///
/// let file = "kube-flight-session 1\nlibrary 0.1.0\nseed 42 0\n\
///     operation #1 a get\n> #1 0 1800000000000000000 none\n< do call GET /api/v1/namespaces/shop/configmaps/1 0\n\
///     operation #2 a get\n> #2 0 1800000000000000000 none\n< do call GET /api/v1/namespaces/shop/configmaps/2 0\n";
/// let maps = ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced);
/// let maps = Api::<DynamicObject>::dynamic(maps).within("shop");
/// let get = |id: u64, _: &str| Replayed::new(maps.get(&id.to_string()));
/// let turns = replay_session(file, get, &Config::new("https://k.example")?, Settings::default()).unwrap();
/// assert_eq!(turns, 2);
/// # Ok::<(), kube_proto::Error>(())
/// ```
///
/// # Errors
/// The first difference, or why the file cannot be replayed.
pub fn replay_session(
    file: &str,
    mut operation: impl FnMut(u64, &str) -> Replayed,
    config: &Config,
    settings: Settings,
) -> Result<usize, Departure> {
    let SessionFlight { operations, ids, flight, .. } = SessionFlight::parse(file).map_err(Departure::Malformed)?;
    let mut live: BTreeMap<u64, Replayed> = BTreeMap::new();
    fly(&flight, config, settings, |turn, input, cx, first| {
        let id = ids.get(turn).copied().unwrap_or_default();
        let name = || operations.iter().find(|(of, _)| *of == id).map_or("", |(_, name)| name.as_str());
        let Replayed(resume) = live.entry(id).or_insert_with(|| operation(id, name()));
        resume(input, cx, first)
    })
}

/// Takes the turns of a flight. `resume` gets the number of the turn, from 0, and describes the step.
fn fly(
    flight: &Flight,
    config: &Config,
    settings: Settings,
    mut resume: impl FnMut(usize, Option<Input>, &mut Cx<'_>, Moment) -> String,
) -> Result<usize, Departure> {
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
        let mut cx = Cx { session: &session, now, waker: Waker::noop() };
        let (recorded, replayed) = (turn.step.clone(), resume(number - 1, input, &mut cx, first));
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
