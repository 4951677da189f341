//! Which format takes reads of which paradigm and design: a table, and nothing else decides it.
//!
//! What a cell holds is which scores are written; an empty cell is a sentence. Formats that know only complete designs are given no others, because their
//! programs refuse them or compute something else without a word (notes/mrmc.md 1.1 to 1.5).

use super::Format;
use crate::gathered::Set;
use crate::protocol::Paradigm;
use crate::scoring::View;
use tiresias_mrmc::table::Design;

/// What a format is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Everything that was locked, joined with nothing.
    Reads,
    /// Scores of this kind with their truth.
    Scores(View),
}

/// What a format is given of the reads of a paradigm.
///
/// # Errors
/// With the sentence that stands in an empty cell.
pub const fn given(format: Format, paradigm: &Paradigm) -> Result<Given, &'static str> {
    match format {
        Format::Sheet | Format::Csv | Format::Audit | Format::Agreement | Format::All => Ok(Given::Reads),
        Format::Imrmc | Format::Mrmcaov | Format::OrDbm => Ok(Given::Scores(View::Ratings)),
        Format::Rjafroc => Ok(Given::Scores(match paradigm {
            Paradigm::Roc | Paradigm::Binary | Paradigm::Ordinal => View::Ratings,
            Paradigm::Lroc(_) => View::Located,
            Paradigm::Froc(_) => View::Marks,
        })),
        Format::Sr => match paradigm {
            Paradigm::Froc(_) | Paradigm::Lroc(_) => Ok(Given::Reads),
            Paradigm::Roc | Paradigm::Binary | Paradigm::Ordinal => {
                Err("This study has no marks, and reports and segmentations hold nothing else. Write `csv` or `sheet`.")
            }
        },
    }
}

/// Whether a format takes a set of reads: the consensus of a case is a read of whoever made it, so that its cases have different readers by what they said.
///
/// # Errors
/// With the sentence that stands in an empty cell.
pub const fn takes_set(format: Format, set: Set) -> Result<(), &'static str> {
    match (set, format) {
        (Set::Consensus, Format::Imrmc | Format::Mrmcaov | Format::OrDbm | Format::Rjafroc | Format::Agreement) => Err(
            "The consensus is one read a case, of whoever made it, and this format compares readers. Write `csv` or `sheet`, or leave `--consensus` out.",
        ),
        _ => Ok(()),
    }
}

/// Whether a format takes scores of a design.
///
/// # Errors
/// With the sentence that stands in an empty cell.
pub const fn takes(format: Format, design: Design) -> Result<(), &'static str> {
    match (format, design) {
        (Format::Rjafroc, Design::Crossed)
        | (Format::OrDbm, Design::Crossed)
        | (Format::Mrmcaov, Design::Crossed | Design::CasesInReaders | Design::CasesInModalities | Design::ReadersInModalities) => Ok(()),
        (Format::Rjafroc, _) => Err(
            "RJafroc takes only studies in which every reader has a score of every case in every condition. Write `imrmc`, which takes any.",
        ),
        (Format::OrDbm, _) => Err(
            "OR-DBM MRMC takes only studies in which every reader has a score of every case in every condition. Write `imrmc`, which takes any.",
        ),
        (Format::Mrmcaov, _) => {
            Err("MRMCaov computes wrong numbers or none where scores are missing in part. Write `imrmc`, which takes any design.")
        }
        _ => Ok(()),
    }
}

/// Whether a format takes units that are rated by themselves: sides or regions of one patient are not cases of their own, which their programs would take
/// them for.
///
/// # Errors
/// With the sentence that stands in an empty cell.
pub const fn takes_units(format: Format) -> Result<(), &'static str> {
    match format {
        Format::Imrmc | Format::Mrmcaov | Format::OrDbm | Format::Rjafroc => {
            Err("This study rates sides or regions by themselves, and this format knows one score a case. Write `csv` or `sheet`.")
        }
        _ => Ok(()),
    }
}
