//! The context of a behaviour: a client of some transport, connected to some server, and a namespace there.

use std::any::Any;
use std::cell::{OnceCell, RefCell};
use std::marker::PhantomData;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::Method;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube_proto::admission::Handlers;
use kube_proto::api::{ApiRequest, Upgrade, WriteParams};
use kube_proto::config::Config;
use kube_proto::copy::{Copied, CopyFrom, CopyTo};
use kube_proto::driver::wire::tls::ServerTls;
use kube_proto::driver::{Channel, Cx, Flow, Input, Now, Operation, Step};
use kube_proto::exec::{Exec, ExecOutput};
use kube_proto::port_forward::PortForward;
use kube_proto::settings::Settings;
use kube_proto::{Api, Error};

use crate::drivers::{AnyChannel, AnyOperation, Driver, Forwarder, Item, Remote, Transport, TwoWay};
use crate::servers::Site;

/// A client, its server, and a namespace that is created at its first use and deleted at the end.
pub(crate) struct Context {
    pub(crate) site: Site,
    transport: &'static Transport,
    driver: Box<dyn Driver>,
    row: &'static str,
    namespace: OnceCell<String>,
    /// The paths to delete at the end.
    leftovers: RefCell<Vec<String>>,
}

impl Context {
    pub(crate) fn new(transport: &'static Transport, site: Site, row: &'static str) -> Self {
        let driver = (transport.connect)(site.admin(), settings()).unwrap();
        Self { site, transport, driver, row, namespace: OnceCell::new(), leftovers: RefCell::default() }
    }

    /// The same, with a namespace of its own; only for a real server.
    pub(crate) fn another(&self) -> Self {
        let Site::Real(cluster) = &self.site else { panic!("the in-memory server belongs to one context") };
        Self::new(self.transport, Site::Real(Arc::clone(cluster)), self.row)
    }

    /// Another client of the same transport and server.
    pub(crate) fn client(&self, config: Config) -> Result<Client, Error> {
        self.client_with(config, settings())
    }

    pub(crate) fn client_with(&self, config: Config, settings: Settings) -> Result<Client, Error> {
        (self.transport.connect)(config, settings).map(Client)
    }

    /// A client of another transport for the same server.
    pub(crate) fn client_of(&self, transport: &Transport, settings: Settings) -> Result<Client, Error> {
        (transport.connect)(self.site.admin(), settings).map(Client)
    }

    pub(crate) fn call<O>(&self, operation: O) -> Result<O::Item, Error>
    where
        O: Operation + Send + 'static,
        O::Item: Send,
    {
        call(&*self.driver, operation)
    }

    /// The items, until `each` breaks.
    pub(crate) fn stream<O>(&self, operation: O, each: impl FnMut(O::Item) -> ControlFlow<()>) -> Result<(), Error>
    where
        O: Operation + Send + 'static,
        O::Item: Send,
    {
        stream(&*self.driver, operation, each).map(|_| ())
    }

    /// All items, and the operation in its final state.
    pub(crate) fn collect<O>(&self, operation: O) -> Result<(Vec<O::Item>, O), Error>
    where
        O: Operation + Send + 'static,
        O::Item: Send,
    {
        let mut items = Vec::new();
        let operation = stream(&*self.driver, operation, |item| {
            items.push(item);
            ControlFlow::Continue(())
        })?;
        Ok((items, operation))
    }

    pub(crate) fn batch<O>(
        &self,
        operations: impl IntoIterator<Item = O>,
        concurrent: usize,
    ) -> Vec<Result<O::Item, Error>>
    where
        O: Operation + Send + 'static,
        O::Item: Send,
    {
        let operations = operations.into_iter().map(|operation| Boxed::new(operation).0).collect();
        self.driver.batch(operations, concurrent).into_iter().map(|result| result.map(unbox)).collect()
    }

    pub(crate) fn open<C>(&self, operation: impl Operation<Item = C> + Send + 'static) -> Result<Duplex<C>, Error>
    where
        C: Channel + Send + 'static,
        C::Event: Send,
    {
        let two_way = self.driver.open(Box::new(Opening(operation)))?;
        Ok(Duplex { two_way, channel: PhantomData })
    }

    /// A process in a container, with its streams.
    pub(crate) fn exec(&self, exec: Upgrade<Exec>) -> Result<Remote, Error> {
        self.driver.exec(exec)
    }

    /// All that a process prints.
    pub(crate) fn output(&self, exec: Upgrade<Exec>, limit: usize) -> Result<ExecOutput, Error> {
        self.driver.output(exec, limit)
    }

    /// A copy from a container; its events as text.
    pub(crate) fn copy_from(&self, from: impl Into<CopyFrom>, to: &Path) -> (Result<Copied, Error>, Vec<String>) {
        let mut events = Vec::new();
        let copied = self.driver.copy_from(from.into(), to, &mut |event| events.push(format!("{event:?}")));
        (copied, events)
    }

    /// A copy to a container.
    pub(crate) fn copy_to(&self, from: &Path, to: impl Into<CopyTo>) -> Result<Copied, Error> {
        self.driver.copy_to(from, to.into(), &mut |_| {})
    }

    /// Connections to the ports of a pod.
    pub(crate) fn port_forward(&self, target: PortForward) -> Result<Box<dyn Forwarder>, Error> {
        self.driver.port_forward(target)
    }

    /// Serves webhooks with this transport until the result is called.
    pub(crate) fn serve(
        &self,
        listener: TcpListener,
        tls: ServerTls,
        handlers: Handlers,
    ) -> Box<dyn Fn() + Send + Sync> {
        self.driver.serve(listener, tls, handlers)
    }

    /// The client, for other threads.
    pub(crate) fn shared(&self) -> &dyn Driver {
        &*self.driver
    }

    /// This row's namespace.
    pub(crate) fn namespace(&self) -> &str {
        self.namespace.get_or_init(|| {
            let name = self.unique("t");
            let namespace = Namespace {
                metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                    name: Some(name.clone()),
                    ..Default::default()
                },
                ..Namespace::default()
            };
            self.call(Api::<Namespace>::all().create(&namespace, &WriteParams::default())).unwrap();
            self.remove_later(format!("/api/v1/namespaces/{name}"));
            name
        })
    }

    /// This row's namespace, once pods can be created in it: they need its service account, which a controller creates.
    pub(crate) fn namespace_for_pods(&self) -> &str {
        let namespace = self.namespace();
        let accounts = Api::<ServiceAccount>::namespaced(namespace);
        if let Site::Real(_) = &self.site {
            self.eventually("the default service account", || self.call(accounts.get("default")).ok());
        }
        namespace
    }

    /// A name that no other row, and no other run, uses.
    pub(crate) fn unique(&self, prefix: &str) -> String {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 / 1000;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let row: String = self.row.chars().take(24).map(|c| if c == '_' { '-' } else { c }).collect();
        format!("{prefix}-{}-{count}-{:x}", row.trim_matches('-'), nanos % (1 << 36))
    }

    /// Deletes the object at this path when the row ends, even if it fails.
    pub(crate) fn remove_later(&self, path: impl Into<String>) {
        self.leftovers.borrow_mut().push(path.into());
    }

    /// Asks until there is an answer, for at most a minute.
    pub(crate) fn eventually<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(Instant::now() < end, "not within a minute: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // The in-memory server ends with the row.
        if let Site::Real(_) = &self.site {
            for path in self.leftovers.borrow_mut().drain(..).rev() {
                let _ = call(&*self.driver, ApiRequest::raw(Method::DELETE, path, "").bytes());
            }
        }
    }
}

/// A further client of the row.
pub(crate) struct Client(Box<dyn Driver>);

impl Client {
    /// The items, until `each` breaks.
    pub(crate) fn stream<O>(&self, operation: O, each: impl FnMut(O::Item) -> ControlFlow<()>) -> Result<(), Error>
    where
        O: Operation + Send + 'static,
        O::Item: Send,
    {
        stream(&*self.0, operation, each).map(|_| ())
    }

    pub(crate) fn batch<O>(
        &self,
        operations: impl IntoIterator<Item = O>,
        concurrent: usize,
    ) -> Vec<Result<O::Item, Error>>
    where
        O: Operation + Send + 'static,
        O::Item: Send,
    {
        let operations = operations.into_iter().map(|operation| Boxed::new(operation).0).collect();
        self.0.batch(operations, concurrent).into_iter().map(|result| result.map(unbox)).collect()
    }

    pub(crate) fn call<O>(&self, operation: O) -> Result<O::Item, Error>
    where
        O: Operation + Send + 'static,
        O::Item: Send,
    {
        call(&*self.0, operation)
    }

    /// A process in a container, with its streams.
    pub(crate) fn exec(&self, exec: Upgrade<Exec>) -> Result<Remote, Error> {
        self.0.exec(exec)
    }

    /// All that a process prints.
    pub(crate) fn output(&self, exec: Upgrade<Exec>, limit: usize) -> Result<ExecOutput, Error> {
        self.0.output(exec, limit)
    }

    /// Connections to the ports of a pod.
    pub(crate) fn port_forward(&self, target: PortForward) -> Result<Box<dyn Forwarder>, Error> {
        self.0.port_forward(target)
    }

    /// A copy from a container.
    pub(crate) fn copy_from(&self, from: CopyFrom, to: &Path) -> Result<Copied, Error> {
        self.0.copy_from(from, to, &mut |_| {})
    }

    /// A copy to a container.
    pub(crate) fn copy_to(&self, from: &Path, to: CopyTo) -> Result<Copied, Error> {
        self.0.copy_to(from, to, &mut |_| {})
    }
}

/// A two-way session.
pub(crate) struct Duplex<C> {
    two_way: Box<dyn TwoWay>,
    channel: PhantomData<fn() -> C>,
}

impl<C: Channel> Duplex<C>
where
    C::Event: 'static,
{
    pub(crate) fn next(&self) -> Option<Result<C::Event, Error>> {
        self.two_way.next().map(|result| result.map(unbox))
    }

    pub(crate) fn send(&self, bytes: impl Into<Bytes>) -> Result<(), Error> {
        self.two_way.send(bytes.into())
    }

    pub(crate) fn close(&self) {
        self.two_way.close();
    }
}

/// Short waits: a test that hangs must say where.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.user_agent = "kube-conformance/1".to_owned();
    settings
}

fn call<O>(driver: &dyn Driver, operation: O) -> Result<O::Item, Error>
where
    O: Operation + Send + 'static,
    O::Item: Send,
{
    driver.call(Boxed::new(operation).0).map(unbox)
}

fn stream<O>(driver: &dyn Driver, operation: O, mut each: impl FnMut(O::Item) -> ControlFlow<()>) -> Result<O, Error>
where
    O: Operation + Send + 'static,
    O::Item: Send,
{
    let (boxed, operation) = Boxed::new(operation);
    driver.stream(boxed, &mut |item| each(unbox(item)))?;
    let operation = Arc::try_unwrap(operation).unwrap_or_else(|_| panic!("the driver has not dropped the operation"));
    Ok(operation.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn unbox<T: 'static>(item: Item) -> T {
    *item.downcast().unwrap_or_else(|_| panic!("an item is no {}", std::any::type_name::<T>()))
}

/// An operation that the test reads again after it was carried out.
struct Boxed<O>(Arc<Mutex<O>>);

impl<O> Boxed<O>
where
    O: Operation + Send + 'static,
    O::Item: Send,
{
    #[allow(clippy::new_ret_no_self, reason = "only its two halves are used")]
    fn new(operation: O) -> (AnyOperation, Arc<Mutex<O>>) {
        let shared = Arc::new(Mutex::new(operation));
        (AnyOperation(Box::new(Boxed(Arc::clone(&shared)))), shared)
    }
}

impl<O> Operation for Boxed<O>
where
    O: Operation,
    O::Item: Send + 'static,
{
    type Item = Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Item> {
        let step = self.0.lock().unwrap_or_else(PoisonError::into_inner).resume(input, cx);
        step.map(|item| Box::new(item) as Box<dyn Any + Send>)
    }
}

/// An upgrade to any channel.
struct Opening<O>(O);

impl<O, C> Operation for Opening<O>
where
    O: Operation<Item = C>,
    C: Channel + Send + 'static,
    C::Event: Send,
{
    type Item = AnyChannel;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<AnyChannel> {
        self.0.resume(input, cx).map(|channel| AnyChannel(Box::new(Opened(channel))))
    }
}

struct Opened<C>(C);

impl<C> Channel for Opened<C>
where
    C: Channel,
    C::Event: Send + 'static,
{
    type Event = Item;

    fn receive(&mut self, bytes: &mut BytesMut, end: bool) {
        self.0.receive(bytes, end);
    }

    fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.0.send(bytes)
    }

    fn poll(&mut self, now: Now) -> Flow<Item> {
        match self.0.poll(now) {
            Flow::Send(bytes) => Flow::Send(bytes),
            Flow::Yield(event) => Flow::Yield(Box::new(event)),
            Flow::Wait(until) => Flow::Wait(until),
            Flow::Done(result) => Flow::Done(result),
        }
    }
}

static COUNT: AtomicU32 = AtomicU32::new(0);
