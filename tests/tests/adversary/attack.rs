//! One attack: a reading from its first step to its last, looked at between each two.

use crate::needles::Needles;
use crate::process::{Step, Stepping};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tiresias_words::ContentHash;

/// Steps before the reveal whose times are compared, by what happened in them.
type Times = BTreeMap<String, [Vec<f64>; 2]>;

/// What came of attacks.
#[derive(Default)]
pub(crate) struct Attack {
    /// Everything that was found and should not have been.
    pub(crate) leaks: Vec<String>,
    /// Reads that were locked.
    pub(crate) reads: usize,
    /// States that were looked at.
    states: usize,
    /// Bytes of memory and of files.
    memory: u64,
    files: u64,
    /// How often the AI was there to be seen after its reveal.
    pub(crate) seen_after: usize,
    times: Times,
}

impl Attack {
    pub(crate) fn add(&mut self, other: Self) {
        self.leaks.extend(other.leaks);
        self.reads += other.reads;
        self.states += other.states;
        self.memory += other.memory;
        self.files += other.files;
        self.seen_after += other.seen_after;
        for (what, [without, with]) in other.times {
            let ours = self.times.entry(what).or_default();
            ours[0].extend(without);
            ours[1].extend(with);
        }
    }
    /// The kind of step whose time tells whether the AI found something, if there is one: the rank sum of Wilcoxon, in its normal approximation, outside of four
    /// standard deviations (one in 16,000 by chance).
    pub(crate) fn told_by_time(&self) -> Option<String> {
        let tells = |(what, [without, with]): (&String, &[Vec<f64>; 2])| {
            let (m, n) = (without.len() as f64, with.len() as f64);
            if m < 3.0 || n < 3.0 {
                return None;
            }
            let above = |t: &f64| without.iter().map(|o| if o < t { 1.0 } else { 0.5 * f64::from(u8::from(o == t)) }).sum::<f64>();
            let u: f64 = with.iter().map(above).sum();
            let z = (u - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt();
            // Eight on each side do not reach four deviations: then all of one above all of the other, which is as rare.
            let apart = (u == 0.0 || u == m * n) && m.min(n) >= 8.0;
            (z.abs() > 4.0 || apart).then(|| format!("{what}: z = {z:.1} of {m} and {n} steps"))
        };
        self.times.iter().find_map(tells)
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.times.values().map(|[a, b]| a.len() + b.len()).sum::<usize>();
        write!(
            f,
            "{} reads, {} states: {} MB of memory and {} MB of files searched, {} leaks; the AI was seen {} times after its reveal; {kinds} steps of {} kinds \
             timed",
            self.reads,
            self.states,
            self.memory / 1_000_000,
            self.files / 1_000_000,
            self.leaks.len(),
            self.seen_after,
            self.times.len()
        )
    }
}

/// What the rows of a record say, read without any of our own code.
struct Rows {
    connection: Option<Connection>,
    path: PathBuf,
    seen: u64,
    revealed: BTreeSet<ContentHash>,
    open: Option<ContentHash>,
    locked: usize,
    last: String,
}

impl Rows {
    fn of(station: &Path) -> Self {
        let path = station.join("record.sqlite");
        Self { connection: None, path, seen: 0, revealed: BTreeSet::new(), open: None, locked: 0, last: String::new() }
    }
    /// Reads what is new.
    fn look(&mut self) {
        if self.connection.is_none() && self.path.exists() {
            self.connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok();
        }
        let Some(connection) = &self.connection else { return };
        let mut rows = connection.prepare_cached("SELECT seq, kind, package FROM event WHERE seq > ?1 ORDER BY seq").expect("rows");
        let rows =
            rows.query_map([self.seen as i64], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?, r.get::<_, Option<[u8; 32]>>(2)?)));
        for row in rows.expect("rows") {
            let (seq, kind, package) = row.expect("a row");
            self.seen = seq.unsigned_abs();
            self.open = package.map(ContentHash);
            match (kind.as_str(), self.open) {
                ("ai-revealed/1", Some(package)) => _ = self.revealed.insert(package),
                ("read-locked/1", _) => self.locked += 1,
                _ => {}
            }
            self.last = kind;
        }
    }
}

/// Searches what changed in a folder since the last look.
fn files(folder: &Path, seen: &mut BTreeMap<PathBuf, (SystemTime, u64)>, take: &mut dyn FnMut(&str, &[u8])) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        take("a name", path.as_os_str().as_encoded_bytes());
        if about.is_dir() {
            files(&path, seen, take);
        } else if let Ok(modified) = about.modified()
            && seen.insert(path.clone(), (modified, about.len())) != Some((modified, about.len()))
            && let Ok(bytes) = fs::read(&path)
        {
            take(&path.display().to_string(), &bytes);
        }
    }
}

/// How long an attack lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    TheEnd,
    TheFirstLeak,
}

/// Lets a program read, and looks at every state.
pub(crate) fn attack(program: &mut Stepping, station: &Path, needles: &Needles, until: Until) -> Attack {
    let mut found = Attack::default();
    let (mut rows, mut known) = (Rows::of(station), BTreeMap::new());
    let home = program.home().to_owned();
    loop {
        let (step, took) = program.wait();
        rows.look();
        let is_shown = match step {
            Step::Ended => {
                found.reads = rows.locked;
                return found;
            }
            Step::Shown => true,
            Step::Decided(said) => {
                assert_eq!(said, rows.seen, "what it says is recorded is on the disk");
                false
            }
        };
        found.states += 1;
        if let (false, Some(open)) = (is_shown, rows.open.filter(|p| !rows.revealed.contains(p))) {
            let sides = found.times.entry(rows.last.clone()).or_default();
            sides[usize::from(Needles::has_finding(needles.case(&open)))].push(took.as_secs_f64());
        }
        let is_out: BTreeSet<usize> = rows.revealed.iter().map(|p| needles.case(p)).collect();
        let mut seen = false;
        program.memory(|mapping, bytes| {
            found.memory += bytes.len() as u64;
            for (case, what) in needles.found_in(bytes) {
                if is_out.contains(&case) {
                    seen |= what == "class";
                } else {
                    found.leaks.push(format!("{what} of case {case} in {mapping} after {} ({})", rows.last, rows.seen));
                }
            }
        });
        // What is revealed is in memory, and still on no disk.
        for folder in [station, &home] {
            files(folder, &mut known, &mut |place, bytes| {
                found.files += bytes.len() as u64;
                found.leaks.extend(needles.found_in(bytes).map(|(case, what)| format!("{what} of case {case} on the disk: {place}")));
            });
        }
        found.seen_after += usize::from(is_shown && seen);
        if until == Until::TheFirstLeak && !found.leaks.is_empty() {
            return found;
        }
        program.go();
    }
}
