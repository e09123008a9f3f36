//! The manual: a page for each topic.

macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident = $file:literal,)*) => {
        $(
            $(#[$doc])*
            #[doc = include_str!(concat!("../docs/", $file))]
            pub mod $name {}
        )*
    };
}

pages! {
    watching = "watching.md",
    caching = "caching.md",
    controllers = "controllers.md",
    sessions = "sessions.md",
    credentials = "credentials.md",
    webhooks = "webhooks.md",
    testing = "testing.md",
    resilience = "resilience.md",
    speed = "speed.md",
    encodings = "encodings.md",
    coming_from_kube_rs = "coming-from-kube-rs.md",
    coming_from_client_go = "coming-from-client-go.md",
    writing_a_driver = "writing-a-driver.md",
    wire = "wire.md",
}

/// Why the library is as it is: a record for each decision.
pub mod decisions {
    pages! {
        the_border_is_http_parts = "decisions/0001-the-border-is-http-parts.md",
        operations_are_values_and_machines = "decisions/0002-operations-are-values-and-machines.md",
        time_chance_and_order_are_inputs = "decisions/0003-time-chance-and-order-are-inputs.md",
        recovery_is_one_table = "decisions/0004-recovery-is-one-table.md",
        three_transports_chosen_by_crate = "decisions/0005-three-transports-chosen-by-crate.md",
        own_http1_machine = "decisions/0006-own-http1-machine.md",
        yaml_on_a_parser_crate = "decisions/0007-yaml-on-a-parser-crate.md",
        two_faces = "decisions/0008-two-faces.md",
        object_and_resource = "decisions/0009-object-and-resource.md",
        oracles = "decisions/0010-oracles.md",
    }
}
