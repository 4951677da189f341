//! The rules of the house, held against the project as it is. The rules, and houses that break them, are in `tiresias_tests::house`.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use cargo_metadata::{Metadata, MetadataCommand};
use std::fs;
use std::path::Path;
use std::process::Command;
use tiresias_tests::house::{arrows, licences, sources};
use tiresias_tests::root;

/// The members alone, or the whole graph as it is built on this platform (other platforms' packages need not be here).
fn metadata(whole_graph: bool) -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml"));
    if whole_graph {
        let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
        let version = String::from_utf8(version.stdout).expect("rustc speaks UTF-8");
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
        command.other_options(["--offline", "--filter-platform", host].map(str::to_owned));
    } else {
        command.no_deps().other_options(["--offline".to_owned()]);
    }
    command.exec().expect("cargo describes the workspace")
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn dependencies_point_the_right_way() {
    let members = arrows::members(&metadata(false));
    assert_eq!(members.len(), 8, "a room was added or taken away: {members:?}");
    assert_none(&arrows::complaints(&members));
}

#[test]
fn integration_tests_have_different_names() {
    // docs/validation.md names a test by its target, and cargo's listing does not say whose target it is.
    let metadata = metadata(false);
    let mut names: Vec<_> = metadata.packages.iter().flat_map(|p| &p.targets).filter(|t| t.is_test()).map(|t| &t.name).collect();
    names.sort();
    let doubled: Vec<String> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| format!("two test targets are named {}", pair[0])).collect();
    assert_none(&doubled);
}

#[test]
fn licences_and_versions_are_those_of_the_deny_list() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect(name);
    let deny = read("deny.toml");
    let metadata = metadata(true);
    assert!(metadata.packages.len() > 100, "the graph is missing: {} packages", metadata.packages.len());
    assert_none(&licences::complaints(&metadata, &licences::allowed(&deny).expect("a list of licences")));
    // The same graph with one licence less must not pass.
    let without_mit: Vec<String> = licences::allowed(&deny).expect("a list").into_iter().filter(|l| l != "MIT").collect();
    assert!(!licences::complaints(&metadata, &without_mit).is_empty(), "the check of licences cannot fail");
    let lock = read("Cargo.lock");
    assert_none(&licences::doubled(&lock, &licences::single(&deny).expect("a list of crates")).expect("a lock file"));
    let banned = licences::banned(&deny).expect("a list of crates");
    assert!(banned.len() > 3, "deny.toml bans {banned:?} alone");
    assert_none(&licences::present(&lock, &banned).expect("a lock file"));
}

#[test]
fn sources_keep_the_rules() {
    let mut files = Vec::new();
    gather(&root(), &root(), &mut files);
    let count = |ending: &str| files.iter().filter(|(path, _)| path.ends_with(ending)).count();
    assert!(
        count(".rs") > 20 && count("Cargo.toml") == 10,
        "the walk missed files: {} .rs, {} Cargo.toml",
        count(".rs"),
        count("Cargo.toml")
    );
    let complaints: Vec<String> = files.iter().flat_map(|(path, text)| sources::complaints(sources::Source { path, text })).collect();
    assert_none(&complaints);
}

#[test]
fn only_reads_can_make_an_event() {
    let mut files = Vec::new();
    gather(&root(), &root().join("reads").join("src"), &mut files);
    let declared = files.iter().filter(|(_, text)| text.contains("pub struct Event ")).count();
    assert_eq!(declared, 1, "the type that this test guards is not where it was");
    let complaints: Vec<String> =
        files.iter().flat_map(|(path, text)| sources::ways_to_make(sources::Source { path, text }, "Event")).collect();
    assert_none(&complaints);
}

/// The project's own text files under a folder: path from the root with slashes, and text.
fn gather(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    // What git ignores, and data whose bytes are not ours to choose.
    const SKIPPED: &[&str] = &[".git", "target", "shots", "tests/data", "assets"];
    for entry in fs::read_dir(folder).expect("a folder of the project").map(|entry| entry.expect("an entry").path()) {
        let path = entry.strip_prefix(root).expect("under the root").to_str().expect("a UTF-8 name").replace('\\', "/");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        if entry.is_dir() {
            gather(root, &entry, files);
            continue;
        }
        let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let ours =
            [".rs", ".toml", ".md", ".sh", ".wgsl", ".sql"].iter().any(|ending| name.ends_with(ending)) || ["dev", "run"].contains(&name);
        if ours {
            files.push((path, fs::read_to_string(&entry).expect("text")));
        }
    }
}
