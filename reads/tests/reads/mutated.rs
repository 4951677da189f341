//! Changes of a record that somebody with the file can make, many and drawn at random: each is found, and the first record that does not fit is named; what was
//! cut off or put back is found with the receipt. `MUTATIONS` is how many there are.

use crate::signing::Desk;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tiresias_reads::record::verify;

const COLUMNS: &str = "session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash";
const UTC: usize = 4;
const MONOTONIC: usize = 5;
const BODY: usize = 3;
const PREVIOUS: usize = 10;
const HASH: usize = 11;

type Row = Vec<Value>;

/// Chance that is the same every time (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).expect("below n")
    }
}

/// A record as bytes, its rows, and the receipts that its reader holds, with the row of each.
struct Base {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    receipts: Vec<(usize, String)>,
    /// The file as it was after each signature but the last.
    older: Vec<(usize, Vec<u8>)>,
}

fn base() -> Base {
    let mut desk = Desk::new(12);
    let path = desk.place.study.record_path();
    let (mut receipts, mut older) = (Vec::new(), Vec::new());
    for session in 0..4 {
        desk.act(crate::simulated::start());
        (0..3).for_each(|i| desk.read_next(10 * session + i));
        let receipt = desk.sign();
        let rows = usize::try_from(desk.record.head().seq).expect("few");
        receipts.push((rows, receipt));
        older.push((rows, fs::read(&path).expect("a copy")));
        desk.act(tiresias_reads::machine::Action::EndSession);
    }
    older.pop();
    let bytes = fs::read(&path).expect("the record");
    let connection = Connection::open(&path).expect("a database");
    let mut rows = connection.prepare(&format!("SELECT {COLUMNS} FROM event ORDER BY seq")).expect("rows");
    let rows = rows.query_map([], |r| (0..12).map(|i| r.get(i)).collect::<rusqlite::Result<Row>>()).expect("rows");
    Base { bytes, rows: rows.map(|r| r.expect("a row")).collect(), receipts, older }
}

/// The hash of a row by the text of its format: SHA-256 over fields, each after its length in 8 bytes.
fn hash_of(seq: usize, row: &Row) -> Vec<u8> {
    let mut sha = Sha256::new();
    let mut field = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_le_bytes());
        sha.update(bytes);
    };
    field(b"tiresias event 1");
    field(&(seq as i64).to_le_bytes());
    for value in &row[..HASH] {
        match value {
            Value::Integer(n) => field(&n.to_le_bytes()),
            Value::Text(text) => field(text.as_bytes()),
            Value::Blob(bytes) => field(bytes),
            Value::Null => field(&[]),
            Value::Real(_) => unreachable!("no column is real"),
        }
    }
    sha.finalize().to_vec()
}

/// What a change must give: the first bad record, or a receipt that is not there.
#[derive(Debug)]
enum Found {
    Record(usize),
    Receipt(String),
}

/// A copy of the record with other rows. The triggers are not in the way of who has the file.
fn with_rows(base: &Base, path: &Path, change: impl FnOnce(&Connection)) {
    fs::write(path, &base.bytes).expect("written");
    let connection = Connection::open(path).expect("a database");
    let _: String = connection.query_row("PRAGMA journal_mode = OFF", [], |r| r.get(0)).expect("set");
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON").expect("set");
    let triggers: Vec<(String, String)> = {
        let mut found = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name").expect("triggers");
        found.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("triggers").map(|t| t.expect("one")).collect()
    };
    triggers.iter().for_each(|(name, _)| connection.execute_batch(&format!("DROP TRIGGER {name}")).expect("dropped"));
    change(&connection);
    triggers.iter().for_each(|(_, sql)| connection.execute_batch(sql).expect("made again"));
}

fn put(connection: &Connection, seq: usize, row: &Row) {
    let columns: Vec<String> = COLUMNS.split(", ").enumerate().map(|(i, c)| format!("{c} = ?{}", i + 1)).collect();
    let sql = format!("UPDATE event SET {} WHERE seq = {seq}", columns.join(", "));
    assert_eq!(connection.execute(&sql, params_from_iter(row)).expect("changed"), 1);
}

/// One byte or bit of a value is another; none for a value that has none.
fn changed(value: &Value, chance: &mut Chance) -> Value {
    match value {
        Value::Null => Value::Blob(vec![0; 32]),
        Value::Integer(n) => Value::Integer((n ^ (1 << chance.below(30))).max(0) + i64::from(*n == 0)),
        Value::Text(text) => {
            let mut letters: Vec<char> = text.chars().collect();
            let at = chance.below(letters.len());
            letters[at] = if letters[at] == '0' { '1' } else { '0' };
            Value::Text(letters.into_iter().collect())
        }
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            let at = chance.below(bytes.len());
            bytes[at] ^= 1 << chance.below(8);
            Value::Blob(bytes)
        }
        Value::Real(_) => unreachable!("no column is real"),
    }
}

/// Every hash after a changed row made anew, as somebody can who knows the format.
fn rehashed(rows: &mut [Row], from: usize) {
    for n in from..rows.len() {
        if n > 0 {
            rows[n][PREVIOUS] = rows[n - 1][HASH].clone();
        }
        rows[n][HASH] = Value::Blob(hash_of(n + 1, &rows[n]));
    }
}

/// Makes change number `n`, and says what must be found.
fn mutate(base: &Base, n: usize, path: &Path, chance: &mut Chance) -> (&'static str, Found) {
    let last = base.rows.len();
    let seq = 1 + chance.below(last);
    let row = &base.rows[seq - 1];
    let signed_after = |seq: usize| base.receipts.iter().map(|(at, _)| *at).find(|at| *at > seq);
    match n % 8 {
        0 | 1 => {
            let mut row = row.clone();
            let column = chance.below(row.len());
            row[column] = changed(&row[column], chance);
            with_rows(base, path, |c| put(c, seq, &row));
            ("a byte", Found::Record(seq))
        }
        2 => {
            let seq = seq.min(last - 1);
            with_rows(base, path, |c| assert_eq!(c.execute("DELETE FROM event WHERE seq = ?1", [seq as i64]).expect("gone"), 1));
            ("a row removed", Found::Record(seq))
        }
        3 => {
            let other = 1 + (seq + chance.below(last - 1)) % last;
            with_rows(base, path, |c| {
                put(c, seq, &base.rows[other - 1]);
                put(c, other, row);
            });
            ("rows exchanged", Found::Record(seq.min(other)))
        }
        4 => {
            // Before the last signature, so that who holds its receipt is told less than they know.
            let (signature, receipt) = base.receipts.last().expect("signed").clone();
            let left = seq % signature;
            with_rows(base, path, |c| _ = c.execute("DELETE FROM event WHERE seq > ?1", [left as i64]).expect("gone"));
            ("cut back", Found::Receipt(receipt))
        }
        5 => {
            let (rows, bytes) = &base.older[chance.below(base.older.len())];
            fs::write(path, bytes).expect("put back");
            let next = base.receipts.iter().find(|(at, _)| at > rows).expect("signed later");
            ("an older copy", Found::Receipt(next.1.clone()))
        }
        6 => {
            let mut row = row.clone();
            let (column, by) = (if chance.below(2) == 0 { UTC } else { MONOTONIC }, 1 + chance.below(100_000_000) as i64);
            let Value::Integer(at) = row[column] else { unreachable!("times are whole numbers") };
            row[column] = Value::Integer(if chance.below(2) == 0 { at + by } else { (at - by).max(0) + i64::from(at == 0) });
            with_rows(base, path, |c| put(c, seq, &row));
            ("a clock moved", Found::Record(seq))
        }
        _ => {
            // An answer changed, and the chain made anew to its end by somebody who knows the format: the next signature no longer fits.
            let answers: Vec<usize> = (1..=last).filter(|n| base.rows[n - 1][2] == Value::Text("answered/1".to_owned())).collect();
            let seq = answers[chance.below(answers.len())];
            let mut rows = base.rows.clone();
            let Value::Text(body) = &rows[seq - 1][BODY] else { unreachable!("a body is text") };
            let digits = body.find(|c: char| c.is_ascii_digit()).expect("a rating");
            let old = &body[digits..=digits];
            let new = body.replacen(old, if old == "3" { "4" } else { "3" }, 1);
            rows[seq - 1][BODY] = Value::Text(new);
            rehashed(&mut rows, seq - 1);
            with_rows(base, path, |c| (seq..=last).for_each(|n| put(c, n, &rows[n - 1])));
            ("an answer, with all hashes", Found::Record(signed_after(seq).expect("every answer is signed")))
        }
    }
}

/// Issue 6, done when 2.
#[test]
fn every_change_is_found_and_the_first_bad_record_named() {
    let many = std::env::var("MUTATIONS").map_or(800, |n| n.parse::<usize>().expect("MUTATIONS is a number"));
    let base = base();
    let hashes = base.rows.iter().zip(1..).all(|(row, seq)| row[HASH] == Value::Blob(hash_of(seq, row)));
    assert!(hashes, "the rows have the hashes that their format says");
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().join("record.sqlite");
    fs::write(&path, &base.bytes).expect("written");
    let whole = verify(&path).expect("looked at");
    let held: Vec<&String> = base.receipts.iter().map(|(_, r)| r).collect();
    assert!(whole.intact && whole.receipts.iter().collect::<Vec<_>>() == held, "what was not changed is intact");
    let mut chance = Chance(20_261_128);
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for n in 0..many {
        let (what, expected) = mutate(&base, n, &path, &mut chance);
        let said = verify(&path).unwrap_or_else(|e| panic!("{what} ({n}): {e}"));
        match &expected {
            Found::Record(seq) => {
                let named = said.first_bad.as_ref().map(|bad| bad.record);
                assert_eq!(named, Some(*seq as u64), "{what} ({n}): {said:?}");
            }
            Found::Receipt(receipt) => assert!(said.intact && !said.receipts.contains(receipt), "{what} ({n}): {said:?}"),
        }
        *found.entry(what).or_default() += 1;
    }
    println!("{many} changes of {} records, all found: {found:?}", base.rows.len());
}
