//! Many operations of an async client, some at once.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;

use kube_proto::Error;
use kube_proto::client::AsyncClient;
use kube_proto::driver::Operation;

use super::client::Client;
use super::stream::Stream;

/// Carries out all of them, at most `concurrent` at once; the results are in the order of the operations.
pub(super) async fn run<O: Operation>(
    client: Client,
    operations: VecDeque<O>,
    concurrent: usize,
) -> Vec<Result<O::Item, Error>> {
    let mut results: Vec<Option<Result<O::Item, Error>>> = operations.iter().map(|_| None).collect();
    let mut waiting: VecDeque<(usize, O)> = operations.into_iter().enumerate().collect();
    let mut lanes: Vec<(usize, Stream<O>)> = Vec::new();
    // Every lane is polled each time: an operation that has nothing new says the same again.
    poll_fn(|cx| {
        loop {
            while lanes.len() < concurrent.max(1)
                && let Some((place, operation)) = waiting.pop_front()
            {
                lanes.push((place, client.stream(operation)));
            }
            let before = lanes.len();
            lanes.retain_mut(|(place, stream)| {
                let Poll::Ready(result) = stream.poll_one(cx) else { return true };
                if let Some(kept) = results.get_mut(*place) {
                    *kept = Some(result);
                }
                false
            });
            if lanes.is_empty() && waiting.is_empty() {
                return Poll::Ready(());
            }
            if lanes.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    results.into_iter().flatten().collect()
}
