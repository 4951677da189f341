//! The GPU gives the pictures of the CPU, byte for byte: every image and window of the reference, in grey and in colour.

use crate::collection::{Display, displays, side_by_side};
use tiresias_tests::{Walk, data};

#[test]
fn gpu_pictures_equal_cpu_pictures() {
    let listed: Vec<(usize, Display)> = displays().into_iter().enumerate().collect();
    let scratch = tempfile::tempdir().unwrap();
    let compared = side_by_side(&listed, |(at, display)| {
        let file = data(&display.path)?;
        let [cpu, gpu] =
            ["--cpu", "--gpu"].map(|computer| display.draw(&file, &scratch.path().join(format!("{at}{computer}.png")), &[computer]));
        let (cpu, gpu) = match (cpu, gpu) {
            (Ok(cpu), Ok(gpu)) => (cpu, gpu),
            (cpu, gpu) => return Some(Err(format!("{}: refused: {:?} {:?}", display.png, cpu.err(), gpu.err()))),
        };
        // The comparison can fail: a level more in one place is another picture.
        let mut spoilt = cpu.clone();
        let middle = spoilt.bytes.len() / 2;
        spoilt.bytes[middle] ^= 1;
        assert!(spoilt != cpu);
        let wrong = cpu.bytes.iter().zip(&gpu.bytes).filter(|(a, b)| a != b).count();
        Some(if cpu == gpu { Ok(display.kind.as_str()) } else { Err(format!("{}: {wrong} bytes differ", display.png)) })
    });
    let mut walk = Walk::new();
    compared.iter().for_each(|result| walk.count(result.is_some()));
    let different: Vec<&String> = compared.iter().flatten().filter_map(|result| result.as_ref().err()).collect();
    let equal = |kind: &str| compared.iter().flatten().filter(|result| result.as_deref() == Ok(kind)).count();
    walk.report(&format!(
        "GPU pictures equal CPU pictures: {} grey, {} in colour, {} differ",
        equal("gray"),
        equal("rgb"),
        different.len()
    ));
    assert!(different.is_empty(), "{different:#?}");
    assert!(equal("gray") >= 20, "too few pictures were compared");
}
