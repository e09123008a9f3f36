//! Real programs and files as credentials, and files that are replaced.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod blocking;

use std::time::Duration;

use kube_tests::plugins::{server, shell};
use kube_tests::scripted::pods;
use kube_transport_smol::Client;
use kube_transport_smol::proto::config::Config;
use smol::block_on;

kube_tests::plugins!(blocking::Smol);
kube_tests::files!(blocking::Smol);

#[test]
fn a_plugin_whose_call_is_dropped_is_killed() {
    let (port, _) = server();
    let path = std::env::temp_dir().join(format!("kube-plugin-pid-{}-{port}", std::process::id()));
    let mut config = Config::new(&format!("http://127.0.0.1:{port}")).unwrap();
    config.credential = shell(&format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000", path.display()));
    let client = Client::new(config).unwrap();
    let started = async {
        while !path.exists() {
            smol::Timer::after(Duration::from_millis(1)).await;
        }
        std::fs::read_to_string(&path).unwrap().trim().to_owned()
    };
    let pid =
        block_on(smol::future::or(async { Err(client.call(pods().get("a")).await) }, async { Ok(started.await) }));
    std::fs::remove_file(&path).unwrap();
    // The program was killed when the call was dropped, and its end was collected: in the end there is no zombie.
    let process = std::path::PathBuf::from(format!("/proc/{}", pid.unwrap()));
    while process.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
}
