//! Taking results along: every format that the study fits in one signed folder, and the report as one file.
//!
//! Owns the page with its two places, of which who may not export has the report alone. Refuses: to write over anything; what is written and signed is `reads`' and
//! `work`'s.

use super::EARLY_LOOK;
use crate::background::{Coming, Wake, arrived, beside};
use crate::controls::{self, Asked, PlaceField, words};
use crate::design::{self, CAUTION, STRONG, TEXT};
use crate::failure::Failure;
use crate::screens::{Signer, signs};
use crate::work::{export_results, write_file};
use egui::{Rect, Ui, vec2};
use std::path::Path;
use std::sync::Arc;
use tiresias_reads::accounts::{Act, Meaning, Unlocked, may_do};

/// The page.
#[derive(Default)]
pub(super) struct ExportPage {
    out: PlaceField,
    file: PlaceField,
    working: Option<Coming<Vec<String>>>,
    said: Vec<String>,
    trouble: Option<String>,
}

/// Of which desk results are taken along, and by whom.
pub(super) struct From<'a> {
    pub(super) root: &'a Path,
    pub(super) who: Signer<'a>,
    pub(super) keys: &'a Arc<Unlocked>,
    /// The reason of an early look, where reading is not closed: what is taken along then is another one, and is recorded as such.
    pub(super) early: Option<&'a str>,
    pub(super) wake: &'a Wake,
}

impl ExportPage {
    /// Draws it. `report` makes the file of the report.
    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, from: &From<'_>, report: impl FnOnce() -> String) {
        match arrived(&mut self.working) {
            Some(Ok(said)) => (self.said, self.trouble) = (said, None),
            Some(Err(sentence)) => (self.said, self.trouble) = (Vec::new(), Some(sentence)),
            None => {}
        }
        controls::scrolled(ui, field, design::PAGE, "export", |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            ui.add_space(20.0);
            if may_do(from.who.kind, Act::Analyse) {
                self.formats(ui, from);
                ui.add_space(24.0);
            }
            words(ui, "The report", design::strong(design::VALUE), STRONG);
            words(
                ui,
                "One file of HTML with its charts, which any browser shows and prints; the same bytes for the same record.",
                design::regular(design::BODY),
                TEXT,
            );
            self.file.ui(ui, design::FIELD, "A file that does not exist yet", Asked::New, from.wake);
            let file = self.file.path().filter(|_| self.working.is_none());
            let pressed = controls::action(ui, vec2(280.0, 44.0), "Save the report", None, file.is_some()).clicked();
            if let (true, Some(file)) = (pressed, file) {
                let page = report();
                self.working = Some(beside("report", from.wake, move || saved(&file, &page)));
            }
            ui.add_space(16.0);
            if self.working.is_some() {
                words(ui, "Writing, and reading back\u{2026}", design::regular(design::BODY), TEXT);
            }
            if let Some(sentence) = &self.trouble {
                controls::sentence(ui, sentence, design::regular(design::BODY), CAUTION);
            }
            for (n, sentence) in self.said.iter().enumerate() {
                controls::sentence(ui, sentence, design::regular(design::BODY), if n == 0 { STRONG } else { TEXT });
            }
            ui.add_space(40.0);
        });
    }

    /// Every format in one folder, for those who export.
    fn formats(&mut self, ui: &mut Ui, from: &From<'_>) {
        words(ui, "All formats in one folder", design::strong(design::VALUE), STRONG);
        let about = "Score sheets, the files of iMRMC, RJafroc, MRMCaov and OR-DBM MRMC, marks as DICOM, repeats and the audit trail: in one folder with a manifest that you sign. Each file is read back and compared before the folder appears.";
        words(ui, about, design::regular(design::BODY), TEXT);
        if from.early.is_some() {
            let marked = "Reading is not closed: this is recorded as another early look, and every file is marked.";
            words(ui, marked, design::regular(design::BODY), CAUTION);
        }
        self.out.ui(ui, design::FIELD, "A folder that does not exist yet", Asked::New, from.wake);
        signs(ui, from.who, Meaning::Export, None);
        if from.early.is_some() {
            signs(ui, from.who, Meaning::Deviation, Some(EARLY_LOOK));
        }
        let out = self.out.path().filter(|_| self.working.is_none());
        let pressed = controls::action(ui, vec2(280.0, 44.0), "Export and sign", None, out.is_some()).clicked();
        let anyway = out.is_some() && controls::link(ui, "Export although reads are missing", TEXT).clicked();
        if let (true, Some(out)) = (pressed || anyway, out) {
            let (root, keys, early) = (from.root.to_owned(), Arc::clone(from.keys), from.early.map(str::to_owned));
            self.working = Some(beside("export", from.wake, move || {
                let done = export_results(&root, &keys, early.as_deref(), anyway, &out).map_err(Failure::sentence)?;
                let first = format!("{} files, written and signed, in {}.", done.files.len(), done.folder.display());
                Ok([vec![first], done.notes].concat())
            }));
        }
    }
}

fn saved(file: &Path, page: &str) -> Result<Vec<String>, String> {
    write_file(file, "the report", page.as_bytes()).map_err(Failure::sentence)?;
    Ok(vec![format!("The report is in {}.", file.display())])
}
