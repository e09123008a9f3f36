//! The core, driven by hand: no sockets, no threads, no clock.
//!
//! The cases that `Task` and the operations must survive, and the tests of each. Test files are in this folder, or
//! among the transports' tests if they need sockets; `wire`, `pool` and `session` have tests beside their code.
//!
//! | | scenario | tests |
//! |---|---|---|
//! | 1 | a thousand calls find the token expired; the refreshing one is dropped, or never polled again; a log-in of ten minutes | `credentials`: `a_thousand_calls_find_the_token_expired_and_one_refreshes`, `a_call_that_is_kept_but_never_polled_again_does_not_block_the_others`, `a_log_in_of_ten_minutes_is_not_started_twice`; `lease` |
//! | 2 | the holder of a permit, or of the breaker's trial, is dropped | `calls`: `permits_wait_in_line_and_come_back_when_a_call_is_dropped`, `the_breaker_opens_and_a_dropped_trial_is_free_again` |
//! | 3 | an answer before 32 MiB were sent, and a server that closes or lingers; a 401 without end | sockets: `an_answer_before_the_request_was_sent_whole_is_the_answer`; `credentials`: `a_401_whose_body_never_ends_is_aborted` |
//! | 4 | pooled connections die as a request is written, all of them; a POST on an idle-closed one | sockets: `a_get_while_every_pooled_connection_dies_is_sent_again_once`, `a_post_that_dies_is_not_sent_again_and_says_so`, `a_connection_that_the_server_closed_meanwhile_is_not_used`; `calls`: `a_post_on_a_dead_pooled_connection_is_repeated_only_if_nothing_was_sent` |
//! | 5 | GOAWAY, REFUSED_STREAM, a reset in mid-answer | hyper: `what_a_goaway_did_not_look_at_is_sent_again_whatever_it_is`, `what_a_goaway_did_look_at_is_not`, `a_refused_stream_is_sent_again_on_the_same_connection`, `a_reset_is_about_one_stream` |
//! | 6 | a silent watch without FIN; a `next` that is cancelled all the time | `watches`: `silence_beyond_the_promised_end_is_death`; smol: `a_next_that_loses_every_race_loses_nothing`; hyper: `a_caller_that_is_cancelled_all_the_time_misses_nothing` |
//! | 7 | the client certificate rotates; an issuer with another CA; TLS 1.3 refuses the certificate after the request was written | `certificates`: `files_are_read_again_and_another_content_is_another_identity`, `a_stream_under_way_lives_on_with_the_identity_that_it_began_with`, `a_plugin_s_certificate_that_is_refused_is_fetched_again`; `issuers`: `a_refresh_goes_to_another_server_with_another_identity`; `pool`: `endpoints_do_not_mix`; `wire::tls`: `a_client_shows_its_certificate` |
//! | 8 | an upgrade is refused; bytes come with the 101 | sockets: `a_refused_upgrade_is_the_server_s_status`, `bytes_both_ways_after_a_101_and_those_that_came_with_it` |
//! | 9 | both sides of a session are full, and an answer is due | sockets: `both_sides_of_a_session_may_be_full`; `wire::switched`: `a_reader_answers_while_a_writer_is_blocked` |
//! | 10 | the wall clock jumps | `credentials`: `a_token_is_renewed_before_it_expires_and_the_wall_clock_may_jump`; `issuers`: `clocks_that_disagree` |
//! | 11 | a blocked reader is stopped by another thread | std: `wherever_it_is_blocked_it_is_stopped`, `a_stream_that_waits_in_line_is_stopped`; sockets: `a_stream_is_stopped_from_another_thread` |
//! | 12 | the caller takes one item and leaves, or takes them slowly; the same on HTTP/2 | sockets: `what_is_left_half_read_is_not_used_again`; `watches`: `nothing_is_read_for_a_caller_that_takes_nothing`; hyper: `slow_readers_do_not_hold_back_others` |
//! | 13 | unrequested inputs; resumed without input | `border` |
//! | 14 | DNS, connecting and a child past the deadline | std and smol: `a_look_up_that_hangs_is_not_waited_for`; `wire::dial`: `every_address_has_its_share_of_the_time`; sockets: `silence_ends_in_time`; plugins: `a_plugin_that_sleeps_is_ended_in_time` |

#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "a test ends that way")]

mod access;
mod answers;
mod border;
mod calls;
mod canaries;
mod certificates;
mod compression;
mod credentials;
mod custom_resources;
mod day;
mod definitions;
mod discovering;
mod edits;
mod escalation;
mod fields;
mod flights;
mod headers;
mod informers;
mod issuers;
mod lists;
mod log_lines;
mod manifests;
mod observing;
mod paged_lists;
mod paths;
mod protobuf;
mod recovery;
mod recovery_play;
mod reflectors;
mod resilience;
mod schemas;
mod script;
mod secrets;
mod service_accounts;
mod sessions;
mod sharing;
mod shown;
mod storms;
mod streaming_lists;
mod warnings;
mod watches;
mod webhooks;
mod websockets;
mod world;
mod write_back;
mod wrong_answers;
