//! The cost of a small call on a connection that has carried others: everything but the decoder's own allocations.

use kube_proto::driver::ExchangeKind;
use kube_proto::driver::wire::Finish;

use super::*;

/// A client's session, and its connection.
struct Calls {
    session: Session,
    connection: Option<Connection>,
    socket: Socket,
}

impl Calls {
    fn new(answer: &str) -> Self {
        let config = Config::new("http://k.test").unwrap();
        let session = Session::new(&config, SessionOptions::new(Settings::default(), 7)).unwrap();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        let socket = Socket { answer: answer.into_bytes(), endless: Vec::new(), read: 0 };
        Self { session, connection: Some(Connection::plain(HttpLimits::default())), socket }
    }

    fn call<O: Operation>(&mut self, operation: O) -> O::Item {
        let now = Now { mono: Moment::after_zero(Duration::from_secs(1)), unix: Duration::from_secs(1_800_000_000) };
        let (mut task, mut connection) = (Task::new(operation, self.session.clone()), self.connection.take().unwrap());
        self.socket.read = 0;
        loop {
            let socket = &mut self.socket;
            let ready = || match connection.pump(socket) {
                Pump::Input(input) => Some(input),
                Pump::Blocked { .. } => None,
            };
            match task.turn(now, Waker::noop(), ready) {
                Step::Do(Effect::Exchange(exchange)) => {
                    assert_eq!(exchange.kind, ExchangeKind::Call);
                    connection.start(&exchange);
                }
                Step::Yield(item) => {
                    match connection.finish() {
                        Finish::Keep(kept) => self.connection = Some(kept),
                        other => panic!("{other:?}"),
                    }
                    return item;
                }
                _ => panic!("the answer is there"),
            }
        }
    }

    /// The cost of one call after some others.
    fn cost<O: Operation>(&mut self, operation: impl Fn() -> O) -> AllocationInfo {
        for _ in 0..WARM {
            self.call(operation());
        }
        measure(|| drop(self.call(operation())))
    }
}

#[test]
fn a_get_costs_little_more_than_its_decoder() {
    let document = feed::pod(1);
    let decoder = measure(|| drop(kube_proto::json::from_slice::<Pod>(document.as_bytes()).unwrap()));
    let cost = Calls::new(&document).cost(|| Api::<Pod>::namespaced("default").get("x"));
    let (count, bytes) = (cost.count_total - decoder.count_total, cost.bytes_total - decoder.bytes_total);
    println!("{count} allocations of {bytes} bytes");
    assert!(count <= 19, "{count} allocations");
    assert!(bytes <= 2_700, "{bytes} bytes");
}
