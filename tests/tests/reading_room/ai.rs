//! What a reader sees of the AI, through the real reveal: the outlines on the screen lie where the result's own bytes say, by a computation of this file.
//!
//! The study is made by command and handed out; nothing of the AI is on the screen before the first impression is locked. The mask is read bit by bit from the
//! segmentation, the circles from what the reference lists of the report; a pixel of the screen is a place in the patient by what is written beside the pointer.

use crate::sitting::{Opening, Sitting};
use crate::templates::press;
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, open_file};
use egui::{Color32, Event, Key, Pos2, Rect, Shape, pos2, vec2};
use std::path::Path;
use tiresias_tests::desk::Desk;
use tiresias_tests::{Walk, data};

/// As design section 8 has it.
const AI: Color32 = Color32::from_rgb(0xCC, 0x79, 0xA7);
const PHRASE: &str = "a passphrase of rita";
/// What is written of a position is rounded to 0.1 mm, at the two ends of a line of hundreds of pixels.
const WRITTEN: f64 = 0.15;

/// A mask on a grid whose axes are the patient's.
struct Mask {
    /// The centre of the first voxel of the first frame's plane, LPS mm, and the steps to the next column and row.
    origin: [f64; 2],
    step: [f64; 2],
    size: [usize; 2],
    /// The place of each frame along z, and its bits, rows of columns.
    frames: Vec<(f64, Vec<bool>)>,
    /// Half the distance of two slices of the images, mm.
    half: f64,
}

fn numbers(object: &InMemDicomObject, tag: dicom_core::Tag) -> Vec<f64> {
    object.element(tag).expect("an element").to_multi_float64().expect("numbers")
}

/// The first item of a sequence.
fn item(object: &InMemDicomObject, tag: dicom_core::Tag) -> &InMemDicomObject {
    &object.element(tag).expect("a sequence").items().expect("items")[0]
}

impl Mask {
    fn of(segmentation: &Path, slice_mm: f64) -> Self {
        let object = open_file(segmentation).expect("a segmentation");
        let size = [tags::COLUMNS, tags::ROWS].map(|t| numbers(&object, t)[0] as usize);
        let shared = item(&object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
        let axes = numbers(item(shared, tags::PLANE_ORIENTATION_SEQUENCE), tags::IMAGE_ORIENTATION_PATIENT);
        assert_eq!(axes, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], "columns go to the left, rows to the back");
        let spacing = numbers(item(shared, tags::PIXEL_MEASURES_SEQUENCE), tags::PIXEL_SPACING);
        let bits = object.element(tags::PIXEL_DATA).expect("pixels").to_bytes().expect("bytes");
        let of_frame = size[0] * size[1];
        let groups = object.element(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).expect("frames").items().expect("items");
        let places: Vec<Vec<f64>> =
            groups.iter().map(|g| numbers(item(g, tags::PLANE_POSITION_SEQUENCE), tags::IMAGE_POSITION_PATIENT)).collect();
        // PS3.5 8.1.1: the first pixel is the lowest bit of the first byte.
        let bit = |n: usize| bits[n / 8] >> (n % 8) & 1 == 1;
        let frame = |(n, place): (usize, &Vec<f64>)| (place[2], (n * of_frame..(n + 1) * of_frame).map(bit).collect());
        Self {
            origin: [places[0][0], places[0][1]],
            step: [spacing[1], spacing[0]],
            size,
            frames: places.iter().enumerate().map(frame).collect(),
            half: slice_mm / 2.0,
        }
    }
    /// Whether a place lies in a voxel of the mask.
    fn holds(&self, [x, y, z]: [f64; 3]) -> bool {
        let at = |v: f64, k: usize| ((v - self.origin[k]) / self.step[k]).round();
        let (column, row) = (at(x, 0), at(y, 1));
        let is_in = column >= 0.0 && row >= 0.0 && (column as usize) < self.size[0] && (row as usize) < self.size[1];
        let frame = self.frames.iter().find(|(place, _)| (place - z).abs() <= self.half);
        is_in && frame.is_some_and(|(_, bits)| bits[row as usize * self.size[0] + column as usize])
    }
    /// Whether the edge of the mask is nearer than `reach` along the axes of a plane, mm.
    fn has_edge_near(&self, at: [f64; 3], axes: [usize; 2], reach: [f64; 2]) -> bool {
        let steps = [-1.0, -0.5, 0.0, 0.5, 1.0];
        let held: Vec<bool> = steps
            .iter()
            .flat_map(|u| steps.map(|v| (u, v)))
            .map(|(u, v)| {
                let mut moved = at;
                moved[axes[0]] += u * reach[0];
                moved[axes[1]] += v * reach[1];
                self.holds(moved)
            })
            .collect();
        held.contains(&true) && held.contains(&false)
    }
}

/// A pane of the screen: its plane goes through the patient along two axes.
struct Seen {
    rect: Rect,
    /// The place of the first pixel's middle, and the way of one pixel across and down, LPS mm.
    origin: [f64; 3],
    across: [f64; 3],
    down: [f64; 3],
    axes: [usize; 2],
}

/// The place under the pointer, LPS mm, as it is written in the corner of the main pane.
fn written(room: &mut Sitting, at: Pos2) -> [f64; 3] {
    room.hover(at);
    let main = room.pane("axial");
    let text = room.texts_in(main, " mm").into_iter().map(|t| t.text).find(|t| t.starts_with(['R', 'L'])).expect("a position");
    crate::written::numbers(&text).try_into().expect("three numbers")
}

impl Seen {
    fn of(room: &mut Sitting, way: &str, axes: [usize; 2]) -> Self {
        let rect = room.pane(way);
        let first = rect.min + vec2(20.5, 20.5);
        let [wide, high] = [rect.width() - 41.0, rect.height() - 41.0].map(f32::floor);
        let origin = written(room, first);
        let [right, low] = [written(room, first + vec2(wide, 0.0)), written(room, first + vec2(0.0, high))];
        let by = |to: [f64; 3], pixels: f32| std::array::from_fn(|k| (to[k] - origin[k]) / f64::from(pixels));
        let (across, down): ([f64; 3], [f64; 3]) = (by(right, wide), by(low, high));
        let origin = std::array::from_fn(|k| origin[k] - 20.0 * (across[k] + down[k]));
        room.window.remove_cursor();
        room.step();
        Self { rect, origin, across, down, axes }
    }
    /// The place of a pixel, by its middle on the screen.
    fn place(&self, at: Pos2) -> [f64; 3] {
        let by = at - (self.rect.min + vec2(0.5, 0.5));
        std::array::from_fn(|k| self.origin[k] + self.across[k] * f64::from(by.x) + self.down[k] * f64::from(by.y))
    }
    /// Millimetres a pixel along the plane's axes.
    fn pixel(&self) -> [f64; 2] {
        self.axes.map(|k| self.across[k].abs().max(self.down[k].abs()))
    }
    /// The pixels in the AI's colour, by their middles: those of its areas, not of the letter beside them.
    fn outline(&self, room: &Sitting) -> Vec<Pos2> {
        let mut found = Vec::new();
        for shape in &room.window.output().shapes {
            let Shape::Mesh(mesh) = &shape.shape else { continue };
            for quad in mesh.vertices.chunks_exact(4).filter(|q| q.iter().all(|v| v.color == AI)) {
                let area = Rect::from_points(&[quad[0].pos, quad[1].pos, quad[2].pos, quad[3].pos]).intersect(shape.clip_rect);
                if self.rect.contains_rect(area) {
                    let [x0, y0, x1, y1] = [area.left(), area.top(), area.right(), area.bottom()].map(|n| n.round() as i32);
                    found.extend((y0..y1).flat_map(|y| (x0..x1).map(move |x| pos2(x as f32 + 0.5, y as f32 + 0.5))));
                }
            }
        }
        found
    }
}

/// A study of one case, read up to the first impression.
fn begun(results: &[&Path]) -> (Desk, Sitting) {
    let desk = Desk::new("sequential").expect("a desk");
    std::fs::write(desk.study().join("protocol.toml"), tiresias_tests::studies::sequential_once().expect("it ships")).expect("written");
    desk.account("rita", "reader", "Dr Rita", PHRASE).expect("an account");
    let more: Vec<String> = results.iter().flat_map(|p| ["--ai".to_owned(), p.display().to_string()]).collect();
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    desk.pack(&data("series/ct_chest").expect("the project's CT"), "C-1", None, &more).expect("packed");
    desk.sign_and_assign().expect("assigned");
    let folder = desk.hand_out("rita", "rita").expect("handed out");
    let mut room = Sitting::start(Opening::of(&folder));
    room.seen.collect = true;
    room.until_says("your passphrase opens your cases");
    room.rest();
    room.window.event(Event::Text(PHRASE.to_owned()));
    room.key(Key::Enter);
    room.until_says("End the session");
    room.open_case();
    press(&mut room, ">70>1");
    room.rest();
    (desk, room)
}

/// Locks the first impression, before which nothing of the AI was on the screen, and has it shown.
fn revealed(room: &mut Sitting) {
    assert!(!room.seen.words.iter().any(|w| w.contains("finding") || w.contains("agree")), "nothing before the reveal");
    let is_ai = |shape: &egui::epaint::ClippedShape| matches!(&shape.shape, Shape::Mesh(m) if m.vertices.iter().any(|v| v.color == AI));
    assert!(!room.window.output().shapes.iter().any(is_ai));
    press(room, "!");
    room.rest();
    press(room, ">");
    room.until_says("agree");
    room.rest();
}

/// Issue 6, done when 3: a mask in three planes.
#[test]
fn a_segmentation_is_outlined_where_its_bits_are() {
    let mut walk = Walk::new();
    if let Some(file) = walk.file("ai/ct_chest_ai/mass_seg_binary.dcm") {
        let mask = Mask::of(&file, 1.0);
        let (_desk, mut room) = begun(&[&file]);
        revealed(&mut room);
        let row = room.words().into_iter().find(|w| w.starts_with("slice ") && !w.contains("of")).expect("the finding");
        room.press_named(&format!("AI finding a, {row}"));
        room.rest();
        let mut counted = 0;
        for (way, axes) in [("axial", [0, 1]), ("coronal", [0, 2]), ("sagittal", [1, 2])] {
            let seen = Seen::of(&mut room, way, axes);
            let outline = seen.outline(&room);
            assert!(outline.len() > 40, "{way}: {} pixels", outline.len());
            let voxel = [mask.step[0], mask.step[1], 2.0 * mask.half];
            let pixel = seen.pixel();
            let reach: [f64; 2] = std::array::from_fn(|k| voxel[axes[k]] + pixel[k] + WRITTEN);
            for at in &outline {
                let place = seen.place(*at);
                assert!(mask.has_edge_near(place, axes, reach), "{way}: {at:?} is {place:?}, where the mask has no edge");
            }
            // All of the edge is there: walk the plane, and find a pixel of the outline beside each place where the mask begins or ends.
            let places: Vec<[f64; 3]> = outline.iter().map(|at| seen.place(*at)).collect();
            let near = |p: [f64; 3]| places.iter().any(|q| (0..2).all(|k| (p[axes[k]] - q[axes[k]]).abs() <= reach[k]));
            let inside = seen.rect.shrink(4.0);
            for y in (inside.top() as i32..inside.bottom() as i32).step_by(2) {
                for x in inside.left() as i32..inside.right() as i32 - 1 {
                    let [a, b] = [x, x + 1].map(|x| seen.place(pos2(x as f32 + 0.5, y as f32 + 0.5)));
                    assert!(mask.holds(a) == mask.holds(b) || near(a), "{way}: the edge at {a:?} has no outline");
                }
            }
            // And it is what the screen shows.
            let picture = room.pixels();
            let shown = outline.iter().filter(|at| picture.get_pixel(at.x as u32, at.y as u32).0[..3] == [0xCC, 0x79, 0xA7]).count();
            assert!(shown * 100 >= outline.len() * 95, "{way}: {shown} of {} pixels are in the colour", outline.len());
            counted += outline.len();
        }
        println!("{counted} pixels of outlines in 3 planes lie on the edge of the mask, and all of the edge is outlined");
    }
    walk.report("AI results in the room");
}

/// Issue 6, done when 3: shapes of a report, each on its own image.
#[test]
fn circles_of_a_report_are_drawn_where_it_says() {
    let mut walk = Walk::new();
    if let Some(file) = walk.file("ai/ct_chest_ai/chest_cad_sr.dcm") {
        let reference: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(data("reference/ai.json").expect("the reference")).expect("text")).expect("JSON");
        let items = reference["ai/ct_chest_ai/chest_cad_sr.dcm"]["items"].as_array().expect("items");
        let circles: Vec<Vec<f64>> = items
            .iter()
            .filter(|i| i[4][0] == "CIRCLE")
            .map(|i| i[4][1].as_array().expect("points").iter().map(|n| n.as_f64().expect("a number")).collect())
            .collect();
        let images: Vec<&str> = items.iter().filter(|i| i[1] == "SELECTED FROM").filter_map(|i| i[4].as_str()).collect();
        assert_eq!(circles.len(), 2);
        let (_desk, mut room) = begun(&[&file]);
        revealed(&mut room);
        let rows: Vec<String> = room.words().into_iter().filter(|w| w.starts_with("slice ") && !w.contains("of")).collect();
        assert_eq!(rows.len(), 2, "{rows:?}");
        let mut counted = 0;
        for (n, circle) in circles.iter().enumerate() {
            // Each outline is followed by its image, as each centre is.
            let image = slice_of(images[2 * n + 1]);
            room.press_named(&format!("AI finding {}, {}", ["a", "b"][n], rows[n]));
            room.rest();
            let seen = Seen::of(&mut room, "axial", [0, 1]);
            let outline = seen.outline(&room);
            let [centre, edge] = [0, 2].map(|k| image.place([circle[k], circle[k + 1]]));
            let radius = (edge[0] - centre[0]).hypot(edge[1] - centre[1]);
            assert!(outline.len() as f64 > 4.0 * radius / seen.pixel()[0], "{n}: {} pixels", outline.len());
            let reach = 1.5 * seen.pixel()[0] + WRITTEN;
            for at in &outline {
                let place = seen.place(*at);
                let off = (place[0] - centre[0]).hypot(place[1] - centre[1]) - radius;
                assert!(off.abs() <= reach && (place[2] - centre[2]).abs() < 0.5, "finding {n}: {place:?} is {off} mm off the circle");
            }
            counted += outline.len();
        }
        println!("{counted} pixels of 2 circles lie where the report says");
    }
    walk.report("AI reports in the room");
}

/// A slice of the CT: where its pixels are.
struct Slice {
    position: Vec<f64>,
    spacing: Vec<f64>,
}

impl Slice {
    /// The place of [column, row], from the upper left corner of the first pixel (PS3.3 C.18.6.1.1).
    fn place(&self, [column, row]: [f64; 2]) -> [f64; 3] {
        let (across, down) = ((column - 0.5) * self.spacing[1], (row - 0.5) * self.spacing[0]);
        [self.position[0] + across, self.position[1] + down, self.position[2]]
    }
}

fn slice_of(uid: &str) -> Slice {
    let folder = data("series/ct_chest").expect("the project's CT");
    let files = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    let objects = files.filter(|p| p.extension().is_some_and(|e| e == "dcm")).map(|p| open_file(p).expect("an image"));
    let is_it = |o: &dicom_object::DefaultDicomObject| {
        o.element(tags::SOP_INSTANCE_UID).is_ok_and(|e| e.to_str().is_ok_and(|u| u.trim_end_matches(['\0', ' ']) == uid))
    };
    let found = objects.into_iter().find(is_it).expect("the image of the finding");
    Slice { position: numbers(&found, tags::IMAGE_POSITION_PATIENT), spacing: numbers(&found, tags::PIXEL_SPACING) }
}
