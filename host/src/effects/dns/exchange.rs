//! One question to one server: over UDP, and over TCP when the answer does not fit (RFC 1035 §4.2, RFC 7766).

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use hickory_proto::{
    op::{Edns, Message, MessageType, Query},
    rr::{Name, RecordType as Type},
};
use policy_runtime::contract::effects::{DnsError, RecordType};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
};

/// What fits into a packet everywhere (RFC 9715).
const PAYLOAD: u16 = 1_232;

/// A name and a type.
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) of: Type,
}

impl Question {
    pub(super) fn new(name: Name, of: RecordType) -> Self {
        let of = match of {
            RecordType::A => Type::A,
            RecordType::Aaaa => Type::AAAA,
            RecordType::Caa => Type::CAA,
            RecordType::Cname => Type::CNAME,
            RecordType::Mx => Type::MX,
            RecordType::Ns => Type::NS,
            RecordType::Txt => Type::TXT,
        };
        Self { name, of }
    }

    /// What the server says.
    pub(super) async fn ask(&self, server: SocketAddr) -> Result<Message, DnsError> {
        let message = self.message();
        let octets = message.to_vec().map_err(|error| DnsError::Invalid(error.to_string()))?;
        let answer = self.over_udp(server, message.metadata.id, &octets).await.map_err(unreachable)?;
        if !answer.metadata.truncation {
            return Ok(answer);
        }
        self.over_tcp(server, message.metadata.id, &octets).await.map_err(unreachable)
    }

    /// A message of its own for every time it is asked: nobody else knows the number in it (RFC 5452 §9.2).
    fn message(&self) -> Message {
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(self.name.clone(), self.of));
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD);
        message.set_edns(edns);
        message
    }

    /// Waits for the answer, past whatever is none: it may come from somebody who guesses.
    async fn over_udp(&self, server: SocketAddr, id: u16, octets: &[u8]) -> io::Result<Message> {
        let any = if server.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        // A port of its own, and what comes from another address than the server's is not delivered.
        let socket = UdpSocket::bind::<SocketAddr>(any).await?;
        socket.connect(server).await?;
        socket.send(octets).await?;
        let mut packet = [0; PAYLOAD as usize];
        loop {
            let length = socket.recv(&mut packet).await?;
            let message = packet.get(..length).and_then(|packet| Message::from_vec(packet).ok());
            if let Some(message) = message.filter(|message| self.is_answered_by(message, id)) {
                return Ok(message);
            }
        }
    }

    async fn over_tcp(&self, server: SocketAddr, id: u16, octets: &[u8]) -> io::Result<Message> {
        let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
        let length = u16::try_from(octets.len()).map_err(|_| invalid("the question is too long"))?;
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(&[&length.to_be_bytes(), octets].concat()).await?;
        let length = stream.read_u16().await?;
        let mut answer = Vec::new();
        stream.take(length.into()).read_to_end(&mut answer).await?;
        let message = Message::from_vec(&answer).map_err(|_| invalid("the answer is none"))?;
        let is_answer = self.is_answered_by(&message, id) && !message.metadata.truncation;
        is_answer.then_some(message).ok_or_else(|| invalid("the answer is to something else, or is cut"))
    }

    fn is_answered_by(&self, message: &Message, id: u16) -> bool {
        let asks_this = |query: &Query| query.name == self.name && query.query_type == self.of;
        message.metadata.id == id
            && message.metadata.message_type == MessageType::Response
            && message.queries.len() == 1
            && message.queries.iter().all(asks_this)
    }
}

fn unreachable(error: io::Error) -> DnsError {
    DnsError::Unavailable(error.to_string())
}
