//! A study desk made by command, as its people make one: accounts, packed cases, a signed protocol, assigned reads, and folders handed out to readers.
//!
//! Owns a folder that goes away, and the words of the commands; and a desk whose reads were simulated. Refuses: to decide anything; what a command refuses is
//! an error here.

use crate::run::{Ran, tiresias_in};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias::simulate::{PASSPHRASE, Plan, simulate};
use tiresias_reads::accounts::{Account, Accounts, Kind, Passphrase};
use tiresias_reads::protocol::template;
use tiresias_words::AccountId;
use zeroize::Zeroizing;

/// The passphrase of the desk's people and of its key file.
pub const DESK_PHRASE: &str = "correct horse battery";
/// The coordinator, who makes the other accounts, signs and assigns.
pub const COORDINATOR: &str = "cora";

/// What goes wrong is told to the test that asked.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// A study desk in `study`, in a folder of its own.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    /// A study of a template that ships, with a coordinator.
    ///
    /// # Errors
    /// When a command does not do what it should.
    pub fn new(template: &str) -> Outcome<Self> {
        let desk = Self { dir: tempfile::tempdir()? };
        fs::write(desk.file("desk-phrase"), DESK_PHRASE)?;
        desk.done(&["study", "new", "@study", "--template", template])?;
        desk.account(COORDINATOR, "coordinator", "Cora", DESK_PHRASE)?;
        Ok(desk)
    }
    /// A file of the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    /// The folder of the study.
    #[must_use]
    pub fn study(&self) -> PathBuf {
        self.file("study")
    }
    /// Runs a command in which "@name" is a file of the folder.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn ran(&self, words: &[&str]) -> Outcome<Ran> {
        Ok(tiresias_in(self.dir.path(), words)?)
    }
    /// The same, of a command that must do what it is asked.
    ///
    /// # Errors
    /// With what it said when it did not.
    pub fn done(&self, words: &[&str]) -> Outcome<Ran> {
        Ok(self.ran(words)?.done().map_err(|e| format!("{words:?}: {e}"))?)
    }
    /// Makes an account.
    ///
    /// # Errors
    /// When it is refused.
    pub fn account(&self, id: &str, kind: &str, name: &str, phrase: &str) -> Outcome<()> {
        let file = format!("phrase-{id}");
        fs::write(self.file(&file), phrase)?;
        let file = format!("@{file}");
        let own = ["study", "account", "@study", "--id", id, "--kind", kind, "--name", name, "--new-passphrase-file", &file];
        let by = ["--as", COORDINATOR, "--passphrase-file", "@desk-phrase"];
        self.done(&[&own[..], if id == COORDINATOR { &[] } else { &by }].concat())?;
        Ok(())
    }
    /// Packs images as a case, with the AI result in a file where there is one.
    ///
    /// # Errors
    /// When they are not packed.
    pub fn pack(&self, images: &Path, case: &str, ai: Option<&Path>, more: &[&str]) -> Outcome<()> {
        let images = images.display().to_string();
        let own = ["pack", &images, "--study", "@study", "--case", case, "--passphrase-file", "@desk-phrase"];
        let ai = ai.map(|file| file.display().to_string());
        let with = ai.as_deref().map_or_else(Vec::new, |file| vec!["--ai", file]);
        self.done(&[&own[..], &with, more].concat())?;
        Ok(())
    }
    /// Signs the protocol and assigns the cases.
    ///
    /// # Errors
    /// When either is refused.
    pub fn sign_and_assign(&self) -> Outcome<()> {
        for step in ["sign", "assign"] {
            self.done(&["study", step, "@study", "--as", COORDINATOR, "--passphrase-file", "@desk-phrase"])?;
        }
        Ok(())
    }
    /// Hands a reader's folder out, with the keys to what the AI says; where it is.
    ///
    /// # Errors
    /// When it is refused.
    pub fn hand_out(&self, reader: &str, out: &str) -> Outcome<PathBuf> {
        let to = format!("@{out}");
        let words = ["study", "hand-out", "@study", "--reader", reader, "--out", &to, "--keys", "--key-passphrase-file", "@desk-phrase"];
        self.done(&words)?;
        Ok(self.file(out))
    }
}

/// In `desk` of a folder the desk of two simulated readers who read so many cases of the ordinal template, and these people's accounts; beside it `phrase`, the
/// passphrase of them all.
///
/// # Errors
/// When it cannot be made.
pub fn simulated_ordinal(folder: &Path, cases: u32, people: &[(String, Kind)]) -> Outcome<()> {
    let study = folder.join("study");
    fs::create_dir(&study)?;
    let text = template("ordinal").ok_or("no template of that name")?.text;
    fs::write(study.join("protocol.toml"), text.replace("reader-1", "sim-01").replace("reader-2", "sim-02"))?;
    fs::write(folder.join("phrase"), PASSPHRASE)?;
    let plan = Plan {
        study,
        out: folder.join("desk"),
        readers: 2,
        cases: Some(cases),
        areas: vec![0.8],
        seed: 3,
        machines: "machine".to_owned(),
        key_passphrase: None,
        closes: false,
    };
    simulate(&plan, &mut |_| (), &mut |_| Ok(()))?;
    let place = folder.join("desk/accounts.json");
    let mut accounts = Accounts::open(&place)?;
    for (n, (name, kind)) in (1u8..).zip(people) {
        let phrase = Passphrase::known_to_all(PASSPHRASE);
        let id = AccountId::new(name.as_str())?;
        accounts.add(Account::create(id, *kind, name, &phrase, &Zeroizing::new([n; 32]))?.0)?;
    }
    Ok(accounts.save(&place)?)
}
