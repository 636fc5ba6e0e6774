//! How a student's program starts: what it inherits, and what it is told.

use std::fs;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use nix::pty::openpty;
use nix::unistd::write;

use crate::bench::{RunBy, answer, bench, has, open_to_all, output, places};

#[test]
fn the_environment_is_clean() {
    for place in places() {
        let jail = place.jail().env("LAB_SEED", "7").env("TERM", "xterm");
        let scratch = place.cell().scratch().display().to_string();
        let script = place.jailed(jail, "env");
        let mut command = place.shell(&place.cell(), &script);
        command.env("SECRET", "x");
        let output = output(command);
        let expected = format!(
            "PATH=/usr/local/bin:/usr/bin:/bin\nHOME={scratch}\nTMPDIR={scratch}\n\
             LANG=C.UTF-8\nLAB_SEED=7\nTERM=xterm\n"
        );
        assert_eq!(output.stdout, expected, "{place:?}: {output:?}");
    }
}

#[test]
fn nothing_but_the_three_descriptors_is_inherited() {
    for place in places() {
        // `ls` has one more: the folder that it lists.
        let script = place.jailed(place.jail(), "ls /proc/self/fd");
        let output = output(place.shell(&place.cell(), &format!("exec 5</dev/null; {script}")));
        assert_eq!(output.stdout, "0\n1\n2\n3\n", "{place:?}: {output:?}");
    }
}

#[test]
fn no_signal_is_blocked_or_ignored() {
    for place in places() {
        let attack = place.jailed(place.jail(), "grep -E ^Sig(Blk|Ign) /proc/self/status");
        let attack = attack.replace("^Sig(Blk|Ign)", "'^Sig(Blk|Ign)'");
        let script = format!("trap '' PIPE INT TERM USR1; {attack}");
        let output = output(place.shell(&place.cell(), &script));
        let none = "0000000000000000";
        let expected = format!("SigBlk:\t{none}\nSigIgn:\t{none}\n");
        assert_eq!(output.stdout, expected, "{place:?}: {output:?}");
    }
}

#[test]
fn it_keeps_its_process_number() {
    for place in places() {
        let script = place.jailed(place.jail(), "sh -c 'echo $$'");
        let script = format!(
            "sh -c 'echo $$; exec {}'",
            script.replace('\'', "\"").replace("$$", "\\$\\$")
        );
        let output = output(place.shell(&place.cell(), &script));
        let lines: Vec<&str> = output.stdout.lines().collect();
        assert_eq!(lines.len(), 2, "{output:?}");
        assert_eq!(lines[0], lines[1], "{place:?}: {output:?}");
    }
}

#[test]
fn it_has_no_rights_and_gets_none() {
    for place in places() {
        let script = place.jailed(
            place.jail(),
            "grep -E '^(Cap|NoNewPrivs|Groups)' /proc/self/status",
        );
        let output = output(place.shell(&place.cell(), &script));
        for line in output.stdout.lines() {
            let (name, value) = line.split_once(':').unwrap();
            let expected = match name {
                "NoNewPrivs" => "1",
                // In a user namespace of one user, the groups outside show as nobody's.
                "Groups" => continue,
                "CapBnd" if value.trim() != "0000000000000000" => {
                    // An ordinary user may not lower it, and cannot use it either.
                    assert!(!place.tier.has_cell(), "{place:?}: {line}");
                    continue;
                }
                _ => "0000000000000000",
            };
            assert_eq!(value.trim(), expected, "{place:?}: {line}");
        }
        assert_eq!(output.stdout.lines().count(), 7, "{place:?}: {output:?}");
    }
}

#[test]
fn threads_and_processes_work() {
    for place in places() {
        assert_eq!(place.attacked("threads"), "28 28", "{place:?}");
    }
}

#[test]
fn scripts_run() {
    for (name, text, interpreter) in [
        ("shell-script", "#!/bin/sh\necho script\n", "/bin/sh"),
        (
            "python-script",
            "#!/usr/bin/env python3\nimport threading, os\n\
             t = threading.Thread(target=lambda: None); t.start(); t.join()\n\
             pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\nprint('script')\n",
            "/usr/bin/python3",
        ),
    ] {
        if !has(interpreter) {
            continue;
        }
        let path = bench().path(name);
        fs::write(&path, text).unwrap();
        open_to_all(&path, 0o755);
        for place in places() {
            let script = place.jailed(place.jail(), path.to_str().unwrap());
            let output = output(place.shell(&place.cell(), &script));
            assert_eq!(output.stdout, "script\n", "{place:?} {name}: {output:?}");
        }
    }
}

#[test]
fn the_status_descriptor_tells_a_failure_and_only_that() {
    for place in places() {
        let runner = place.jail().runner(&bench().path("jail")).unwrap();
        let runner = runner
            .replace(" --", " --status-fd 9 --")
            .replace("--status-fd 9 --", "--");
        // The option goes before the end of the options.
        let runner = runner.strip_suffix(" --").unwrap().to_owned();
        for (program, told) in [
            ("true", ""),
            (
                "/no/such/program",
                "start /no/such/program: No such file or directory (os error 2)",
            ),
        ] {
            let status = place.cell().scratch().join("status");
            let status = status.display();
            let script = format!(
                "rm -f {status}; {runner} --status-fd 9 -- {program} 9>{status} 2>/dev/null; cat {status}"
            );
            let output = output(place.shell(&place.cell(), &script));
            assert_eq!(output.stdout, told, "{place:?} {program}: {output:?}");
        }
    }
}

#[test]
fn a_key_pressed_at_its_terminal_reaches_it() {
    for place in places() {
        let terminal = openpty(None, None).unwrap();
        let runner = place.jail().runner(&bench().path("jail")).unwrap();
        let runner = runner.strip_suffix(" --").unwrap().to_owned();
        let mut words = runner.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .args([
                "--terminal",
                "--",
                "sh",
                "-c",
                "echo ready > /dev/tty; exec sleep 1000",
            ])
            .stdin(Stdio::from(terminal.slave.try_clone().unwrap()))
            .stdout(Stdio::from(terminal.slave.try_clone().unwrap()))
            .stderr(Stdio::piped());
        let mut child = command.run_by(place.identity).spawn().unwrap();
        drop(terminal.slave);
        let mut said = Vec::new();
        let mut master = fs::File::from(terminal.master);
        while !said.ends_with(b"ready\r\n") {
            let mut byte = [0];
            assert_eq!(
                master.read(&mut byte).unwrap_or(0),
                1,
                "{place:?}: {said:?} {:?}",
                child.wait_with_output()
            );
            said.push(byte[0]);
        }
        assert!(master.as_raw_fd() > 2);
        write(&master, b"\x03").unwrap();
        assert_eq!(
            child.wait().unwrap().signal(),
            Some(libc::SIGINT),
            "{place:?}"
        );
    }
}

#[test]
fn it_may_use_its_scratch_folder_at_once() {
    for place in places() {
        let answer_of_write = place.attacked(&format!("list:{}", place.cell().scratch().display()));
        assert_eq!(
            answer(&format!("attack: {answer_of_write}")),
            "done",
            "{place:?}"
        );
    }
}
