//! A small cluster inside an example's process, to run it without a real one.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use kube_proto::config::{Config, Overrides};
use kube_proto::resource::{DynamicObject, Meta, Object};
use kube_proto::store::Change;
use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server, demo};

use crate::program::loaded_from;

/// A small cluster over TLS, which ends with this value, and its administrator's configuration.
#[derive(Debug)]
pub struct Demo {
    server: Bound,
    kubeconfig: String,
}

impl Demo {
    /// Starts the cluster; its objects are up to ten days old.
    ///
    /// # Errors
    /// The system has no free port, or making a certificate failed.
    pub fn start() -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = now.saturating_sub(demo::AGE);
        let mut server = Server::new(Options { start, ..Options::default() });
        demo::fill(&mut server, now);
        let server = Bound::start(server, Binding::tls())?;
        let kubeconfig = server.kubeconfig("admin")?;
        Ok(Self { server, kubeconfig })
    }

    /// Starts the cluster if the command line of this process has `--demo`.
    ///
    /// # Errors
    /// As [`Demo::start`].
    pub fn if_asked_for() -> io::Result<Option<Self>> {
        std::env::args().any(|argument| argument == "--demo").then(Self::start).transpose()
    }

    /// The administrator's kubeconfig.
    #[must_use]
    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    /// The administrator's configuration.
    ///
    /// # Errors
    /// The kubeconfig is unusable, which is a bug of this program.
    pub fn config(&self) -> io::Result<Config> {
        loaded_from(&self.kubeconfig, Overrides::default()).map(|loaded| loaded.config).map_err(io::Error::other)
    }

    /// Creates the pod `visitor` in the namespace `shop`, sets it running and deletes it.
    pub fn visit(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.server.with(|server| demo::visit(server, now));
    }
}

/// A change in one line: `+` for a new pod, `~` for a changed one, `-` for a deleted one.
#[must_use]
pub fn line(change: &Change<DynamicObject>) -> String {
    let sign = match change {
        Change::Added(_) => '+',
        Change::Updated { .. } => '~',
        Change::Deleted { .. } => '-',
    };
    let pod = change.object();
    let Meta { namespace, name, .. } = pod.meta();
    let phase = pod.data.get("status").and_then(|status| status["phase"].as_str()).unwrap_or("?");
    format!("{sign} {}/{} {phase}", namespace.unwrap_or_default(), name.unwrap_or_default())
}
