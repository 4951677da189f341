//! The scan of whole files: the sample that this program writes, and copies of it with something put in.

use super::*;
use crate::write::tests::sample;

fn scanned(files: &[(&str, &[u8])]) -> ScanReport {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    scan(folder.path(), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Without those of the sample itself: UIDs that count from one, and overlays.
fn places(report: &ScanReport) -> Vec<&str> {
    let is_new = |l: &&Leak| l.kind != LeakKind::Uid && l.kind != LeakKind::Text;
    report.leaks().iter().filter(is_new).map(Leak::place).collect()
}

const NAME: &str = "0123456789abcdef0123456789abcdef.dcm";

#[test]
fn what_was_written_here_says_nothing() {
    let (file, _) = sample();
    let report = scanned(&[(NAME, &file)]);
    assert_eq!((places(&report), report.files(), report.is_clean()), (vec![], 1, false));
    let leaks: Vec<&str> = report.leaks().iter().filter(|l| l.severity == Severity::Leak).map(Leak::place).collect();
    assert_eq!(leaks.len(), 5, "the UIDs of the sample, which are no hashes: {leaks:?}");
}

#[test]
fn what_is_around_a_data_set_is_found() {
    let (file, _) = sample();
    let mut before = file.clone();
    before[7] = b'x';
    assert_eq!(places(&scanned(&[(NAME, &before)])), ["preamble"]);
    let behind = [&file[..], b"GARCIA"].concat();
    assert_eq!(places(&scanned(&[(NAME, &behind)])), ["behind the data set"]);
    // As long as the beginning of an element of bytes, but for the end of its length.
    let like_an_element = [&file[..], b"\xE1\x7F\x10\0OB\0\0GAR"].concat();
    assert_eq!(places(&scanned(&[(NAME, &like_an_element)])), ["behind the data set"]);
    assert!(places(&scanned(&[(NAME, &[&file[..], &[0; 11]].concat())])).is_empty());
    // The pixels of the sample are the last of it: 2 bytes each.
    let (length_at, length) = (file.len() - 12 - 4, 12_u32);
    assert_eq!(file[length_at..length_at + 4], length.to_le_bytes());
    let mut longer = [&file[..], b"GARCIA"].concat();
    longer[length_at..length_at + 4].copy_from_slice(&(length + 6).to_le_bytes());
    assert_eq!(places(&scanned(&[(NAME, &longer)])), ["behind the pixels"]);
    let report = scanned(&[("garcia.txt", b"Garcia was here")]);
    assert_eq!((places(&report), report.files(), report.has_leaks()), (vec!["file name", UNREADABLE], 0, true));
}

/// The sample with its data set deflated, in one stored block (RFC 1951 3.2.4).
fn deflated() -> Vec<u8> {
    let (file, _) = sample();
    let syntax = b"\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0";
    let at = file.windows(syntax.len()).position(|bytes| bytes == syntax).unwrap();
    // Of the meta group, whose length is at 140.
    let group_length = u32::from_le_bytes(file[140..144].try_into().unwrap());
    let data_set = 144 + group_length as usize;
    let mut meta = [&file[..at], b"\x02\0\x10\0UI\x16\x001.2.840.10008.1.2.1.99", &file[at + syntax.len()..data_set]].concat();
    meta[140..144].copy_from_slice(&(group_length + 2).to_le_bytes());
    let length = u16::try_from(file.len() - data_set).unwrap();
    [&meta[..], b"\x01", &length.to_le_bytes(), &(!length).to_le_bytes(), &file[data_set..]].concat()
}

#[test]
fn what_stands_behind_a_deflated_data_set_is_found() {
    let behind = "behind the data set";
    let long = [&[0; 1000][..], b"GARCIA", &[0; 1000]].concat();
    let cases: [(&[u8], Vec<&str>); 6] =
        [(b"", vec![]), (b"\0", vec![]), (&[0; 100], vec![]), (b"G", vec![behind]), (b"GARCIA\0", vec![behind]), (&long, vec![behind])];
    for (tail, found) in cases {
        let report = scanned(&[(NAME, &[&deflated()[..], tail].concat())]);
        assert_eq!((places(&report), report.files()), (found, 1), "{} bytes", tail.len());
    }
}

#[test]
fn pixels_that_nobody_looks_at_are_told() {
    let (pixels, unseen) = ("(7FE0,0010) PixelData", "pixels that cannot be looked at");
    let floating = with(b"\xE0\x7F\x08\0OF\0\0\x04\0\0\0\0\0\0\0");
    // Key objects in the place of an image: in the meta group and in the data set.
    let (mut other, _) = sample();
    let class = b"1.2.840.10008.5.1.4.1.1.4\0";
    while let Some(at) = other.windows(class.len()).position(|bytes| bytes == class) {
        let value = b"1.2.840.10008.5.1.4.1.1.88.59\0";
        other[at - 2..at].copy_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
        let length = u32::from_le_bytes(other[140..144].try_into().unwrap());
        // Only that of the meta group counts in its length.
        if at < 144 + length as usize {
            other[140..144].copy_from_slice(&(length + 4).to_le_bytes());
        }
        other = [&other[..at], value, &other[at + class.len()..]].concat();
    }
    for (what, file, place) in [("two pixel data elements", floating, pixels), ("no image", other, unseen)] {
        let report = scanned(&[(NAME, &file)]);
        assert!(report.leaks().iter().any(|l| l.place == place && l.kind == LeakKind::Text), "{what}");
    }
    let (file, _) = sample();
    assert!(scanned(&[(NAME, &file)]).leaks().iter().all(|l| l.place != pixels && l.place != unseen));
}

#[test]
fn names_of_what_holds_no_file_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(NAME), sample().0).unwrap();
    std::fs::create_dir(folder.path().join("garcia_ana")).unwrap();
    let scanned = || scan(folder.path(), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(places(&scanned()), ["folder name"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join(NAME), folder.path().join("fedcba9876543210fedcba9876543210")).unwrap();
        assert_eq!(places(&scanned()), ["link or folder that is not looked into", "folder name"]);
    }
}

#[test]
fn a_name_is_learned_where_a_file_does_not_say_that_it_is_one() {
    // Patient's Name as a value of unknown representation, and Body Part Examined.
    let elements = b"\x10\0\x10\0UN\0\0\x06\0\0\0GARCIA\x18\0\x15\0CS\x06\0GARCIA";
    let report = scanned(&[(NAME, &with(elements))]);
    let found: Vec<(&str, LeakKind)> = report.leaks().iter().filter(|l| l.kind == LeakKind::Name).map(|l| (l.place(), l.kind)).collect();
    assert_eq!(found, [("(0010,0010) PatientName", LeakKind::Name), ("(0018,0015) BodyPartExamined", LeakKind::Name)]);
}

#[test]
fn findings_of_one_file_have_an_end_that_is_told() {
    let private = b"\x09\0\x01\x10LO\x02\0ab".repeat(MOST_OF_FILE + 1);
    let report = scanned(&[(NAME, &with(&private))]);
    let count = |place: &str| report.leaks().iter().filter(|l| l.place == place).count();
    assert_eq!(count("more findings than are told of one file"), 1);
    assert!((MOST_OF_FILE - 100..=MOST_OF_FILE).contains(&count("private (0009,1001)")));
}

/// The sample with something before its pixels, which are the last 24 bytes of it with their tag.
fn with(before: &[u8]) -> Vec<u8> {
    let (file, _) = sample();
    let (head, pixels) = file.split_at(file.len() - 24);
    assert_eq!(pixels[..4], [0xE0, 0x7F, 0x10, 0]);
    [head, before, pixels].concat()
}

#[test]
fn long_texts_are_looked_at_to_their_end() {
    let text = |tag: [u8; 4], value: &str| {
        let length = u32::try_from(value.len()).unwrap().to_le_bytes();
        [&tag[..], b"UT\0\0", &length, value.as_bytes()].concat()
    };
    let part = |value: String| text([0x18, 0, 0x15, 0], &value);
    let comments = |value: String| text([0x10, 0, 0, 0x40], &value);
    let spaces = |n: usize| " ".repeat(n);
    let (chest, place) = ("CHEST ".repeat(40_000), "(0018,0015) BodyPartExamined");
    let cases = [
        ("words are whole", part(chest.clone()), vec![]),
        ("behind words", part(chest + "GARCIA"), vec![place]),
        ("between words", part("CHEST ".repeat(20_000) + "GARCIA " + &"CHEST ".repeat(20_000)), vec![place]),
        ("one finding of one value", part("CHEST".repeat(40_000)), vec![place]),
        ("behind spaces", comments(spaces(200_000) + "GARCIA"), vec!["(0010,4000) PatientComments"]),
        ("across 64 KiB", comments(spaces(65_533) + "GARCIA"), vec!["(0010,4000) PatientComments"]),
        ("spaces alone", comments(spaces(200_000)), vec![]),
    ];
    for (what, element, found) in cases {
        assert_eq!(places(&scanned(&[(NAME, &with(&element))])), found, "{what}");
    }
    // A name that one file says behind 64 KiB is sought in the other.
    let names = with(&text([0x08, 0, 0x80, 0], &(spaces(70_000) + "GARCIA")));
    let report = scanned(&[("names.dcm", &names), (NAME, &with(&part("chest GARCIA".to_owned())))]);
    let of_part = report.leaks().iter().find(|l| l.place == place).unwrap();
    assert_eq!((of_part.kind, of_part.severity), (LeakKind::Name, Severity::Leak));
}

#[test]
fn words_that_are_written_as_numbers_are_found() {
    let element = |tag: [u8; 4], vr: &[u8; 2], value: &[u8]| {
        let length = u16::try_from(value.len()).unwrap().to_le_bytes();
        [&tag[..], vr, &length, value].concat()
    };
    let (left, size, weighting) = ([0x18, 0, 0x18, 0x60], [0x18, 0, 0x10, 0x13], [0x18, 0, 0x87, 0x90]);
    let far = [&[0; 40_000][..], b"GARCIA  "].concat();
    let cases = [
        ("numbers", [element(left, b"UL", &[64, 0, 0, 0]), element(size, b"US", &[0, 0, 0, 1, 0, 1, 0, 0])].concat(), vec![]),
        ("four bytes each", element(left, b"UL", b"GARCIA  "), vec!["(0018,6018) RegionLocationMinX0"]),
        ("behind numbers", element(left, b"UL", &far), vec!["(0018,6018) RegionLocationMinX0"]),
        ("two bytes each", element(size, b"US", b"GARCIA"), vec!["(0018,1310) AcquisitionMatrix"]),
        ("floating point", element(weighting, b"FD", b"GARCIA  "), vec!["(0018,9087) DiffusionBValue"]),
    ];
    for (what, element, found) in cases {
        assert_eq!(places(&scanned(&[(NAME, &with(&element))])), found, "{what}");
    }
    // In the version of the header, whose length is at 140.
    let (mut file, _) = sample();
    let version = b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01";
    let at = file.windows(version.len()).position(|bytes| bytes == version).unwrap();
    let longer = u32::from_le_bytes(file[140..144].try_into().unwrap()) + 6;
    file[140..144].copy_from_slice(&longer.to_le_bytes());
    let file = [&file[..at + 8], b"\x08\0\0\0\0\x01GARCIA", &file[at + version.len()..]].concat();
    assert_eq!(places(&scanned(&[(NAME, &file)])), ["(0002,0001) FileMetaInformationVersion"]);
}

#[test]
fn a_file_that_names_more_than_is_sought_is_told() {
    let word = |n: u32| -> String { (0..4).map(|i| char::from(b'a' + u8::try_from(n / 26_u32.pow(i) % 26).unwrap())).collect() };
    let institution = |count: u32| {
        let value = (0..count).map(word).collect::<Vec<_>>().join(" ");
        let length = u32::try_from(value.len()).unwrap().to_le_bytes();
        with(&[&b"\x08\0\x80\0UT\0\0"[..], &length, value.as_bytes()].concat())
    };
    for (count, is_told) in [(1000, 0), (300_000, 1)] {
        let report = scanned(&[(NAME, &institution(count))]);
        let told = report.leaks().iter().filter(|l| l.place == "more names than are sought in other texts");
        assert_eq!((told.count(), report.has_leaks()), (is_told, true), "{count} words");
    }
}

/// The sample with a frame in the place of its pixels.
fn compressed(frame: &[u8]) -> Vec<u8> {
    let (file, _) = sample();
    let mut compressed = file[..file.len() - 24].to_vec();
    compressed.extend(b"\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF");
    for item in [&b""[..], frame] {
        compressed.extend(b"\xFE\xFF\0\xE0");
        compressed.extend(u32::try_from(item.len()).unwrap().to_le_bytes());
        compressed.extend(item);
    }
    compressed.extend(b"\xFE\xFF\xDD\xE0\0\0\0\0");
    compressed
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker][..], &length, body].concat()
}

const START: &[u8] = b"\xFF\xD8";
const END: &[u8] = b"\xFF\xD9";
const COMMENT: &str = "comment in the compressed pixels";

#[test]
fn what_compressed_pixels_say_is_found_wherever_it_stands() {
    let (table, comment, scan) = (segment(0xC4, &[7; 40_000]), segment(0xFE, b"GARCIA"), segment(0xDA, &[1]));
    let boxes = b"\0\0\0\x0CJXL \x0D\x0A\x87\x0A\0\0\0\x0Axml hi\0\0\0\0jxlc\xFF\x0Adata";
    let cases: [(&str, Vec<u8>); 4] = [
        ("behind 64 KiB", [START, &table, &table, &comment, &scan, b"data", END].concat()),
        ("between scans", [START, &scan, b"data", &comment, &scan, b"data", END].concat()),
        ("behind the end", [START, &scan, &[0x55; 100_000], END, b"GARCIA"].concat()),
        ("in a box of JPEG XL", [&boxes[..], &[0x55; 100_000]].concat()),
    ];
    for (what, frame) in cases {
        assert_eq!(places(&scanned(&[(NAME, &compressed(&frame))])), [COMMENT], "{what}");
    }
}

#[test]
fn colour_profiles_are_looked_at_and_are_no_leaks() {
    let profile = b"ICC_PROFILE\0\x01\x01desc\0\0\0\x12sRGB IEC61966-2.1\0";
    let scan = segment(0xDA, &[1]);
    let boxes = [&b"\0\0\0\x0CjP  \x0D\x0A\x87\x0A\0\0\0\x40jp2h\0\0\0\x38colr\x02\0\0"[..], &profile[14..]].concat();
    let taken = segment(0xE1, b"Exif\0\x002021:03:04 10:11:12\0");
    let codestream = b"\xFF\x4F\xFF\x51\0\x04ab\xFF\x90\0\x0A\0\0\0\0\0\0\0\x01\xFF\x93xy\xFF\xD9";
    let cases: [(&str, Vec<u8>, Severity); 4] = [
        ("of a JPEG", [START, &segment(0xE2, profile), &scan, b"data", END].concat(), Severity::Suspect),
        ("of a JPEG 2000", [&boxes[..], codestream].concat(), Severity::Suspect),
        ("with a day", [START, &taken, &scan, b"data", END].concat(), Severity::Leak),
        ("with an id", [START, &segment(0xE2, &[&profile[..], b"4471203"].concat()), &scan, b"data", END].concat(), Severity::Leak),
    ];
    for (what, frame, severity) in cases {
        let report = scanned(&[(NAME, &compressed(&frame))]);
        let found: Vec<Severity> = report.leaks().iter().filter(|l| l.place == COMMENT).map(Leak::severity).collect();
        assert_eq!(found, [severity], "{what}");
    }
}

#[test]
fn names_in_letters_of_two_bytes_are_found_beside_pixels() {
    let names = with(b"\x08\0\x80\0LO\x06\0GARCIA");
    for said in [&b"Exif\0\0G\0A\0R\0C\0I\0A\0"[..], b"mluc\0\0\0\x0C\0G\0A\0R\0C\0I\0A"] {
        let frame = [START, &segment(0xE1, said), &segment(0xDA, &[1]), b"data", END].concat();
        let report = scanned(&[("names.dcm", &names), (NAME, &compressed(&frame))]);
        let beside = report.leaks().iter().find(|l| l.place == COMMENT).unwrap();
        assert_eq!((beside.kind, beside.severity), (LeakKind::Name, Severity::Leak), "{said:?}");
    }
}

#[test]
fn values_are_in_a_report_only_when_asked_for() {
    let (file, _) = sample();
    let report = scanned(&[(NAME, &[&file[..], b"GARCIA"].concat())]);
    for (asked, said) in [(false, false), (true, true)] {
        assert_eq!(report.json(asked).to_string().contains("GARCIA"), said);
        assert_eq!(report.text(asked).to_string().contains("GARCIA"), said);
    }
    // printf GARCIA | sha256sum
    let behind = report.leaks().iter().find(|l| l.place == "behind the data set").unwrap();
    assert_eq!(behind.sha256().to_string(), "0e6f1e4fbd1436dc473b64d727fe504a9017686f0c7d4f02e06b680b561a70ec");
}

#[test]
fn numbers_that_follow_each_other_tell_an_order() {
    let uid = |n: u128| (n, Path::new(""));
    let drawn = 203_961_841_706_553_221_893_744_862_034_719_928_615;
    assert_eq!(counted(&BTreeMap::from([uid(drawn), uid(drawn / 3), uid(drawn / 2)])).len(), 0);
    assert_eq!(counted(&BTreeMap::from([uid(drawn), uid(drawn + 1), uid(drawn + 2)])).len(), 2);
}

#[test]
fn a_scan_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(NAME), sample().0).unwrap();
    let stopped = scan(folder.path(), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(CasesError::Cancelled)));
}
