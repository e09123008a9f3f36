use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::settings::policy::Rate;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn at(n: u64) -> Moment {
    Moment::after_zero(ms(n))
}

fn plain() -> QueueSettings {
    QueueSettings { jitter: 0.0, ..QueueSettings::default() }
}

fn queue() -> Queue<&'static str> {
    Queue::new(plain(), 1)
}

/// Brings a key into a state.
fn with(state: &str) -> Queue<&'static str> {
    let mut queue = queue();
    match state {
        "absent" => {}
        "delayed by a span" => drop(queue.add_after(at(0), "a", Priority::NORMAL, ms(100))),
        "ready" => drop(queue.add(at(0), "a", Priority::NORMAL)),
        "running" => {
            queue.add(at(0), "a", Priority::NORMAL);
            queue.pop(at(0)).unwrap();
        }
        "delayed by failures" => {
            queue.add(at(0), "a", Priority::NORMAL);
            queue.pop(at(0)).unwrap();
            queue.finish(at(0), &"a", Outcome::Failed);
        }
        other => panic!("{other}"),
    }
    queue
}

fn named(queue: &Queue<&'static str>) -> String {
    match queue.state(&"a") {
        KeyState::Absent => "absent".into(),
        KeyState::Delayed { until, delay: Delay::Span } => format!("span {}", until.since_zero().as_millis()),
        KeyState::Delayed { until, delay: Delay::Failures(n) } => {
            format!("failures {n} {}", until.since_zero().as_millis())
        }
        KeyState::Ready { .. } => "ready".into(),
        KeyState::Running { again, .. } => format!("running{}", if again { " again" } else { "" }),
    }
}

#[test]
fn the_table_of_adds() {
    for (state, add, shorter, longer) in [
        ("absent", "ready", "span 50", "span 200"),
        ("delayed by a span", "ready", "span 50", "span 100"),
        ("delayed by failures", "failures 1 5", "failures 1 5", "failures 1 5"),
        ("ready", "ready", "ready", "ready"),
        ("running", "running again", "running again", "running again"),
    ] {
        let mut queue = with(state);
        queue.add(at(0), "a", Priority::NORMAL);
        assert_eq!(named(&queue), add, "add: {state}");
        for (span, expected) in [(50, shorter), (200, longer)] {
            let mut queue = with(state);
            queue.add_after(at(0), "a", Priority::NORMAL, ms(span));
            assert_eq!(named(&queue), expected, "add after {span}: {state}");
        }
    }
}

#[test]
fn the_table_of_outcomes() {
    let (done, after, failed) = (Outcome::Done, Outcome::After(ms(100)), Outcome::Failed);
    for (outcome, added, expected) in [
        (done, None, "absent"),
        (done, Some(0), "ready"),
        (done, Some(50), "span 50"),
        (after, None, "span 100"),
        (after, Some(0), "ready"),
        (after, Some(50), "span 50"),
        (after, Some(200), "span 100"),
        (failed, None, "failures 1 5"),
        (failed, Some(0), "failures 1 5"),
        (failed, Some(2), "failures 1 5"),
        (failed, Some(50), "failures 1 5"),
    ] {
        let mut queue = with("running");
        if let Some(span) = added {
            queue.add_after(at(0), "a", Priority::NORMAL, ms(span));
        }
        assert_eq!(queue.finish(at(0), &"a", outcome), Some(Duration::ZERO));
        assert_eq!(named(&queue), expected, "{outcome:?} {added:?}");
        assert_eq!(queue.finish(at(0), &"a", outcome), None, "it does not run");
    }
}

#[test]
fn delays_double_up_to_the_longest_and_success_ends_them() {
    let mut queue = queue();
    queue.add(at(0), "a", Priority::NORMAL);
    let (mut now, mut delays) = (at(0), Vec::new());
    for _ in 0..40 {
        let key = queue.pop(now).unwrap().key;
        queue.finish(now, &key, Outcome::Failed);
        // However many events come, the delay stays.
        for _ in 0..10 {
            queue.add(now, "a", Priority::NORMAL);
        }
        let next = queue.deadline(now).unwrap();
        assert!(queue.pop(next - ms(1)).is_none());
        delays.push((next - now).as_millis());
        now = next;
    }
    assert_eq!(delays[..5], [5, 10, 20, 40, 80]);
    assert_eq!(delays[38..], [1_000_000, 1_000_000]);
    assert_eq!(queue.stats(now).retries, 40);
    let job = queue.pop(now).unwrap();
    assert_eq!(job.failures, 40);
    queue.finish(now, &job.key, Outcome::Done);
    assert!(queue.is_empty(), "nothing of it is left");
    queue.add(now, "a", Priority::NORMAL);
    assert_eq!(queue.pop(now).unwrap().failures, 0);
}

#[test]
fn jitter_parts_the_keys_that_failed_together() {
    let mut queue = Queue::new(QueueSettings { first_delay: ms(1000), ..QueueSettings::default() }, 7);
    for key in 0..100 {
        queue.add(at(0), key, Priority::NORMAL);
    }
    while let Some(job) = queue.pop(at(0)) {
        queue.finish(at(0), &job.key, Outcome::Failed);
    }
    let mut moments: Vec<_> = queue.delayed.keys().map(|(at, _)| *at).collect();
    moments.dedup();
    assert_eq!(moments.len(), 100);
    assert!(moments.iter().all(|moment| (at(1000)..at(1100)).contains(moment)));
}

#[test]
fn priorities_and_ages() {
    let mut queue = queue();
    let order = |queue: &mut Queue<&'static str>| {
        std::iter::from_fn(|| queue.pop(at(9)).map(|job| *job.key)).collect::<Vec<_>>()
    };
    queue.add(at(0), "low", Priority::LOW);
    queue.add(at(1), "a", Priority::NORMAL);
    queue.add(at(2), "raised", Priority::LOW);
    queue.add(at(3), "b", Priority::NORMAL);
    queue.add(at(4), "raised", Priority::NORMAL);
    queue.add(at(5), "a", Priority::LOW);
    queue.add(at(6), "urgent", Priority(1));
    let raised = KeyState::Ready { since: at(2), priority: Priority::NORMAL, before: 3 };
    assert_eq!(queue.state(&"raised"), raised);
    assert_eq!(order(&mut queue), ["urgent", "a", "b", "raised", "low"]);
}

#[test]
fn a_retry_keeps_its_priority_and_news_have_their_own() {
    let mut queue = queue();
    queue.add(at(0), "failed", Priority(3));
    queue.add(at(0), "changed", Priority(3));
    queue.add(at(0), "both", Priority(2));
    for _ in 0..3 {
        queue.pop(at(0)).unwrap();
    }
    queue.add(at(1), "changed", Priority(1));
    queue.add(at(1), "both", Priority(7));
    queue.finish(at(1), &"failed", Outcome::Failed);
    queue.finish(at(1), &"both", Outcome::Failed);
    queue.finish(at(1), &"changed", Outcome::Done);
    let jobs: Vec<_> = std::iter::from_fn(|| queue.pop(at(100))).map(|job| (*job.key, job.priority.0)).collect();
    assert_eq!(jobs, [("both", 7), ("failed", 3), ("changed", 1)]);
}

#[test]
fn the_oldest_key_has_its_turn() {
    let mut queue = Queue::new(plain(), 1);
    queue.add(at(0), 0, Priority::LOW);
    let mut runs = 0;
    // An endless stream of urgent keys.
    for key in 1.. {
        queue.add(at(0), key, Priority(9));
        runs += 1;
        let job = queue.pop(at(0)).unwrap();
        queue.finish(at(0), &job.key, Outcome::Done);
        if *job.key == 0 {
            break;
        }
    }
    assert_eq!(runs, 8);
}

#[test]
fn the_rate_is_of_all_keys() {
    let rate = Some(Rate { per_second: 10.0, burst: 2 });
    let mut queue = Queue::new(QueueSettings { rate, ..plain() }, 1);
    for key in 0..4 {
        queue.add(at(1000), key, Priority::NORMAL);
    }
    let mut starts = Vec::new();
    let mut now = at(1000);
    while let Some(next) = queue.deadline(now) {
        now = next;
        queue.pop(now).unwrap();
        starts.push(now.since_zero().as_millis());
    }
    assert_eq!(starts, [1000, 1000, 1100, 1200]);
    queue.add_after(now, 9, Priority::NORMAL, ms(1));
    assert_eq!(queue.deadline(now), Some(at(1300)), "not before the rate allows it");
}

#[test]
fn a_full_queue_says_so_and_a_closed_one_ends() {
    let mut queue = Queue::new(QueueSettings { limit: 2, ..plain() }, 1);
    assert_eq!(queue.add(at(0), 1, Priority::NORMAL), Added::Queued);
    assert_eq!(queue.add(at(0), 1, Priority::NORMAL), Added::Known);
    assert_eq!(queue.add_after(at(0), 2, Priority::NORMAL, ms(5)), Added::Queued);
    assert_eq!(queue.add(at(0), 3, Priority::NORMAL), Added::Full);
    assert_eq!((queue.len(), queue.state(&3)), (2, KeyState::Absent));

    let job = queue.pop(at(0)).unwrap();
    queue.add(at(0), 1, Priority::NORMAL);
    queue.close();
    assert_eq!(queue.add(at(0), 4, Priority::NORMAL), Added::Full);
    assert!(queue.pop(at(9)).is_none() && queue.deadline(at(9)).is_none());
    assert!(queue.is_running());
    assert_eq!(queue.finish(at(9), &job.key, Outcome::Failed), Some(ms(9)));
    assert!(queue.is_empty() && !queue.is_running());
}

#[test]
fn the_counters() {
    let mut queue = queue();
    for key in ["a", "b", "c", "a"] {
        queue.add(at(0), key, Priority::NORMAL);
    }
    queue.add_after(at(0), "d", Priority::NORMAL, ms(500));
    queue.pop(at(10)).unwrap();
    assert_eq!(queue.pop(at(20)).unwrap().waited, ms(20));
    queue.add(at(20), "a", Priority::NORMAL);
    let stats = queue.stats(at(30));
    assert_eq!((stats.ready, stats.delayed, stats.running, stats.adds), (1, 1, 2, 5));
    assert_eq!((stats.unfinished, stats.longest_running), (ms(30), ms(20)));
}

#[derive(Clone, Debug)]
enum Step {
    Add(u8, i32),
    AddAfter(u8, i32, u64),
    Pop,
    Finish(prop::sample::Index, Outcome),
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let outcome =
        prop_oneof![Just(Outcome::Done), (0u64..80).prop_map(|n| Outcome::After(ms(n))), Just(Outcome::Failed)];
    prop_oneof![
        4 => (0u8..5, -1i32..2).prop_map(|(key, priority)| Step::Add(key, priority)),
        2 => (0u8..5, -1i32..2, 0u64..80).prop_map(|(key, priority, n)| Step::AddAfter(key, priority, n)),
        5 => Just(Step::Pop),
        4 => (any::<prop::sample::Index>(), outcome).prop_map(|(which, outcome)| Step::Finish(which, outcome)),
        3 => (0u64..60).prop_map(Step::Advance),
    ]
}

/// What a reader of the documentation expects of one key.
#[derive(Debug, Default)]
struct Model {
    running: bool,
    failures: u32,
    /// No run begins before this moment, because the last one failed.
    not_before: Moment,
    /// The earliest moment for which a run was asked since the last one began.
    wanted: Option<Moment>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Each key runs exactly when its model says, under every order of events.
    #[test]
    fn the_queue_is_its_model(steps in prop::collection::vec(step(), 0..120), fair in 1u32..4) {
        let mut queue = Queue::new(QueueSettings { turn_of_the_oldest: fair, ..plain() }, 1);
        let mut now = at(1);
        let mut models: BTreeMap<u8, Model> = (0..5).map(|key| (key, Model::default())).collect();
        let due = |model: &Model| model.wanted.filter(|_| !model.running).map(|at| at.max(model.not_before));
        for step in steps {
            match step {
                Step::Add(key, priority) => {
                    queue.add(now, key, Priority(priority));
                    let model = models.get_mut(&key).unwrap();
                    model.wanted = Some(model.wanted.map_or(now, |at| at.min(now)));
                }
                Step::AddAfter(key, priority, span) => {
                    queue.add_after(now, key, Priority(priority), ms(span));
                    let model = models.get_mut(&key).unwrap();
                    let at = now + ms(span);
                    model.wanted = Some(model.wanted.map_or(at, |before| before.min(at)));
                }
                Step::Pop => {
                    let expected = models.values().filter(|model| due(model).is_some_and(|at| at <= now)).count();
                    let job = queue.pop(now);
                    prop_assert_eq!(job.is_some(), expected > 0);
                    if let Some(job) = job {
                        let model = models.get_mut(&job.key).unwrap();
                        let due = due(model);
                        prop_assert!(due.is_some_and(|at| at <= now), "{:?} {:?}", job, model);
                        prop_assert_eq!(job.failures, model.failures);
                        (model.running, model.wanted, model.not_before) = (true, None, Moment::ZERO);
                    }
                }
                Step::Finish(which, outcome) => {
                    let running: Vec<u8> = models.iter().filter(|(_, model)| model.running).map(|(key, _)| *key).collect();
                    if running.is_empty() {
                        continue;
                    }
                    let key = which.get(&running);
                    prop_assert!(queue.finish(now, key, outcome).is_some());
                    let model = models.get_mut(key).unwrap();
                    model.running = false;
                    model.failures = if outcome == Outcome::Failed { model.failures + 1 } else { 0 };
                    match outcome {
                        Outcome::Done => {}
                        Outcome::After(span) => {
                            let at = now + span;
                            model.wanted = Some(model.wanted.map_or(at, |before| before.min(at)));
                        }
                        Outcome::Failed => {
                            model.not_before = now + ms(5 << (model.failures - 1).min(20));
                            model.wanted = Some(model.not_before);
                        }
                    }
                }
                Step::Advance(span) => now += ms(span),
            }
            // Until the next run can begin, and no longer.
            let next = models.values().filter_map(due).min().map(|at| at.max(now));
            prop_assert_eq!(queue.deadline(now).map(|at| at.max(now)), next);
            for (key, model) in &models {
                let state = queue.state(key);
                prop_assert_eq!(matches!(state, KeyState::Running { .. }), model.running);
                prop_assert_eq!(state == KeyState::Absent, !model.running && model.wanted.is_none());
            }
        }
        prop_assert_eq!(queue.ready.len() + queue.delayed.len() + queue.running.len(), queue.entries.len());
        prop_assert_eq!(queue.ready.len(), queue.ages.len());
        // What was asked for runs in the end.
        for _ in 0..50 {
            for (key, model) in &mut models {
                if model.running {
                    queue.finish(now, key, Outcome::Done);
                    model.running = false;
                }
            }
            let Some(next) = queue.deadline(now) else { break };
            now = now.max(next);
            let job = queue.pop(now).unwrap();
            models.get_mut(&job.key).unwrap().running = true;
        }
        prop_assert!(queue.is_empty());
    }
}
