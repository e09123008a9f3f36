//! Memory of a client while a server sends without end, counted: no more than the limits allow.

use kube_proto::resource::DynamicObject;
use kube_tests::hostile::{Say, cases, settings};

use super::*;

/// The peak memory in bytes, and the error at the end.
fn held<O: Operation>(operation: O, says: &[Say]) -> Option<(u64, String)> {
    let (answer, endless) = match says {
        [Say::Answer(answer)] if !answer.endless.is_empty() => answer.http1(),
        [Say::Once(answer), Say::Endless(endless)] => (answer.clone(), endless.clone()),
        [Say::Endless(endless)] => (Vec::new(), endless.clone()),
        _ => return None,
    };
    let mut said = String::new();
    let cost = measure(|| {
        let mut driven = Driven::with(operation, settings(), Socket { answer, endless, read: 0 });
        said = loop {
            if let Err(error) = driven.step() {
                break error.to_string();
            }
        };
    });
    Some((cost.bytes_max, said))
}

#[test]
fn no_more_is_held_than_the_limits_say() {
    let limits = settings().limits;
    let pods = pods::<DynamicObject>;
    let mut count = 0;
    for case in cases() {
        let get = Api::<DynamicObject>::of(pods().target().resource.clone()).within("a").get("a");
        let pages = pods().pages(&ListParams::default());
        let events = pods().watch_once(&WatchParams::default());
        // Beyond the limit itself: the rest of a read, a head, and buffers that grow by doubling.
        let most = |limit: usize| 2 * limit as u64 + (1 << 20);
        for (what, held, most) in [
            ("get", held(get, &case.says), most(limits.document)),
            ("pages", held(pages, &case.says), most(limits.document)),
            ("watch", held(events, &case.says), most(limits.event)),
        ] {
            let Some((held, said)) = held else { continue };
            println!("{} ({what}): {held} bytes; {said}", case.name);
            assert!(held <= most, "{} ({what}): {held} bytes, and not {most}; {said}", case.name);
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}
