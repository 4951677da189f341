//! Who may know whom in the workspace, and which outside crates live in one place only.
//!
//! `words` <- all but `mrmc`, which knows nobody; `mrmc` <- `reads` <- `app`; `codecs` <- `cases` <- `app`; `render` <- `app`.
//! Nothing points the other way, not for a test or a build script either. `tests` may use anything, and nobody uses `tests`.

use cargo_metadata::Metadata;

/// A member of the workspace and the names of all its dependencies, of whatever kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Package name, such as `tiresias-words`.
    pub name: String,
    /// Package names of what it depends on, before any renaming.
    pub dependencies: Vec<String>,
}

/// The crate that may use anything.
const TESTS: &str = "tiresias-tests";

/// Each member with the members it may know.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("tiresias-words", &[]),
    ("tiresias-mrmc", &[]),
    ("tiresias-codecs", &["tiresias-words"]),
    ("tiresias-cases", &["tiresias-words", "tiresias-codecs"]),
    ("tiresias-render", &["tiresias-words"]),
    ("tiresias-reads", &["tiresias-words", "tiresias-mrmc"]),
    ("tiresias", &["tiresias-words", "tiresias-cases", "tiresias-render", "tiresias-reads"]),
];

/// Outside crates by the beginning of their names (the whole name or a part before a hyphen or underscore), and their only homes.
const ONLY_HERE: &[(&str, &[&str])] = &[
    ("dicom", &["tiresias-cases", "tiresias-codecs"]),
    ("wgpu", &["tiresias-render", "tiresias"]),
    ("rusqlite", &["tiresias-reads"]),
    ("libsqlite3", &["tiresias-reads"]),
    ("eframe", &["tiresias"]),
    ("egui", &["tiresias"]),
    ("winit", &["tiresias"]),
    ("rfd", &["tiresias"]),
    ("clap", &["tiresias"]),
    // Native codecs decode foreign bytes: they stay where the worker process can hold them.
    ("charls", &["tiresias-codecs"]),
    ("turbojpeg", &["tiresias-codecs"]),
    ("openjp2", &["tiresias-codecs"]),
    ("openjpeg", &["tiresias-codecs"]),
    ("jxl", &["tiresias-codecs"]),
    ("jpeg", &["tiresias-codecs"]),
];

/// The members of the workspace as cargo describes them.
#[must_use]
pub fn members(metadata: &Metadata) -> Vec<Member> {
    let dependencies = |package: &cargo_metadata::Package| package.dependencies.iter().map(|d| d.name.clone()).collect();
    metadata.workspace_packages().into_iter().map(|p| Member { name: p.name.to_string(), dependencies: dependencies(p) }).collect()
}

/// What points the wrong way, and what lives where it may not.
#[must_use]
pub fn complaints(members: &[Member]) -> Vec<String> {
    let is_member = |name: &str| members.iter().any(|m| m.name == name);
    let mut complaints = Vec::new();
    for Member { name, dependencies } in members.iter().filter(|m| m.name != TESTS) {
        let Some((_, may_know)) = MAY_KNOW.iter().find(|(member, _)| member == name) else {
            complaints.push(format!(
                "{name} has no place in the house: say in design and ARCHITECTURE.md what it is for, then here whom it may know"
            ));
            continue;
        };
        for dependency in dependencies {
            if is_member(dependency) && !may_know.contains(&dependency.as_str()) {
                complaints.push(format!("{name} must not know {dependency}"));
            }
            for (family, homes) in ONLY_HERE {
                if is_of(family, dependency) && !homes.contains(&name.as_str()) {
                    complaints.push(format!("{name} uses {dependency}, which belongs in {} only", homes.join(" and ")));
                }
            }
        }
    }
    complaints
}

/// Whether a crate is the named one or of its family: `wgpu` and `wgpu-core`, but not `wgpuish`.
fn is_of(family: &str, name: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The house as designed, with one dependency more.
    fn check(member: &str, dependency: &str, complaint: Option<&str>) {
        let mut house: Vec<Member> = MAY_KNOW
            .iter()
            .map(|(name, knows)| Member { name: (*name).to_owned(), dependencies: knows.iter().map(|k| (*k).to_owned()).collect() })
            .collect();
        house.push(Member { name: TESTS.to_owned(), dependencies: vec!["rusqlite".to_owned(), "tiresias".to_owned()] });
        assert_eq!(complaints(&house), Vec::<String>::new(), "the house as designed");
        match house.iter_mut().find(|m| m.name == member) {
            Some(found) => found.dependencies.push(dependency.to_owned()),
            None => house.push(Member { name: member.to_owned(), dependencies: vec![dependency.to_owned()] }),
        }
        let found = complaints(&house);
        assert_eq!(found.len(), usize::from(complaint.is_some()), "{member} -> {dependency}: {found:?}");
        assert!(complaint.is_none_or(|part| found[0].contains(part)), "{member} -> {dependency}: {found:?}");
    }

    #[test]
    fn each_wrong_arrow_is_found() {
        let names = || MAY_KNOW.iter().map(|(name, _)| *name).chain([TESTS]);
        for (member, may_know) in MAY_KNOW {
            for other in names().filter(|other| other != member) {
                check(member, other, (!may_know.contains(&other)).then_some("must not know"));
            }
        }
        check("tiresias-extras", "serde", Some("no place in the house"));
    }

    #[test]
    fn each_crate_out_of_its_room_is_found() {
        check("tiresias-render", "dicom-core", Some("belongs in tiresias-cases and tiresias-codecs only"));
        check("tiresias-reads", "wgpu", Some("belongs in tiresias-render and tiresias only"));
        check("tiresias", "rusqlite", Some("belongs in tiresias-reads only"));
        check("tiresias-render", "egui-wgpu", Some("belongs in tiresias only"));
        check("tiresias-cases", "turbojpeg-sys", Some("belongs in tiresias-codecs only"));
        check("tiresias-reads", "clap_builder", Some("belongs in tiresias only"));
        check("tiresias-reads", "clapper", None);
        check("tiresias-cases", "dicom-object", None);
        check(TESTS, "egui_kittest", None);
    }
}
