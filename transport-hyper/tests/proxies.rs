//! Connections through proxies, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod blocking;

mod http1 {
    kube_tests::proxied!(crate::blocking::Hyper1);
}

/// An upgrade has its own connection here, so the checks for pooled connections do not apply.
mod http2 {
    kube_tests::tests_of!(
        proxied, crate::blocking::Hyper2:
        through_every_kind_of_proxy,
        an_upgraded_session_goes_the_same_way,
        a_proxy_that_refuses_is_heard_once,
        without_the_user_no_request_passes,
        a_server_that_the_proxy_cannot_reach,
        a_proxy_that_is_not_there_or_says_nothing,
        a_stranger_between_client_and_proxy_is_noticed,
        the_environment_leads_there_and_no_proxy_away,
        a_proxy_that_drips,
        a_proxy_that_closes_at_each_byte,
    );
}
