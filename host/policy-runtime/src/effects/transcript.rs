//! What the world answered during one call.

use std::fmt;

use aws_lc_rs::digest;

use super::encoding::{self, Encode};

/// A function whose answers are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Function {
    Consume,
    KvGet,
    KvPut,
    KvDelete,
    KvSwap,
    HttpSend,
    HttpCached,
    JoseVerify,
    DnsLookUp,
}

impl Function {
    const ALL: [Self; 9] = [
        Self::Consume,
        Self::KvGet,
        Self::KvPut,
        Self::KvDelete,
        Self::KvSwap,
        Self::HttpSend,
        Self::HttpCached,
        Self::JoseVerify,
        Self::DnsLookUp,
    ];

    /// As the contract names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Consume => "consume-once.consume",
            Self::KvGet => "kv.get",
            Self::KvPut => "kv.put",
            Self::KvDelete => "kv.delete",
            Self::KvSwap => "kv.compare-and-swap",
            Self::HttpSend => "http.send",
            Self::HttpCached => "http.get-cached",
            Self::JoseVerify => "jose.verify",
            Self::DnsLookUp => "dns.look-up",
        }
    }

    /// Its number in version 1 of the transcript.
    fn number(self) -> u8 {
        match self {
            Self::Consume => 0,
            Self::KvGet => 1,
            Self::KvPut => 2,
            Self::KvDelete => 3,
            Self::KvSwap => 4,
            Self::HttpSend => 5,
            Self::HttpCached => 6,
            Self::JoseVerify => 7,
            Self::DnsLookUp => 8,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.number() == number)
    }
}

/// What a function was asked. Only its digest is ever written down: questions hold tokens and request bodies.
#[derive(Clone)]
pub(crate) enum Arguments {
    Digest([u8; 32]),
    /// Digested when somebody wants to know: every certificate begins with a token that is verified.
    Token {
        token: String,
        keys: String,
    },
}

impl Arguments {
    /// Of fields, each behind its length.
    pub(crate) fn of(fields: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for field in fields {
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field);
        }
        let mut octets = [0; 32];
        octets.copy_from_slice(context.finish().as_ref());
        Self::Digest(octets)
    }

    /// SHA-256. Of a token without its signature, so that a stored token may have lost it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        match self {
            Self::Digest(digest) => *digest,
            Self::Token { token, keys } => {
                let signed = token.rsplit_once('.').map_or(token.as_str(), |(signed, _)| signed);
                Self::of(&[signed.as_bytes(), keys.as_bytes()]).digest()
            }
        }
    }

    fn octets(&self) -> usize {
        match self {
            Self::Digest(digest) => digest.len(),
            Self::Token { token, keys } => token.len().saturating_add(keys.len()),
        }
    }
}

/// One question and its answer.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) function: Function,
    pub(crate) arguments: Arguments,
    /// [Encoded](Encode).
    pub(crate) answer: Vec<u8>,
}

impl PartialEq for Exchange {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function
            && self.answer == other.answer
            && self.arguments.digest() == other.arguments.digest()
    }
}

impl Eq for Exchange {}

/// What the world answered during one call, in order: `http`, `dns`, `kv`, `consume-once`, and how `jose.verify` came out.
///
/// Everything else a policy may call is a pure function, so that with the same module, configuration and request the
/// transcript is all it takes to come to the same decision again: see [`Check::replaying`](crate::Check::replaying) and
/// [`Provisioner::replaying`](crate::Provisioner::replaying). A replay does not need the signatures of tokens.
///
/// It holds what other servers and the store answered, in the clear, and of the questions their digests only. What is
/// more than 1 MiB is not kept: such a transcript [is cut](Self::is_cut) and cannot be replayed to its end.
#[derive(Clone, Default)]
pub struct Transcript {
    exchanges: Vec<Exchange>,
    octets: usize,
    cut: bool,
}

impl Transcript {
    /// Most octets of questions and answers that are kept.
    const MOST: usize = 1 << 20;
    /// What an exchange takes besides its text.
    const EXCHANGE: usize = 64;
    /// The first octet of what [`Self::to_octets`] writes.
    const VERSION: u8 = 1;

    /// Whether nothing was asked, as is the case for checks without effects.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty() && !self.cut
    }

    /// How many answers it holds.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether there was more than it holds.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The functions that were called, as the contract names them: `http.send`, `jose.verify`.
    pub fn functions(&self) -> impl Iterator<Item = &'static str> {
        self.exchanges.iter().map(|exchange| exchange.function.name())
    }

    /// To be stored. Opaque: a version, then what only [`Self::from_octets`] reads.
    pub fn to_octets(&self) -> Vec<u8> {
        let mut octets = vec![Self::VERSION];
        self.cut.encode(&mut octets);
        for Exchange { function, arguments, answer } in &self.exchanges {
            octets.push(function.number());
            octets.extend_from_slice(&arguments.digest());
            answer.encode(&mut octets);
        }
        octets
    }

    /// Reads what [`Self::to_octets`] has written, with this version or one before it.
    ///
    /// # Errors
    ///
    /// It was written by a later version, or is none.
    pub fn from_octets(octets: &[u8]) -> Result<Self, TranscriptError> {
        let (version, mut rest) = octets.split_first().ok_or(TranscriptError::Malformed)?;
        if *version != Self::VERSION {
            return Err(TranscriptError::Version { found: *version });
        }
        let cut = bool::decode(&mut rest).ok_or(TranscriptError::Malformed)?;
        let mut transcript = Self { cut, ..Self::default() };
        while !rest.is_empty() {
            let exchange = Exchange::read(&mut rest).ok_or(TranscriptError::Malformed)?;
            transcript.exchanges.push(exchange);
        }
        Ok(transcript)
    }

    /// Adds an exchange, or takes note that there is no room for it.
    pub(crate) fn add(&mut self, function: Function, arguments: Arguments, answer: Vec<u8>) {
        let size = arguments.octets().saturating_add(answer.len()).saturating_add(Self::EXCHANGE);
        let octets = self.octets.saturating_add(size);
        // What comes after a gap is of no use to anybody.
        self.cut |= octets > Self::MOST;
        if !self.cut {
            self.octets = octets;
            self.exchanges.push(Exchange { function, arguments, answer });
        }
    }

    pub(crate) fn exchange(&self, step: usize) -> Option<&Exchange> {
        self.exchanges.get(step)
    }
}

impl Exchange {
    fn read(from: &mut &[u8]) -> Option<Self> {
        let function = Function::from_number(*encoding::take(from, 1)?.first()?)?;
        let digest = encoding::take(from, 32)?.try_into().ok()?;
        Some(Self { function, arguments: Arguments::Digest(digest), answer: Vec::decode(from)? })
    }
}

/// What counts is what was asked and answered.
impl PartialEq for Transcript {
    fn eq(&self, other: &Self) -> bool {
        self.exchanges == other.exchanges && self.cut == other.cut
    }
}

impl Eq for Transcript {}

/// Without what was answered, which may not be for everybody's eyes.
impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcript")
            .field("functions", &self.functions().collect::<Vec<_>>())
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

/// Why something is no transcript.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TranscriptError {
    /// It ends too early, or holds what no transcript does.
    #[error("is not a transcript, or a damaged one")]
    Malformed,
    /// A later version wrote it.
    #[error("is a transcript of version {found}, which is not known here")]
    Version {
        /// The version.
        found: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript() -> Transcript {
        let mut transcript = Transcript::default();
        let token = Arguments::Token { token: "a.b.signature".into(), keys: "{}".into() };
        transcript.add(Function::JoseVerify, token, vec![1]);
        transcript.add(Function::KvGet, Arguments::of(&[b"key"]), vec![2, 3]);
        transcript
    }

    #[test]
    fn what_was_stored_is_what_was_recorded_and_holds_no_question() {
        let octets = transcript().to_octets();
        assert_eq!(Transcript::from_octets(&octets), Ok(transcript()));
        for question in [&b"signature"[..], b"key"] {
            assert!(!octets.windows(question.len()).any(|window| window == question));
        }
    }

    #[test]
    fn a_token_that_lost_its_signature_is_the_same_question() {
        let of = |token: &str| Arguments::Token { token: token.into(), keys: "{}".into() }.digest();
        assert_eq!(of("a.b.signature"), of("a.b."));
        assert_ne!(of("a.b.signature"), of("a.c.signature"));
    }

    #[test]
    fn what_is_no_transcript_is_refused() {
        let octets = transcript().to_octets();
        assert_eq!(Transcript::from_octets(&[]), Err(TranscriptError::Malformed));
        assert_eq!(Transcript::from_octets(&[2, 0]), Err(TranscriptError::Version { found: 2 }));
        for length in 3..octets.len() {
            // Between two exchanges a shorter transcript is one.
            let read = Transcript::from_octets(&octets[..length]);
            assert!(read.is_err() || read.unwrap().len() < 2, "{length}");
        }
        let unknown = [&octets[..2], &[99], &octets[3..]].concat();
        assert_eq!(Transcript::from_octets(&unknown), Err(TranscriptError::Malformed));
    }

    #[test]
    fn a_transcript_that_grows_too_large_is_cut_and_stays_so() {
        let mut transcript = transcript();
        transcript.add(Function::HttpSend, Arguments::of(&[]), vec![0; Transcript::MOST]);
        transcript.add(Function::KvGet, Arguments::of(&[]), vec![0]);
        assert!(transcript.is_cut());
        assert_eq!(transcript.len(), 2);
        assert!(Transcript::from_octets(&transcript.to_octets()).unwrap().is_cut());
    }
}
