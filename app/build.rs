//! Names the build: a hash over everything that the program is made from, so that a record says which program wrote it wherever that was compiled.
//!
//! Refuses: to ask git or a clock. The same sources give the same name, in a clone as in an archive.

#![allow(clippy::print_stdout, reason = "a build script speaks to cargo")]

use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the program is made from, below the workspace.
const MADE_FROM: [&str; 9] = ["Cargo.toml", "Cargo.lock", "app", "assets", "cases", "mrmc", "reads", "render", "words"];
/// What of it is not in the program.
const BESIDE: [&str; 3] = ["tests", "benches", "target"];
/// Hexadecimal digits of the hash that are told.
const DIGITS: usize = 12;

fn main() -> io::Result<()> {
    // A place in the program that is moved when it is loaded takes a bit and not 24 bytes; the C library knows that since version 2.36.
    let is = |what: &str, value: &str| std::env::var(what).as_deref() == Ok(value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    // Asked for when this runs: what was compiled into it names another checkout, where two of them build in one folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("CARGO_MANIFEST_DIR is not set: build with cargo"))?;
    let root = Path::new(&here).join("..");
    let mut files = Vec::new();
    for part in MADE_FROM {
        println!("cargo::rerun-if-changed={}", root.join(part).display());
        gather(&root, Path::new(part), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(root.join(&file))?;
        // A path is the same on every system.
        let name: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
        let name = name.join("/");
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=TIRESIAS_SOURCES={}", hex.get(..DIGITS).unwrap_or(&hex));
    Ok(())
}

fn gather(root: &Path, part: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let path = root.join(part);
    if !path.is_dir() {
        files.push(part.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let is_hidden = name.to_string_lossy().starts_with('.');
        if !is_hidden && !BESIDE.iter().any(|beside| name == *beside) {
            gather(root, &part.join(name), files)?;
        }
    }
    Ok(())
}
