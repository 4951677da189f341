//! What must hold of files of scores: iMRMC, long CSV, `.lrc` and RJafroc's workbooks.
//!
//! A refusal is one sentence with a line of the file; what is read has finite numbers, and what is written of it anew is read as the same.

use super::{Held, must, one_line, told};
use tiresias_reads::formats::imrmc::{Flavour, Imrmc};
use tiresias_reads::formats::{FormatError, Numbered, long, lrc, rjafroc, same};
use tiresias_reads::scoring::{Dataset, Scores};

/// What is said of a file of so many lines.
fn refused(error: &FormatError, input: &[u8]) -> Held {
    // A file may end its lines with either character.
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    must(error.at_line().is_none_or(|line| (1..=lines).contains(&line)), || format!("no such line: {error}"))?;
    told(error)
}

/// What was read is a dataset, and what was written of it is read as the same.
fn kept(first: &Dataset, again: Result<Dataset, FormatError>) -> Held {
    first.clone().checked().map_err(|e| format!("what was read is no dataset: {e}"))?;
    let again = again.map_err(|e| format!("what is written cannot be read: {e}"))?;
    must(same(&again, first), || "what is written is not what was read".to_owned())
}

/// Scores and truth are numbers, and what is written down anew is read as the same.
pub(super) fn imrmc(input: &[u8]) -> Held {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let file = match Imrmc::parse(text) {
        Ok(file) => file,
        Err(error) => return refused(&error, input),
    };
    for flavour in [Flavour::Imrmc, Flavour::Rjafroc] {
        let written = Imrmc::write(&file.data, flavour, &["A title".to_owned()]);
        kept(&file.data, written.and_then(|text| Imrmc::parse(&text)).map(|file| file.data))?;
    }
    Ok(())
}

/// A long CSV of ratings; or, where it is a list of marks, the marks on the lesions that stand before a line of "--".
pub(super) fn long(input: &[u8]) -> Held {
    if let Some(at) = input.windows(4).position(|w| w == b"\n--\n") {
        let (truth, marks) = (input.get(..at).unwrap_or_default(), input.get(at + 4..).unwrap_or_default());
        let lesions = match long::parse_lesions(truth) {
            Ok(lesions) => lesions,
            Err(error) => return refused(&error, truth),
        };
        let data = match long::parse_marks(marks, &lesions) {
            Ok(data) => data,
            Err(error) => return refused(&error, marks),
        };
        let [marks, truth] = long::write_marks(&data).map_err(|e| e.to_string())?;
        return kept(&data, long::parse_lesions(truth.as_bytes()).and_then(|l| long::parse_marks(marks.as_bytes(), &l)));
    }
    let data = match long::parse(input) {
        Ok(data) => data,
        Err(error) => return refused(&error, input),
    };
    let written = if matches!(data.scores, Scores::Lroc(_)) { long::write_located(&data) } else { long::write(&data, long::MRMCAOV) };
    kept(&data, written.and_then(|text| long::parse(text.as_bytes())))
}

/// A `.lrc` file is complete, and is written as it was read.
pub(super) fn lrc(input: &[u8]) -> Held {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let data = match lrc::parse(text) {
        Ok(data) => data,
        Err(error) => return refused(&error, input),
    };
    must(data.missing() == 0, || "a score is missing".to_owned())?;
    kept(&data, lrc::write(&data, "A title").and_then(|text| lrc::parse(&text)))
}

/// A workbook is RJafroc's, or refused with one sentence; what RJafroc reads of it is read as the same.
pub(super) fn rjafroc(input: &[u8]) -> Held {
    let data = match rjafroc::parse(input) {
        Ok(data) => data,
        Err(error) => return one_line(&error.to_string()),
    };
    let numbered = Numbered::new(&data).apply(&data);
    match rjafroc::write(&numbered) {
        Ok(bytes) => kept(&numbered, rjafroc::parse(&bytes)),
        Err(error) => told(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::{imrmc, long, lrc};

    #[test]
    fn scores_survive_being_written() {
        assert_eq!(imrmc(b"x\nBEGIN DATA:\n-1,c,truth,1\nr,c,m,1e300\n"), Ok(()));
        assert_eq!(long(b"case,lesion,weight\nc,1,1\n\n--\nreader,modality,case,lesion,rating\nr,m,c,1,4\n"), Ok(()));
        assert_eq!(lrc(b"d\n1\n\"A\"\nL\n1 a\n*\n2 b\n*\n#\n"), Ok(()));
    }
}
