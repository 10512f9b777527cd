//! The manual on the web, as a browser shows it.

use std::{
    io::{self, Write},
    process::Command,
    sync::mpsc,
    thread,
};

use step_cli::{Environment, Stdio, prompt::NoTerminal};

/// `step help --http` on a free port; its address. It ends with the test program, as with any other process.
fn served() -> String {
    struct Lines(mpsc::Sender<String>);
    impl Write for Lines {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(octets).into_owned());
            Ok(octets.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let stdio = Stdio {
            input: Box::new(io::empty()),
            is_typed: false,
            answers: Box::new(Lines(sender)),
            talk: Box::new(io::stderr()),
            terminal: Box::new(NoTerminal),
            colour: false,
        };
        step_cli::run(["help", "--http", "127.0.0.1:0"].map(Into::into), Environment::default(), stdio)
    });
    let line = lines.recv().unwrap();
    line.trim().strip_prefix("Serving HTTP on ").and_then(|rest| rest.strip_suffix(" ...")).unwrap().to_owned()
}

/// What is on a page after its scripts have run; nothing without a browser. One that is not done after a minute is ended.
fn shown(url: &str) -> Option<String> {
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new("timeout");
    browser.args(["--kill-after=5", "60", "chromium"]);
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"]);
    browser.arg(format!("--user-data-dir={}", profile.path().display())).arg(url);
    // A shell's word for a program that is not there.
    const NOT_FOUND: Option<i32> = Some(127);
    match browser.output() {
        Ok(output) if output.status.code() != NOT_FOUND => {
            let status = output.status;
            assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8(output.stdout).unwrap())
        }
        _ => {
            eprintln!("skipped: chromium is not installed");
            None
        }
    }
}

#[test]
fn a_browser_shows_a_page_and_finds_others_by_their_words() {
    let address = served();
    let Some(page) = shown(&format!("http://{address}/ca/token/?q=provisioner+list")) else { return };
    assert!(page.contains("<h1>step ca token</h1>"), "{page}");
    let found = page.split_once("<ul id=\"found\">").unwrap().1.split_once("</ul>").unwrap().0;
    assert!(found.starts_with("<li><a href=\"/ca/provisioner/list/\">step ca provisioner list: "), "{found}");
    let nothing = shown(&format!("http://{address}/?q=xyzzy")).unwrap();
    assert!(nothing.contains("<ul id=\"found\"></ul>"), "{nothing}");
}
