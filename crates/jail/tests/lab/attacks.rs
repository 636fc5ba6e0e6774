//! What a hostile program tries. Each attack says how it fared: `done`, or
//! the system's text for why it was refused.

use std::ffi::CString;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use jail::Tier;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, execv, fork, getpgid, getppid, pause, setsid};

/// Runs the attack that the environment names, if it does.
pub fn attack_if_told() {
    let Ok(name) = std::env::var("LAB_ATTACK") else {
        return;
    };
    let (name, argument) = name.split_once(':').unwrap_or((&name, ""));
    let answer = match name {
        "detect" => detect(),
        "read" => outcome(File::open(argument).and_then(|mut file| file.read(&mut [0; 1]))),
        "list" => outcome(fs::read_dir(argument)),
        "write" => outcome(OpenOptions::new().create(true).append(true).open(argument)),
        "fill" => fill(argument),
        "many-files" => many_files(argument),
        "trace" => trace(),
        "memory-of-judge" => memory_of_judge(),
        "terminate-judge" => outcome(kill(getppid(), Signal::SIGTERM)),
        "terminate-group" => terminate_group(),
        "terminate-first" => outcome(kill(Pid::from_raw(1), Signal::SIGKILL)),
        "terminate-all" => outcome(kill(Pid::from_raw(-1), Signal::SIGKILL)),
        "limit-judge" => limit_judge(),
        "fork-bomb" => fork_bomb(),
        "threads" => threads(),
        "memory" => outcome(Vec::<u8>::new().try_reserve_exact(argument.parse().unwrap())),
        "memory-together" => memory_together(argument.parse().unwrap()),
        "spin" => loop {
            std::hint::spin_loop();
        },
        "connect" => outcome(TcpStream::connect(argument)),
        "udp" => outcome(UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect(argument))),
        "bind" => outcome(TcpListener::bind(argument)),
        "hold" => hold(argument),
        "abstract" => abstract_socket(argument),
        "unix" => outcome(UnixStream::connect(argument)),
        "packet" => outcome(packet_socket()),
        "namespace" => outcome(nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER)),
        "adopted" => adopted(),
        "mount" => outcome(mount()),
        "daemon" => daemon(argument),
        "hop" => hop(argument),
        "signals" => signals(),
        other => panic!("no attack {other}"),
    };
    println!("attack: {answer}");
    std::process::exit(0);
}

fn outcome<T, E: Display>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Not hostile: tells what another user finds.
fn detect() -> String {
    let bench = std::path::PathBuf::from(std::env::var_os("LAB_BENCH").unwrap());
    let found = Tier::detect(&bench.join("jail"), &bench.join("cell"));
    serde_json::to_string(&found).unwrap()
}

/// Writes until it is refused.
fn fill(path: &str) -> String {
    let mut written = 0;
    let result = File::create(path).and_then(|mut file| {
        loop {
            written += file.write(&[b'x'; 65536])?;
        }
    });
    let error: io::Error = match result {
        Ok(never) => never,
        Err(error) => error,
    };
    format!("{written} {error}")
}

fn many_files(folder: &str) -> String {
    let made = (0..1_000_000)
        .take_while(|number| File::create(format!("{folder}/{number}")).is_ok())
        .count();
    made.to_string()
}

fn trace() -> String {
    // SAFETY: PTRACE_SEIZE takes no pointers.
    let answer = unsafe { libc::ptrace(libc::PTRACE_SEIZE, getppid().as_raw(), 0, 0) };
    outcome(Errno::result(answer))
}

fn memory_of_judge() -> String {
    let path = format!("/proc/{}/mem", getppid());
    outcome(OpenOptions::new().write(true).open(path))
}

fn terminate_group() -> String {
    match getpgid(Some(getppid())) {
        // The group was made outside of this process namespace: it has no number here.
        Ok(group) if group.as_raw() == 0 => Errno::EPERM.to_string(),
        Ok(group) => outcome(killpg(group, Signal::SIGTERM)),
        Err(error) => error.to_string(),
    }
}

fn limit_judge() -> String {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the limit outlives the call; the old one is not asked for.
    let answer = unsafe {
        libc::prlimit(
            getppid().as_raw(),
            libc::RLIMIT_NOFILE,
            &none,
            std::ptr::null_mut(),
        )
    };
    outcome(Errno::result(answer))
}

/// Makes processes that stay until it is refused one.
fn fork_bomb() -> String {
    for made in 0..100_000 {
        // SAFETY: the child calls nothing but pause.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => loop {
                pause();
            },
            Ok(ForkResult::Parent { .. }) => {}
            Err(error) => return format!("{made} {error}"),
        }
    }
    "done".to_owned()
}

/// Not hostile: threads and processes work.
fn threads() -> String {
    let sum: i32 = (0..8)
        .map(|number| std::thread::spawn(move || number))
        .map(|thread| thread.join().unwrap())
        .sum();
    let shell = std::process::Command::new("/bin/sh")
        .args(["-c", "(exit 14) & wait $!; exit $(($? + 14))"])
        .status();
    format!("{sum} {}", shell.unwrap().code().unwrap())
}

/// Children that use memory at the same time: how many get theirs.
fn memory_together(each: usize) -> String {
    let mut ours = Vec::new();
    for _ in 0..4 {
        let (mut mine, end) = UnixStream::pair().unwrap();
        // SAFETY: the child allocates; nobody else holds the allocator's lock.
        match unsafe { fork() }.unwrap() {
            ForkResult::Child => {
                let used = vec![1u8; each];
                let _ = mine.write_all(&used[each - 1..]);
                loop {
                    pause();
                }
            }
            // Only the child holds its end: it closes when the child is killed.
            ForkResult::Parent { .. } => ours.push(end),
        }
    }
    let had = ours
        .into_iter()
        .filter(|end| (&mut &*end).read(&mut [0; 1]).is_ok_and(|count| count == 1))
        .count();
    had.to_string()
}

/// Listens, says so, and waits for the end of its input.
fn hold(address: &str) -> String {
    match TcpListener::bind(address) {
        Ok(_listener) => {
            println!("attack: holding");
            let _ = io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0)
        }
        Err(error) => error.to_string(),
    }
}

fn abstract_socket(name: &str) -> String {
    let connected =
        SocketAddr::from_abstract_name(name).and_then(|address| UnixStream::connect_addr(&address));
    outcome(connected)
}

fn packet_socket() -> io::Result<()> {
    // SAFETY: takes integers.
    let fd = unsafe { libc::socket(libc::AF_VSOCK, libc::SOCK_STREAM, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// A child whose parent is the judge.
fn adopted() -> String {
    // SAFETY: like fork; the child only ends.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_clone,
            (libc::CLONE_PARENT | libc::SIGCHLD) as libc::c_ulong,
            0usize,
            0usize,
            0usize,
            0usize,
        )
    };
    if answer == 0 {
        std::process::exit(0);
    }
    outcome(Errno::result(answer))
}

fn mount() -> nix::Result<()> {
    let flags = nix::mount::MsFlags::empty();
    nix::mount::mount(
        Some("tmpfs"),
        "/scratch",
        Some("tmpfs"),
        flags,
        None::<&str>,
    )
}

/// Leaves its session and its parent, keeps standard output open, and stays.
fn daemon(marker: &str) -> String {
    // SAFETY: the child makes system calls only.
    if let ForkResult::Parent { child } = unsafe { fork() }.unwrap() {
        return outcome(waitpid(child, None));
    }
    let _ = setsid();
    // SAFETY: as above.
    if let ForkResult::Parent { .. } = unsafe { fork() }.unwrap() {
        // SAFETY: ends this process and nothing else.
        unsafe { libc::_exit(0) }
    }
    let words = ["sh", "-c", "while :; do sleep 1000; done", marker];
    let words = words.map(|word| CString::new(word).unwrap());
    let never = execv(c"/bin/sh", &words);
    panic!("{never:?}")
}

/// Forks and ends, over and over, under this name.
fn hop(name: &str) -> String {
    let name = CString::new(name).unwrap();
    // SAFETY: the name outlives the call, and is cut to what a name may be.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    for _ in 0..8 {
        // SAFETY: the child makes system calls only.
        if let ForkResult::Child = unsafe { fork() }.unwrap() {
            loop {
                // SAFETY: as above; _exit ends this process and nothing else.
                unsafe {
                    if libc::fork() > 0 {
                        libc::_exit(0);
                    }
                }
            }
        }
    }
    "done".to_owned()
}

/// Not hostile: which signals it was born ignoring or blocking.
fn signals() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let masks = status
        .lines()
        .filter(|line| line.starts_with("SigBlk") || line.starts_with("SigIgn"))
        .map(|line| line.split_whitespace().nth(1).unwrap());
    masks.collect::<Vec<_>>().join(" ")
}
