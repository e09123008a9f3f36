//! A row of the suite.

use kube_test_server::Options;

use crate::context::Context;

/// One behaviour.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Context),
    pub(crate) on: On,
    /// What a real cluster must have for this row.
    pub(crate) needs: &'static [Need],
    /// Changes the in-memory server's options for this row.
    pub(crate) memory: fn(&mut Options),
    /// No other row may run at the same time on a real server.
    pub(crate) alone: bool,
}

/// The servers of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Both,
    Memory,
    Real,
}

/// A property that not every real cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Pods run.
    Node,
    /// The kubeconfigs of `tests/cluster`.
    Kubeconfigs,
    /// Its etcd can be compacted.
    Compaction,
    /// Its API server can be stopped and started.
    Disruption,
    /// There is time for it: it is not part of every run, also where the cluster has all that rows need.
    Time,
}

impl Need {
    /// Why a row is ignored.
    pub(crate) fn missing(self) -> &'static str {
        match self {
            Need::Node => "the cluster has no node",
            Need::Kubeconfigs => "not a cluster of tests/cluster",
            Need::Compaction => "the cluster's etcd is out of reach",
            Need::Disruption => "the cluster's API server is not to be stopped without KUBE_TEST_DISRUPT=1",
            Need::Time => "it takes long, and runs with KUBE_TEST_LONG=1",
        }
    }
}

impl Row {
    pub(crate) const fn new(name: &'static str, run: fn(&Context)) -> Self {
        Self { name, run, on: On::Both, needs: &[], memory: |_| {}, alone: false }
    }

    /// Only on real servers: it needs controllers, or a kubelet.
    pub(crate) const fn real(mut self) -> Self {
        self.on = On::Real;
        self
    }

    /// Only on the in-memory server: real ones cannot do this.
    pub(crate) const fn in_memory(mut self) -> Self {
        self.on = On::Memory;
        self
    }

    pub(crate) const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    /// Only while no other row runs.
    pub(crate) const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    pub(crate) const fn memory(mut self, change: fn(&mut Options)) -> Self {
        self.memory = change;
        self
    }
}

/// The row of a function, under its name; of a generic function also `row!(function::<Kind>)`.
macro_rules! row {
    ($behaviour:ident $(::<$kind:ty>)?) => {
        $crate::rows::Row::new(stringify!($behaviour), $behaviour $(::<$kind>)?)
    };
}
pub(crate) use row;
