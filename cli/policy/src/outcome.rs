//! How a run ended.

/// The exit status, for scripts and continuous integration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All is as it should be: 0.
    Fine,
    /// It is not: a vector was decided differently, a rule was never broken, two modules disagree, a signature is not
    /// good. 1.
    NotFine,
    /// It cannot be told, because the command could not do its work: 2.
    NotDone,
    /// What the program that did the work ended with.
    Of(u8),
}

impl Outcome {
    /// Fine when nothing is wrong.
    pub(crate) fn of(is_fine: bool) -> Self {
        if is_fine { Self::Fine } else { Self::NotFine }
    }

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::NotFine => 1,
            Self::NotDone => 2,
            Self::Of(code) => code,
        }
    }
}

/// An error and its causes on one line. What came from a file or a module was escaped where it was read.
pub(crate) fn words(error: &anyhow::Error) -> String {
    format!("{error:#}")
}
