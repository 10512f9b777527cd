//! Thousands of peers that never finish what they begin: others are served as if they were not there.

use std::net::{IpAddr, Ipv4Addr};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use step_ca::limits;
use step_tests::{Csr, TestCa, body_of_2026};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::client::TlsStream;

use crate::{
    child::Process,
    killed::prepared,
    raw::{RUNTIME, connect, connector, handshake},
};

/// Peers, each with an address of its own and fewer connections than any peer may have.
const PEERS: u8 = 5;
const SLOW: usize = 5_000;

/// A connection that waits for ever.
enum Slow {
    /// For the handshake: nothing was said, or half of a record.
    Plain(TcpStream),
    /// For headers or for a body.
    Encrypted { _stream: Box<TlsStream<TcpStream>> },
}

fn address(peer: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 1, peer).into()
}

/// As many slow connections as this process and the other may have open, and no more than [`SLOW`].
fn affordable() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let descriptors = usize::try_from(maximum.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    SLOW.min(descriptors.saturating_sub(300))
}

async fn begin(ca: &TestCa, process: &Process, number: usize) -> Slow {
    let peer = u8::try_from(number % usize::from(PEERS)).unwrap() + 1;
    let mut socket = connect(address(peer), process.address).await.unwrap();
    // A handshake costs both of us some work, so only one in fifty is finished.
    match number % 50 {
        0 | 1 => {
            let mut stream = handshake(&connector(&ca.pki().root, b"http/1.1"), socket).await.unwrap();
            let begun = if number.is_multiple_of(50) {
                "GET /health HTTP/1.1\r\nhost: loc"
            } else {
                "POST /sign HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"
            };
            stream.write_all(begun.as_bytes()).await.unwrap();
            Slow::Encrypted { _stream: Box::new(stream) }
        }
        number if number % 2 == 0 => Slow::Plain(socket),
        _ => {
            socket.write_all(&[22, 3, 1, 2, 0, 1, 0]).await.unwrap();
            Slow::Plain(socket)
        }
    }
}

#[test]
fn five_thousand_peers_that_never_finish_keep_nobody_from_being_served() {
    let ca = prepared();
    let mut process = Process::start(ca.step_path().base(), None);
    let many = affordable();
    let slow: Vec<Slow> = RUNTIME.block_on(async {
        let mut slow = Vec::new();
        for number in 0..many {
            slow.push(begin(&ca, &process, number).await);
        }
        slow
    });
    let encrypted = slow.iter().filter(|slow| matches!(slow, Slow::Encrypted { .. })).count();
    let open = slow.iter().filter(|slow| matches!(slow, Slow::Plain(socket) if socket.peer_addr().is_ok())).count();
    let (mut healthy, mut issued) = (0, 0);
    for number in 0..20 {
        // Each over a connection of its own.
        let client = ca.client_at(process.address);
        healthy += usize::from(client.get("/health").status == 200);
        let name = format!("n{number}.example");
        let answer = client.post("/sign", &body_of_2026(&Csr::of(&name).pem, &ca.token(&name).sign(), "", ""));
        issued += usize::from(answer.status == 201);
    }
    println!(
        "{many} slow peers ({open} before and {encrypted} after their handshake): {healthy} and {issued} of 20 served"
    );
    assert_eq!((healthy, issued), (20, 20));
    assert!(process.is_alive());
    drop(slow);
    process.kill();
}

#[test]
fn a_peer_with_too_many_unfinished_connections_loses_its_oldest_and_nobody_elses() {
    let ca = prepared();
    let process = Process::start(ca.step_path().base(), None);
    if affordable() < limits::UNFINISHED_PER_PEER + 100 {
        println!("skipped: this process may not open enough connections");
        return;
    }
    RUNTIME.block_on(async {
        let mut other = connect(address(200), process.address).await.unwrap();
        let mut own = Vec::new();
        for _ in 0..=limits::UNFINISHED_PER_PEER {
            own.push(connect(address(100), process.address).await.unwrap());
        }
        // One more than the cap: the first is closed, which is all that is read from it.
        let mut octets = [0; 1];
        let mut own = own.into_iter();
        let mut oldest = own.next().unwrap();
        let end = tokio::io::AsyncReadExt::read(&mut oldest, &mut octets).await;
        assert!(matches!(end, Ok(0) | Err(_)), "the oldest is closed");
        // The newest and the neighbour's are good for a handshake.
        let connector = connector(&ca.pki().root, b"http/1.1");
        other.set_nodelay(true).unwrap();
        other.flush().await.unwrap();
        assert!(handshake(&connector, other).await.is_ok(), "the neighbour's is open");
        assert!(handshake(&connector, own.next_back().unwrap()).await.is_ok(), "the newest is open");
    });
    process.kill();
}
