//! Changes one kubeconfig file: reads it, changes it and writes it back, without losing a concurrent change.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Begin` | | `Reading`: `Do(ReadFile)` |
//! | `Reading` | the content | applies the change; `Over` if nothing changed, otherwise `Writing`: `Do(WriteFile)` |
//! | `Reading` | no such file | the same with an empty kubeconfig |
//! | `Writing` | written | `Over` |
//! | `Writing` | the file has other content | applies the change to that; `Writing`; at most [`TRIES`] times |
//! | `Writing` | the file is gone | `Begin` |
//! | `Writing` | locked | `Resting` for [`PAUSE`]; after [`PATIENCE`] `Over` with an error |
//! | `Resting` | the pause is over | `Writing`: `Do(WriteFile)` |
//! | `Reading`, `Writing` | any other fault | `Over` with an error |
//!
//! Unknown fields, comments, order and style stay: in a YAML file only the changed lines change. Where that is not
//! possible (with anchors, or in flow style), a part or the whole file is written anew, in the style of `kubectl`. JSON
//! stays JSON.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use super::Kubeconfig;
use super::budget::FILE_LIMIT;
use crate::driver::effect::Effect;
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::input::Input;
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::driver::write::FileWrite;
use crate::error::Error;
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};

/// An operation that changes one kubeconfig file. It yields whether the file changed.
///
/// It needs no server: a client of any cluster can run it:
///
/// ```
/// use kube_proto::kubeconfig::Rewrite;
///
/// let operation = Rewrite::new("/home/me/.kube/config", |config| config.use_context("dev").map(|()| true));
/// ```
pub struct Rewrite {
    path: PathBuf,
    change: Change,
    state: State,
    tries: u32,
    /// When another program's lock was first met.
    locked: Option<Moment>,
}

/// Applies the change, and returns whether it changed anything. It may run several times, each time with the file's
/// current content.
type Change = Box<dyn FnMut(&mut Kubeconfig) -> Result<bool, ConfigError> + Send>;

enum State {
    Begin,
    Reading,
    Writing(FileWrite),
    Resting(FileWrite, Moment),
    Over(Result<Option<bool>, Error>),
}

impl Rewrite {
    /// Applies `change` to the file `path`, and creates the file if it does not exist. `change` returns whether it
    /// changed anything; if not, nothing is written. It may run several times, when another program changes the file.
    /// Its error ends the operation.
    pub fn new(
        path: impl Into<PathBuf>,
        change: impl FnMut(&mut Kubeconfig) -> Result<bool, ConfigError> + Send + 'static,
    ) -> Rewrite {
        Rewrite { path: path.into(), change: Box::new(change), state: State::Begin, tries: 0, locked: None }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Applies the change to the file's current content.
    fn made(&mut self, then: Option<Bytes>) -> Result<State, Error> {
        self.tries += 1;
        if self.tries > TRIES {
            return Err(self.failed("it is changed by others all the time"));
        }
        let in_file = |error: ConfigError| Error::from(error.in_file(&self.path));
        let text = then.as_deref().unwrap_or_default();
        let before = Kubeconfig::parse(text).map_err(in_file)?;
        let mut config = before.clone();
        if !(self.change)(&mut config)? {
            return Ok(State::Over(Ok(Some(false))));
        }
        let content = config.in_place_of(text, &before);
        Ok(State::Writing(FileWrite {
            path: self.path.clone(),
            content: content.into(),
            replaces: then,
            limit: FILE_LIMIT,
        }))
    }

    fn failed(&self, why: &str) -> Error {
        let problem = Problem::new(format!("the kubeconfig cannot be changed: {why}")).file(Some(&self.path));
        ConfigError::one(ConfigErrorKind::Write, problem).into()
    }

    fn step(&mut self, state: State, input: Option<Input>, now: Moment) -> Result<(State, Option<Step<bool>>), Error> {
        Ok(match (state, input) {
            (State::Begin, _) => {
                let effect = Effect::ReadFile { path: self.path.clone(), limit: FILE_LIMIT };
                (State::Reading, Some(Step::Do(effect)))
            }
            (State::Resting(write, until), _) if now >= until => {
                let effect = Effect::WriteFile(Box::new(write.clone()));
                (State::Writing(write), Some(Step::Do(effect)))
            }
            (State::Resting(write, until), _) => (State::Resting(write, until), Some(Step::Wait(Some(until)))),
            (state @ (State::Reading | State::Writing(_)), None) => (state, Some(Step::Wait(None))),
            (State::Writing(_), Some(Input::Written)) => (State::Over(Ok(Some(true))), None),
            (State::Reading | State::Writing(_), Some(Input::File(content))) => self.written(Some(content))?,
            (State::Reading, Some(Input::Failed(fault))) if fault.kind == FaultKind::NotFound => self.written(None)?,
            (State::Writing(_), Some(Input::Failed(fault))) if fault.kind == FaultKind::NotFound => {
                (State::Begin, None)
            }
            (State::Writing(write), Some(Input::Failed(fault))) if fault.kind == FaultKind::Locked => {
                let since = *self.locked.get_or_insert(now);
                if now.since(since) >= PATIENCE {
                    return Err(self.stays_locked(&fault, &write));
                }
                (State::Resting(write, now.after(PAUSE)), None)
            }
            (State::Reading | State::Writing(_), Some(Input::Failed(fault))) => {
                return Err(self.failed(&fault.text));
            }
            (State::Reading | State::Writing(_), Some(_)) => {
                return Err(self.failed("the driver did something else"));
            }
            (over @ State::Over(_), _) => (over, None),
        })
    }

    fn written(&mut self, then: Option<Bytes>) -> Result<(State, Option<Step<bool>>), Error> {
        let state = self.made(then)?;
        let effect = match &state {
            State::Writing(write) => Some(Step::Do(Effect::WriteFile(Box::new(write.clone())))),
            _ => None,
        };
        Ok((state, effect))
    }

    fn stays_locked(&self, fault: &Fault, write: &FileWrite) -> Error {
        let lock = write.lock();
        self.failed(&format!("{fault}; if none is, remove {}", lock.display()))
    }

    /// The next step; `now` is on the monotonic clock.
    pub(crate) fn advance(&mut self, mut input: Option<Input>, now: Moment) -> Step<bool> {
        loop {
            let state = std::mem::replace(&mut self.state, State::Over(Ok(None)));
            let (next, said) =
                self.step(state, input.take(), now).unwrap_or_else(|error| (State::Over(Err(error)), None));
            self.state = next;
            match (&mut self.state, said) {
                (_, Some(step)) => return step,
                (State::Over(Ok(changed)), None) => {
                    return changed.take().map_or(Step::Done(Ok(())), Step::Yield);
                }
                (State::Over(Err(error)), None) => return Step::Done(Err(error.clone())),
                (_, None) => {}
            }
        }
    }
}

impl fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewrite").field("path", &self.path).finish_non_exhaustive()
    }
}

/// How often the change is applied in all; each time after the first, another program has changed the file.
const TRIES: u32 = 10;
/// How long to wait for another program's lock: each time, and in all. A program holds it for milliseconds.
const PAUSE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "kubeconfig")]
    const FILE: &str = "apiVersion: v1\nkind: Config\nx-kept: {a: [1]}\ncontexts:\n- name: b\n- name: a\n";

    fn uses(name: &'static str) -> Rewrite {
        Rewrite::new("/k", move |config| {
            let other = config.current_context.as_deref() != Some(name);
            config.use_context(name).map(|()| other)
        })
    }

    fn at(ms: u64) -> Moment {
        Moment::after_zero(Duration::from_millis(ms))
    }

    #[track_caller]
    fn reads(rewrite: &mut Rewrite) {
        let step = rewrite.advance(None, at(0));
        assert!(matches!(&step, Step::Do(Effect::ReadFile { path, .. }) if path == Path::new("/k")), "{step:?}");
        assert!(matches!(rewrite.advance(None, at(0)), Step::Wait(None)));
    }

    #[track_caller]
    fn writes(step: Step<bool>) -> FileWrite {
        match step {
            Step::Do(Effect::WriteFile(write)) => *write,
            other => panic!("{other:?}"),
        }
    }

    fn fault(kind: FaultKind) -> Option<Input> {
        Some(Input::Failed(Box::new(Fault::unsent(kind, "so it is"))))
    }

    #[cfg(feature = "kubeconfig")]
    #[test]
    fn a_file_is_read_changed_and_written() {
        let mut rewrite = uses("a");
        reads(&mut rewrite);
        let write = writes(rewrite.advance(Some(Input::File(FILE.into())), at(0)));
        assert_eq!(write.replaces.as_deref(), Some(FILE.as_bytes()));
        let new = Kubeconfig::parse(&write.content).unwrap();
        assert_eq!(new.current_context.as_deref(), Some("a"));
        assert_eq!(new.other["x-kept"].0, serde_json::json!({"a": [1]}));
        assert_eq!(new.contexts.iter().map(|named| &*named.name).collect::<Vec<_>>(), ["b", "a"]);
        assert!(matches!(rewrite.advance(Some(Input::Written), at(0)), Step::Yield(true)));
        for _ in 0..2 {
            assert!(matches!(rewrite.advance(None, at(0)), Step::Done(Ok(()))));
        }
        assert!(!format!("{write:?} {rewrite:?}").contains("kept"));
    }

    #[test]
    fn json_stays_json_and_what_changes_nothing_writes_nothing() {
        let file = r#"{"contexts":[{"name":"a"}],"current-context":"a"}"#;
        let mut rewrite = uses("a");
        reads(&mut rewrite);
        assert!(matches!(rewrite.advance(Some(Input::File(file.into())), at(0)), Step::Yield(false)));
        let mut rewrite = Rewrite::new("/k", |config| config.use_context("a").map(|()| true));
        reads(&mut rewrite);
        let write = writes(rewrite.advance(Some(Input::File(file.into())), at(0)));
        assert!(write.content.starts_with(b"{\n"));
    }

    /// The write is refused each time the file has another content, and every try has to say which content it replaces.
    #[test]
    fn each_try_replaces_the_content_that_it_was_made_from() {
        let mut rewrite = Rewrite::new("/k", |config| {
            config.set_context("new", Default::default());
            Ok(true)
        });
        reads(&mut rewrite);
        let contents: Vec<Option<String>> =
            (0..TRIES).map(|n| (n != 1).then(|| format!(r#"{{"contexts":[{{"name":"theirs-{n}"}}]}}"#))).collect();
        for content in &contents {
            let input = match content {
                Some(content) => Some(Input::File(content.clone().into())),
                None => {
                    // The file is gone: it is read again, and then made.
                    let step = rewrite.advance(fault(FaultKind::NotFound), at(0));
                    assert!(matches!(step, Step::Do(Effect::ReadFile { .. })));
                    fault(FaultKind::NotFound)
                }
            };
            let write = writes(rewrite.advance(input, at(0)));
            assert_eq!(write.replaces.as_deref(), content.as_ref().map(String::as_bytes));
            let names = Kubeconfig::parse(&write.content).unwrap().contexts.into_iter().map(|named| named.name);
            assert_eq!(names.count(), 1 + usize::from(content.is_some()));
            // A lock changes nothing.
            assert!(matches!(rewrite.advance(fault(FaultKind::Locked), at(0)), Step::Wait(_)));
            assert_eq!(writes(rewrite.advance(None, at(50))).replaces, write.replaces);
        }
        assert!(matches!(rewrite.advance(Some(Input::Written), at(60)), Step::Yield(true)));
    }

    #[cfg(feature = "kubeconfig")]
    #[test]
    fn utf_16_becomes_utf_8_and_keeps_its_comments() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (file, kept) in [
            ("\u{feff}# mine\ncontexts:\n- name: a\ncurrent-context: ä\n", "# mine\n"),
            ("\u{feff}{\"contexts\":[{\"name\":\"a\"}]}", "{\n"),
        ] {
            for bytes in [wide(file), file.as_bytes().to_vec()] {
                let mut rewrite = uses("a");
                reads(&mut rewrite);
                let write = writes(rewrite.advance(Some(Input::File(bytes.clone().into())), at(0)));
                assert_eq!(write.replaces.as_deref(), Some(&bytes[..]));
                let text = std::str::from_utf8(&write.content).unwrap();
                assert!(text.trim_start_matches('\u{feff}').starts_with(kept), "{text:?}");
                assert_eq!(Kubeconfig::parse(&write.content).unwrap().current_context.as_deref(), Some("a"));
            }
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_made() {
        let mut rewrite = Rewrite::new("/k", |config| {
            config.set_context("new", Default::default());
            Ok(true)
        });
        reads(&mut rewrite);
        let write = writes(rewrite.advance(fault(FaultKind::NotFound), at(0)));
        assert_eq!(write.replaces, None);
        // Another program creates the file first.
        let theirs = r#"{"contexts":[{"name":"theirs"}]}"#;
        let write = writes(rewrite.advance(Some(Input::File(theirs.into())), at(0)));
        let new = Kubeconfig::parse(&write.content).unwrap();
        assert!(new.context("theirs").is_some() && new.context("new").is_some());
        // Another program deletes the file again.
        assert!(matches!(rewrite.advance(fault(FaultKind::NotFound), at(0)), Step::Do(Effect::ReadFile { .. })));
    }

    #[test]
    fn a_lock_is_waited_for_but_not_for_ever() {
        let mut rewrite = Rewrite::new("/k", |_| Ok(true));
        reads(&mut rewrite);
        writes(rewrite.advance(fault(FaultKind::NotFound), at(0)));
        let mut now = 0;
        let error = loop {
            match rewrite.advance(fault(FaultKind::Locked), at(now)) {
                Step::Wait(Some(until)) => {
                    assert_eq!(until, at(now + 50));
                    assert!(matches!(rewrite.advance(None, at(now + 49)), Step::Wait(_)));
                    now += 50;
                    writes(rewrite.advance(None, at(now)));
                }
                Step::Done(Err(error)) => break error.to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(now, 2000);
        assert!(error.contains("so it is; if none is, remove /k.lock"), "{error}");
    }

    #[test]
    fn what_goes_wrong_is_said() {
        for (input, says) in [
            (fault(FaultKind::Io), "the kubeconfig cannot be changed: so it is (file /k)"),
            (Some(Input::File("{".into())), "error loading config file \"/k\""),
            (Some(Input::File("{}".into())), "no context exists with the name: \"a\""),
            (Some(Input::Written), "the driver did something else"),
        ] {
            let mut rewrite = uses("a");
            reads(&mut rewrite);
            match rewrite.advance(input, at(0)) {
                Step::Done(Err(error)) => assert!(error.to_string().contains(says), "{error}"),
                other => panic!("{other:?}"),
            }
        }
        let mut rewrite = Rewrite::new("/k", |_| Ok(true));
        reads(&mut rewrite);
        for n in 0..TRIES {
            writes(rewrite.advance(Some(Input::File(format!("{{\"n\":{n}}}").into())), at(0)));
        }
        match rewrite.advance(Some(Input::File("{}".into())), at(0)) {
            Step::Done(Err(error)) => assert!(error.to_string().contains("by others all the time"), "{error}"),
            other => panic!("{other:?}"),
        }
    }
}
