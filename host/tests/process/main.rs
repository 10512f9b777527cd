//! `step-ca` as a process: signals, its supervisor, inherited sockets, and what the kernel is asked for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit_file;
mod dist;
mod secrets;
mod supervised;

use std::{
    fs,
    net::SocketAddr,
    process::{Command, Stdio},
};

use rustix::process::Signal;
use serde_json::json;

use self::supervised::{Files, Supervised};

#[test]
fn a_hangup_reloads_and_the_supervisor_hears_of_it() {
    let files = Files::make();
    let mut ca = Supervised::start(files.command());
    let first = ca.notice();
    assert_eq!(first.get("READY"), Some("1"));
    assert_eq!(first.get("STATUS"), Some("serving HTTPS on 127.0.0.1:0"));

    ca.signal(Signal::HUP);
    let reloading = ca.notice();
    assert_eq!(reloading.get("RELOADING"), Some("1"));
    let began: u64 = reloading.get("MONOTONIC_USEC").unwrap().parse().unwrap();
    assert!(began > 0);
    assert_eq!(ca.notice().get("READY"), Some("1"));
    ca.wait_for("reloading ...");
    ca.wait_for("reloaded ");

    let good = fs::read(files.ca_json()).unwrap();
    fs::write(files.ca_json(), "{\n\"root\": ,\n}").unwrap();
    ca.signal(Signal::HUP);
    ca.wait_for("error reloading server: ");
    assert_eq!(ca.notice().get("RELOADING"), Some("1"));
    assert_eq!(ca.notice().get("READY"), Some("1"), "it answers as before");
    fs::write(files.ca_json(), good).unwrap();

    ca.signal(Signal::TERM);
    assert_eq!(ca.notice().get("STOPPING"), Some("1"));
    ca.wait_for("shutting down ...");
    assert_eq!(ca.end(), Some(0));
}

#[test]
fn a_change_of_a_watched_file_reloads_once() {
    let files = Files::make();
    files.configure(|file| file["watch"] = json!(true));
    let mut ca = Supervised::start(files.command());
    assert_eq!(ca.notice().get("READY"), Some("1"));
    files.configure(|file| file["watch"] = json!(false));
    assert_eq!(ca.notice().get("RELOADING"), Some("1"));
    assert_eq!(ca.notice().get("READY"), Some("1"));
    // From now on only a hangup is heard.
    files.configure(|file| file["watch"] = json!(true));
    ca.signal(Signal::INT);
    assert_eq!(ca.notice().get("STOPPING"), Some("1"));
    assert_eq!(ca.end(), Some(0));
}

#[test]
fn the_process_leaves_no_core_and_may_open_as_many_files_as_the_system_allows() {
    let files = Files::make();
    let mut ca = Supervised::start(files.command());
    ca.notice();
    let limits = fs::read_to_string(format!("/proc/{}/limits", ca.id())).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let mut words = line.trim_start_matches(name).split_whitespace().map(str::to_owned);
        (words.next().unwrap(), words.next().unwrap())
    };
    assert_eq!(limit("Max core file size"), ("0".to_owned(), "0".to_owned()));
    let (soft, hard) = limit("Max open files");
    assert_eq!(soft, hard);
    ca.signal(Signal::TERM);
    assert_eq!(ca.end(), Some(0));
}

/// Judge: `systemd-socket-activate`; without it there is nothing to see.
#[test]
fn an_inherited_socket_is_served_instead_of_the_address() {
    const ACTIVATE: &str = "systemd-socket-activate";
    if Command::new(ACTIVATE).arg("--version").stdout(Stdio::null()).status().is_err() {
        return eprintln!("skipped: there is no {ACTIVATE}");
    }
    let files = Files::make();
    // The address of the configuration is not this machine's.
    files.configure(|file| file["address"] = json!("192.0.2.1:443"));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = Command::new(ACTIVATE);
    // systemd-socket-activate(1) keeps the environment only as far as it is told.
    command.arg("--listen").arg(address.to_string()).args(["-E", "NOTIFY_SOCKET"]);
    let plain = files.command();
    command.arg(plain.get_program()).args(plain.get_args());
    let mut ca = Supervised::start(command);
    ca.wait_for("Listening on");
    // The first client brings the CA up, and waits for it.
    let mut health = files.client(address);
    assert!(health.ask("/health").contains("200 OK"));
    assert_eq!(ca.notice().get("READY"), Some("1"));
    ca.signal(Signal::TERM);
    assert_eq!(ca.notice().get("STOPPING"), Some("1"));
    assert_eq!(ca.end(), Some(0));
}
