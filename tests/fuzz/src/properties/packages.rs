//! Properties of what packages are beside their manifest: the one file that holds all others, signatures and their keys, sealed parts.
//!
//! Owns: what must hold of them. Refuses: to judge images, which `images` does.

use super::images::{holds_of_series, scratch};
use super::{Held, must, ours, told};
use std::fs;
use tiresias_cases::{Package, PackageKey, Purpose, Signer, Trust, seal, unseal};
use tiresias_words::{ContentKey, StudyId};

/// One file opens with what its manifest says, or is refused with a reason; it is never unpacked.
pub(super) fn archive(input: &[u8]) -> Held {
    let dir = scratch()?;
    let path = dir.path().join("case.tcase");
    fs::write(&path, input).map_err(ours("write its file"))?;
    let package = match Package::open(&path, &Trust::Unsigned) {
        Ok(package) => package,
        Err(error) => return told(&error),
    };
    if let Err(error) = package.verify() {
        told(&error)?;
    }
    let files = fs::read_dir(dir.path()).map_err(ours("list its folder"))?.count();
    must(files == 1, || format!("{files} files where one was"))?;
    package.series().iter().try_for_each(holds_of_series)
}

/// A key is refused with a reason, or is written as it was read; no bytes are the signature of a manifest that nobody signed.
pub(super) fn signature(input: &[u8]) -> Held {
    match PackageKey::parse(input) {
        Ok(key) => must(PackageKey::parse(key.to_json().as_bytes()) == Ok(key), || "a key is not what was written".to_owned())?,
        Err(error) => told(&error)?,
    }
    let dir = scratch()?;
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).map_err(ours("write its files"));
    write("manifest.json", b"{}")?;
    write("manifest.sig", input)?;
    let study = StudyId::new("00").map_err(|e| e.to_string())?;
    match Package::open(dir.path(), &Trust::Key(Signer::new(&[7; 32]).public(study))) {
        Ok(_) => Err("a package that nobody signed opens".to_owned()),
        Err(error) => told(&error),
    }
}

/// No bytes open but those that were sealed.
pub(super) fn sealed(input: &[u8]) -> Held {
    let key = ContentKey::new([7; 32]);
    must(unseal(input, Purpose::Findings, &key).is_err(), || "something opens that was not sealed".to_owned())?;
    // Whatever it is, it comes out as it went in, padded or not.
    let size = input.len() as u64 + 64;
    let file = seal(input, Purpose::Truth, size, &key).map_err(|e| e.to_string())?;
    must(file.len() as u64 == size, || format!("{} bytes where {size} were asked for", file.len()))?;
    must(unseal(&file, Purpose::Truth, &key).is_ok_and(|back| *back == input), || "another thing comes out".to_owned())
}
