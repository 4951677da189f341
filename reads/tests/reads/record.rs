//! The record: what is appended is there after reopening, what is changed is found and named, what is not ours is refused.

use crate::simulated::{BUILD, Place, Reading, place, protocol, reader, rules, start};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use std::fs;
use std::path::Path;
use tiresias_reads::machine::{Action, Event, Fact, Illegal};
use tiresias_reads::record::{FirstBad, Record, RecordError, Verification, What, verify};
use tiresias_words::ContentHash;

/// A record with a session, two locked reads and a draft; 17 rows.
fn written(place: &Place) -> Reading {
    let mut record = place.study.open_record(BUILD).expect("a new record");
    let mut reading = Reading::new(place.study.rules(&reader("r1")).expect("a reader"));
    let mut append = |events: Vec<Event>| record.append(&events).expect("appended");
    append(reading.must(start()));
    append(reading.read_next(88, &[70, 20]));
    append(reading.read_next(3, &[]));
    append(reading.open_next());
    append(reading.must(crate::simulated::place(0.1, 0.2, 0.3)));
    reading
}

fn looked_at(place: &Place) -> Verification {
    verify(&place.study.record_path()).expect("can be looked at")
}

/// Changes the file as somebody with the file can: without the triggers.
fn tampered(place: &Place, change: impl FnOnce(&Connection)) -> Verification {
    let path = place.study.record_path();
    let connection = Connection::open(&path).unwrap();
    let triggers: Vec<String> = {
        let mut found = connection.prepare("SELECT name || '|' || sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
        found.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for trigger in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {}", trigger.split_once('|').unwrap().0)).unwrap();
    }
    change(&connection);
    for trigger in &triggers {
        connection.execute_batch(trigger.split_once('|').unwrap().1).unwrap();
    }
    drop(connection);
    looked_at(place)
}

fn first_bad(found: &Verification) -> (u64, What) {
    assert!(!found.intact, "nothing was found");
    let FirstBad { record, what, detail } = found.first_bad.as_ref().expect("named");
    assert!(detail.ends_with('.') && !detail.is_empty());
    (*record, *what)
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    let place = Place::new(&["r1", "r2"], 3);
    let reading = written(&place);
    let record = place.study.open_record(BUILD).unwrap();
    assert_eq!(record.state(&reader("r1")), reading.state);
    assert_eq!(record.state(&reader("r2")).progress().of, 0);
    let mut kinds = Vec::new();
    record.replay(|r| kinds.push((r.seq, r.event.fact().clone()))).unwrap();
    assert_eq!(kinds.len(), 17);
    assert!(kinds.iter().zip(1..).all(|((seq, _), n)| *seq == n));
    assert!(matches!(kinds[0].1, Fact::Enrolled { .. }) && matches!(kinds[16].1, Fact::MarkPlaced { .. }));
    drop(record);
    let found = looked_at(&place);
    assert!(found.intact && found.records == 17 && found.first_bad.is_none() && found.signed_by.is_none());
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["head"].as_str().map(str::len), Some(64));
    assert_eq!(json["first_bad"], serde_json::Value::Null);
}

#[test]
fn a_record_is_sent_to_its_own_thread() {
    fn sent<T: Send>() {}
    sent::<Record>();
}

#[test]
fn an_empty_record_is_intact() {
    let place = Place::new(&["r1"], 1);
    let mut record = place.study.open_record(BUILD).unwrap();
    let head = record.append(&[]).unwrap();
    assert_eq!((head.seq, head.head), (0, protocol().hash()));
    drop(record);
    let found = looked_at(&place);
    assert!(found.intact && found.records == 0 && found.head.is_none());
}

#[test]
fn a_second_window_is_refused_and_the_lock_goes_with_the_first() {
    let place = Place::new(&["r1"], 1);
    let first = place.study.open_record(BUILD).unwrap();
    assert_eq!(place.study.open_record(BUILD).map(|_| ()), Err(RecordError::AlreadyOpen));
    // Verifying only reads, and may be done meanwhile.
    assert!(looked_at(&place).intact);
    drop(first);
    assert!(place.study.open_record(BUILD).is_ok());
}

#[test]
fn files_that_are_not_this_record_are_refused() {
    let opens = |prepare: &dyn Fn(&Path)| {
        let place = Place::new(&["r1"], 1);
        written_short(&place);
        prepare(&place.study.record_path());
        let before = fs::read(place.study.record_path()).ok();
        let opened = place.study.open_record(BUILD).map(|_| ());
        assert_eq!(fs::read(place.study.record_path()).ok(), before, "a refused file is not touched");
        opened
    };
    let sql = |path: &Path, sql: &str| Connection::open(path).unwrap().execute_batch(sql).unwrap();
    assert_eq!(opens(&|p| sql(p, "PRAGMA user_version = 9")), Err(RecordError::Newer(9)));
    assert_eq!(opens(&|p| sql(p, "PRAGMA application_id = 1")), Err(RecordError::NotARecord));
    assert_eq!(opens(&|p| fs::write(p, vec![7; 5000]).unwrap()), Err(RecordError::NotARecord));
    assert_eq!(opens(&|p| fs::remove_file(p).unwrap()), Err(RecordError::Gone));
    assert_eq!(opens(&|p| fs::write(p, b"").unwrap()), Err(RecordError::Gone));
    assert!(matches!(opens(&|p| sql(p, "DROP TRIGGER event_no_delete")), Err(RecordError::Broken(b)) if b.record == 0));
    assert!(
        matches!(opens(&|p| sql(p, "CREATE VIEW spy AS SELECT * FROM event")), Err(RecordError::Broken(b)) if b.detail.contains("spy"))
    );
    let refused = |sql: &str| match opens(&|p| Connection::open(p).unwrap().execute_batch(sql).unwrap()) {
        Err(RecordError::Broken(bad)) => bad.detail,
        other => panic!("{sql}: {other:?}"),
    };
    assert!(refused("PRAGMA journal_mode = WAL; CREATE TABLE extra (x)").contains("table `extra`"));
    assert!(refused("CREATE TABLE [a\nb\u{202e}] (x)").contains("table `a\\nb\\u{202e}`"));
    let cut = |p: &Path| fs::write(p, &fs::read(p).unwrap()[..6000]).unwrap();
    assert!(matches!(opens(&cut), Err(RecordError::Broken(_) | RecordError::Damaged)));
    let place = Place::new(&["r1"], 1);
    written_short(&place);
    let other = Record::open(&place.study.record_path(), ContentHash([1; 32]), BUILD);
    assert_eq!(other.map(|_| ()), Err(RecordError::OtherProtocol));
    assert_eq!(verify(&place.path("nowhere")).map(|_| ()), Err(RecordError::Absent));
}

#[test]
fn a_view_without_an_end_is_not_walked_along() {
    let place = Place::new(&["r1"], 1);
    written_short(&place);
    let raw = Connection::open(place.study.record_path()).unwrap();
    let view = "DROP TABLE event; CREATE VIEW event AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n AS seq, \
         1 AS session, 'r' AS reader, 'k' AS kind, 'b' AS body, 1 AS utc_ms, 1 AS monotonic_ms, 'b' AS boot, 'b' AS build, \
         zeroblob(32) AS protocol, NULL AS package, zeroblob(32) AS previous, zeroblob(32) AS hash FROM c";
    raw.execute_batch(view).unwrap();
    drop(raw);
    let found = looked_at(&place);
    assert_eq!((first_bad(&found), found.records), ((0, What::Missing), 0));
    assert!(matches!(place.study.open_record(BUILD), Err(RecordError::Broken(bad)) if bad.record == 0));
}

/// The journal that another program set is ours again after a good record was opened, and stays as it is in one that is refused.
#[test]
fn another_journal_is_changed_only_in_a_good_record() {
    let place = Place::new(&["r1"], 1);
    written_short(&place);
    let path = place.study.record_path();
    let raw = Connection::open(&path).unwrap();
    // What is in the log stays there, as after a kill.
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    raw.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE extra (x)").unwrap();
    drop(raw);
    let log = path.with_file_name("record.sqlite-wal");
    let before = [&path, &log].map(|p| fs::read(p).unwrap());
    assert!(!looked_at(&place).intact);
    assert!(matches!(place.study.open_record(BUILD), Err(RecordError::Broken(_))));
    assert_eq!([&path, &log].map(|p| fs::read(p).unwrap()), before, "a refused file is not touched");
    Connection::open(&path).unwrap().execute_batch("DROP TABLE extra").unwrap();
    assert_eq!(fs::read(&path).unwrap()[18..20], [2, 2], "another program's journal");
    drop(place.study.open_record(BUILD).unwrap());
    assert_eq!(fs::read(&path).unwrap()[18..20], [1, 1], "ours");
    assert!(!log.exists() && looked_at(&place).intact);
}

fn written_short(place: &Place) {
    let mut record = place.study.open_record(BUILD).unwrap();
    let mut reading = Reading::new(place.study.rules(&reader("r1")).unwrap());
    record.append(&reading.must(start())).unwrap();
}

#[test]
fn rows_cannot_be_changed_by_an_honest_program() {
    let place = Place::new(&["r1"], 3);
    written(&place);
    // A connection without our settings: the triggers must do it alone.
    let raw = Connection::open(place.study.record_path()).unwrap();
    for sql in [
        "UPDATE event SET body = 'null' WHERE seq = 2",
        "DELETE FROM event WHERE seq = 17",
        "INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 3",
        "INSERT OR REPLACE INTO event SELECT seq, session, reader, kind, 'x', utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash \
         FROM event WHERE seq = 3",
        "REPLACE INTO event SELECT 19, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash \
         FROM event WHERE seq = 3",
    ] {
        assert!(raw.execute_batch(sql).is_err(), "{sql}");
    }
    drop(raw);
    assert!(looked_at(&place).intact);
}

#[test]
fn rows_removed_moved_or_added_are_named() {
    let found = |change: &str| {
        let place = Place::new(&["r1"], 3);
        written(&place);
        first_bad(&tampered(&place, |raw| raw.execute_batch(change).unwrap()))
    };
    assert_eq!(found("DELETE FROM event WHERE seq = 6"), (6, What::Missing));
    assert_eq!(found("DELETE FROM event WHERE seq = 1"), (1, What::Missing));
    assert_eq!(found("PRAGMA ignore_check_constraints = ON; UPDATE event SET seq = 0 WHERE seq = 1"), (1, What::Order));
    assert_eq!(found("DELETE FROM event WHERE seq = 6; UPDATE event SET seq = seq - 1 WHERE seq > 6"), (6, What::Hash));
    let swap = "UPDATE event SET seq = 99 WHERE seq = 5; UPDATE event SET seq = 5 WHERE seq = 9; UPDATE event SET seq = 9 WHERE seq = 99";
    assert_eq!(found(swap), (5, What::Hash));
    let added = "INSERT INTO event SELECT 18, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, hash, hash \
         FROM event WHERE seq = 17";
    assert_eq!(found(added), (18, What::Hash));
}

#[test]
fn a_byte_flipped_in_the_file_is_found_and_its_record_named() {
    let place = Place::new(&["r1"], 3);
    written(&place);
    let path = place.study.record_path();
    let mut bytes = fs::read(&path).unwrap();
    let answer = b"{\"scale\":88}";
    // SQLite leaves stale copies in free space when it moves rows to other pages: change them all, so that the row is among them.
    let places: Vec<_> = (0..bytes.len() - answer.len()).filter(|at| bytes[*at..].starts_with(answer)).collect();
    places.iter().for_each(|at| bytes[at + 9] ^= 1);
    fs::write(&path, &bytes).unwrap();
    // 1 enrolled, 2 session, 3 opened, 4 shown, 5 to 8 two marks and their ratings, 9 the answer.
    assert_eq!(first_bad(&looked_at(&place)), (9, What::Hash));
    let refused = place.study.open_record(BUILD).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("Record 9 was changed.") && refused.contains("left it as it is"), "{refused}");
}

/// The header of the file says that five pages are free, and none is (sqlite.org/fileformat2.html, 1.3): every row is as it was written.
#[test]
fn damage_where_no_row_lies_is_found_too() {
    let place = Place::new(&["r1"], 3);
    written(&place);
    let path = place.study.record_path();
    let mut bytes = fs::read(&path).unwrap();
    bytes[36..40].copy_from_slice(&5u32.to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    let found = looked_at(&place);
    assert_eq!((first_bad(&found), found.records), ((0, What::Missing), 17));
    assert!(matches!(place.study.open_record(BUILD), Err(RecordError::Broken(bad)) if bad.detail.starts_with("The file is damaged: ")));
}

/// Pages that lead to each other: the table's first one leads 600 times to the first that has rows (the same text, 1.6).
#[test]
fn no_more_rows_are_walked_along_than_have_room() {
    let place = Place::new(&["r1"], 3);
    written(&place);
    let path = place.study.record_path();
    let select = "SELECT rootpage FROM sqlite_schema WHERE name = 'event'";
    let root: u32 = Connection::open(&path).unwrap().query_row(select, [], |row| row.get(0)).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let page = &mut bytes[(root as usize - 1) * size..][..size];
    assert_eq!(page[0], 5, "a page that leads to others");
    let first = [page[12], page[13]];
    page[3..5].copy_from_slice(&600u16.to_be_bytes());
    page[12..12 + 2 * 600].chunks_exact_mut(2).for_each(|at| at.copy_from_slice(&first));
    fs::write(&path, &bytes).unwrap();
    let found = looked_at(&place);
    assert_eq!(found.records, bytes.len() as u64 / 96, "no row takes fewer bytes than its three hashes");
    let bad = found.first_bad.expect("the first row that comes a second time");
    assert_eq!((bad.what, bad.detail.as_str()), (What::Order, "In its place is record 1."));
}

#[test]
fn another_program_that_appends_is_noticed() {
    let place = Place::new(&["r1"], 3);
    let mut record = place.study.open_record(BUILD).unwrap();
    let mut reading = Reading::new(place.study.rules(&reader("r1")).unwrap());
    record.append(&reading.must(start())).unwrap();
    let raw = Connection::open(place.study.record_path()).unwrap();
    let added = "INSERT INTO event SELECT 3, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, hash, hash \
         FROM event WHERE seq = 2";
    raw.execute_batch(added).unwrap();
    assert_eq!(record.append(&reading.open_next()), Err(RecordError::Changed));
}

#[test]
fn what_does_not_follow_is_not_appended() {
    let place = Place::new(&["r1"], 3);
    let mut record = place.study.open_record(BUILD).unwrap();
    let mut reading = Reading::new(place.study.rules(&reader("r1")).unwrap());
    let started = reading.must(start());
    reading.tick(10);
    let opened = reading.open_next();
    assert_eq!(record.append(&opened), Err(RecordError::Illegal(Illegal::Session)));
    record.append(&started).unwrap();
    record.append(&opened).unwrap();
    let before = record.head();
    assert_eq!(record.append(&started), Err(RecordError::Clock));
    assert_eq!(record.append(&opened), Err(RecordError::Clock));
    assert_eq!(record.append(&opened[1..]), Err(RecordError::Illegal(Illegal::ShownTwice)));
    let lock = reading.must(crate::simulated::answer("confidence", 1)).into_iter().chain(reading.must(Action::Lock)).collect::<Vec<_>>();
    assert!(record.append(&[lock.clone(), lock[1..].to_vec()].concat()).is_err(), "all or none");
    assert_eq!((record.head(), record.state(&reader("r1")).locked().len()), (before, 0));
    record.append(&lock).unwrap();
    assert_eq!(record.state(&reader("r1")), reading.state);
}

/// The database as a power cut or a kill leaves it in the middle of a transaction: pages written, the journal still there.
#[test]
fn a_write_that_was_cut_off_is_taken_back() {
    let place = Place::new(&["r1"], 3);
    let reading = written(&place);
    let path = place.study.record_path();
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE").unwrap();
    for _ in 0..200 {
        let row = "INSERT INTO event SELECT 1 + (SELECT max(seq) FROM event), session, reader, kind, body, utc_ms, monotonic_ms, boot, build, \
             protocol, package, hash, hash FROM event WHERE seq = 1";
        raw.execute_batch(row).unwrap();
    }
    // What is on the disk at this instant, without the locks of a living program.
    let cut = Place::new(&["r1"], 3);
    let beside = |p: &Path| p.with_file_name("record.sqlite-journal");
    fs::copy(&path, cut.study.record_path()).unwrap();
    fs::copy(beside(&path), beside(&cut.study.record_path())).unwrap();
    raw.execute_batch("ROLLBACK").unwrap();

    assert_ne!(fs::read(&path).unwrap(), fs::read(cut.study.record_path()).unwrap(), "the copy is in the middle of a write");
    assert_eq!(verify(&cut.study.record_path()), Err(RecordError::Unfinished));
    let record = cut.study.open_record(BUILD).unwrap();
    assert_eq!(record.state(&reader("r1")), reading.state);
    drop(record);
    assert!(looked_at(&cut).intact && !beside(&cut.study.record_path()).exists());
}

/// One column of a row, changed in one byte or by one bit; none where the value is NULL.
fn changed(value: Value, byte: usize, bit: u8) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Integer(i) => Some(Value::Integer(i ^ (1 << (byte % 62)))),
        Value::Text(text) => {
            let mut bytes = text.into_bytes();
            let at = byte % bytes.len();
            bytes[at] ^= 1 << (bit % 7);
            String::from_utf8(bytes).ok().map(Value::Text)
        }
        Value::Blob(mut bytes) => {
            let at = byte % bytes.len();
            bytes[at] ^= 1 << (bit % 8);
            Some(Value::Blob(bytes))
        }
        Value::Real(_) => unreachable!("no column is real"),
    }
}

const COLUMNS: [&str; 12] =
    ["session", "reader", "kind", "body", "utc_ms", "monotonic_ms", "boot", "build", "protocol", "package", "previous", "hash"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_byte_is_found_and_its_record_named(seq in 1..18i64, column in 0..12usize, byte in any::<u16>(), bit in any::<u8>()) {
        let place = Place::new(&["r1"], 3);
        written(&place);
        let mut did = false;
        let found = tampered(&place, |raw| {
            let select = format!("SELECT {} FROM event WHERE seq = ?1", COLUMNS[column]);
            let value: Value = raw.query_row(&select, [seq], |row| row.get(0)).unwrap();
            let Some(value) = changed(value, usize::from(byte), bit) else { return };
            // What STRICT and CHECK refuse (a session of 0) needs no finding.
            let update = format!("UPDATE event SET {} = ?1 WHERE seq = ?2", COLUMNS[column]);
            did = raw.execute(&update, rusqlite::params![value, seq]).is_ok();
        });
        if did {
            prop_assert_eq!(first_bad(&found), (seq.unsigned_abs(), What::Hash));
            prop_assert!(matches!(place.study.open_record(BUILD), Err(RecordError::Broken(b)) if b.record == seq.unsigned_abs()));
        } else {
            prop_assert!(found.intact);
        }
    }

    /// Bytes of the file itself, wherever they lie: never a panic, and no row that is handed out differs from what was written.
    #[test]
    fn no_byte_of_the_file_makes_another_history(at in any::<u32>(), bit in 0..8u8) {
        let place = Place::new(&["r1"], 3);
        let reading = written(&place);
        let path = place.study.record_path();
        let mut bytes = fs::read(&path).unwrap();
        let at = at as usize % bytes.len();
        bytes[at] ^= 1 << bit;
        fs::write(&path, &bytes).unwrap();
        let _ = verify(&path);
        if let Ok(record) = place.study.open_record(BUILD) {
            prop_assert_eq!(record.state(&reader("r1")), reading.state);
        }
    }

    /// Positions come back bit for bit, and replay from the file is the state that was on the screen.
    #[test]
    fn numbers_survive_the_record(points in prop::collection::vec(prop::array::uniform3(prop::num::f64::NORMAL), 1..20)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.sqlite");
        let mut reading = Reading::new(rules(2));
        let mut record = Record::open(&path, protocol().hash(), BUILD).unwrap();
        let mut events = reading.must(start());
        events.extend(reading.open_next());
        for [x, y, z] in points {
            events.extend(reading.must(place(x, y, z)));
        }
        record.append(&events).unwrap();
        prop_assert_eq!(record.state(&reader("r1")), reading.state.clone());
        drop(record);
        prop_assert_eq!(Record::open(&path, protocol().hash(), BUILD).unwrap().state(&reader("r1")), reading.state);
    }
}
