//! A kubeconfig: what is read, written and read again is the same, in YAML and in JSON.

#![no_main]

use kube_proto::config::Kubeconfig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    match Kubeconfig::parse(input) {
        Ok(config) => {
            // Written out, the type fields are always there.
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
