//! Async code in virtual time.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use super::Sim;
use super::client::Client;
use super::run::Turned;

/// A future that the simulation polls.
struct Polled {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

impl Sim {
    /// Runs async code as a task of its own, with a [client](Sim::client) of this name and with a session of its own: as one
    /// replica. The task waits only through its client; see [`AsyncClient`](kube_proto::client::AsyncClient). Which of several
    /// tasks runs first at one moment is the seed's choice.
    ///
    /// It gives a number, by which the task can be [cancelled](Sim::cancel), as a process that is killed, or
    /// [slowed down](Sim::pace).
    pub fn spawn_async<F>(&mut self, name: &str, start: impl FnOnce(Client) -> F) -> usize
    where
        F: Future<Output = ()> + 'static,
    {
        let future = Box::pin(start(self.client(name)));
        self.add(name, |waker| Box::new(Polled { future, waker }))
    }

    /// Runs async code to its end, and everything else meanwhile. `None` if it does not end within this span, or something is
    /// violated before; it is cancelled then.
    pub fn run_async<F>(&mut self, span: Duration, name: &str, start: impl FnOnce(Client) -> F) -> Option<F::Output>
    where
        F: Future + 'static,
    {
        let result = Rc::new(RefCell::new(None));
        let kept = Rc::clone(&result);
        let future = start(self.client(name));
        let task = self.add(name, |waker| {
            let future = Box::pin(async move {
                let output = future.await;
                *kept.borrow_mut() = Some(output);
            });
            Box::new(Polled { future, waker })
        });
        self.run_until(span, |_| result.borrow().is_some());
        self.cancel(task);
        result.take()
    }
}

impl Turned for Polled {
    fn turn(&mut self, number: usize, sim: &mut Sim) -> bool {
        let future = self.future.as_mut();
        let polled = sim.lend(|| future.poll(&mut Context::from_waker(&self.waker)));
        sim.attend();
        sim.rest(number);
        polled.is_pending()
    }

    fn in_flight(&self) -> bool {
        false
    }
}
