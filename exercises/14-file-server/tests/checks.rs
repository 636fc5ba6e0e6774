//! The checks of exercise 14: the server alone, spoken to byte by byte; the
//! client alone, against a scripted server; then both together. The bytes are
//! those of the specification, so a mistake that both programs share is seen.

mod scenes;

use scenes::{both, client, clients, memory, server};

testbed::checks! {
    include_str!("../exercise.toml");

    server:
        server_sends_a_file,
        server_sends_every_byte,
        server_sends_from_an_offset,
        server_answers_one_request_after_another,
        server_puts_a_request_together,
        server_takes_requests_apart,
        server_knows_every_name,
        server_names_a_missing_file,
        server_refuses_a_bad_offset,
        server_refuses_paths,
        server_refuses_links_that_lead_out,
        server_refuses_what_is_no_plain_file,
        server_ends_a_connection_with_too_long_a_request,
        server_survives_odd_requests;

    clients:
        server_serves_several_clients_at_once,
        a_client_that_stalls_delays_no_other,
        a_slow_reader_gets_every_byte,
        server_survives_a_reset,
        clients_leave_nothing_behind,
        one_client_leaves_no_file_open,
        server_waits_without_spinning,
        a_taken_port_is_an_error,
        server_listens_on_all_addresses,
        server_refuses_wrong_usage,
        server_prints_nothing;

    client:
        client_sends_its_request,
        client_writes_the_file,
        client_puts_blocks_together,
        client_waits_without_spinning,
        client_tells_a_refusal,
        client_notices_an_end_that_comes_too_soon,
        client_notices_bytes_that_are_missing,
        client_takes_no_other_bytes_for_a_reply,
        client_does_not_believe_a_huge_block,
        out_is_there_when_it_is_whole,
        client_writes_name_into_this_folder,
        an_old_out_stays_until_the_new_one_is_whole,
        client_goes_on_from_what_it_has,
        a_killed_client_goes_on_when_it_is_run_again,
        client_starts_anew_for_another_file,
        client_names_a_refused_connection,
        client_tells_an_unknown_host_from_a_refusal,
        client_refuses_wrong_usage;

    memory:
        server_sends_256_mib_in_little_memory,
        client_takes_256_mib_in_little_memory;

    both:
        client_and_server_work_together;
}
