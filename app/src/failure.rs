//! Why something was not done that somebody asked for, on the command line or in the window.

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The answer is no.
    No(String),
    /// The input or the command is at fault.
    Input(String),
}

impl Failure {
    /// What is said of it.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::No(sentence) | Self::Input(sentence) => sentence,
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(e: E) -> Self {
        Self::Input(e.to_string())
    }
}
