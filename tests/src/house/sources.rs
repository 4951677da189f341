//! What may stand in the project's files: openings, lengths, names, and what single crates leave out on purpose.
//!
//! The rules that a compiler or a linter can hold are theirs (`missing_docs`, `unwrap_used`, private constructors); here is
//! only what they cannot see. Rules about code look at a text whose comments (and, where it matters, literals) are blanked,
//! so that a rule can be quoted without being broken. A file's module of tests is left out where a rule is about the product.

use std::path::Path;

/// A text file of the project.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Path from the root of the workspace, with slashes.
    pub path: &'a str,
    /// The whole text.
    pub text: &'a str,
}

/// Lines a file may have.
const CROWDED: usize = 600;

/// Files that may be longer, because they are tables: path, and the reason.
const TABLES: &[(&str, &str)] = &[];

/// Crates that have no unsafe code and cannot get any (the exceptions are one gather file in `render`, and `cases/codecs`).
const FORBID_UNSAFE: &[&str] = &["words", "cases", "reads", "mrmc", "app"];

/// Everything that is wrong with one file.
#[must_use]
pub fn complaints(source: Source<'_>) -> Vec<String> {
    let mut complaints = machine_paths(source);
    if extension(source.path) == "rs" {
        complaints.extend(opening(source));
        complaints.extend(length(source));
        complaints.extend(stubs(source));
        complaints.extend(vague_names(source));
        complaints.extend(unsafe_not_forbidden(source));
        complaints.extend(side_effects_in_pure_crates(source));
        complaints.extend(decisions_in_app(source));
        complaints.extend(sockets(source));
    }
    if source.path.ends_with("Cargo.toml") && source.path != "Cargo.toml" {
        complaints.extend(lints_not_inherited(source));
    }
    complaints
}

fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or_default()
}

/// Every file opens with what it is for.
fn opening(Source { path, text }: Source<'_>) -> Option<String> {
    let first = text.lines().next().unwrap_or_default();
    (!first.starts_with("//! "))
        .then(|| format!("{path} does not open with a module doc: what it owns, what it implements, what it refuses"))
}

/// No file is crowded, tables aside.
fn length(Source { path, text }: Source<'_>) -> Option<String> {
    let lines = text.lines().count();
    let excused = TABLES.iter().any(|(table, _)| *table == path);
    (lines > CROWDED && !excused).then(|| format!("{path} has {lines} lines, more than {CROWDED}: a wall is missing"))
}

/// Nothing is left for later.
fn stubs(Source { path, text }: Source<'_>) -> Vec<String> {
    let code = blank(text, Literals::Blank);
    let words = ["todo!", "unimplemented!", "dbg!"];
    words.into_iter().filter(|word| has_word(&code, word)).map(|word| format!("{path} holds {word}")).collect()
}

/// No module is named for not having found a name.
fn vague_names(Source { path, text }: Source<'_>) -> Vec<String> {
    const VAGUE: &[&str] = &["manager", "managers", "util", "utils", "utility", "utilities", "helper", "helpers", "common", "misc"];
    let code = blank(text, Literals::Blank);
    let in_path = path.split(['/', '.', '_', '-']).filter(|part| VAGUE.contains(part)).map(str::to_owned);
    let in_code = tokens(&code)
        .windows(2)
        .filter(|pair| pair[0] == "mod" && VAGUE.contains(&pair[1]))
        .map(|pair| pair[1].to_owned())
        .collect::<Vec<_>>();
    in_path.chain(in_code).map(|name| format!("{path}: \"{name}\" is no name for a room: say what is in it")).collect()
}

/// No absolute path of somebody's machine, in code or in prose.
fn machine_paths(Source { path, text }: Source<'_>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for folder in ["work", "root", "home", "tmp", "Users"] {
            let needle = format!("/{folder}");
            let hit = line.match_indices(&needle).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + needle.len()..].chars().next();
                let starts = before.is_none_or(|c| !c.is_alphanumeric() && !"._-~})*".contains(c));
                starts && after.is_none_or(|c| c == '/' || c == '"' || c == '\'' || c == '`' || c.is_whitespace())
            });
            if hit {
                complaints.push(format!("{path}:{} names the absolute path {needle} of a machine", number + 1));
            }
        }
    }
    complaints
}

/// The crates without unsafe code say so in a way that no module can take back.
fn unsafe_not_forbidden(Source { path, text }: Source<'_>) -> Option<String> {
    let roots = FORBID_UNSAFE.iter().flat_map(|name| [format!("{name}/src/lib.rs"), format!("{name}/src/main.rs")]);
    let is_root = roots.into_iter().any(|root| root == path);
    let forbids = blank(text, Literals::Blank).contains("#![forbid(unsafe_code)]");
    (is_root && !forbids).then(|| format!("{path} does not say #![forbid(unsafe_code)]"))
}

/// `words` and `mrmc` touch nothing outside themselves: no file, no clock, no environment, no thread.
fn side_effects_in_pure_crates(Source { path, text }: Source<'_>) -> Vec<String> {
    if !["words/src/", "mrmc/src/"].iter().any(|home| path.starts_with(home)) {
        return Vec::new();
    }
    let code = blank(product(text), Literals::Blank);
    let outside = ["fs", "io", "net", "env", "time", "thread", "process", "os"];
    let reached = outside.into_iter().filter(|module| has_word(&code, &format!("std::{module}")));
    reached.map(|module| format!("{path} reaches for std::{module}: this crate has no inputs but its arguments")).collect()
}

/// The program opens no connection: nothing outside of the tests names what makes one.
fn sockets(Source { path, text }: Source<'_>) -> Vec<String> {
    if !path.contains("/src/") || path.starts_with("tests/") {
        return Vec::new();
    }
    let code = blank(product(text), Literals::Blank);
    let named = ["net", "TcpStream", "TcpListener", "UdpSocket", "UnixStream", "UnixListener", "UnixDatagram", "ToSocketAddrs"];
    let found = named.into_iter().filter(|name| if *name == "net" { has_word(&code, "std::net") } else { has_word(&code, name) });
    found.map(|name| format!("{path} names {name}: reading works offline, and no part of the program opens a connection")).collect()
}

/// `app` decides nothing: it compares no condition and no account kind, and names no condition.
fn decisions_in_app(Source { path, text }: Source<'_>) -> Vec<String> {
    if !path.starts_with("app/src/") {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in blank(product(text), Literals::Keep).lines().enumerate() {
        let lower = line.to_lowercase();
        let compares = ["==", "!=", "matches!", "match "].iter().any(|sign| lower.contains(sign));
        for (names, what) in [(&["condition"][..], "condition"), (&["accountkind", "account_kind", "account.kind"][..], "account kind")] {
            if compares && names.iter().any(|name| lower.contains(name)) {
                complaints.push(format!("{path}:{} decides by {what}: ask `reads`", number + 1));
            }
        }
        for name in ["\"unaided\"", "\"aided\""] {
            if lower.contains(name) {
                complaints.push(format!("{path}:{} knows the condition {name}: conditions are the protocol's", number + 1));
            }
        }
    }
    complaints
}

/// Every member takes the workspace's lints.
fn lints_not_inherited(Source { path, text }: Source<'_>) -> Option<String> {
    let inherits =
        |manifest: &toml::Table| manifest.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool) == Some(true);
    let inherited = text.parse::<toml::Table>().is_ok_and(|manifest| inherits(&manifest));
    (!inherited).then(|| format!("{path} does not inherit the workspace's lints"))
}

/// Ways in which other crates could make a value of the named struct: a public field, a public constructor, a derive that makes one.
///
/// The compiler holds the rest: what is private stays private. A file that does not declare the struct gives none.
#[must_use]
pub fn ways_to_make(Source { path, text }: Source<'_>, name: &str) -> Vec<String> {
    let code = blank(product(text), Literals::Blank);
    let Some(start) = code.find(&format!("pub struct {name} {{")).or_else(|| code.find(&format!("pub struct {name}("))) else {
        return Vec::new();
    };
    let mut ways = Vec::new();
    let derives = code[..start].rsplit(['}', ';']).next().unwrap_or_default();
    ways.extend(["Deserialize", "Default"].into_iter().filter(|made| has_word(derives, made)).map(|made| format!("the derive {made}")));

    let declared = &code[start..];
    let opened = declared.find(['{', '(']).unwrap_or(declared.len());
    let close = if declared[opened..].starts_with('{') { "\n}" } else { ");" };
    let fields = declared[opened..].split(close).next().unwrap_or_default().trim_start_matches(['{', '(']);
    let public =
        tokens(fields).windows(2).filter(|pair| pair[0] == "pub" && pair[1] != "(").map(|pair| pair[1].to_owned()).collect::<Vec<_>>();
    ways.extend(public.into_iter().map(|field| format!("the public field {field}")));

    for block in code.split(&format!("\nimpl {name} {{")).skip(1) {
        let block = block.split("\n}").next().unwrap_or_default();
        for function in block.split("    pub ").skip(1).filter(|function| function.starts_with("fn ") || function.starts_with("const fn "))
        {
            let signature = function.split('{').next().unwrap_or_default();
            if signature.split_once("->").is_some_and(|(_, returned)| has_word(returned, "Self") || has_word(returned, name)) {
                ways.push(format!("the public constructor {}", signature.split('(').next().unwrap_or_default().trim()));
            }
        }
    }
    ways.into_iter().map(|way| format!("{path}: any crate can make {name} by {way}")).collect()
}

/// The text up to its module of tests: what ships. A module of tests in a file of its own (`#[cfg(test)] mod tests;`) ends nothing.
fn product(text: &str) -> &str {
    const MARK: &str = "#[cfg(test)]";
    let opens = |(at, _): &(usize, &str)| {
        let declared = &text[at + MARK.len()..];
        let end = declared.find(['{', ';']).unwrap_or(declared.len());
        has_word(&declared[..end], "mod") && declared[end..].starts_with('{')
    };
    text.match_indices(MARK).find(opens).map_or(text, |(tests, _)| &text[..tests])
}

/// Identifiers and single signs, in order.
fn tokens(code: &str) -> Vec<&str> {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if part_of_name(first) { rest.find(|c| !part_of_name(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Whether the word stands in the code, not as a part of a longer name.
fn has_word(code: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let bounded = |at: usize| {
        let longer_before = code[..at].chars().next_back().is_some_and(part_of_name);
        let longer_after = word.ends_with(part_of_name) && code[at + word.len()..].chars().next().is_some_and(part_of_name);
        !longer_before && !longer_after
    };
    code.match_indices(word).any(|(at, _)| bounded(at))
}

/// Whether literals are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literals {
    Keep,
    Blank,
}

/// Rust code with its comments blanked, and its string and character literals too where asked. Lines keep their numbers.
fn blank(text: &str, literals: Literals) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let names_before = out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let (taken, kept) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if let Some(end) = literal(rest, names_before) {
            (end, literals == Literals::Keep)
        } else {
            (first.len_utf8(), true)
        };
        let (piece, after) = rest.split_at(taken);
        if kept {
            out.push_str(piece);
        } else {
            out.extend(piece.chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
        rest = after;
    }
    out
}

/// Length of the block comment that opens here; comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Length of the string or character literal that opens here, prefix and quotes included; `None` where there is none.
fn literal(text: &str, names_before: bool) -> Option<usize> {
    // A letter before the quote is a prefix only where no name runs into it: `br"…"` has one, `bar"` has none.
    let prefix = if names_before { 0 } else { text.find(|c| !"bcr".contains(c)).filter(|n| *n <= 2)? };
    let (kind, rest) = text.split_at(prefix);
    if kind.ends_with('r') {
        let hashes = rest.find(|c| c != '#')?;
        let body = rest[hashes..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = body.find(&close).map_or(body.len(), |at| at + close.len());
        return Some(prefix + hashes + 1 + end);
    }
    if let Some(body) = rest.strip_prefix('"') {
        return Some(prefix + 1 + closing(body, '"'));
    }
    let body = rest.strip_prefix('\'')?;
    let mut characters = body.chars();
    let (first, second) = (characters.next()?, characters.next());
    // 'x' and '\n' are characters, 'a without a quote after it is a lifetime.
    (first == '\\' || second == Some('\'')).then(|| prefix + 1 + closing(body, '\''))
}

/// Length up to and with the closing quote, past escaped ones.
fn closing(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` at `path` gives one complaint that contains `part`, or none where `part` is `None`.
    fn check(path: &str, text: &str, part: Option<&str>) {
        let found = complaints(Source { path, text });
        assert_eq!(found.len(), usize::from(part.is_some()), "{path}: {text:?} gives {found:?}");
        assert!(part.is_none_or(|part| found[0].contains(part)), "{path}: {text:?} gives {found:?}");
    }

    #[test]
    fn openings_lengths_and_stubs() {
        check("render/src/x.rs", "//! Doc.\nfn f() {}\n", None);
        check("render/src/x.rs", "fn f() {}\n//! Doc.\n", Some("does not open with a module doc"));
        check("render/src/x.rs", "", Some("does not open with a module doc"));
        check("render/src/x.rs", &format!("//! Doc.\n{}", "\n".repeat(CROWDED - 1)), None);
        check("render/src/x.rs", &format!("//! Doc.\n{}", "\n".repeat(CROWDED)), Some("601 lines"));
        check("render/src/x.rs", "//! Doc.\nfn f() { todo!() }\n", Some("holds todo!"));
        check("render/src/x.rs", "//! Doc.\nfn f() { unimplemented!(\"x\") }\n", Some("holds unimplemented!"));
        check("render/src/x.rs", "//! No todo!() here.\nconst X: &str = \"todo!\"; /* dbg!(1) */\n", None);
        check("render/src/x.rs", "//! Doc.\nfn f() { my_dbg!(1) }\n", None);
    }

    #[test]
    fn names_that_say_nothing() {
        check("render/src/util.rs", "//! Doc.\n", Some("\"util\" is no name"));
        check("render/src/gpu_helpers.rs", "//! Doc.\n", Some("\"helpers\" is no name"));
        check("render/src/common/lut.rs", "//! Doc.\n", Some("\"common\" is no name"));
        check("render/src/x.rs", "//! Doc.\npub(crate) mod manager {}\n", Some("\"manager\" is no name"));
        check("render/src/x.rs", "//! Doc.\nfn common() {} // mod util\n", None);
    }

    #[test]
    fn paths_of_a_machine() {
        let path = |folder: &str| format!("//! Doc.\nconst P: &str = \"/{folder}/x\";\n");
        for folder in ["work", "root", "home", "tmp", "Users"] {
            check("render/src/x.rs", &path(folder), Some(folder));
            check("README.md", &path(folder), Some(folder));
        }
        check("render/src/x.rs", &path("var"), None);
        check("render/src/x.rs", &path("workspace"), None);
        check("dev", "cd \"${TMPDIR:-/tmp}\" && ls docs/home/x ~/work ./tmp/y\n", None);
    }

    #[test]
    fn unsafe_code_is_forbidden_where_it_must_be() {
        check("reads/src/lib.rs", "//! Doc.\n", Some("forbid(unsafe_code)"));
        check("app/src/main.rs", "//! Doc.\n// #![forbid(unsafe_code)]\n", Some("forbid(unsafe_code)"));
        check("reads/src/lib.rs", "//! Doc.\n#![forbid(unsafe_code)]\n", None);
        check("render/src/lib.rs", "//! Doc.\n", None);
    }

    #[test]
    fn pure_crates_stay_pure() {
        let reads_a_file = "//! Doc.\nfn f() { std::fs::read(\"x\"); }\n";
        check("mrmc/src/x.rs", reads_a_file, Some("std::fs"));
        check("words/src/x.rs", "//! Doc.\nuse std::time::Duration;\n", Some("std::time"));
        check("reads/src/x.rs", reads_a_file, None);
        check("mrmc/src/x.rs", "//! Doc.\nuse std::fmt;\n#[cfg(test)]\nmod tests { use std::fs; }\n", None);
    }

    #[test]
    fn nothing_opens_a_connection() {
        check("app/src/x.rs", "//! Doc.\nuse std::net::SocketAddr;\n", Some("names net"));
        check("cases/codecs/src/x.rs", "//! Doc.\nfn f(s: &TcpStream) {}\n", Some("names TcpStream"));
        check("app/src/x.rs", "//! Doc.\nuse std::os::unix::net::UnixStream;\n", Some("names UnixStream"));
        check("app/src/x.rs", "//! Doc.\n// std::net and a TcpStream\nfn nets() {}\n", None);
        check("tests/src/x.rs", "//! Doc.\nuse std::net::TcpStream;\n", None);
    }

    #[test]
    fn app_does_not_decide() {
        check("app/src/x.rs", "//! Doc.\nfn f() { if read.condition == shown {} }\n", Some("decides by condition"));
        check("app/src/x.rs", "//! Doc.\nfn f() { match state.condition() {} }\n", Some("decides by condition"));
        check("app/src/x.rs", "//! Doc.\nfn f() { if who.account_kind != k {} }\n", Some("decides by account kind"));
        check("app/src/x.rs", "//! Doc.\nconst C: &str = \"unaided\";\n", Some("conditions are the protocol's"));
        check("app/src/x.rs", "//! Doc.\nfn f() { label(read.condition); } // never condition == x\n", None);
        check("reads/src/x.rs", "//! Doc.\nfn f() { if a.condition == b {} }\n", None);
        check("app/src/x.rs", "//! Doc.\n#[cfg(test)]\nmod tests { const C: &str = \"unaided\"; }\n", None);
        let after = "//! Doc.\n#[cfg(test)]\nmod ai_tests;\nfn f() { if read.condition == shown {} }\n";
        check("app/src/x.rs", after, Some("x.rs:4 decides by condition"));
        check("app/src/x.rs", &format!("{after}#[cfg(test)]\npub(crate) mod tests {{ const C: &str = \"aided\"; }}\n"), Some("x.rs:4"));
    }

    #[test]
    fn lints_are_inherited() {
        check("reads/Cargo.toml", "[package]\nname = \"x\"\n", Some("lints"));
        check("reads/Cargo.toml", "[package]\nname = \"x\"\n[lints]\nworkspace = false\n", Some("lints"));
        check("reads/Cargo.toml", "[package]\nname = \"x\"\n[lints]\nworkspace = true\n", None);
        check("Cargo.toml", "[workspace]\n", None);
    }

    #[test]
    fn a_type_anybody_could_make_is_found() {
        let ways = |text: &str| ways_to_make(Source { path: "reads/src/x.rs", text }, "Event");
        let closed = "#[derive(Debug)]\npub struct Event {\n    body: Body,\n    pub(crate) at: u8,\n}\n\
            impl Event {\n    pub(super) fn new() -> Self {\n    }\n    pub fn at(&self) -> u8 {\n    }\n}\n";
        assert_eq!(ways(closed), Vec::<String>::new());
        assert_eq!(ways("pub struct Event(u8);\n#[derive(Default)]\npub struct Other {\n    pub x: u8,\n}\n"), Vec::<String>::new());
        let by = |from: &str, to: &str, way: &str| {
            let found = ways(&closed.replace(from, to));
            assert!(found.len() == 1 && found[0].contains(way), "{to}: {found:?}");
        };
        by("body: Body", "pub body: Body", "the public field body");
        by("pub(super) fn new", "pub fn new", "the public constructor fn new");
        by("-> u8", "-> Result<Self, E>", "the public constructor fn at");
        by("Debug", "Debug, Deserialize", "the derive Deserialize");
        assert_eq!(ways("pub struct Event(pub u8);\n").len(), 1);
    }

    #[test]
    fn comments_and_literals_are_told_from_code() {
        let blanked = |text: &str| blank(text, Literals::Blank).split_whitespace().collect::<String>();
        assert_eq!(blanked("a /* b /* c */ d */ e // f\ng"), "aeg");
        assert_eq!(blanked(r#"f("x // y \" z", b"w", 'q', '\'', '"', &'a str)"#), "f(,,,,,&'astr)");
        assert_eq!(blanked("r#\"a \" b\"# c r\"d\" bar(\"e\") r#type"), "cbar()r#type");
        assert_eq!(blank("a\n/* b\nc */ d", Literals::Blank).lines().count(), 3);
        assert_eq!(blank("\"kept\" // gone", Literals::Keep).trim_end(), "\"kept\"");
    }
}
