//! Files on their way into an export: their bytes, what they mean, and the folder that appears when all of them read back as that.
//!
//! The manifest names every file with its hash; where an account signs, the signature over the manifest stands beside it. Refuses: a folder with something in
//! it, a file that does not read back.

use super::ExportError;
use super::reports::{MarkedRead, Report, Reports};
use super::table::{cells_of, csv_of};
use crate::accounts::{Meaning as Signed, Signature, Unlocked};
use crate::folder::{Aside, FolderError};
use crate::formats::imrmc::Imrmc;
use crate::formats::workbook::{self, Sheet};
use crate::formats::{long, lrc, rjafroc, same};
use crate::hash;
use crate::scoring::Dataset;
use serde::Serialize;
use std::path::Path;
use tiresias_words::ContentHash;

/// The manifest's name.
pub(super) const MANIFEST: &str = "manifest.json";
/// The signature's.
pub(super) const SIGNATURE: &str = "manifest.sig.json";

/// A file to be written, and what reading it back must give.
pub(super) struct OutFile {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) means: Meaning,
}

/// The reader of a format.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Imrmc,
    Long,
    Lrc,
    Rjafroc,
}

/// What a file says, apart from its form.
pub(super) enum Meaning {
    Cells(Vec<Vec<String>>),
    Data(Form, Dataset),
    Sheets(Vec<Sheet>),
    Json(serde_json::Value),
    Exact(Vec<u8>),
    Marks(Box<MarkedRead>, String),
}

impl OutFile {
    pub(super) fn of_cells(name: String, cells: Vec<Vec<String>>) -> Self {
        Self { name, bytes: csv_of(&cells).into_bytes(), means: Meaning::Cells(cells) }
    }
    pub(super) fn of_json(name: String, document: &impl Serialize) -> Result<Self, ExportError> {
        let failed = |_| ExportError::ReadBack(name.clone());
        let value = serde_json::to_value(document).map_err(failed)?;
        let text = serde_json::to_string_pretty(&value).map_err(failed)?;
        Ok(Self { name, bytes: format!("{text}\n").into_bytes(), means: Meaning::Json(value) })
    }
    fn reads_back(&self, bytes: &[u8], reports: Option<&dyn Reports>) -> bool {
        let text = std::str::from_utf8(bytes);
        match &self.means {
            Meaning::Cells(cells) => text.is_ok_and(|text| cells_of(text).as_ref() == Some(cells)),
            Meaning::Sheets(sheets) => workbook::read(bytes).is_ok_and(|read| read == *sheets),
            Meaning::Json(value) => serde_json::from_slice::<serde_json::Value>(bytes).is_ok_and(|read| read == *value),
            Meaning::Exact(expected) => bytes == expected.as_slice(),
            Meaning::Marks(read, ending) => {
                reports.is_some_and(|r| r.reads_back(read, &Report { ending: ending.clone(), bytes: bytes.to_vec() }))
            }
            Meaning::Data(form, data) => {
                let read = match (form, text) {
                    (Form::Rjafroc, _) => rjafroc::parse(bytes),
                    (Form::Long, _) => long::parse(bytes),
                    (Form::Imrmc, Ok(text)) => Imrmc::parse(text).map(|file| file.data),
                    (Form::Lrc, Ok(text)) => lrc::parse(text),
                    (Form::Imrmc | Form::Lrc, Err(_)) => return false,
                };
                read.is_ok_and(|read| same(&read, data))
            }
        }
    }
}

/// Writes the files and the manifest of them into a folder, which appears when all of it is there and reads back. The names, sorted.
pub(super) fn write(
    out: &Path,
    files: &[OutFile],
    manifest: impl FnOnce(Vec<(&str, ContentHash)>) -> Result<String, ExportError>,
    signer: Option<(&Unlocked, i64)>,
    reports: Option<&dyn Reports>,
) -> Result<Vec<String>, ExportError> {
    let aside = Aside::begin(out)?;
    let mut hashes = Vec::with_capacity(files.len());
    for file in files {
        let written = aside.unflushed(&file.name, &file.bytes)?;
        // The disk flushes while what was written is read back.
        let (flushed, reads_back) = std::thread::scope(|scope| {
            let flushing = scope.spawn(|| written.sync_all().map(|()| hash::of_bytes(&file.bytes)));
            let read = aside.read(&file.name).map(|bytes| file.reads_back(&bytes, reports));
            (flushing.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into())), read)
        });
        hashes.push((file.name.as_str(), flushed.map_err(FolderError::from)?));
        if !reads_back? {
            return Err(ExportError::ReadBack(file.name.clone()));
        }
    }
    let json = manifest(hashes)?;
    aside.file(MANIFEST, json.as_bytes())?;
    let mut names: Vec<String> = files.iter().map(|f| f.name.clone()).chain([MANIFEST.to_owned()]).collect();
    if let Some((account, utc_ms)) = signer {
        let signature: Signature = account.sign(Signed::Export, &hash::of_bytes(json.as_bytes()), utc_ms);
        let text = serde_json::to_string_pretty(&signature).map_err(|_| ExportError::ReadBack(SIGNATURE.into()))?;
        aside.file(SIGNATURE, format!("{text}\n").as_bytes())?;
        names.push(SIGNATURE.to_owned());
    }
    aside.appear()?;
    names.sort();
    Ok(names)
}
