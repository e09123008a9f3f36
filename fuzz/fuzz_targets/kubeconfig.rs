//! A kubeconfig: reading, writing and reading again gives the same, in YAML and in JSON; and a change to a file keeps
//! all the rest.

#![no_main]

use std::task::Waker;

use bytes::Bytes;
use kube_proto::config::Config;
use kube_proto::driver::{Effect, Input, Now, Session, SessionOptions, Step, Task};
use kube_proto::kubeconfig::{Context, Kubeconfig, Rewrite};
use kube_proto::settings::Settings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    match Kubeconfig::parse(input) {
        Ok(config) => {
            rewritten(input, &config);
            // Writing always adds the type fields.
            let yaml = config.to_yaml();
            let again = Kubeconfig::parse(yaml.as_bytes()).unwrap_or_else(|error| panic!("{error}:\n{yaml}"));
            assert_eq!(again.to_yaml(), yaml);
            let json = config.to_json();
            let from_json = Kubeconfig::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}:\n{json}"));
            assert_eq!(from_json, again);
            assert_eq!((again.clusters, again.users), (config.clusters, config.users));
            assert_eq!((again.contexts, again.current_context), (config.contexts, config.current_context));
        }
        Err(error) => assert!((1..2000).contains(&error.to_string().len()), "{error}"),
    }
});

/// A change to a file keeps all the rest.
fn rewritten(input: &[u8], before: &Kubeconfig) {
    let change = |config: &mut Kubeconfig| {
        config.set_context("fuzz", Context::default());
        if let Some(name) = config.users.first().map(|named| named.name.clone()) {
            config.delete_user(&name);
        }
        config.clusters.iter_mut().for_each(|named| named.cluster.disable_compression ^= true);
        config.current_context = Some("fuzz".to_owned());
    };
    let config = Config::new("http://localhost:8080").unwrap();
    let session = Session::new(&config, SessionOptions::new(Settings::default(), 1)).unwrap();
    let rewrite = Rewrite::new("/k", move |config| {
        change(config);
        Ok(true)
    });
    let (mut task, mut ready) = (Task::new(rewrite, session), None);
    let write = loop {
        match task.turn(Now::default(), Waker::noop(), || ready.take()) {
            Step::Do(Effect::ReadFile { .. }) => ready = Some(Input::File(Bytes::copy_from_slice(input))),
            Step::Do(Effect::WriteFile(write)) => break write,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(write.replaces.as_deref(), Some(input));
    let mut expected = before.clone();
    change(&mut expected);
    let after = Kubeconfig::parse(&write.content).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(after.to_json(), expected.to_json());
}
