//! Which licences the whole dependency graph may carry: those that `deny.toml` allows, read from there, so that the list stands once.
//!
//! cargo-deny makes the same check and more where it is installed; this one needs nothing but cargo. Licence texts follow SPDX
//! ("MIT OR Apache-2.0", with AND, WITH and brackets), and the older "MIT/Apache-2.0". A package without one is refused.

use cargo_metadata::Metadata;
use toml::Value;

/// The licences that a `deny.toml` allows.
///
/// # Errors
/// When the text is not TOML or has no list `licenses.allow`.
pub fn allowed(deny: &str) -> Result<Vec<String>, String> {
    let deny: toml::Table = deny.parse().map_err(|e| format!("deny.toml: {e}"))?;
    let list = deny.get("licenses").and_then(|l| l.get("allow")).and_then(Value::as_array);
    let list = list.ok_or("deny.toml has no list [licenses] allow")?;
    Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The crates of which `deny.toml` wants one version at most.
///
/// # Errors
/// When the text is not TOML or has no list `bans.deny`.
pub fn single(deny: &str) -> Result<Vec<String>, String> {
    let deny: toml::Table = deny.parse().map_err(|e| format!("deny.toml: {e}"))?;
    let list = deny.get("bans").and_then(|b| b.get("deny")).and_then(Value::as_array);
    let list = list.ok_or("deny.toml has no list [bans] deny")?;
    let once = list.iter().filter(|entry| entry.get("deny-multiple-versions").and_then(Value::as_bool) == Some(true));
    Ok(once.filter_map(|entry| entry.get("crate").and_then(Value::as_str)).map(str::to_owned).collect())
}

/// The crates that `deny.toml` wants in no version.
///
/// # Errors
/// When the text is not TOML or has no list `bans.deny`.
pub fn banned(deny: &str) -> Result<Vec<String>, String> {
    let deny: toml::Table = deny.parse().map_err(|e| format!("deny.toml: {e}"))?;
    let list = deny.get("bans").and_then(|b| b.get("deny")).and_then(Value::as_array);
    let list = list.ok_or("deny.toml has no list [bans] deny")?;
    let none = list.iter().filter(|entry| entry.get("deny-multiple-versions").is_none());
    Ok(none.filter_map(|entry| entry.get("crate").and_then(Value::as_str)).map(str::to_owned).collect())
}

/// Packages of the graph whose licence is not among the allowed ones. `metadata` must hold dependencies too.
#[must_use]
pub fn complaints(metadata: &Metadata, allow: &[String]) -> Vec<String> {
    let of = |p: &cargo_metadata::Package| match &p.license {
        None => Some(format!("{} {} names no licence", p.name, p.version)),
        Some(text) if permits(text, allow) => None,
        Some(text) => Some(format!("{} {} is under {text}, which deny.toml does not allow", p.name, p.version)),
    };
    metadata.packages.iter().filter_map(of).collect()
}

/// Crates of which a `Cargo.lock` holds more than one version although one is wanted.
///
/// # Errors
/// When the text is not the TOML of a lock file.
pub fn doubled(lock: &str, once: &[String]) -> Result<Vec<String>, String> {
    let lock: toml::Table = lock.parse().map_err(|e| format!("Cargo.lock: {e}"))?;
    let packages = lock.get("package").and_then(Value::as_array).ok_or("Cargo.lock lists no package")?;
    let versions = |name: &str| packages.iter().filter(|p| p.get("name").and_then(Value::as_str) == Some(name)).count();
    let many = once.iter().map(|name| (name, versions(name))).filter(|(_, n)| *n > 1);
    Ok(many.map(|(name, n)| format!("Cargo.lock holds {n} versions of {name}; one is wanted")).collect())
}

/// Crates of a `Cargo.lock` that are wanted in no version.
///
/// # Errors
/// When the text is not the TOML of a lock file.
pub fn present(lock: &str, banned: &[String]) -> Result<Vec<String>, String> {
    let lock: toml::Table = lock.parse().map_err(|e| format!("Cargo.lock: {e}"))?;
    let packages = lock.get("package").and_then(Value::as_array).ok_or("Cargo.lock lists no package")?;
    let names: Vec<&str> = packages.iter().filter_map(|p| p.get("name").and_then(Value::as_str)).collect();
    let found = banned.iter().filter(|name| names.contains(&name.as_str()));
    Ok(found.map(|name| format!("Cargo.lock holds {name}, which deny.toml bans")).collect())
}

/// Whether a licence expression can be met with allowed licences alone: every part of an AND, some part of an OR.
#[must_use]
pub fn permits(expression: &str, allow: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    // Anything left over is not an expression, and what cannot be read is not permitted.
    either(&mut rest, allow) == Some(true) && rest.is_empty()
}

/// `term {OR term}`, with AND binding tighter; `None` where the text is no expression.
fn either(rest: &mut &[&str], allow: &[String]) -> Option<bool> {
    let mut permitted = every(rest, allow)?;
    while let Some((&"OR", after)) = rest.split_first() {
        *rest = after;
        permitted |= every(rest, allow)?;
    }
    Some(permitted)
}

fn every(rest: &mut &[&str], allow: &[String]) -> Option<bool> {
    let mut permitted = one(rest, allow)?;
    while let Some((&"AND", after)) = rest.split_first() {
        *rest = after;
        permitted &= one(rest, allow)?;
    }
    Some(permitted)
}

fn one(rest: &mut &[&str], allow: &[String]) -> Option<bool> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    if *first == "(" {
        let permitted = either(rest, allow)?;
        let (close, after) = rest.split_first()?;
        *rest = after;
        return (*close == ")").then_some(permitted);
    }
    if ["OR", "AND", "WITH", ")"].contains(first) {
        return None;
    }
    let mut licence = (*first).to_owned();
    if let Some((&"WITH", after)) = rest.split_first() {
        let (exception, after) = after.split_first()?;
        licence = format!("{licence} WITH {exception}");
        *rest = after;
    }
    Some(allow.contains(&licence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, permitted: bool) {
        let allow = ["MIT", "Apache-2.0", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        assert_eq!(permits(expression, &allow), permitted, "{expression}");
    }

    #[test]
    fn expressions_are_read_as_spdx_does() {
        check("MIT", true);
        check("MIT OR GPL-3.0-only", true);
        check("MIT/Apache-2.0", true);
        check("GPL-3.0-only", false);
        check("MIT AND GPL-3.0-only", false);
        check("GPL-3.0-only OR MIT AND Zlib", true);
        check("(GPL-3.0-only OR MIT) AND Zlib", true);
        check("(MIT OR Apache-2.0) AND Unicode-3.0", false);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("Zlib WITH LLVM-exception", false);
        for broken in ["", "MIT OR", "(MIT", "MIT Zlib", "OR MIT", "MIT)", "MIT WITH"] {
            check(broken, false);
        }
    }

    #[test]
    fn a_second_version_is_found() {
        let once = ["egui".to_owned(), "image".to_owned()];
        let lock = "[[package]]\nname = \"egui\"\nversion = \"0.36.0\"\n[[package]]\nname = \"image\"\nversion = \"1.0.0\"\n";
        assert_eq!(doubled(lock, &once), Ok(Vec::new()));
        let second = format!("{lock}[[package]]\nname = \"egui\"\nversion = \"0.37.0\"\n");
        assert_eq!(doubled(&second, &once), Ok(vec!["Cargo.lock holds 2 versions of egui; one is wanted".to_owned()]));
        assert!(doubled("not a lock file", &once).is_err());
        let banned = ["hyper".to_owned(), "image".to_owned()];
        assert_eq!(present(lock, &banned), Ok(vec!["Cargo.lock holds image, which deny.toml bans".to_owned()]));
        assert!(present("not a lock file", &banned).is_err());
    }

    #[test]
    fn the_lists_of_a_deny_file_are_read() {
        let bans = "[bans]\ndeny = [{ crate = \"egui\", deny-multiple-versions = true }, { crate = \"openssl\" }]\n";
        let deny = &format!("[licenses]\nallow = [\"MIT\"]\n{bans}");
        assert_eq!(allowed(deny), Ok(vec!["MIT".to_owned()]));
        assert_eq!(single(deny), Ok(vec!["egui".to_owned()]));
        assert_eq!(banned(deny), Ok(vec!["openssl".to_owned()]));
        assert!(allowed("").is_err() && single("").is_err() && banned("").is_err() && allowed("[[").is_err());
    }
}
