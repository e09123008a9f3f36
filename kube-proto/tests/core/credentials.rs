//! Credentials: one fetch for all callers, renewal before the end, replacement after a refusal.

use std::time::Duration;

use bytes::Bytes;
use kube_proto::api::Unary;
use kube_proto::config::{Config, CredentialConfig, ExecApiVersion, ExecPlugin, InteractiveMode, ServiceAccountToken};
use kube_proto::driver::{Effect, Exchange, Fault, FaultKind, Input, ProcessOutput, Session, SessionOptions, Step};
use kube_proto::resource::DynamicObject;
use kube_proto::settings::{PluginPolicy, Settings};

use crate::border::pods;
use crate::script::{Script, answer, data, head, name, secs, session_with, status, token_file};

pub const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

pub fn plugin(config: &mut Config) {
    config.credential = CredentialConfig::Exec(Box::new(ExecPlugin {
        command: "get-token".into(),
        args: Vec::new(),
        env: Vec::new(),
        api_version: ExecApiVersion::V1,
        install_hint: Some("install it from your cloud".into()),
        interactive_mode: InteractiveMode::Never,
        cluster: None,
    }));
}

pub fn get(session: &Session) -> Script<Unary<DynamicObject>> {
    Script::new(pods().get("a"), session)
}

pub fn printed(token: &str, expires: Option<&str>) -> Input {
    let expires = expires.map(|at| format!(r#","expirationTimestamp":"{at}""#)).unwrap_or_default();
    let stdout = format!(
        r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"{token}"{expires}}}}}"#
    );
    Input::Output(Box::new(ProcessOutput { status: 0, stdout: stdout.into(), stderr: Bytes::new() }))
}

pub fn authorization(exchange: &Exchange) -> &str {
    exchange.request.headers()["authorization"].to_str().unwrap()
}

#[track_caller]
fn reads(script: &mut Script<Unary<DynamicObject>>) {
    match script.turn() {
        Step::Do(Effect::ReadFile { path, .. }) => assert_eq!(path.to_str(), Some("/run/token")),
        other => panic!("expected a file to be read, found {}", name(&other)),
    }
}

#[track_caller]
pub fn runs(script: &mut Script<Unary<DynamicObject>>) {
    match script.turn() {
        Step::Do(Effect::Run(spec)) => assert_eq!(spec.program, "get-token"),
        other => panic!("expected a program to be run, found {}", name(&other)),
    }
}

#[test]
fn a_token_file_is_read_once_for_all_and_again_after_its_period() {
    let session = session_with(token_file, |_| {});
    let mut first = get(&session);
    reads(&mut first);
    let mut second = get(&session);
    second.waits();
    first.arrived.push_back(Input::File("one\n".into()));
    assert_eq!(authorization(&first.exchange()), "Bearer one");
    assert_eq!(second.woken(), 1);
    assert_eq!(authorization(&second.exchange()), "Bearer one");

    let mut later = get(&session);
    reads(later.pass(secs(50)));
    // While one call reads the file, the others continue with the token that still works.
    assert_eq!(authorization(&get(&session).pass(secs(50)).exchange()), "Bearer one");
    later.arrived.push_back(Input::File("two".into()));
    assert_eq!(authorization(&later.exchange()), "Bearer two");
}

#[test]
fn a_token_file_that_was_renewed_just_after_it_was_read_is_read_again() {
    let session = session_with(token_file, |_| {});
    let mut call = get(&session);
    reads(&mut call);
    call.arrived.push_back(Input::File("one".into()));
    call.exchange();
    let unauthorized = || answer(401, &status(401, "Unauthorized", "Unauthorized"));
    call.pass(secs(2)).arrived.extend(unauthorized());
    reads(&mut call);
    call.arrived.push_back(Input::File("two".into()));
    assert_eq!(authorization(&call.exchange()), "Bearer two");
    // But not for every refused call.
    call.arrived.extend(unauthorized());
    assert!(call.error().is_unauthorized());
    let mut next = get(&session);
    next.pass(secs(2)).exchange();
    next.arrived.extend(unauthorized());
    assert!(next.error().is_unauthorized());
}

#[test]
fn while_a_token_file_cannot_be_read_the_last_token_goes_on() {
    let session = session_with(token_file, |_| {});
    let mut first = get(&session);
    reads(&mut first);
    first.arrived.push_back(Input::File("one".into()));
    first.exchange();
    let mut later = get(&session);
    reads(later.pass(secs(60)));
    later.arrived.push_back(Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "gone"))));
    assert_eq!(authorization(&later.exchange()), "Bearer one");
    // And not every call tries again.
    assert_eq!(authorization(&get(&session).pass(secs(60)).exchange()), "Bearer one");
    reads(get(&session).pass(secs(62)));
}

#[test]
fn the_token_of_the_start_counts_until_the_file_was_read_and_never_again() {
    let missing = || Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "gone")));
    let empty = || Input::File("\n".into());
    let token = |text: &'static str| Input::File(text.into());
    // The content at each reading, one minute apart, and the token that the server then gets.
    for steps in [
        [(missing(), "start"), (empty(), "start"), (token("one"), "one"), (missing(), "one"), (token("two"), "two")],
        [(token("one"), "one"), (missing(), "one"), (empty(), "one"), (token("two"), "two"), (empty(), "two")],
    ] {
        let fallback = Some("start".into());
        let with = |config: &mut Config| {
            config.credential = CredentialConfig::TokenFile { path: "/run/token".into(), fallback };
        };
        let session = session_with(with, |_| {});
        for (n, (input, shown)) in (0..).zip(steps) {
            let mut call = get(&session);
            reads(call.pass(secs(n * 60)));
            call.arrived.push_back(input);
            assert_eq!(authorization(&call.exchange()), format!("Bearer {shown}"), "{n}");
        }
    }
}

#[test]
fn a_thousand_calls_find_the_token_expired_and_one_refreshes() {
    let session = session_with(plugin, |_| {});
    let mut calls: Vec<_> = (0..1000).map(|_| get(&session)).collect();
    runs(&mut calls[0]);
    for call in &mut calls[1..] {
        call.waits();
    }
    // The refreshing call is dropped in the middle: one other call is woken, and only that one.
    drop(calls.remove(0));
    assert_eq!(calls.iter().map(Script::woken).sum::<usize>(), 1);
    assert_eq!(calls[0].woken(), 1);
    runs(&mut calls[0]);
    calls[0].arrived.push_back(printed("t", None));
    assert_eq!(authorization(&calls[0].exchange()), "Bearer t");
    for call in &mut calls[1..] {
        assert!(call.woken() > 0);
        assert_eq!(authorization(&call.exchange()), "Bearer t");
    }
    assert_eq!(session.statistics().refreshes, 1);
}

#[test]
fn a_call_that_is_kept_but_never_polled_again_does_not_block_the_others() {
    let session = session_with(plugin, |_| {});
    let mut forgotten = get(&session);
    runs(&mut forgotten);
    let mut other = get(&session);
    let mut waited = secs(0);
    loop {
        match other.turn() {
            Step::Wait(Some(until)) => {
                let span = until - other.now.mono;
                waited += span;
                other.pass(span);
            }
            Step::Do(Effect::Run(_)) => break,
            step => panic!("{}", name(&step)),
        }
    }
    assert!(waited >= secs(30) && waited <= secs(40), "{waited:?}");
}

#[test]
fn a_log_in_of_ten_minutes_is_not_started_twice() {
    let session = session_with(plugin, |settings| settings.plugin = secs(3600));
    let mut person = get(&session);
    runs(&mut person);
    let mut other = get(&session);
    for _ in 0..120 {
        assert!(person.waits().unwrap() <= secs(10), "it comes back to show that it lives");
        other.waits();
        person.pass(secs(5));
        other.pass(secs(5));
    }
    person.arrived.push_back(printed("t", None));
    assert_eq!(authorization(&person.exchange()), "Bearer t");
    assert_eq!(authorization(&other.exchange()), "Bearer t");
}

#[test]
fn a_plugin_that_hangs_is_given_up() {
    let session = session_with(plugin, |settings| settings.plugin = secs(20));
    let mut call = get(&session);
    runs(&mut call);
    call.waits();
    call.pass(secs(10)).waits();
    assert!(matches!(call.pass(secs(10)).turn(), Step::Do(Effect::Abort)));
    let error = call.error().to_string();
    assert!(error.contains("the plugin get-token took longer than 20s"), "{error}");
}

#[test]
fn a_file_that_is_never_read_is_given_up() {
    let session = session_with(token_file, |_| {});
    let mut call = get(&session);
    reads(&mut call);
    call.waits();
    call.pass(Duration::from_millis(9_999)).waits();
    assert!(matches!(call.pass(Duration::from_millis(1)).turn(), Step::Do(Effect::Abort)));
    let error = call.error().to_string();
    assert!(error.contains("reading /run/token took longer than 10s"), "{error}");
}

#[test]
fn a_failed_refresh_is_shared_by_waiting_calls_and_by_calls_that_come_too_soon() {
    let session = session_with(plugin, |_| {});
    let mut first = get(&session);
    let mut second = get(&session);
    runs(&mut first);
    second.waits();
    let output = ProcessOutput { status: 3, stdout: Bytes::new(), stderr: "please log in".into() };
    first.arrived.push_back(Input::Output(Box::new(output)));
    let error = first.error().to_string();
    assert!(error.contains("exit code 3: please log in"), "{error}");
    assert!(second.error().to_string().ends_with("exit code 3: please log in"));
    let error = get(&session).error().to_string();
    assert!(error.ends_with("please log in (that was 0 s ago; it is tried again in 2 s)"), "{error}");
    runs(get(&session).pass(secs(2)));
}

#[test]
fn a_plugin_that_keeps_failing_is_not_run_in_a_storm() {
    let session = session_with(plugin, |_| {});
    let mut runs = 0;
    // A call every second, for an hour.
    for second in 0..3600 {
        let mut call = get(&session);
        call.pass(secs(second));
        if let Step::Do(Effect::Run(_)) = call.turn() {
            runs += 1;
            let output = ProcessOutput { status: 1, stdout: Bytes::new(), stderr: Bytes::new() };
            call.arrived.push_back(Input::Output(Box::new(output)));
        }
        assert!(call.error().to_string().contains("exit code 1"));
    }
    assert!((45..66).contains(&runs), "{runs}");
}

#[test]
fn a_plugin_whose_tokens_are_always_refused_is_not_run_in_a_storm() {
    let session = session_with(plugin, |_| {});
    let mut runs = 0;
    for second in 0..3600 {
        let mut call = get(&session);
        call.pass(secs(second));
        for _ in 0..4 {
            match call.turn() {
                Step::Do(Effect::Run(_)) => {
                    runs += 1;
                    call.arrived.push_back(printed(&format!("t{runs}"), Some("2037-01-15T08:10:00Z")));
                }
                Step::Do(Effect::Exchange(_)) => {
                    call.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
                }
                Step::Done(Err(error)) => assert!(error.is_unauthorized(), "{error}"),
                other => panic!("{}", name(&other)),
            }
        }
    }
    assert!((45..66).contains(&runs), "{runs}");
}

#[test]
fn a_missing_program_says_how_to_install_it() {
    let session = session_with(plugin, |_| {});
    let mut call = get(&session);
    runs(&mut call);
    call.arrived.push_back(Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "no such file"))));
    let error = call.error().to_string();
    assert!(error.contains("get-token not found") && error.contains("install it from your cloud"), "{error}");
}

#[test]
fn a_token_is_renewed_before_it_expires_and_the_wall_clock_may_jump() {
    // Unix 1_800_000_000 is 2027-01-15T08:00:00Z.
    let session = session_with(plugin, |_| {});
    let mut first = get(&session);
    runs(&mut first);
    first.arrived.push_back(printed("one", Some("2027-01-15T08:10:00Z")));
    first.exchange();
    let at = |seconds: u64, jump: i64| {
        let mut call = get(&session);
        call.pass(secs(seconds));
        call.now.unix = secs(call.now.unix.as_secs().saturating_add_signed(jump));
        call
    };
    assert_eq!(authorization(&at(500, 0).exchange()), "Bearer one");
    assert_eq!(authorization(&at(500, 86_400).exchange()), "Bearer one");
    assert_eq!(authorization(&at(500, -86_400).exchange()), "Bearer one");
    runs(&mut at(545, 0));
}

#[test]
fn a_credential_that_is_expired_when_it_comes_serves_the_waiting_calls() {
    let session = session_with(plugin, |_| {});
    let mut first = get(&session);
    let mut second = get(&session);
    runs(&mut first);
    second.waits();
    first.arrived.push_back(printed("old", Some("2020-01-01T00:00:00Z")));
    assert_eq!(authorization(&first.exchange()), "Bearer old");
    second.exchange();
    // The local clock may be wrong: the token is good until the server refuses it, and is renewed with pauses.
    let mut later = get(&session);
    runs(later.pass(secs(2)));
    assert_eq!(authorization(&get(&session).pass(secs(2)).exchange()), "Bearer old");
    later.arrived.push_back(printed("older", Some("2020-01-01T00:00:00Z")));
    assert_eq!(authorization(&later.exchange()), "Bearer older");
    let mut runs = 0;
    for second in 3..3600 {
        let mut call = get(&session);
        call.pass(secs(second));
        if let Step::Do(Effect::Run(_)) = call.turn() {
            runs += 1;
            call.arrived.push_back(printed(&format!("t{runs}"), Some("2020-01-01T00:00:00Z")));
            call.exchange();
        }
    }
    assert!((45..66).contains(&runs), "{runs}");
}

#[test]
fn a_hanging_early_refresh_does_not_hold_up_the_call() {
    let session = session_with(plugin, |_| {});
    let mut first = get(&session);
    runs(&mut first);
    first.arrived.push_back(printed("one", Some("2027-01-15T08:10:00Z")));
    first.exchange();
    let mut early = get(&session);
    runs(early.pass(secs(550)));
    assert_eq!(early.waits(), Some(secs(10)));
    assert!(matches!(early.pass(secs(10)).turn(), Step::Do(Effect::Abort)));
    assert_eq!(authorization(&early.exchange()), "Bearer one");
    // At the end of the old token there is no alternative: the pause is over, and the plugin gets all its time.
    let mut last = get(&session);
    runs(last.pass(secs(600)));
    last.waits();
    runs_on(&mut last, 599);
}

/// The script only waits for this number of seconds.
#[track_caller]
fn runs_on(script: &mut Script<Unary<DynamicObject>>, seconds: u64) {
    for _ in 0..seconds {
        script.pass(secs(1)).waits();
    }
}

#[test]
fn what_may_ask_a_person_is_not_run_before_it_must() {
    let interactive = |config: &mut Config| {
        plugin(config);
        if let CredentialConfig::Exec(plugin) = &mut config.credential {
            plugin.interactive_mode = InteractiveMode::IfAvailable;
        }
    };
    let mut config = Config::new("https://k.test:6443").unwrap();
    interactive(&mut config);
    for (terminal, input, asks) in [(true, true, true), (true, false, false), (false, true, false)] {
        let mut settings = Settings::default();
        settings.plugin_input = input;
        let session = Session::new(&config, SessionOptions { terminal, ..SessionOptions::new(settings, 42) }).unwrap();
        let mut first = get(&session);
        let Step::Do(Effect::Run(spec)) = first.turn() else { panic!() };
        assert_eq!(spec.stdin, asks);
        first.arrived.push_back(printed("one", Some("2027-01-15T08:10:00Z")));
        first.exchange();
        let mut early = get(&session);
        match early.pass(secs(599)).turn() {
            Step::Do(Effect::Exchange(_)) => assert!(asks),
            Step::Do(Effect::Run(_)) => assert!(!asks),
            other => panic!("{}", name(&other)),
        }
        drop(early);
        runs(get(&session).pass(secs(600)));
    }
}

#[test]
fn a_plugin_that_the_program_does_not_allow_makes_no_session() {
    let session = |policy: PluginPolicy, account: bool| {
        let mut config = Config::new("https://k.test").unwrap();
        plugin(&mut config);
        if account {
            config = config.with_service_account_token(ServiceAccountToken::new("builder"));
        }
        let mut settings = Settings::default();
        settings.plugins = policy;
        Session::new(&config, SessionOptions::new(settings, 1)).map_err(|error| error.to_string())
    };
    for account in [false, true] {
        assert!(session(PluginPolicy::AllowAll, account).is_ok());
        assert!(session(PluginPolicy::allowlist(["get-token"]), account).is_ok());
        for policy in [PluginPolicy::DenyAll, PluginPolicy::allowlist(["aws"])] {
            let error = session(policy, account).unwrap_err();
            assert!(error.contains("do not allow the plugin get-token: add it to Settings::plugins"), "{error}");
        }
    }
    // A plugin that is not used does not matter.
    let config = Config::new("https://k.test").unwrap().with_token("t");
    let mut settings = Settings::default();
    settings.plugins = PluginPolicy::DenyAll;
    assert!(Session::new(&config, SessionOptions::new(settings, 1)).is_ok());
}

#[test]
fn a_plugin_that_must_ask_and_cannot_is_not_run() {
    let must = |config: &mut Config| {
        plugin(config);
        if let CredentialConfig::Exec(plugin) = &mut config.credential {
            plugin.interactive_mode = InteractiveMode::Always;
        }
    };
    let mut config = Config::new("https://k.test:6443").unwrap();
    must(&mut config);
    for (terminal, input, says) in [(false, true, "is not a terminal"), (true, false, "is unavailable")] {
        let mut settings = Settings::default();
        settings.plugin_input = input;
        let session = Session::new(&config, SessionOptions { terminal, ..SessionOptions::new(settings, 42) }).unwrap();
        let error = get(&session).error().to_string();
        assert!(error.contains("cannot support interactive mode: standard input") && error.contains(says), "{error}");
    }
}

#[test]
fn a_late_result_of_a_former_holder_does_not_replace_a_newer_one() {
    let session = session_with(plugin, |_| {});
    let mut forgotten = get(&session);
    runs(&mut forgotten);
    let mut other = get(&session);
    runs(other.pass(secs(31)));
    other.arrived.push_back(printed("two", Some("2027-01-15T08:10:00Z")));
    assert_eq!(authorization(&other.exchange()), "Bearer two");
    forgotten.pass(secs(40)).arrived.push_back(printed("one", Some("2027-01-15T08:01:00Z")));
    assert_eq!(authorization(&forgotten.exchange()), "Bearer two");
    assert_eq!(authorization(&get(&session).pass(secs(300)).exchange()), "Bearer two");
}

#[test]
fn after_a_401_the_credential_is_replaced_and_the_request_sent_once_more() {
    let session = session_with(token_file, |_| {});
    let mut call = get(&session);
    reads(&mut call);
    call.arrived.push_back(Input::File("one".into()));
    call.exchange();
    call.pass(secs(20));
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    reads(&mut call);
    call.arrived.push_back(Input::File("two".into()));
    assert_eq!(authorization(&call.exchange()), "Bearer two");
    // A second refusal is the answer; the refused credential is not sent again.
    call.pass(secs(20));
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    assert!(call.error().is_unauthorized());
}

#[test]
fn what_was_refused_is_not_sent_again() {
    let session = session_with(token_file, |_| {});
    let mut call = get(&session);
    reads(&mut call);
    call.arrived.push_back(Input::File("one".into()));
    call.exchange();
    call.pass(secs(20));
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "token is too old")));
    reads(&mut call);
    // Another refused call waits for the same file, and gets the same answer.
    let mut other = get(&session);
    other.exchange();
    other.pass(secs(20)).arrived.extend(answer(401, &status(401, "Unauthorized", "no")));
    other.waits();
    call.arrived.push_back(Input::File("one\n".into()));
    assert!(call.error().to_string().contains("token is too old"));
    assert!(other.error().is_unauthorized());
    assert_eq!(session.statistics().exchanges, 2);
}

#[test]
fn a_401_whose_body_never_ends_is_aborted() {
    let session = session_with(token_file, |_| {});
    let mut call = get(&session);
    reads(&mut call);
    call.arrived.push_back(Input::File("one".into()));
    call.exchange();
    call.pass(secs(20));
    call.arrived.extend([head(401, &[]), data("{")]);
    assert_eq!(call.waits(), Some(secs(5)));
    assert!(matches!(call.pass(secs(5)).turn(), Step::Do(Effect::Abort)));
    reads(&mut call);
}

#[test]
fn a_fixed_credential_that_is_refused_is_an_answer() {
    let session = session_with(|config| config.credential = CredentialConfig::Bearer("t".into()), |_| {});
    let mut call = get(&session);
    assert_eq!(authorization(&call.exchange()), "Bearer t");
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    assert!(call.error().is_unauthorized());
}

#[test]
fn what_was_fetched_a_moment_ago_and_is_refused_is_not_fetched_again() {
    let session = session_with(plugin, |_| {});
    let mut call = get(&session);
    runs(&mut call);
    call.arrived.push_back(printed("one", None));
    call.exchange();
    call.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    assert!(call.error().is_unauthorized());
}
