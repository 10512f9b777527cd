//! A resolver of somebody else's, for policies that look names up.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use hickory_proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{Name, RData, Record},
};

/// A resolver on this machine that knows a few records and counts the questions; what it does not know does not exist.
pub struct Resolver {
    address: SocketAddr,
    questions: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Resolver {
    /// Serves these records, each with the name it belongs to, such as `corp.example.`.
    pub fn start(known: Vec<(&str, RData)>) -> Self {
        let records = known.into_iter().map(|(owner, data)| {
            // Nobody keeps what holds for no time.
            Record::from_rdata(Name::from_ascii(owner).expect("a name"), 0, data)
        });
        let records: Vec<Record> = records.collect();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = socket.local_addr().expect("a socket has an address");
        let (questions, is_over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (asked, ends) = (questions.clone(), is_over.clone());
        let serving = std::thread::spawn(move || {
            let mut packet = [0; 1_500];
            while let Ok((length, client)) = socket.recv_from(&mut packet) {
                if ends.load(Ordering::Acquire) {
                    return;
                }
                let Ok(question) = Message::from_vec(packet.get(..length).unwrap_or_default()) else { continue };
                asked.fetch_add(1, Ordering::AcqRel);
                // A client that goes away is not this server's business.
                let _ = answer(&question, &records).to_vec().map(|octets| socket.send_to(&octets, client));
            }
        });
        Self { address, questions, is_over, serving: Some(serving) }
    }

    /// Where it is to be asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it was asked so far.
    pub fn questions(&self) -> usize {
        self.questions.load(Ordering::Acquire)
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // It waits for somebody to come.
        let _ = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map(|socket| socket.send_to(&[], self.address));
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

fn answer(question: &Message, records: &[Record]) -> Message {
    let mut message = Message::response(question.metadata.id, OpCode::Query);
    message.metadata.recursion_available = true;
    message.add_queries(question.queries.clone());
    let is_asked = |record: &&Record| {
        question.queries.iter().any(|query| query.name == record.name && query.query_type == record.record_type())
    };
    message.add_answers(records.iter().filter(is_asked).cloned());
    if message.answers.is_empty() {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    message
}
