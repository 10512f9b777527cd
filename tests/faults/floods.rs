//! HTTP/2 as no client speaks it, a hundred thousand frames at a time; and bodies that are too long, or have two lengths.

use step_tests::{Csr, TestCa, body_of_2026};

use crate::{
    child::Process,
    killed::prepared,
    raw::{Peer, RUNTIME},
};

const FRAMES: u32 = 100_000;
/// What the process may grow by: far less than what was sent at it.
const GROWTH: u64 = 64 << 10;

/// Kinds of frames (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// What every client begins with.
fn preface() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, &[])].concat()
}

/// `GET /health`, or the beginning of a `POST /sign` (RFC 7541: indexed fields, and literal ones without indexing).
fn head(stream: u32, is_post: bool) -> Vec<u8> {
    let (method, path) = if is_post { (0x83, &b"/sign"[..]) } else { (0x82, &b"/health"[..]) };
    let mut fields = vec![method, 0x87, 0x04, u8::try_from(path.len()).unwrap()];
    fields.extend(path);
    fields.extend([0x01, 9]);
    fields.extend(b"localhost");
    let end_of_stream = u8::from(!is_post);
    frame(HEADERS, 0x4 | end_of_stream, stream, &fields)
}

/// Sends frames until all are sent or the other side has had enough. Returns how many were taken, and what came back.
fn flood(ca: &TestCa, process: &Process, frames: impl Fn(u32) -> Vec<u8>) -> (u32, Vec<u8>) {
    RUNTIME.block_on(async {
        let mut peer = Peer::new(&ca.pki().root, b"h2", process.address).await;
        assert!(peer.write(&preface()).await);
        let mut sent = 0;
        while sent < FRAMES {
            let some: Vec<u8> = (sent..sent + 500).flat_map(&frames).collect();
            if !peer.write(&some).await {
                break;
            }
            sent += 500;
        }
        (sent, peer.end().await)
    })
}

/// The error code of the GOAWAY among the frames that came back, if there is one.
fn goaway(mut octets: &[u8]) -> Option<u32> {
    const GOAWAY: u8 = 7;
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = octets {
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap();
        if *kind == GOAWAY {
            return Some(u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?));
        }
        octets = rest.get(length..)?;
    }
    None
}

/// The neighbours notice nothing: health is answered, and certificates are issued.
fn neighbours_are_served(ca: &TestCa, process: &Process, name: &str) {
    let client = ca.client_at(process.address);
    for number in 0..3 {
        assert_eq!(client.get("/health").status, 200);
        let name = format!("{number}.{name}.example");
        let _ = client.post("/sign", &body_of_2026(&Csr::of(&name).pem, &ca.token(&name).sign(), "", "")).expect(201);
    }
}

#[test]
fn floods_of_frames_end_the_connection_or_nothing_and_are_not_remembered() {
    let ca = prepared();
    let mut process = Process::start(ca.step_path().base(), None);
    neighbours_are_served(&ca, &process, "before");
    let before = process.kibibytes("VmRSS");
    type Frames = Box<dyn Fn(u32) -> Vec<u8>>;
    let floods: [(&str, bool, Frames); 6] = [
        (
            "resets",
            true,
            Box::new(|n| [head(2 * n + 1, true), frame(RST_STREAM, 0, 2 * n + 1, &[0, 0, 0, 8])].concat()),
        ),
        (
            "continuation",
            true,
            Box::new(|n| match n {
                0 => frame(HEADERS, 0x1, 1, &[0x82]),
                _ => frame(CONTINUATION, 0, 1, &[0x40, 1, b'x', 1, b'y']),
            }),
        ),
        (
            "data",
            true,
            Box::new(|n| match n {
                0 => head(1, true),
                _ => frame(DATA, 0, 1, &[]),
            }),
        ),
        ("settings", false, Box::new(|_| frame(SETTINGS, 0, 0, &[]))),
        ("pings", false, Box::new(|n| frame(PING, 0, 0, &u64::from(n).to_be_bytes()))),
        ("streams", true, Box::new(|n| head(2 * n + 1, true))),
    ];
    for (name, must_end, frames) in &floods {
        let (sent, answer) = flood(&ca, &process, frames);
        let code = goaway(&answer);
        assert!(process.is_alive(), "{name}");
        neighbours_are_served(&ca, &process, name);
        let grown = process.kibibytes("VmRSS").saturating_sub(before);
        println!("{name}: {sent} of {FRAMES} frames were taken, GOAWAY {code:?}, {grown} KiB more");
        assert!(grown < GROWTH, "{name}: {grown} KiB more");
        assert!(!must_end || sent < FRAMES || code.is_some(), "{name}: the connection went on");
    }
    process.kill();
}

#[test]
fn bodies_of_ten_megabytes_and_of_two_lengths_are_refused_and_not_kept() {
    let ca = prepared();
    let process = Process::start(ca.step_path().base(), None);
    neighbours_are_served(&ca, &process, "before");
    let before = process.kibibytes("VmRSS");
    let body = vec![b' '; 10 << 20];
    let mut refused = 0;
    for framing in ["content-length: 10485760", "transfer-encoding: chunked"] {
        for _ in 0..8 {
            let head = format!("POST /sign HTTP/1.1\r\nhost: localhost\r\n{framing}\r\n\r\n");
            let begin = if framing.ends_with("chunked") { "a00000\r\n" } else { "" };
            let answer = told(&ca, &process, &[head.as_bytes(), begin.as_bytes(), &body].concat());
            assert!(answer.starts_with("HTTP/1.1 413 "), "{framing}: {answer:?}");
            refused += 1;
        }
    }
    for framings in [
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "content-length: 5, 6",
        "content-length: +5",
    ] {
        let smuggled = "GET /version HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let request = format!("POST /sign HTTP/1.1\r\nhost: localhost\r\n{framings}\r\n\r\n0\r\n\r\n{smuggled}");
        let answer = told(&ca, &process, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 "), "{framings:?}: {answer:?}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framings:?}: {answer:?}");
        refused += 1;
    }
    neighbours_are_served(&ca, &process, "after");
    let grown = process.kibibytes("VmRSS").saturating_sub(before);
    println!("{refused} bodies were refused, {grown} KiB more");
    assert!(grown < GROWTH, "{grown} KiB more after 160 MiB of bodies");
    process.kill();
}

/// What comes back for these octets.
fn told(ca: &TestCa, process: &Process, octets: &[u8]) -> String {
    let answer = RUNTIME.block_on(async {
        let mut peer = Peer::new(&ca.pki().root, b"http/1.1", process.address).await;
        // It may be told before the end, and stop.
        let _ = peer.write(octets).await;
        peer.end().await
    });
    String::from_utf8(answer).unwrap()
}
