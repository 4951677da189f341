//! Why a case cannot be shown, in words for its reader: no file is named. Which file it is, and what is wrong with it, `verify` tells the study desk.

use tiresias_cases::{CasesError, PackageError};
use tiresias_words::CaseCode;

/// Said whatever is wrong with the files of a case.
const FILES: &str = "A file of this case is missing, was changed, or cannot be read.";

/// Why a case, or what the AI says of it, cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unshown {
    /// What the study desk has to mend: a sentence.
    AtDesk(&'static str),
    /// What the reader can do something about: a sentence, or what a library says in the middle of one.
    Here(String),
}

impl Unshown {
    /// What the reader of the case is told, and is to do.
    #[must_use]
    pub(crate) fn sentence(&self, case: &CaseCode) -> String {
        match self {
            Self::AtDesk(why) => format!("{why} Tell the study coordinator the code\u{a0}{case}. What you gave is kept."),
            Self::Here(why) => as_sentence(why),
        }
    }
}

impl From<CasesError> for Unshown {
    fn from(error: CasesError) -> Self {
        match error {
            CasesError::Memory { .. } | CasesError::Package(PackageError::Version { .. } | PackageError::Unopened) => {
                Self::Here(error.to_string())
            }
            // The others name a file, or tell what only the desk can mend.
            _ => Self::AtDesk(FILES),
        }
    }
}

/// What a library says in the middle of a sentence, as a sentence of its own.
fn as_sentence(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn a_reader_is_told_the_code_and_no_file() {
        let case = CaseCode::new("SX-5").unwrap();
        let file = || "0434543a.dcm".to_owned();
        let of_files = [
            PackageError::Read { file: file(), why: ErrorKind::NotFound },
            PackageError::Changed { file: file() },
            PackageError::Scale { file: file() },
            PackageError::Length { file: file(), expected: 2, found: 1 },
        ];
        for error in of_files {
            assert!(error.to_string().contains("0434543a"), "the desk is told which: {error}");
            let said = Unshown::from(CasesError::from(error)).sentence(&case);
            assert!(said.contains("the code\u{a0}SX-5") && !said.contains("dcm"), "{said}");
        }
        let said = Unshown::from(CasesError::Memory { mib: 7 }).sentence(&case);
        assert!(said.starts_with("The series needs 7 MiB") && said.ends_with("open the case again."), "{said}");
    }
}
