//! The request that opens a session.

use super::channel::PortForwardSession;
use super::target::PortForward;
use crate::error::{Error, ErrorKind};
use crate::op::upgrade::Upgrade;
use crate::request::{PortForwardParams, Target};
use crate::resource::{ApiResource, Scope};

impl PortForward {
    /// Opens a tunnel to the pod of this name, for any number of connections.
    pub fn tunnel(&self, pod: &str) -> Upgrade<PortForwardSession> {
        self.upgrade(pod, &PortForwardParams::default(), &[TUNNEL])
    }

    /// Opens a session of one connection, to this port of the pod of this name: for servers without tunnels.
    pub fn channels(&self, pod: &str, port: u16) -> Upgrade<PortForwardSession> {
        self.upgrade(pod, &PortForwardParams::ports([port]), &[CHANNELS])
    }

    /// Whether a [`tunnel`](Self::tunnel) was refused because the server knows no tunnels: it answers 400 or 403, and
    /// has no `Status` to say more.
    #[must_use]
    pub fn is_without_tunnel(error: &Error) -> bool {
        matches!(error.kind(), ErrorKind::Api(api) if api.synthetic && matches!(api.status.code, 400 | 403))
    }

    fn upgrade(
        &self,
        pod: &str,
        params: &PortForwardParams,
        protocols: &'static [&'static str],
    ) -> Upgrade<PortForwardSession> {
        let pods = Target::of(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced));
        let request = pods.within(self.namespace.clone()).portforward(pod, params);
        Upgrade::websocket(request, protocols, |upgraded| {
            Ok(match upgraded.protocol {
                TUNNEL => PortForwardSession::tunnel(upgraded.socket),
                _ => PortForwardSession::direct(upgraded.socket),
            })
        })
    }
}

const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
const CHANNELS: &str = "v4.channel.k8s.io";
