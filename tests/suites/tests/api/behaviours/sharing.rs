//! Calls that share an exchange, and batches of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kube_proto::api::WriteParams;
use kube_proto::driver::{Cx, Effect, Input, Operation, Step};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[row!(one_exchange_for_all), row!(an_error_for_all), row!(a_batch_and_its_failures)];

const ALL: usize = 16;

/// Operations that all begin before one continues; and how many exchanges they began.
#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    exchanges: AtomicUsize,
}

struct Together<O: Operation> {
    operation: O,
    of: Arc<Counts>,
    begun: bool,
    held: Option<Step<O::Item>>,
}

impl<O: Operation> Together<O> {
    fn all(mut make: impl FnMut() -> O) -> (Vec<Self>, Arc<Counts>) {
        let of = Arc::<Counts>::default();
        let one = |_| Self { operation: make(), of: Arc::clone(&of), begun: false, held: None };
        ((0..ALL).map(one).collect(), of)
    }
}

impl<O: Operation> Operation for Together<O> {
    type Item = O::Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<O::Item> {
        let step = self.held.take().unwrap_or_else(|| {
            let step = self.operation.resume(input, cx);
            if let Step::Do(Effect::Exchange(_)) = &step {
                self.of.exchanges.fetch_add(1, Ordering::SeqCst);
            }
            step
        });
        if !std::mem::replace(&mut self.begun, true) {
            self.of.begun.fetch_add(1, Ordering::SeqCst);
        }
        if matches!(step, Step::Do(_)) && self.of.begun.load(Ordering::SeqCst) < ALL {
            self.held = Some(step);
            return Step::Wait(Some(cx.now.mono + Duration::from_millis(1)));
        }
        step
    }
}

fn one_exchange_for_all(cx: &Context) {
    let api = config_maps(cx);
    let created = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    let (operations, counts) = Together::all(|| api.get("a").single_flight());
    for found in cx.batch(operations, ALL) {
        assert_eq!(found.unwrap(), created);
    }
    assert_eq!(counts.exchanges.load(Ordering::SeqCst), 1);
    let (operations, counts) = Together::all(|| api.get("a"));
    assert!(cx.batch(operations, ALL).into_iter().all(|found| found.is_ok()));
    assert_eq!(counts.exchanges.load(Ordering::SeqCst), ALL, "calls share only on request");
}

fn an_error_for_all(cx: &Context) {
    let api = config_maps(cx);
    let (operations, counts) = Together::all(|| api.get("a").single_flight());
    for found in cx.batch(operations, ALL) {
        says(&found.unwrap_err(), &["configmaps \"a\" not found"]);
    }
    assert_eq!(counts.exchanges.load(Ordering::SeqCst), 1);
}

fn a_batch_and_its_failures(cx: &Context) {
    let api = config_maps(cx);
    for n in [0, 2, 4] {
        let map = config_map(&format!("m-{n}"), "k", &n.to_string());
        cx.call(api.create(&map, &WriteParams::default())).unwrap();
    }
    for concurrent in [0, 1, 3, 100] {
        // Each twice, so that calls share that run at the same time.
        let names = (0..6).flat_map(|n| [format!("m-{n}"), format!("m-{n}")]);
        let found = cx.batch(names.map(|name| api.get(&name).single_flight()), concurrent);
        assert_eq!(found.len(), 12);
        for (place, found) in found.into_iter().enumerate() {
            let n = place / 2;
            match found {
                Ok(map) => assert_eq!((n % 2, &map.data.unwrap()["k"]), (0, &n.to_string())),
                Err(error) => assert!(n % 2 == 1 && error.is_not_found(), "{n}: {error}"),
            }
        }
    }
    assert!(cx.batch(Vec::<kube_proto::api::Unary<()>>::new(), 3).is_empty());
}
