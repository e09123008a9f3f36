//! Logs as lines, driven by hand: each ending, and what follows it.

use std::time::Duration;

use kube_proto::api::LogParams;
use kube_proto::driver::{Effect, Fault, FaultKind, Input, Reach, Step};
use kube_proto::logs::{Doubt, LogEvent, LogLines, LogSettings, Part};

use crate::border::pods;
use crate::script::{Script, answer, data, head, session, status};

/// A log, and a transcript of what it asked for and yielded.
struct Log {
    script: Script<LogLines>,
    out: Vec<u8>,
    waited: Duration,
}

impl Log {
    fn new(settings: impl Into<LogSettings>) -> Self {
        let script = Script::new(pods().log_lines("a", settings), &session());
        Self { script, out: Vec::new(), waited: Duration::ZERO }
    }

    /// A followed log of a pod that runs. Its request is out.
    fn followed() -> Self {
        let mut log = Self::new(LogParams::default().follow());
        assert_eq!(log.play([]), ["GET a"]);
        assert_eq!(log.play(answer(200, &running(0))), ["LOG container=main&follow=true&timestamps=true"]);
        log
    }

    /// Feeds these inputs, and plays until the log waits for the server, or ends. Pauses pass.
    fn play(&mut self, inputs: impl IntoIterator<Item = Input>) -> Vec<String> {
        self.script.arrived.extend(inputs);
        let (mut found, mut asked) = (Vec::new(), false);
        self.waited = Duration::ZERO;
        loop {
            match self.script.turn() {
                Step::Yield(LogEvent::Line(line)) => {
                    line.write(self.script.task.operation().settings().params.timestamps, &mut self.out);
                    let text = String::from_utf8_lossy(&line.text).into_owned();
                    found.push(if line.part == Part::Whole { text } else { format!("{text} {:?}", line.part) });
                }
                Step::Yield(LogEvent::Restarted { runs }) => found.push(format!("<restarted {runs}>")),
                Step::Yield(LogEvent::Doubt(doubt)) => found.push(format!("<{}>", kind(&doubt))),
                Step::Yield(LogEvent::Trouble(trouble)) => found.push(format!("<{:?}>", trouble.ending)),
                Step::Yield(_) => {}
                Step::Do(Effect::Exchange(exchange)) => {
                    let uri = exchange.request.uri();
                    let name = uri.path().rsplit('/').next().unwrap();
                    let shown = if name == "log" { "LOG" } else { "GET a" };
                    let query = uri.query().unwrap_or_default().replace("%3A", ":");
                    found.push(format!("{shown} {query}").trim_end().to_owned());
                    asked = true;
                }
                Step::Do(_) => {}
                Step::Wait(Some(until)) if !self.script.task.in_flight() => {
                    let wait = until - self.script.now.mono;
                    self.waited += wait;
                    self.script.pass(wait);
                }
                Step::Wait(_) => return found,
                Step::Done(Ok(())) => {
                    found.push("END".into());
                    return found;
                }
                Step::Done(Err(error)) => {
                    found.push(format!("ERROR {error}"));
                    return found;
                }
            }
            assert!(found.len() < 100, "{asked} {found:?}");
        }
    }
}

fn kind(doubt: &Doubt) -> String {
    let text = format!("{doubt:?}");
    text.split(' ').next().unwrap().to_owned() + if doubt.to_string().is_empty() { "!" } else { "" }
}

fn pod(uid: &str, runs: u32, state: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"a","uid":"{uid}"}},"spec":{{"containers":[{{"name":"main"}}],"restartPolicy":"Always"}},
        "status":{{"phase":"Running","containerStatuses":[{{"name":"main","restartCount":{runs},"state":{state}}}]}}}}"#
    )
}

fn running(runs: u32) -> String {
    pod("u", runs, r#"{"running":{}}"#)
}

fn ended(runs: u32) -> String {
    pod("u", runs, r#"{"terminated":{"exitCode":1}}"#)
}

fn line(second: u32, text: &str) -> String {
    format!("2026-01-01T00:00:{second:02}.000000000Z {text}\n")
}

fn begin(text: &str) -> [Input; 2] {
    [head(200, &[("content-type", "text/plain")]), data(text)]
}

fn whole(text: &str) -> [Input; 3] {
    let [head, data] = begin(text);
    [head, data, Input::End]
}

fn cut() -> [Input; 1] {
    let fault = Fault { kind: FaultKind::Closed, reach: Reach::Answered, stale: false, text: "cut".into() };
    [Input::Failed(Box::new(fault))]
}

fn refusal(code: u16, reason: &str, message: &str) -> [Input; 3] {
    answer(code, &status(code, reason, &message.replace('"', "\\\"")))
}

#[test]
fn a_log_that_is_not_followed_is_one_request() {
    let mut log = Log::new(LogParams::default().tail_lines(3).container("c"));
    assert_eq!(log.play([]), ["LOG container=c&timestamps=true&tailLines=3"]);
    assert_eq!(log.play(whole(&(line(1, "one") + "2026-01-01T00:00:02Z two"))), ["one", "two", "END"]);
    assert_eq!(log.out, b"one\ntwo");
}

#[test]
fn it_goes_on_after_a_break_without_the_lines_before_it() {
    let mut log = Log::new(LogParams::default().tail_lines(3));
    log.play([]);
    let text = line(4, "one") + &line(5, "two") + &line(5, "two") + "2026-01-01T00:00:05.0";
    assert_eq!(log.play(begin(&text)), ["one", "two", "two"]);
    // No number of lines any more, and from one second before the last line on.
    assert_eq!(log.play(cut()), ["<Broken>", "LOG sinceTime=2026-01-01T00:00:04Z&timestamps=true"]);
    let again = line(4, "before the tail") + &line(4, "one") + &line(5, "two") + &line(5, "two");
    assert_eq!(log.play(whole(&(again + &line(5, "two") + &line(6, "three")))), ["two", "three", "END"]);
}

#[test]
fn a_log_that_is_not_followed_is_asked_for_five_times() {
    let mut log = Log::new(LogParams::default());
    log.play([]);
    let failed = || refusal(500, "InternalError", "no kubelet");
    for _ in 0..4 {
        assert_eq!(log.play(failed()), ["<Failed>", "LOG timestamps=true"]);
        assert!(log.waited >= Duration::from_millis(800));
    }
    let end = log.play(failed());
    assert!(end.len() == 1 && end[0].starts_with("ERROR") && end[0].contains("no kubelet"), "{end:?}");
}

#[test]
fn a_refusal_before_the_first_response_is_the_error() {
    let mut log = Log::followed();
    let end = log.play(refusal(400, "BadRequest", "container c is not valid for pod a"));
    assert!(end.len() == 1 && end[0].contains("not valid for pod a"), "{end:?}");
}

#[test]
fn a_refusal_after_it_is_an_accident() {
    let mut log = Log::followed();
    log.play(begin(&line(1, "one")));
    assert_eq!(log.play(cut()), ["<Broken>", "GET a"]);
    assert_eq!(log.play(refusal(403, "Forbidden", "no")), ["<Refused>", "GET a"]);
    let request = "LOG container=main&follow=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(0))), [request]);
    assert_eq!(log.play(refusal(401, "Unauthorized", "who?")).last().unwrap(), "GET a");
}

#[test]
fn a_container_that_is_to_start_is_waited_for() {
    let mut log = Log::new(LogParams::default().follow());
    assert_eq!(log.play([]), ["GET a"]);
    let creating = pod("u", 0, r#"{"waiting":{"reason":"ContainerCreating"}}"#);
    assert_eq!(log.play(answer(200, &creating)), ["GET a"]);
    assert!(log.waited >= Duration::from_millis(800));
    let request = "LOG container=main&follow=true&timestamps=true";
    assert_eq!(log.play(answer(200, &running(0))), [request]);
    let waiting = r#"container "main" in pod "a" is waiting to start: ContainerCreating"#;
    assert_eq!(log.play(refusal(400, "BadRequest", waiting)), ["<Waiting>", "GET a"]);
    assert_eq!(log.play(answer(200, &running(0))), [request]);
    assert_eq!(log.play(begin(&line(1, "one"))), ["one"]);
}

#[test]
fn a_first_run_that_is_over_at_the_second_look_is_read() {
    let mut log = Log::new(LogParams::default().follow().tail_lines(0));
    log.play([]);
    log.play(answer(200, &pod("u", 0, r#"{"waiting":{"reason":"ContainerCreating"}}"#)));
    let rest = "LOG container=main&previous=true&timestamps=true";
    assert_eq!(log.play(answer(200, &running(1))), [rest]);
    assert_eq!(log.play(whole(&line(1, "one"))), ["one", "GET a"]);
}

#[test]
fn an_end_while_the_container_runs_is_a_break() {
    let mut log = Log::followed();
    let half = "2026-01-01T00:00:01.000000001Z half";
    assert_eq!(log.play(whole(&(line(1, "one") + half))), ["one", "GET a"]);
    let request = "LOG container=main&follow=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(0))), [request]);
    assert_eq!(log.play(begin(&(line(1, "one") + half + " a line\n"))), ["half a line"]);
}

#[test]
fn a_run_is_read_to_its_end_and_then_the_next_one() {
    let mut log = Log::followed();
    assert_eq!(log.play(whole(&line(1, "one"))), ["one", "GET a"]);
    // All of it, without waiting for more.
    let request = "LOG container=main&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &ended(0))), [request]);
    let last = line(1, "one") + &line(1, "two") + "2026-01-01T00:00:01.000000001Z panic";
    // Until a response has nothing new.
    assert_eq!(log.play(whole(&last)), ["two", "GET a"]);
    assert_eq!(log.play(answer(200, &ended(0))), [request]);
    assert_eq!(log.play(whole(&last)), ["panic", "GET a"]);
    assert_eq!(log.play(answer(200, &ended(0))), ["GET a"]);
    assert!(log.waited >= Duration::from_millis(800));
    // Once more, now that no line can follow.
    let rest = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(1))), [rest]);
    assert_eq!(log.play(whole(&(last.clone() + "\n" + &line(2, "late")))), ["late", "GET a"]);
    let rest = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:01Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(1))), [rest]);
    assert_eq!(log.play(whole(&(last + "\n" + &line(2, "late")))), ["GET a"]);
    let request = "LOG container=main&follow=true&sinceTime=2026-01-01T00:00:01Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(1))), ["<restarted 1>", request]);
    assert_eq!(log.play(begin(&line(3, "anew"))), ["anew"]);
}

#[test]
fn the_rest_of_a_run_that_was_cut_is_read_from_the_one_before() {
    let mut log = Log::followed();
    log.play(begin(&line(1, "one")));
    assert_eq!(log.play(cut()), ["<Broken>", "GET a"]);
    let rest = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(1))), [rest]);
    let text = line(1, "one") + &line(2, "two");
    let again = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:01Z&timestamps=true";
    assert_eq!(log.play(whole(&text)), ["two", "GET a"]);
    assert_eq!(log.play(answer(200, &running(1))), [again]);
    assert_eq!(log.play(whole(&text)), ["GET a"]);
    // Another run has ended meanwhile, and its log is the one before now.
    let rest = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:01Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(2))), ["<Runs>", rest]);
    let text = line(1, "x") + &line(3, "three");
    assert_eq!(log.play(whole(&text)), ["<Late>", "x", "three", "GET a"]);
    assert!(log.play(answer(200, &running(2)))[0].contains("previous=true"));
    assert_eq!(log.play(whole(&text)), ["GET a"]);
    let next = "LOG container=main&follow=true&sinceTime=2026-01-01T00:00:02Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(2))), ["<restarted 2>", next]);
}

#[test]
fn the_log_of_the_next_run_is_not_taken_for_the_end_of_the_last() {
    let mut log = Log::followed();
    assert_eq!(log.play(whole(&line(1, "one"))), ["one", "GET a"]);
    assert_eq!(log.play(answer(200, &ended(0))).len(), 1);
    // The container started again before the request came: the response is of the next run.
    assert_eq!(log.play(whole(&line(4, "four"))), ["four", "GET a"]);
    let rest = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:03Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(1))), [rest]);
}

/// The kubelet serves the log of a run that is not in the pod's status yet.
#[test]
fn the_rest_of_a_run_begins_before_the_lines_of_the_next() {
    let began = |runs: u32, second: u32| {
        pod("u", runs, &format!(r#"{{"running":{{"startedAt":"2026-01-01T00:00:{second:02}Z"}}}}"#))
    };
    let mut log = Log::followed();
    log.play(begin(&line(1, "one")));
    assert_eq!(log.play(cut()), ["<Broken>", "GET a"]);
    let request = "LOG container=main&follow=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &began(0, 0))), [request]);
    // Of the next run already, whose first second has lines of both.
    assert_eq!(log.play(whole(&(line(30, "thirty") + &line(50, "fifty")))), ["thirty", "fifty", "GET a"]);
    let rest = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &began(1, 30))), [rest]);
    let text = line(1, "one") + &line(2, "two") + &line(30, "last");
    assert_eq!(log.play(whole(&text)), ["<Late>", "two", "last", "GET a"]);
    let again = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:29Z&timestamps=true";
    assert_eq!(log.play(answer(200, &began(1, 30))), [again]);
    assert_eq!(log.play(whole(&line(30, "last"))), ["GET a"]);
    let request = "LOG container=main&follow=true&sinceTime=2026-01-01T00:00:49Z&timestamps=true";
    assert_eq!(log.play(answer(200, &began(1, 30))), ["<restarted 1>", request]);
    assert_eq!(log.play(begin(&(line(50, "fifty") + &line(51, "more")))), ["more"]);
}

/// The pod's status is late, and the next run, whose lines were taken for those of the first, has ended as well.
#[test]
fn the_rest_of_a_run_that_is_gone_is_not_taken_from_the_next() {
    let mut log = Log::followed();
    let next = line(30, "thirty") + &line(31, "more");
    assert_eq!(log.play(whole(&next)), ["thirty", "more", "GET a"]);
    let state = r#"{"waiting":{}},"lastState":{"terminated":{"exitCode":1,"startedAt":"2026-01-01T00:00:30Z"}}"#;
    let again = log.play(answer(200, &pod("u", 1, state)));
    assert!(again[0].contains("previous=true"), "{again:?}");
    assert_eq!(log.play(whole(&(next + &line(32, "new")))), ["<Rest>", "new", "GET a"]);
}

/// A kubelet that is stopped ends its answers wherever they are.
#[test]
fn the_beginning_of_a_time_is_no_line() {
    let next = line(2, "two");
    for end in 1..next.find("two").unwrap() {
        let mut log = Log::followed();
        assert_eq!(log.play(whole(&(line(1, "one") + &next[..end]))), ["one", "GET a"], "{end}");
        assert!(log.play(answer(200, &running(0)))[0].contains("follow=true"));
        assert_eq!(log.play(begin(&(line(1, "one") + &next))), ["two"], "{end}");
    }
}

#[test]
fn a_log_that_begins_with_a_later_run_says_so() {
    let mut log = Log::new(LogParams::default().follow());
    log.play([]);
    let request = "LOG container=main&follow=true&timestamps=true";
    assert_eq!(log.play(answer(200, &running(3))), ["<restarted 3>", request]);
}

#[test]
fn runs_that_are_gone_are_said() {
    let mut log = Log::followed();
    log.play(begin(&line(1, "one")));
    log.play(cut());
    let rest = "LOG container=main&previous=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(4))), ["<Runs>", rest]);
    let gone = r#"previous terminated container "main" in pod "a" not found"#;
    assert_eq!(log.play(refusal(400, "BadRequest", gone)), ["<Rest>", "GET a"]);
    assert_eq!(log.play(answer(200, &running(4))).first().unwrap(), "<restarted 4>");
}

#[test]
fn the_kubelet_s_own_words_are_no_line_of_the_run_before() {
    let mut log = Log::followed();
    log.play(begin(&line(1, "one")));
    log.play(cut());
    let words = "unable to retrieve container logs for containerd://0";
    for _ in 0..4 {
        assert!(log.play(answer(200, &running(1)))[0].contains("previous=true"));
        assert_eq!(log.play(whole(words)), ["GET a"]);
        assert!(log.waited >= Duration::from_millis(800));
    }
    assert!(log.play(answer(200, &running(1)))[0].contains("previous=true"));
    assert_eq!(log.play(whole(words)), ["<Rest>", "GET a"]);
}

#[test]
fn it_ends_with_its_pod() {
    let gone = r#"{"kind":"Status","status":"Failure","message":"pods \"a\" not found","reason":"NotFound","details":{"name":"a","kind":"pods"},"code":404}"#;
    let mut log = Log::followed();
    assert_eq!(log.play(whole(&line(1, "one"))), ["one", "GET a"]);
    assert_eq!(log.play(answer(404, gone)), ["END"]);
    // A pod that was not there at the beginning is an error.
    let mut log = Log::new(LogParams::default().follow());
    log.play([]);
    assert_eq!(log.play(answer(404, gone)), ["LOG follow=true&timestamps=true"]);
    let end = log.play(answer(404, gone));
    assert!(end.len() == 1 && end[0].contains("not found"), "{end:?}");
}

#[test]
fn it_ends_with_its_container_if_no_later_run_is_wanted() {
    let mut log = Log::new(LogSettings::new(LogParams::default().follow()).restarts(false));
    log.play([]);
    log.play(answer(200, &running(0)));
    assert_eq!(log.play(whole(&line(1, "one"))), ["one", "GET a"]);
    assert!(log.play(answer(200, &ended(0)))[0].starts_with("LOG container=main&sinceTime"));
    let text = line(1, "one") + &line(1, "two");
    assert_eq!(log.play(whole(&text)), ["two", "GET a"]);
    log.play(answer(200, &ended(0)));
    assert_eq!(log.play(whole(&text)), ["GET a"]);
    assert_eq!(log.play(answer(200, &ended(0))), ["END"]);
}

#[test]
fn another_pod_of_the_name_is_read_from_its_beginning() {
    let mut log = Log::followed();
    log.play(begin(&line(9, "old")));
    assert_eq!(log.play(cut()), ["<Broken>", "GET a"]);
    let request = "LOG container=main&follow=true&timestamps=true";
    assert_eq!(log.play(answer(200, &pod("other", 0, r#"{"running":{}}"#))), ["<Replaced>", "<restarted 0>", request]);
    assert_eq!(log.play(begin(&line(1, "new"))), ["new"]);
}

#[test]
fn without_the_right_to_read_pods_it_ends_when_nothing_new_comes() {
    let mut log = Log::new(LogParams::default().follow());
    assert_eq!(log.play([]), ["GET a"]);
    assert_eq!(log.play(refusal(403, "Forbidden", "no")), ["LOG follow=true&timestamps=true"]);
    let again = "LOG follow=true&sinceTime=2026-01-01T00:00:00Z&timestamps=true";
    assert_eq!(log.play(whole(&line(1, "one"))), ["one", again]);
    assert_eq!(log.play(whole(&(line(1, "one") + &line(2, "two")))).first().unwrap(), "two");
    assert_eq!(log.play(whole(&line(2, "two"))), ["<Blind>", "END"]);
}

#[test]
fn silence_ends_a_response_and_nothing_else() {
    let mut log = Log::followed();
    assert_eq!(log.play(begin(&line(1, "one"))), ["one"]);
    assert_eq!(log.script.waits(), Some(Duration::from_secs(300)));
    log.script.pass(Duration::from_secs(301));
    assert_eq!(log.play([]), ["<Broken>", "GET a"]);
    assert!(log.play(answer(200, &running(0)))[0].contains("sinceTime"));
}

#[test]
fn only_new_lines_stay_new_after_a_break_before_the_first() {
    let mut log = Log::new(LogParams::default().follow().tail_lines(0));
    log.play([]);
    assert!(log.play(answer(200, &running(0)))[0].contains("tailLines=0"));
    log.play([head(200, &[])]);
    log.play(cut());
    let request = "LOG container=main&follow=true&sinceTime=2027-01-15T08:00:00Z&timestamps=true";
    assert_eq!(log.play(answer(200, &running(0))), ["<Unstamped>", request]);
}

#[test]
fn the_last_minute_is_the_minute_before_the_first_request() {
    let mut log = Log::new(LogParams::default().since_seconds(60));
    assert_eq!(log.play([]), ["LOG sinceSeconds=60&timestamps=true"]);
    log.script.pass(Duration::from_secs(7));
    assert_eq!(log.play(cut()), ["<Broken>", "LOG sinceSeconds=67&timestamps=true"]);
}

#[test]
fn a_long_line_comes_in_parts_and_goes_on_within_them() {
    let mut log = Log::new(LogSettings::new(LogParams::default().follow()).line_limit(4));
    log.play([]);
    log.play(answer(200, &running(0)));
    let long = "aaaabbbbcccc".to_owned() + &"d".repeat(40);
    let text = format!("2026-01-01T00:00:05.000000000Z {long}");
    assert_eq!(log.play(begin(&text))[..3], ["aaaa First", "bbbb Middle", "cccc Middle"]);
    log.play(cut());
    log.play(answer(200, &running(0)));
    let rest = log.play(begin(&(line(4, "xyz") + &text + "!\n" + &line(6, "next"))));
    assert_eq!(rest[..2], ["<Late>", "xyz"]);
    assert_eq!(rest[rest.len() - 2..], ["! Last", "next"]);
    let text = String::from_utf8(log.out).unwrap().replace("xyz\n", "");
    assert_eq!(text, long + "!\nnext\n");
}

#[test]
fn a_long_line_whose_end_does_not_come_is_torn() {
    let mut log = Log::new(LogSettings::new(LogParams::default().follow()).line_limit(4));
    log.play([]);
    log.play(answer(200, &running(0)));
    log.play(begin(&format!("2026-01-01T00:00:05.000000000Z {}", "a".repeat(60))));
    log.play(cut());
    log.play(answer(200, &running(0)));
    assert_eq!(log.play(begin(&line(6, "next"))), ["<Torn>", "next"]);
}

#[test]
fn the_limit_of_bytes_is_the_caller_s() {
    for (limit, stamps, expected) in [
        (7, false, "one\ntwo"),
        (8, false, "one\ntwo\n"),
        (9, false, "one\ntwo\nt"),
        (5, true, "2026-"),
        (31, true, "2026-01-01T00:00:01.000000000Z "),
        (33, true, "2026-01-01T00:00:01.000000000Z on"),
    ] {
        let mut params = LogParams::default().limit_bytes(limit);
        params.timestamps = stamps;
        let mut log = Log::new(params);
        assert_eq!(log.play([]), ["LOG timestamps=true"]);
        let found = log.play(begin(&(line(1, "one") + &line(1, "two") + &line(1, "three"))));
        assert_eq!(found.last().unwrap(), "END");
        assert_eq!(String::from_utf8_lossy(&log.out), expected, "{limit}");
    }
}

#[test]
fn the_text_is_not_shown() {
    let mut script = Script::new(pods().log_lines("a", LogParams::default()), &session());
    script.exchange();
    script.arrived.extend(begin(&(line(1, "s3cr3t") + "s3cr3t")));
    let line = script.item();
    assert!(!format!("{line:?} {:?}", script.task).contains("s3cr3t"));
}
