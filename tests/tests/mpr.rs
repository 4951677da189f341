//! `tiresias mpr` and `tiresias probe` against planes and values that other programs computed (tests/data/reference/README.md).
//!
//! Tolerances are those of the reference: 1 level on 99.5 % of the inside pixels, a border of 2 pixels at the volume's edge left out;
//! 0.01 + 1e-4 |value| for probes, 0.1 in the series whose frame positions are rounded. CPU and GPU must give the same bytes.
//! The other programs interpolate across the gap of `ct_missing_slice`; this one must not, and draws a hatch there.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tiresias_tests::run::tiresias;
use tiresias_tests::{Walk, data};

#[derive(Deserialize)]
struct Reference {
    window: Window,
    spacing_mm: f64,
    volume: Volume,
    planes: BTreeMap<String, Plane>,
}

#[derive(Deserialize)]
struct Window {
    center: f64,
    width: f64,
}

#[derive(Deserialize)]
struct Volume {
    rows: u32,
    cols: u32,
    slices: u32,
    /// Between rows, between columns (PS3.3 10.7.1.1).
    pixel_spacing: [f64; 2],
    iop: [f64; 6],
    first_ipp: [f64; 3],
    last_ipp: [f64; 3],
    slice_positions_along_normal: Vec<f64>,
}

#[derive(Deserialize)]
struct Plane {
    png: String,
    width: u32,
    height: u32,
    origin: [f64; 3],
    col_dir: [f64; 3],
    row_dir: [f64; 3],
    /// Slabs only.
    step_mm: Option<f64>,
    samples: Option<u32>,
    #[serde(default)]
    probes: Vec<Probe>,
}

#[derive(Deserialize)]
struct Probe {
    xyz: [f64; 3],
    value: f64,
}

fn list(v: [f64; 3]) -> String {
    v.map(|n| n.to_string()).join(",")
}
fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| a[i] * b[i]).sum()
}

impl Volume {
    fn normal(&self) -> [f64; 3] {
        let [r, c] = self.directions();
        [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]]
    }
    fn directions(&self) -> [[f64; 3]; 2] {
        [[self.iop[0], self.iop[1], self.iop[2]], [self.iop[3], self.iop[4], self.iop[5]]]
    }
    /// Column and row of a patient position, and its place along the normal as the slices' are given. Written from the standard's formula (PS3.3
    /// C.7.6.2.1.1), not from the program's; the origins of all these series move along one line.
    fn index_of(&self, p: [f64; 3]) -> ([f64; 2], f64) {
        let ([r, c], normal) = (self.directions(), self.normal());
        let course: [f64; 3] = std::array::from_fn(|i| self.last_ipp[i] - self.first_ipp[i]);
        let d: [f64; 3] = std::array::from_fn(|i| p[i] - self.first_ipp[i]);
        let along = dot(d, normal) / dot(course, normal);
        let flat: [f64; 3] = std::array::from_fn(|i| d[i] - along * course[i]);
        ([dot(flat, r) / self.pixel_spacing[1], dot(flat, c) / self.pixel_spacing[0]], dot(p, normal))
    }
    /// Whether a position lies inside the volume, half a voxel and half a step beyond the outer centres included.
    fn holds(&self, p: [f64; 3]) -> bool {
        let ([column, row], height) = self.index_of(p);
        let in_range = |i: f64, n: u32| (-0.5..=f64::from(n) - 0.5).contains(&i);
        let z = &self.slice_positions_along_normal;
        assert_eq!(z.len(), self.slices as usize);
        let (below, above) = (z[0] - (z[1] - z[0]) / 2.0, z[z.len() - 1] + (z[z.len() - 1] - z[z.len() - 2]) / 2.0);
        in_range(column, self.cols) && in_range(row, self.rows) && (below..=above).contains(&height)
    }
    /// The places along the normal of the slices beside a gap: a step of twice the smallest or more, of a series that is known to have one.
    fn gap(&self) -> Option<[f64; 2]> {
        let steps = || self.slice_positions_along_normal.windows(2).map(|w| w[1] - w[0]);
        let smallest = steps().fold(f64::INFINITY, f64::min);
        self.slice_positions_along_normal.windows(2).find(|w| w[1] - w[0] > 1.9 * smallest).map(|w| [w[0], w[1]])
    }
}

/// A millionth of a millimetre: positions in the references are rounded.
const ROUNDED: f64 = 1e-5;

/// Where a position is, of a series of which slices are missing.
#[derive(PartialEq, Debug)]
enum Beside {
    /// Not between the two slices beside the gap.
    Elsewhere,
    /// Between them, and no farther from one than the missing slices would be thick: that slice goes on.
    Slice,
    /// Where a slice is missing.
    Gap,
}

impl Beside {
    fn of(volume: &Volume, p: [f64; 3], name: &str) -> Self {
        let Some([below, above]) = volume.gap().filter(|_| name == WITH_A_GAP) else { return Self::Elsewhere };
        let height = volume.index_of(p).1;
        // One slice is missing: the step would be half of what it is, and half of that is a slice's.
        let reach = (above - below) / 4.0;
        if height <= below + ROUNDED || height >= above - ROUNDED {
            Self::Elsewhere
        } else if height > below + reach + ROUNDED && height < above - reach - ROUNDED {
            Self::Gap
        } else {
            Self::Slice
        }
    }
}

const WITH_A_GAP: &str = "ct_missing_slice";
/// What the program draws where slices are missing, wherever the plane lies: x and y are counted in the image.
fn hatch(x: u32, y: u32) -> u8 {
    if (x + y) % 8 < 2 { 88 } else { 28 }
}

impl Plane {
    fn at(&self, x: f64, y: f64, spacing: f64) -> [f64; 3] {
        std::array::from_fn(|i| self.origin[i] + spacing * (x * self.col_dir[i] + y * self.row_dir[i]))
    }
    /// Whether a pixel counts: it and all that lie within 2 pixels of it are inside the volume, and it is not between the slices beside a gap.
    fn counts(&self, name: &str, volume: &Volume, x: u32, y: u32, spacing: f64) -> bool {
        let near = [-2.0, 0.0, 2.0];
        let [x, y] = [f64::from(x), f64::from(y)];
        near.iter().all(|dx| near.iter().all(|dy| volume.holds(self.at(x + dx, y + dy, spacing))))
            && Beside::of(volume, self.at(x, y, spacing), name) == Beside::Elsewhere
    }
    fn arguments(&self, name: &str, reference: &Reference, series: &Path, out: &Path) -> Vec<String> {
        let mut all = vec!["mpr".to_owned(), series.display().to_string(), "--out".into(), out.display().to_string()];
        let window = format!("{},{}", reference.window.center, reference.window.width);
        for (option, value) in [
            ("--origin", list(self.origin)),
            ("--right", list(self.col_dir)),
            ("--down", list(self.row_dir)),
            ("--spacing", reference.spacing_mm.to_string()),
            ("--size", format!("{},{}", self.width, self.height)),
            ("--window", window),
        ] {
            all.push(format!("{option}={value}"));
        }
        if let (Some(step), Some(samples)) = (self.step_mm, self.samples) {
            let kind = if name.contains("mip") { "mip" } else { "mean" };
            all.push(format!("--slab={},{kind},{step}", step * f64::from(samples - 1)));
        }
        all
    }
}

/// The bytes of a grey PNG, and its size.
fn grey(path: &Path) -> (Vec<u8>, [u32; 2]) {
    let image = image::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).into_luma8();
    let size = [image.width(), image.height()];
    (image.into_raw(), size)
}

/// How an image differs from its reference: pixels that count, how many of them are off by more than a level, the largest difference.
fn compare(ours: &[u8], theirs: &[u8], counts: impl Fn(usize) -> bool) -> (usize, usize, u8) {
    let differences = ours.iter().zip(theirs).enumerate().filter(|(i, _)| counts(*i)).map(|(_, (a, b))| a.abs_diff(*b));
    differences.fold((0, 0, 0), |(n, off, worst), d| (n + 1, off + usize::from(d > 1), worst.max(d)))
}

fn reference(name: &str) -> Reference {
    let path = data(&format!("reference/mpr/{name}.json")).expect("the reference travels with the project");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn planes_are_met(name: &str) {
    let reference = reference(name);
    let series = data(&format!("series/{name}")).expect("the series travels with the project");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(reference.planes.len(), 6);
    let mut missed = Vec::new();
    for (plane_name, plane) in &reference.planes {
        let run = |computer: &str| {
            let out = folder.path().join(format!("{plane_name}{computer}.png"));
            let mut arguments = plane.arguments(plane_name, &reference, &series, &out);
            arguments.push(computer.to_owned());
            tiresias(&arguments).unwrap().done().unwrap();
            grey(&out)
        };
        let (ours, gpu) = (run("--cpu"), run("--gpu"));
        assert!(ours == gpu, "{name} {plane_name}: --cpu and --gpu differ");
        let theirs = grey(&data(&format!("reference/{}", plane.png)).expect("the plane's picture travels too"));
        assert_eq!(ours.1, [plane.width, plane.height]);
        assert_eq!(ours.1, theirs.1);
        let place = |i: usize| ((i as u32) % plane.width, (i as u32) / plane.width);
        let counts = |i: usize| plane.counts(name, &reference.volume, place(i).0, place(i).1, reference.spacing_mm);
        let (n, off, worst) = compare(&ours.0, &theirs.0, counts);
        let within = 100.0 * (n - off) as f64 / n as f64;
        println!("{name} {plane_name}: {n} pixels, {within:.4} % within 1 level, worst difference {worst}, CPU = GPU");
        if n < 1_000 || within < 99.5 {
            missed.push(plane_name);
        }
        // The comparison can fail: the same picture one pixel to the left is found out.
        let (_, off, _) = compare(&ours.0[1..], &theirs.0, counts);
        assert!(off * 100 > n, "{name} {plane_name}: a picture shifted by a pixel is not found: {off} of {n}");
        let mut hatched = 0;
        for (i, byte) in ours.0.iter().enumerate() {
            let (x, y) = place(i);
            let at = plane.at(f64::from(x), f64::from(y), reference.spacing_mm);
            if reference.volume.holds(at) && Beside::of(&reference.volume, at, name) == Beside::Gap {
                assert_eq!(*byte, hatch(x, y), "{name} {plane_name}: no hatch at {x},{y}");
                hatched += 1;
            }
        }
        assert_eq!(hatched > 0, name == WITH_A_GAP && plane_name != "axial", "{name} {plane_name}: {hatched} pixels in the gap");
    }
    assert!(missed.is_empty(), "{name}: outside the tolerance: {missed:?}");
}

#[test]
fn every_plane_of_ct_chest_is_met_by_cpu_and_gpu() {
    planes_are_met("ct_chest");
}

#[test]
fn every_plane_of_mr_t1_oblique_is_met_by_cpu_and_gpu() {
    planes_are_met("mr_t1_oblique");
}

/// Series of the larger collection, as far as it is there.
fn walk(of: &str, names: &[&str], met: impl Fn(&str)) {
    let mut walk = Walk::new();
    for name in names {
        if walk.file(&format!("series/{name}")).is_some() {
            met(name);
        }
    }
    walk.report(of);
}

#[test]
fn every_plane_of_straight_stacks_is_met_by_cpu_and_gpu() {
    walk("planes of straight stacks", &["ct_body_j2k", "mr_sag_prone", "mr_enhanced_t1"], planes_are_met);
}

#[test]
fn every_plane_of_pet_headneck_is_met_by_cpu_and_gpu() {
    walk("planes of PET", &["pet_headneck"], planes_are_met);
}

#[test]
fn every_plane_of_tilted_and_uneven_stacks_is_met_by_cpu_and_gpu() {
    walk("planes of tilted and uneven stacks", &["ct_head_tilt_uniform", "ct_head_tilt_nonuniform"], planes_are_met);
}

#[test]
fn every_plane_over_a_gap_is_met_and_the_gap_is_hatched() {
    walk("planes over a gap", &[WITH_A_GAP], planes_are_met);
}

fn probes_are_met(name: &str, unit: Option<&str>) {
    let reference = reference(name);
    let series = data(&format!("series/{name}")).expect("the series travels with the project");
    let (mut beside, mut in_gap) = (0, 0);
    for (plane_name, plane) in reference.planes.iter().filter(|(_, p)| p.samples.is_none()) {
        assert_eq!(plane.probes.len(), 40);
        let mut arguments = vec!["probe".to_owned(), series.display().to_string(), "--json".into()];
        arguments.extend(plane.probes.iter().map(|p| format!("--at={}", list(p.xyz))));
        let said = tiresias(&arguments).unwrap().done().unwrap().json().unwrap();
        let points = said["points"].as_array().unwrap();
        assert_eq!(points.len(), 40);
        let mut worst = 0.0f64;
        for (probe, point) in plane.probes.iter().zip(points) {
            assert_eq!(serde_json::from_value::<[f64; 3]>(point["xyz"].clone()).unwrap(), probe.xyz);
            match Beside::of(&reference.volume, probe.xyz, name) {
                Beside::Gap => {
                    in_gap += 1;
                    let nothing = serde_json::json!({ "xyz": probe.xyz, "value": null, "unit": null, "inside": false });
                    assert_eq!(*point, nothing, "{name} {plane_name}: a value where there is none");
                    continue;
                }
                // The other programs blend it with what lies beyond the gap.
                Beside::Slice => {
                    beside += 1;
                    assert!(point["value"].is_f64() || point["value"].is_i64(), "{name} {plane_name}: {point}");
                    continue;
                }
                Beside::Elsewhere => {}
            }
            assert_eq!((point["inside"].as_bool(), point["unit"].as_str()), (Some(true), unit), "{name} {plane_name} {point}");
            let off = (point["value"].as_f64().unwrap() - probe.value).abs();
            let tolerance = if name == "mr_enhanced_t1" { 0.1 } else { 0.01 + 1e-4 * probe.value.abs() };
            assert!(off <= tolerance, "{name} {plane_name} at {:?}: {point} is not {}", probe.xyz, probe.value);
            worst = worst.max(off / tolerance);
        }
        println!("{name} {plane_name}: 40 probes, worst at {:.1} % of the tolerance", 100.0 * worst);
    }
    println!("{name}: {in_gap} probes in the gap have no value, {beside} more are beside it");
    assert_eq!(in_gap > 0, name == WITH_A_GAP);
    let said = tiresias(["probe", series.to_str().unwrap(), "--json", "--at=9999,0,0"]).unwrap().done().unwrap().json().unwrap();
    assert_eq!(said["points"][0], serde_json::json!({ "xyz": [9999.0, 0.0, 0.0], "value": null, "unit": null, "inside": false }));
}

#[test]
fn every_listed_probe_of_ct_chest_is_met() {
    probes_are_met("ct_chest", Some("HU"));
}

#[test]
fn every_listed_probe_of_mr_t1_oblique_is_met() {
    probes_are_met("mr_t1_oblique", None);
}

#[test]
fn every_listed_probe_of_the_other_series_is_met() {
    walk("probes of CT", &["ct_body_j2k", "ct_head_tilt_uniform", "ct_head_tilt_nonuniform", WITH_A_GAP], |name| {
        probes_are_met(name, Some("HU"));
    });
    walk("probes of MR", &["mr_sag_prone", "mr_enhanced_t1"], |name| probes_are_met(name, None));
    walk("probes of PET", &["pet_headneck"], |name| probes_are_met(name, Some("Bq/ml")));
}
