//! The worker process and its parent. This executable is its own worker: started with one of the roles below it does not test anything.
//!
//! It has a `main` of its own, since a worker must own its standard output; the few options that cargo and nextest give to a test are answered here.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]
#![allow(clippy::print_stdout, reason = "the list of tests and their outcome are read by cargo and nextest")]

#[path = "../support/mod.rs"]
mod support;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use support::{Described, kept};
use tiresias_codecs::{CodecError, Codecs, DecodedFrame, EncodedFrame, TransferSyntax, decode, inflate, serve};

const TESTS: &[(&str, fn())] = &[
    ("a_worker_gives_what_decoding_here_gives", a_worker_gives_what_decoding_here_gives),
    ("damaged_frames_leave_the_next_call_whole", damaged_frames_leave_the_next_call_whole),
    ("a_worker_that_hangs_is_stopped", a_worker_that_hangs_is_stopped),
    ("a_worker_that_dies_or_talks_nonsense_is_reported", a_worker_that_dies_or_talks_nonsense_is_reported),
    ("a_worker_that_was_killed_while_idle_is_replaced", a_worker_that_was_killed_while_idle_is_replaced),
    ("a_worker_limits_itself", a_worker_limits_itself),
    ("memory_beyond_the_limit_is_refused", memory_beyond_the_limit_is_refused),
    ("many_threads_ask_at_once", many_threads_ask_at_once),
    ("requests_that_make_no_sense_end_the_worker", requests_that_make_no_sense_end_the_worker),
];

/// First argument of a process that is a worker and no test.
const SERVE: &str = "role-serve";
const HANG: &str = "role-hang";
const DIE: &str = "role-die";
const NONSENSE: &str = "role-nonsense";
const BOAST: &str = "role-boast";

const MEMORY: u64 = 256 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(SERVE) => return serve(arguments[1].parse().expect("the memory limit")),
        Some(HANG) => loop {
            thread::sleep(Duration::from_secs(60));
        },
        Some(DIE) => return ExitCode::FAILURE,
        Some(NONSENSE) => {
            std::io::stdout().write_all(&[b'x'; 4096]).expect("a pipe");
            thread::sleep(Duration::from_secs(60));
            return ExitCode::SUCCESS;
        }
        Some(BOAST) => {
            // The mark of an answer that went well, for more bytes than there are.
            let mut answer = b"TcA1".to_vec();
            answer.resize(48, 0);
            answer.extend(u64::MAX.to_le_bytes());
            std::io::stdout().write_all(&answer).expect("a pipe");
            std::io::stdout().flush().expect("a pipe");
            thread::sleep(Duration::from_secs(60));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let has = |option: &str| arguments.iter().any(|a| a == option);
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-') && *a != "terse" && *a != "pretty").collect();
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|w| if has("--exact") { *w == name } else { name.contains(w.as_str()) });
    let tests = TESTS.iter().filter(|(name, _)| is_wanted(name) && !has("--ignored"));
    if has("--list") {
        tests.for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let (mut passed, mut failed) = (0, 0);
    for (name, test) in tests {
        let is_ok = catch_unwind(test).is_ok();
        println!("test {name} ... {}", if is_ok { "ok" } else { "FAILED" });
        if is_ok { passed += 1 } else { failed += 1 }
    }
    println!("\ntest result: {}. {passed} passed; {failed} failed", if failed == 0 { "ok" } else { "FAILED" });
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

fn codecs(role: &str) -> Codecs {
    Codecs::new(std::env::current_exe().expect("this executable"), vec![OsString::from(role)])
}

fn frame(name: &str) -> Described {
    kept().into_iter().find(|(d, _)| d.name == name).expect("a frame").0
}

fn a_worker_gives_what_decoding_here_gives() {
    let codecs = codecs(SERVE);
    for (described, hash) in kept() {
        let there = codecs.decode(&described.frame(), MEMORY).expect("a frame");
        assert!(Ok(&there) == decode(&described.frame()).as_ref(), "{}", described.name);
        for codecs in [&codecs, &Codecs::here()] {
            let mut data = Vec::new();
            let put = |given: &DecodedFrame, at: usize, piece: &[u8]| {
                assert!(at == data.len() && given.data.is_empty() && piece.len().is_multiple_of(given.bytes_per_sample.into()));
                data.extend_from_slice(piece);
            };
            let given = codecs.decode_to(&described.frame(), MEMORY, put).expect("a frame");
            assert!(DecodedFrame { data, ..given } == there, "{} piece by piece", described.name);
        }
        assert!(hash.is_empty() || described.hash(&there) == hash, "{}", described.name);
        let cut = described.with(&described.data[..described.data.len() / 2]);
        assert_eq!(codecs.decode(&cut, MEMORY), decode(&cut), "{}, cut", described.name);
    }
    assert!(children() <= thread::available_parallelism().map_or(1, usize::from));
    let packed = frame("liver_deflate.bin").data;
    assert_eq!(codecs.inflate(&packed, 1 << 20, MEMORY), inflate(&packed, 1 << 20));
    assert_eq!(codecs.inflate(&packed, 100, MEMORY), Err(CodecError::TooLarge(100)));
    let other = frame("mr_small_jls.bin");
    let unsupported = EncodedFrame { syntax: TransferSyntax::HevcMain, ..other.frame() };
    assert!(matches!(codecs.decode(&unsupported, MEMORY), Err(CodecError::Unsupported(_))));
    drop(codecs);
    assert_eq!(children(), 0, "workers outlive their parent's last word");
}

fn damaged_frames_leave_the_next_call_whole() {
    let codecs = codecs(SERVE);
    let good = frame("mr_small_jls.bin");
    let expected = decode(&good.frame());
    let (mut refused, mut decoded, mut died) = (0, 0, 0);
    for (described, _) in kept() {
        let mut random = ChaCha8Rng::seed_from_u64(10_918);
        for round in 0..16 {
            let mut data = described.data.clone();
            let reach = if round % 2 == 0 { data.len() } else { data.len().min(120) };
            for _ in 0..=round {
                let at = (random.next_u64() % reach as u64) as usize;
                data[at] = random.next_u32() as u8;
            }
            if round % 4 == 3 {
                data.truncate((random.next_u64() % data.len() as u64) as usize);
            }
            match codecs.decode(&described.with(&data), MEMORY) {
                Ok(_) => decoded += 1,
                Err(CodecError::Died | CodecError::TimedOut) => died += 1,
                Err(_) => refused += 1,
            }
        }
        assert_eq!(codecs.decode(&good.frame(), MEMORY), expected, "after {}", described.name);
    }
    println!("of {} damaged frames {refused} were refused, {decoded} decoded, {died} cost the worker", refused + decoded + died);
}

fn a_worker_that_hangs_is_stopped() {
    let codecs = codecs(HANG);
    assert_eq!(codecs.decode(&frame("mr_small_jls.bin").frame(), MEMORY), Err(CodecError::TimedOut));
    assert_eq!(children(), 0);
}

fn a_worker_that_dies_or_talks_nonsense_is_reported() {
    for role in [DIE, NONSENSE, BOAST] {
        let codecs = codecs(role);
        let described = frame("us_ybr422_jpeg_30f.bin");
        assert_eq!(codecs.decode(&described.frame(), MEMORY), Err(CodecError::Died), "{role}");
        assert_eq!(codecs.inflate(&described.data, 1 << 20, MEMORY), Err(CodecError::Died), "{role}");
        assert_eq!(children(), 0, "{role}");
    }
    let nothing = Codecs::new("/nowhere/tiresias".into(), Vec::new());
    let refused = nothing.decode(&frame("mr_small_jls.bin").frame(), MEMORY);
    assert_eq!(refused, Err(CodecError::Start(std::io::ErrorKind::NotFound)));
}

fn a_worker_that_was_killed_while_idle_is_replaced() {
    let codecs = codecs(SERVE);
    let described = frame("mr_small_jls.bin");
    let expected = decode(&described.frame());
    for _ in 0..3 {
        assert_eq!(codecs.decode(&described.frame(), MEMORY), expected);
        for child in child_ids() {
            let killed = std::process::Command::new("kill").args(["-9", &child.to_string()]).status().expect("kill");
            assert!(killed.success());
        }
    }
}

fn a_worker_limits_itself() {
    let codecs = codecs(SERVE);
    codecs.decode(&frame("mr_small_jls.bin").frame(), MEMORY).expect("a frame");
    for child in child_ids() {
        let limits = std::fs::read_to_string(format!("/proc/{child}/limits")).expect("limits");
        let soft = |name: &str| -> u64 {
            let line = limits.lines().find(|line| line.starts_with(name)).expect("a line");
            line[26..].split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(u64::MAX)
        };
        let space = soft("Max address space");
        assert!((MEMORY..MEMORY + (512 << 20)).contains(&space), "{space}");
        assert_eq!((soft("Max core file size"), soft("Max file size")), (0, 0));
        assert!(soft("Max cpu time") < 60);
    }
}

fn memory_beyond_the_limit_is_refused() {
    let codecs = codecs(SERVE);
    let small = frame("mr_small_j2k.bin");
    // The result alone is more.
    let wide = EncodedFrame { columns: 60_000, rows: 60_000, ..small.frame() };
    assert_eq!(codecs.decode(&wide, MEMORY), Err(CodecError::Memory(MEMORY)));
    // The result fits, and what JPEG 2000 needs on the way does not.
    let wide = EncodedFrame { columns: 8_000, rows: 8_000, ..small.frame() };
    assert_eq!(codecs.decode(&wide, MEMORY), Err(CodecError::Memory(MEMORY)));
    // By this worker's own limit: the codestream says the same as the data set, and the decoder asks for it.
    let mut data = small.data.clone();
    for at in [8, 12, 24, 28] {
        data[at..at + 4].copy_from_slice(&4_000_u32.to_be_bytes());
    }
    let bomb = EncodedFrame { columns: 4_000, rows: 4_000, ..small.with(&data) };
    let refused = codecs.decode(&bomb, MEMORY);
    assert!(refused.is_err() || refused.is_ok_and(|frame| frame.data.len() == 32_000_000));
    assert_eq!(codecs.decode(&small.frame(), MEMORY), decode(&small.frame()));
    // Deflated zeros: a thousand times their size, in a worker that has less than that.
    assert_eq!(codecs.inflate(&bomb_of_zeros(), 1 << 40, 64 << 20).err(), Some(CodecError::Memory(64 << 20)));
    assert_eq!(codecs.decode(&small.frame(), 64 << 20), decode(&small.frame()));
}

/// Raw deflate of 2 GiB of zeros, by hand: one literal zero, then matches of length 258 and distance 1 in the fixed code (RFC 1951 3.2.6).
fn bomb_of_zeros() -> Vec<u8> {
    struct Bits(Vec<u8>, u32, u32);
    impl Bits {
        fn put(&mut self, value: u32, count: u32) {
            self.1 |= value << self.2;
            self.2 += count;
            while self.2 >= 8 {
                self.0.push(self.1 as u8);
                self.1 >>= 8;
                self.2 -= 8;
            }
        }
        /// Huffman codes go most significant bit first.
        fn code(&mut self, value: u32, count: u32) {
            self.put(value.reverse_bits() >> (32 - count), count);
        }
    }
    let mut bits = Bits(Vec::new(), 0, 0);
    bits.put(0b011, 3);
    bits.code(0b0011_0000, 8);
    for _ in 0..(2_u32 << 30) / 258 {
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    bits.code(0, 7);
    bits.put(0, 8);
    bits.0
}

fn many_threads_ask_at_once() {
    let codecs = codecs(SERVE);
    let frames = kept();
    thread::scope(|scope| {
        for start in 0..8 {
            let (codecs, frames) = (&codecs, &frames);
            scope.spawn(move || {
                for (described, _) in frames.iter().cycle().skip(start * 3).take(12) {
                    assert_eq!(codecs.decode(&described.frame(), MEMORY), decode(&described.frame()), "{}", described.name);
                }
            });
        }
    });
    assert!(children() <= thread::available_parallelism().map_or(1, usize::from), "more idle workers than cores are kept");
}

fn requests_that_make_no_sense_end_the_worker() {
    let executable = std::env::current_exe().expect("this executable");
    let ask = |request: &[u8]| {
        let mut child = std::process::Command::new(&executable)
            .args([SERVE, "16777216"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("a worker");
        // It may be gone before it has read everything.
        let _ = child.stdin.take().expect("a pipe").write_all(request);
        let mut answer = Vec::new();
        child.stdout.take().expect("a pipe").read_to_end(&mut answer).expect("a pipe");
        (child.wait().expect("an end").success(), answer)
    };
    assert_eq!(ask(b""), (true, Vec::new()));
    assert_eq!(ask(b"TcQ1"), (false, Vec::new()));
    assert_eq!(ask(&[b'x'; 100]), (false, Vec::new()));
    // To unpack: 17 MiB of data are announced, where 16 MiB is all there may be; then 5 bytes, of which 4 come; then 2 bytes, of which 3 come.
    let inflate = |length: u64| [&b"TcQ1\x01"[..], &[0; 15], &100_u64.to_le_bytes(), &length.to_le_bytes()].concat();
    assert_eq!(ask(&inflate(17 << 20)), (false, Vec::new()));
    assert_eq!(ask(&[&inflate(5)[..], b"four"].concat()), (false, Vec::new()));
    let (is_success, answer) = ask(&[&inflate(2)[..], b"\x03\x00!"].concat());
    assert!(!is_success && answer.len() == 56, "the first request is answered, and what is too much is no second one");
}

fn children() -> usize {
    child_ids().len()
}

/// Processes whose parent is this one. Only Linux tells.
fn child_ids() -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id().to_string();
    let id = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let is_child = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // "id (name) state parent"; the name may hold anything.
        stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1).map(|parent| *parent == own)).unwrap_or(false)
    };
    processes.filter_map(Result::ok).filter_map(id).filter(is_child).collect()
}
