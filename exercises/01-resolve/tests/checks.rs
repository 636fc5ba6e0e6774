//! The checks of exercise 01: what the resolver knows is what is printed. The
//! expectation comes from the lab's own resolver, in the same cell.

use predicates::prelude::predicate;
use testbed::failure::are_wrong_usage;
use testbed::names;
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "resolve";

/// A name that has one address at least: in a cell the lab's own.
fn a_name(lab: &Lab) -> &'static str {
    if lab.in_cell() {
        "server.lab"
    } else {
        "localhost"
    }
}

/// Only a cell has names with known addresses.
fn needs_a_cell(lab: &Lab) -> Outcome {
    if lab.in_cell() {
        return Ok(());
    }
    Err(lab.ungraded("there are no names with several addresses outside a cell"))
}

/// What was asked with these arguments is answered with these lines, and
/// status 0.
fn answers(lab: &Lab, arguments: &[&str], lines: &[String]) -> Outcome {
    let ended = lab.program(PROGRAM).args(arguments).run()?;
    // A program that failed has no answer to compare.
    if ended.stdout.is_empty() {
        ended.exited(0)?;
    }
    let expected: String = lines.iter().map(|line| format!("{line}\n")).collect();
    ended.stdout_is(expected.as_bytes())?;
    ended.exited(0)
}

/// The lines that `resolve NAME` prints, by the lab's resolver.
fn addresses_of(lab: &Lab, name: &str) -> Outcome<Vec<String>> {
    let all: Vec<String> = names::addresses(name)
        .iter()
        .map(|ip| ip.to_string())
        .collect();
    if all.is_empty() {
        return Err(lab.ungraded(&format!("{name} has no address here")));
    }
    lab.step(format!(
        "the resolver knows, in this order: {name} has {}",
        all.join(", ")
    ));
    Ok(all)
}

fn port_of(lab: &Lab, service: &str) -> Outcome<u16> {
    let port = names::port(service)
        .ok_or_else(|| lab.ungraded(&format!("{service} is no known service here")))?;
    lab.step(format!("/etc/services has: {service} {port}/tcp"));
    Ok(port)
}

/// It ends with this status, its message says `named`, and standard output is
/// empty.
fn refuses(lab: &Lab, arguments: &[&str], status: i32, named: &str) -> Outcome {
    let ended = lab.program(PROGRAM).args(arguments).run()?;
    ended.exited(status)?;
    ended.stderr_matches(
        &format!("on standard error is a message that names `{named}`"),
        &predicate::str::contains(named),
    )?;
    ended.stdout_is(b"")
}

/// An IPv4 and an IPv6 address that are set aside for documentation (RFC 5737,
/// RFC 3849): nobody has them, and nobody is asked for them.
fn literals(lab: &mut Lab) -> [String; 2] {
    let host = lab.number(1..255);
    let group = lab.number(0x1000..0x10000);
    [format!("198.51.100.{host}"), format!("2001:db8::{group:x}")]
}

/// One that needs all the room that an address may need as a text.
fn long_literal(lab: &mut Lab) -> String {
    let groups: Vec<String> = (0..6)
        .map(|_| format!("{:x}", lab.number(0x1000..0x10000)))
        .collect();
    format!("2001:db8:{}", groups.join(":"))
}

// Names.

#[test]
fn prints_the_address_of_a_name() {
    check(EXERCISE, |lab| {
        let more: &[&str] = if lab.in_cell() {
            &["ada.lab", "bob"]
        } else {
            &[]
        };
        for name in [&[a_name(lab)], more].concat() {
            let expected = addresses_of(lab, name)?;
            let ended = lab.program(PROGRAM).arg(name).run()?;
            let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
            // How often, and what else, is the business of other checks.
            lab.require(
                printed.lines().any(|line| line == expected[0]),
                &format!("one of the lines that it prints is `{}`", expected[0]),
                match printed.is_empty() {
                    true => "It printed nothing.",
                    false => "No line of what it printed is this address.",
                },
            )?;
            ended.exited(0)?;
        }
        Ok(())
    });
}

#[test]
fn prints_each_address_once() {
    check(EXERCISE, |lab| {
        let name = a_name(lab);
        answers(lab, &[name], &addresses_of(lab, name)?)
    });
}

#[test]
fn prints_every_address() {
    check(EXERCISE, |lab| {
        needs_a_cell(lab)?;
        answers(lab, &["two.lab"], &addresses_of(lab, "two.lab")?)?;
        // One of its addresses comes again, and not at once.
        answers(lab, &["more.lab"], &addresses_of(lab, "more.lab")?)
    });
}

#[test]
fn prints_addresses_of_both_families() {
    check(EXERCISE, |lab| {
        needs_a_cell(lab)?;
        answers(lab, &["six.lab"], &addresses_of(lab, "six.lab")?)?;
        answers(lab, &["many.lab"], &addresses_of(lab, "many.lab")?)?;
        answers(lab, &["localhost"], &addresses_of(lab, "localhost")?)
    });
}

#[test]
fn a_literal_address_comes_back() {
    check(EXERCISE, |lab| {
        for literal in [literals(lab), ["127.0.0.1".into(), "::1".into()]].concat() {
            answers(lab, &[&literal], std::slice::from_ref(&literal))?;
        }
        let literal = long_literal(lab);
        answers(lab, &[&literal], std::slice::from_ref(&literal))
    });
}

// Services.

#[test]
fn prints_the_port_of_a_service() {
    check(EXERCISE, |lab| {
        let services: &[&str] = if lab.in_cell() {
            &["http", "lab-echo", "lab-calc", "smtps"]
        } else {
            &["http"]
        };
        for service in services {
            let port = port_of(lab, service)?;
            answers(lab, &["127.0.0.9", service], &[format!("127.0.0.9:{port}")])?;
        }
        Ok(())
    });
}

#[test]
fn a_service_may_be_a_number() {
    check(EXERCISE, |lab| {
        let number = lab.number(1024..65535);
        for port in [4321, number, 1, 65535] {
            answers(
                lab,
                &["127.0.0.9", &port.to_string()],
                &[format!("127.0.0.9:{port}")],
            )?;
        }
        Ok(())
    });
}

#[test]
fn every_address_has_the_port() {
    check(EXERCISE, |lab| {
        needs_a_cell(lab)?;
        let port = port_of(lab, "lab-echo")?;
        let two: Vec<String> = addresses_of(lab, "two.lab")?
            .iter()
            .map(|ip| format!("{ip}:{port}"))
            .collect();
        answers(lab, &["two.lab", "lab-echo"], &two)
    });
}

#[test]
fn an_ipv6_address_with_a_port_has_brackets() {
    check(EXERCISE, |lab| {
        let number = lab.number(1024..65535);
        let [_, literal] = literals(lab);
        answers(
            lab,
            &[&literal, &number.to_string()],
            &[format!("[{literal}]:{number}")],
        )?;
        answers(lab, &["::1", "4321"], &["[::1]:4321".into()])
    });
}

// The way back.

#[test]
fn prints_the_name_of_an_address() {
    check(EXERCISE, |lab| {
        let named: &[&str] = if lab.in_cell() {
            &["127.0.0.5", "127.0.0.6", "::1", "127.0.0.1"]
        } else {
            &["127.0.0.1"]
        };
        for address in named {
            let name = match address.parse() {
                Ok(std::net::IpAddr::V4(ip)) => lab.name_of(ip),
                Ok(std::net::IpAddr::V6(ip)) => lab.name_of(ip),
                Err(_) => String::new(),
            };
            lab.step(format!("the resolver knows: {address} is {name}"));
            answers(lab, &["-r", address], &[name])?;
        }
        Ok(())
    });
}

#[test]
fn an_address_without_name_stands_for_itself() {
    check(EXERCISE, |lab| {
        needs_a_cell(lab)?;
        let [four, six] = literals(lab);
        lab.step("none of these addresses has a name");
        let long = long_literal(lab);
        for address in ["127.0.0.2", &four, &six, &long] {
            answers(lab, &["-r", address], &[address.into()])?;
        }
        Ok(())
    });
}

#[test]
fn asks_no_name_for_its_name() {
    check(EXERCISE, |lab| {
        let name = a_name(lab);
        are_wrong_usage(
            lab,
            PROGRAM,
            &[
                &["-r", name],
                &["-r", "hello"],
                &["-r", "127.0.0.256"],
                &["-r", "127.0.0.1.5"],
                &["-r", "127.0.0.1:80"],
                &["-r", "::1::"],
                &["-r", ""],
            ],
        )
    });
}

// What is unknown, or makes no sense.

#[test]
fn an_unknown_name_is_named() {
    check(EXERCISE, |lab| {
        let nobody = names::nobody(lab);
        refuses(lab, &[nobody], 3, nobody)?;
        refuses(lab, &[nobody, "4321"], 3, nobody)
    });
}

#[test]
fn an_unknown_service_is_named() {
    check(EXERCISE, |lab| {
        let service = "no-such-service";
        refuses(lab, &[a_name(lab), service], 3, service)?;
        // Neither a number nor a name that is known: which of the two it is
        // taken for is open.
        let ended = lab.program(PROGRAM).args([a_name(lab), "80x"]).run()?;
        ended.stdout_is(b"")?;
        lab.require(
            matches!(ended.code(), Some(2 | 3)),
            "`80x` is not taken for port 80: its status is 3 (or 2)",
            "Its status is another.",
        )
    });
}

#[test]
fn a_number_that_is_no_port_is_wrong_usage() {
    check(EXERCISE, |lab| {
        let beyond = lab.number(0x10000..1 << 31).to_string();
        are_wrong_usage(
            lab,
            PROGRAM,
            &[
                &["127.0.0.9", "0"],
                &["127.0.0.9", "65536"],
                &["127.0.0.9", &beyond],
                &["127.0.0.9", "-1"],
                &["127.0.0.9", "18446744073709551696"],
            ],
        )
    });
}

#[test]
fn refuses_wrong_usage() {
    check(EXERCISE, |lab| {
        are_wrong_usage(
            lab,
            PROGRAM,
            &[
                &[],
                &["-r"],
                &["127.0.0.9", "80", "more"],
                &["-r", "127.0.0.9", "80"],
            ],
        )
    });
}
