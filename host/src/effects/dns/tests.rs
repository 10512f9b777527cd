//! Look-ups at servers of this machine that count the questions, and answer as badly as they can.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hickory_proto::{
    op::{Message, OpCode, Query, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{A, AAAA, CAA, CNAME, MX, NS, SOA, TXT},
    },
};
use policy_runtime::{
    Dns as _,
    contract::effects::{CaaRecord, DnsError, MxRecord, RecordData, RecordType},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinHandle,
};

use super::Resolver;
use crate::config::{DNS_TYPES, DnsGrant};

/// By what a question came.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Over {
    Udp,
    Tcp,
}

/// A server on this machine. Each of its answers may be several packets, or none.
struct Server {
    address: SocketAddr,
    questions: Arc<AtomicUsize>,
    serving: [JoinHandle<()>; 2],
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

impl Server {
    async fn start(answer: impl Fn(&Message, Over) -> Vec<Message> + Send + Sync + 'static) -> Self {
        let (udp, tcp) = one_port().await;
        let address = tcp.local_addr().unwrap();
        let questions = Arc::new(AtomicUsize::new(0));
        let (asked, answer) = (questions.clone(), Arc::new(answer));
        let answers = move |octets: &[u8], over| {
            asked.fetch_add(1, Ordering::SeqCst);
            let question = Message::from_vec(octets).unwrap();
            assert!(question.metadata.recursion_desired);
            answer(&question, over)
        };
        let over_tcp = answers.clone();
        let packets = tokio::spawn(async move {
            let mut packet = [0; 1_500];
            while let Ok((length, client)) = udp.recv_from(&mut packet).await {
                for message in answers(&packet[..length], Over::Udp) {
                    udp.send_to(&message.to_vec().unwrap(), client).await.unwrap();
                }
            }
        });
        let streams = tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                for message in over_tcp(&framed(&mut stream).await, Over::Tcp) {
                    let octets = message.to_vec().unwrap();
                    let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
                    stream.write_all(&[&length[..], &octets].concat()).await.unwrap();
                }
            }
        });
        Self { address, questions, serving: [packets, streams] }
    }

    /// One that answers everything with these records.
    async fn knowing(records: Vec<Record>) -> Self {
        Self::start(move |question, _| vec![reply(question, records.clone())]).await
    }

    fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }

    fn grant(&self) -> DnsGrant {
        DnsGrant {
            names: vec!["example.com".to_owned()],
            types: DNS_TYPES.map(|(_, it)| it).to_vec(),
            servers: vec![self.address],
            timeout: Duration::from_secs(10),
            max_answers: 8,
            cache: Duration::from_secs(60),
        }
    }

    fn resolver(&self) -> Resolver {
        Resolver::new(&self.grant()).unwrap()
    }
}

/// A port that is free for packets and streams.
async fn one_port() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

async fn framed(stream: &mut TcpStream) -> Vec<u8> {
    let length = stream.read_u16().await.unwrap();
    let mut octets = vec![0; length.into()];
    stream.read_exact(&mut octets).await.unwrap();
    octets
}

/// What a resolver says.
fn reply(question: &Message, records: Vec<Record>) -> Message {
    let mut message = Message::response(question.metadata.id, OpCode::Query);
    message.metadata.recursion_available = true;
    message.add_queries(question.queries.clone());
    message.add_answers(records);
    message
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn record(owner: &str, data: RData) -> Record {
    Record::from_rdata(name(owner), 300, data)
}

fn a(last: u8) -> RData {
    RData::A(A::new(192, 0, 2, last))
}

fn address(last: u8) -> RecordData {
    RecordData::A(format!("192.0.2.{last}"))
}

async fn look_up(resolver: &Resolver, name: &str, of: RecordType) -> Result<Vec<RecordData>, DnsError> {
    resolver.records(name.to_owned(), of).await
}

#[tokio::test]
async fn records_of_every_type_come_in_an_order_that_does_not_turn() {
    let owner = "www.example.com.";
    let caa = |critical, tag: &str, value: &str| {
        let mut caa = CAA::new_issue(critical, None, Vec::new());
        (caa.tag, caa.value) = (tag.to_owned(), value.as_bytes().to_vec());
        RData::CAA(caa)
    };
    let all = vec![
        record(owner, a(9)),
        record(owner, RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
        record(owner, RData::TXT(TXT::new(vec!["two ".to_owned(), "parts".to_owned()]))),
        record(owner, caa(false, "issue", "ca.example")),
        record(owner, RData::MX(MX::new(20, name("second.Example.")))),
        record(owner, RData::NS(NS(name("ns.example.")))),
        record(owner, RData::MX(MX::new(0, Name::root()))),
        record(owner, caa(true, "tbs", "x")),
        record(owner, a(1)),
        record(owner, a(9)),
    ];
    let server = Server::knowing(all).await;
    let resolver = server.resolver();
    let mx = |preference, exchange: &str| RecordData::Mx(MxRecord { preference, exchange: exchange.to_owned() });
    let caa = |critical, tag: &str, value: &str| {
        RecordData::Caa(CaaRecord { critical, tag: tag.to_owned(), value: value.as_bytes().to_vec() })
    };
    for (of, expected) in [
        (RecordType::A, vec![address(1), address(9)]),
        (RecordType::Aaaa, vec![RecordData::Aaaa("2001:db8::1".to_owned())]),
        (RecordType::Caa, vec![caa(true, "tbs", "x"), caa(false, "issue", "ca.example")]),
        (RecordType::Cname, vec![]),
        (RecordType::Mx, vec![mx(0, "."), mx(20, "second.example")]),
        (RecordType::Ns, vec![RecordData::Ns("ns.example".to_owned())]),
        (RecordType::Txt, vec![RecordData::Txt(b"two parts".to_vec())]),
    ] {
        assert_eq!(look_up(&resolver, "WWW.example.com.", of).await, Ok(expected), "{of:?}");
    }
}

#[tokio::test]
async fn an_alias_is_followed_and_what_belongs_to_others_is_left_alone() {
    let alias = |from: &str, to: &str| record(from, RData::CNAME(CNAME(name(to))));
    let records = vec![
        record("other.example.com.", a(7)),
        alias("b.example.net.", "c.example.net."),
        alias("www.example.com.", "B.example.net."),
        record("c.example.net.", a(1)),
    ];
    let server = Server::knowing(records).await;
    let resolver = server.resolver();
    assert_eq!(look_up(&resolver, "www.example.com", RecordType::A).await, Ok(vec![address(1)]));
    let target = RecordData::Cname("b.example.net".to_owned());
    assert_eq!(look_up(&resolver, "www.example.com", RecordType::Cname).await, Ok(vec![target]));

    let circle = vec![alias("www.example.com.", "a.example."), alias("a.example.", "www.example.com.")];
    let server = Server::knowing(circle).await;
    let answer = look_up(&server.resolver(), "www.example.com", RecordType::A).await;
    assert!(matches!(answer, Err(DnsError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_a_name_without_records() {
    let server = Server::start(|question, _| {
        let mut message = reply(question, Vec::new());
        if question.queries[0].name == name("no.example.com.") {
            message.metadata.response_code = ResponseCode::NXDomain;
        }
        vec![message]
    })
    .await;
    let resolver = server.resolver();
    assert_eq!(look_up(&resolver, "no.example.com", RecordType::A).await, Err(DnsError::NoSuchName));
    assert_eq!(look_up(&resolver, "yes.example.com", RecordType::A).await, Ok(vec![]));
}

#[tokio::test]
async fn whoever_does_not_look_further_has_not_said_that_there_is_nothing() {
    let server = Server::start(|question, _| {
        let mut message = reply(question, Vec::new());
        message.metadata.recursion_available = false;
        message.metadata.authoritative = question.queries[0].name == name("own.example.com.");
        vec![message]
    })
    .await;
    let resolver = server.resolver();
    let answer = look_up(&resolver, "www.example.com", RecordType::Caa).await;
    assert!(matches!(answer, Err(DnsError::Unavailable(_))), "{answer:?}");
    assert_eq!(look_up(&resolver, "own.example.com", RecordType::Caa).await, Ok(vec![]));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_into_a_packet_is_asked_for_again() {
    let server = Server::start(|question, over| {
        let mut message = reply(question, vec![record("www.example.com.", a(1))]);
        match over {
            Over::Udp => message.metadata.truncation = true,
            Over::Tcp => drop(message.add_answer(record("www.example.com.", a(2)))),
        }
        vec![message]
    })
    .await;
    let answer = look_up(&server.resolver(), "www.example.com", RecordType::A).await;
    assert_eq!(answer, Ok(vec![address(1), address(2)]));
    assert_eq!(server.questions(), 2);
}

#[tokio::test]
async fn what_is_no_answer_to_this_question_is_passed_over() {
    let server = Server::start(|question, _| {
        let right = reply(question, vec![record("www.example.com.", a(1))]);
        let forged = || reply(question, vec![record("www.example.com.", a(66))]);
        let (mut other_number, mut other_name, mut a_question) = (forged(), forged(), forged());
        other_number.metadata.id ^= 1;
        other_name.queries = vec![Query::query(name("example.com."), question.queries[0].query_type)];
        a_question.metadata.message_type = question.metadata.message_type;
        vec![other_number, other_name, a_question, right]
    })
    .await;
    let answer = look_up(&server.resolver(), "www.example.com", RecordType::A).await;
    assert_eq!(answer, Ok(vec![address(1)]));
}

#[tokio::test]
async fn nobody_is_asked_about_what_is_not_granted() {
    let server = Server::knowing(vec![]).await;
    let grant = DnsGrant { types: vec![RecordType::A], ..server.grant() };
    let resolver = Resolver::new(&grant).unwrap();
    for other in ["example.org", "com", "badexample.com", "example.com.evil.example"] {
        let answer = look_up(&resolver, other, RecordType::A).await;
        assert_eq!(answer, Err(DnsError::NotGranted(format!("{other} A"))));
    }
    let other_type = look_up(&resolver, "example.com", RecordType::Txt).await;
    assert_eq!(other_type, Err(DnsError::NotGranted("example.com TXT".to_owned())));
    for none in ["", ".", "a..example.com", "*.example.com", "ä.example.com", "a b.example.com", &"a.".repeat(130)] {
        let answer = look_up(&resolver, none, RecordType::A).await;
        assert!(matches!(answer, Err(DnsError::Invalid(_))), "{none}: {answer:?}");
    }
    assert_eq!(server.questions(), 0);
    assert_eq!(look_up(&resolver, "example.com", RecordType::A).await, Ok(vec![]));

    let everything = Resolver::new(&DnsGrant { names: vec![String::new()], ..server.grant() }).unwrap();
    assert_eq!(look_up(&everything, "com", RecordType::A).await, Ok(vec![]));
}

#[tokio::test]
async fn when_one_server_fails_the_next_is_asked_and_when_all_do_so_does_the_look_up() {
    let failing = Server::start(|question, _| {
        let mut message = reply(question, Vec::new());
        message.metadata.response_code = ResponseCode::ServFail;
        vec![message]
    })
    .await;
    let knowing = Server::knowing(vec![record("www.example.com.", a(1))]).await;
    let both = DnsGrant { servers: vec![failing.address, knowing.address], ..failing.grant() };
    let answer = look_up(&Resolver::new(&both).unwrap(), "www.example.com", RecordType::A).await;
    assert_eq!(answer, Ok(vec![address(1)]));
    let answer = look_up(&failing.resolver(), "www.example.com", RecordType::A).await;
    assert!(matches!(answer, Err(DnsError::Unavailable(_))), "{answer:?}");
    assert_eq!(failing.questions(), 2);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_longer_than_granted() {
    let silent = Server::start(|_, _| Vec::new()).await;
    let grant = DnsGrant { timeout: Duration::from_millis(1), ..silent.grant() };
    let answer = look_up(&Resolver::new(&grant).unwrap(), "www.example.com", RecordType::A).await;
    assert_eq!(answer, Err(DnsError::Timeout));
}

#[tokio::test]
async fn an_answer_is_kept_while_it_holds_and_nothing_is_for_whoever_wants_none_kept() {
    let server = Server::start(|question, _| {
        let mut answer = record("www.example.com.", a(1));
        answer.ttl = if question.queries[0].name == name("brief.example.com.") { 0 } else { 300 };
        answer.name = question.queries[0].name.clone();
        vec![reply(question, vec![answer])]
    })
    .await;
    let (resolver, forgetful) = (server.resolver(), DnsGrant { cache: Duration::ZERO, ..server.grant() });
    let forgetful = Resolver::new(&forgetful).unwrap();
    for (resolver, name, asked) in
        [(&resolver, "www.example.com", 1), (&resolver, "brief.example.com", 2), (&forgetful, "www.example.com", 2)]
    {
        let before = server.questions();
        for _ in 0..2 {
            assert_eq!(look_up(resolver, name, RecordType::A).await, Ok(vec![address(1)]));
        }
        assert_eq!(server.questions() - before, asked, "{name}");
    }
}

#[tokio::test]
async fn that_there_is_nothing_is_kept_as_long_as_the_zone_says() {
    let server = Server::start(|question, _| {
        let mut message = reply(question, Vec::new());
        if question.queries[0].name == name("said.example.com.") {
            let soa = SOA::new(name("ns.example."), name("root.example."), 1, 60, 60, 60, 60);
            message.add_authority(record("example.com.", RData::SOA(soa)));
        }
        vec![message]
    })
    .await;
    let resolver = server.resolver();
    for (name, asked) in [("said.example.com", 1), ("unsaid.example.com", 2)] {
        let before = server.questions();
        for _ in 0..2 {
            assert_eq!(look_up(&resolver, name, RecordType::A).await, Ok(vec![]));
        }
        assert_eq!(server.questions() - before, asked, "{name}");
    }
}

#[tokio::test]
async fn more_records_than_granted_are_no_answer() {
    let records = (0..=8).map(|last| record("www.example.com.", a(last))).collect();
    let server = Server::knowing(records).await;
    assert_eq!(look_up(&server.resolver(), "www.example.com", RecordType::A).await, Err(DnsError::TooLarge));
}
