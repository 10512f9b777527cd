//! Is a file, or are the files it was rotated into, what was written?

use std::{
    fmt,
    io::{self, BufRead, Read},
};

use super::{
    Beginning, ChainError, Head, LineError, SignedHead, Verifier,
    line::{MAX_LINE, parse},
};

/// Follows files, oldest first. Files of several logs, as replicas write them, may come in any mixture.
#[derive(Debug, Default)]
pub struct Check {
    chains: Vec<Chain>,
    /// Ends that must be reached.
    awaited: Vec<(SignedHead, bool)>,
}

/// What the files of one log hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chain {
    /// Identifies the log.
    pub log: [u8; 16],
    /// The line before the first.
    pub after: Head,
    /// The last line.
    pub end: Head,
    /// The last line that a signed head vouches for; without one, a cut tail is not found.
    pub signed: Option<Head>,
}

/// Where a log is not what was written.
#[derive(Debug, thiserror::Error)]
#[error("{place}{flaw}")]
pub struct FlawError {
    /// The file and its line, counted from 1, as `file:line: `; empty when no single line is to blame.
    pub place: String,
    /// What is wrong there.
    pub flaw: Flaw,
}

/// How a log is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// A line is missing, moved, changed or there twice.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The end that was signed is not reached: lines are missing at the end.
    #[error("the log ends with line {found}, but line {expected} was written and signed for: its tail was cut")]
    Cut {
        /// The last line.
        found: u64,
        /// The line that was signed for.
        expected: u64,
    },
    /// A file does not continue the one before it.
    #[error("it begins after line {begins}, the file before it ends with line {ended}")]
    Gap {
        /// The line it says it continues.
        begins: u64,
        /// The last line before it.
        ended: u64,
    },
    /// The chain was computed anew: the line that was signed for is another one.
    #[error("line {sequence} is not the one that was signed for: the chain was computed anew")]
    Forged {
        /// Its number.
        sequence: u64,
    },
    /// The line that was signed for lies before the first of the files.
    #[error("line {sequence} was signed for, but the files begin after it: name the older files, too")]
    TooLate {
        /// Its number.
        sequence: u64,
    },
    /// A signed head belongs to another log.
    #[error("none of the files belongs to the log that was signed for")]
    OtherLog,
    /// A line that cannot be of a log.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
}

impl Check {
    /// Expects the logs to be as long as these heads say, and to have had these ends. Whether a head is signed as it
    /// should be is for the caller to find out.
    pub fn expecting(heads: impl IntoIterator<Item = SignedHead>) -> Self {
        Self { chains: Vec::new(), awaited: heads.into_iter().map(|head| (head, false)).collect() }
    }

    /// Follows a file that is called `name` in messages.
    ///
    /// # Errors
    /// The first line that is not what was written.
    pub fn file(&mut self, name: &str, contents: &mut impl BufRead) -> Result<(), FlawError> {
        let mut number = 0;
        self.follow(contents, &mut number).map_err(|flaw| FlawError { place: format!("{name}:{number}: "), flaw })
    }

    fn follow(&mut self, contents: &mut impl BufRead, number: &mut u64) -> Result<(), Flaw> {
        *number = 1;
        let first = next_line(contents)?.ok_or(LineError::NotABeginning)?;
        let Beginning { log, after } = Beginning::parse(&first)?;
        if after.sequence == 0 && after != Head::genesis(&log) {
            return Err(LineError::NotABeginning.into());
        }
        let at = match self.chains.iter().position(|chain| chain.log == log) {
            Some(at) => at,
            None => {
                self.chains.push(Chain { log, after, end: after, signed: None });
                self.chains.len() - 1
            }
        };
        let Some(chain) = self.chains.get_mut(at) else { return Ok(()) };
        if after.sequence != chain.end.sequence {
            return Err(Flaw::Gap { begins: after.sequence, ended: chain.end.sequence });
        }
        if after.hash != chain.end.hash {
            return Err(ChainError::Changed { sequence: after.sequence }.into());
        }
        reached(chain, &mut self.awaited)?;
        let mut verifier = Verifier::after(after);
        while let Some(line) = next_line(contents)? {
            *number += 1;
            let link = parse(&line)?;
            verifier.push(&link)?;
            chain.end = Head { sequence: link.sequence, hash: link.hash };
            reached(chain, &mut self.awaited)?;
        }
        Ok(())
    }

    /// Whether every log was followed as far as it was signed for; what was found of each.
    ///
    /// # Errors
    /// A log ends before that.
    pub fn finish(self) -> Result<Vec<Chain>, FlawError> {
        for (head, reached) in self.awaited {
            let Some(chain) = self.chains.iter().find(|chain| chain.log == head.log) else {
                return Err(FlawError { place: String::new(), flaw: Flaw::OtherLog });
            };
            let expected = head.head.sequence;
            let flaw = match reached {
                true => continue,
                false if expected < chain.after.sequence => Flaw::TooLate { sequence: expected },
                false => Flaw::Cut { found: chain.end.sequence, expected },
            };
            return Err(FlawError { place: String::new(), flaw });
        }
        Ok(self.chains)
    }
}

/// Compares the end of a chain with the heads that were signed there.
fn reached(chain: &mut Chain, awaited: &mut [(SignedHead, bool)]) -> Result<(), Flaw> {
    for (head, reached) in awaited {
        if head.log == chain.log && head.head.sequence == chain.end.sequence {
            if head.head != chain.end {
                return Err(Flaw::Forged { sequence: chain.end.sequence });
            }
            *reached = true;
            chain.signed = Some(chain.end);
        }
    }
    Ok(())
}

/// The next line, without its end; an end that is missing is a line that was cut.
fn next_line(contents: &mut impl BufRead) -> Result<Option<String>, Flaw> {
    let mut octets = Vec::new();
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    if contents.by_ref().take(limit).read_until(b'\n', &mut octets)? == 0 {
        return Ok(None);
    }
    match octets.pop() {
        Some(b'\n') => {}
        _ if octets.len() + 1 == MAX_LINE => return Err(LineError::TooLong.into()),
        _ => return Err(LineError::NotALine.into()),
    }
    String::from_utf8(octets).map(Some).map_err(|_| LineError::NotALine.into())
}

impl Chain {
    /// How many lines there are.
    pub fn lines(&self) -> u64 {
        self.end.sequence.saturating_sub(self.after.sequence)
    }
}

/// Says that all is well, and how far that is known.
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log, after, end, signed } = self;
        let (log, first) = (hex::encode(log), after.sequence.saturating_add(1));
        write!(f, "log {log}: lines {first} to {} are as they were written, ", end.sequence)?;
        match signed {
            Some(head) => write!(f, "signed for up to line {}", head.sequence),
            None => f.write_str("nothing was signed for"),
        }
    }
}

#[cfg(test)]
mod tests;
