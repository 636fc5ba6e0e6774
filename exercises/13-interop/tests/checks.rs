//! The checks of exercise 13: the server alone, spoken to byte by byte; the
//! client alone, against a scripted server; then both together. The bytes are
//! those of the specification, so a mistake that both programs share is seen.

mod scenes;

use scenes::{both, client, server};

testbed::checks! {
    include_str!("../exercise.toml");

    server:
        server_adds_two_numbers,
        server_calculates_with_all_four_operations,
        server_knows_negative_numbers,
        server_truncates_a_quotient_toward_zero,
        server_gives_results_of_64_bits,
        server_answers_one_request_after_another,
        server_puts_a_request_together,
        server_takes_requests_apart,
        server_gives_no_result_for_half_a_request,
        server_refuses_a_division_by_zero,
        server_refuses_an_unknown_type,
        server_refuses_a_wrong_length,
        server_refuses_an_unknown_version,
        server_names_the_first_error,
        server_ends_a_connection_without_magic,
        server_does_not_believe_a_length_above_64,
        server_serves_several_clients_at_once,
        server_survives_a_reset,
        clients_leave_nothing_behind,
        server_waits_without_spinning,
        a_taken_port_is_an_error,
        server_listens_on_all_addresses,
        server_refuses_what_is_no_port,
        server_prints_nothing;

    client:
        client_sends_its_request,
        client_encodes_every_operation,
        client_prints_the_result,
        client_prints_what_the_server_says,
        client_waits_without_spinning,
        client_puts_a_reply_together,
        client_tells_the_servers_refusal,
        client_notices_a_reply_that_ends_too_soon,
        client_takes_no_other_bytes_for_a_reply,
        client_does_not_believe_a_huge_length,
        client_names_a_refused_connection,
        client_tells_an_unknown_host_from_a_refusal,
        client_refuses_wrong_usage;

    both:
        client_and_server_work_together;
}
