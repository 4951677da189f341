//! kill -9: a child process appends until it is killed; what it was told to be recorded is there, once, and the record is intact.

use crate::simulated::{BUILD, Reading, answer, protocol, rules, start};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tiresias_reads::machine::{Action, Fact};
use tiresias_reads::record::{Record, verify};

const FOLDER: &str = "TIRESIAS_TEST_APPEND_IN";

/// The child: answers one question over and over, and says after each answer how many are recorded.
#[test]
#[ignore = "runs for ever; started by `what_was_acknowledged_survives_sigkill`"]
fn appends_until_killed() {
    let folder = std::env::var_os(FOLDER).expect("started by the other test");
    let mut record = Record::open(&Path::new(&folder).join("record.sqlite"), protocol().hash(), BUILD).unwrap();
    let mut reading = Reading::new(rules(2));
    reading.state = record.state(reading.rules.reader());
    if let Some(last) = reading.state.last() {
        reading.now = last.clone();
    }
    record.append(&reading.must(start())).unwrap();
    record.append(&reading.must(Action::OpenCase(reading.next_read()))).unwrap();
    record.append(&reading.must(Action::ImagesShown)).unwrap();
    for i in 0.. {
        reading.tick(1);
        let appended = record.append(&reading.must(answer("confidence", i % 101))).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "recorded {} {}", appended.seq, appended.head).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_sigkill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.sqlite");
    let mut acknowledged = 0;
    for lines in [1, 7, 23, 40] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["killed::appends_until_killed", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        // The harness may write before and on the child's first line.
        let recorded = out.lines().map_while(Result::ok).filter(|l| l.contains("recorded ")).take(lines).last();
        child.kill().unwrap();
        child.wait().unwrap();
        let recorded = recorded.expect("the child recorded something");
        let said: Vec<&str> = recorded.split("recorded ").nth(1).unwrap().split(' ').collect();
        let seq: u64 = said[0].parse().unwrap();
        assert!(seq > acknowledged);

        let record = Record::open(&path, protocol().hash(), BUILD).unwrap();
        let mut answers = Vec::new();
        let mut rows = 0;
        record
            .replay(|r| {
                rows += 1;
                if matches!(r.event.fact(), Fact::Answered { .. }) {
                    answers.push(r.seq);
                }
            })
            .unwrap();
        assert!(rows >= seq, "{rows} rows, {seq} acknowledged");
        assert!(answers.contains(&seq), "the acknowledged answer is there");
        acknowledged = rows;
        drop(record);
        let found = verify(&path).unwrap();
        assert!(found.intact && found.records == rows, "{found:?}");
    }
}
