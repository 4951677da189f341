//! A picture of the reading room for the README and for people without a display: marks and rates through the same actions as a reader does, and saves what the
//! window shows.

use crate::launch::Shot;
use crate::room::Room;
use egui::{ColorImage, Context, ViewportCommand};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use tiresias_reads::machine::Action;

/// Where the script stands.
pub(crate) struct ShotScript {
    shot: Shot,
    step: usize,
    /// Frames since the last step, so that everything that a step started is on the screen.
    settled: u32,
    picture: Option<Receiver<Arc<ColorImage>>>,
    opened: bool,
}

const SETTLE: u32 = 6;

impl ShotScript {
    pub(crate) const fn new(shot: Shot) -> Self {
        Self { shot, step: 0, settled: 0, picture: None, opened: false }
    }

    /// What is asked for in this frame, one step after the other.
    pub(crate) fn actions(&mut self, room: &mut Room) -> Vec<Action> {
        self.opened = true;
        let Some(actions) = room.demonstration(self.step) else { return Vec::new() };
        self.settled = 0;
        self.step += 1;
        actions
    }

    /// Counts frames; takes the picture when all is done, saves it, and closes the window.
    pub(crate) fn frame(&mut self, ctx: &Context) {
        if let Some(picture) = &self.picture {
            if let Ok(image) = picture.try_recv() {
                let taken = save(&self.shot.file, &image);
                if let Ok(mut slot) = self.shot.taken.lock() {
                    *slot = Some(taken);
                }
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            return;
        }
        if self.opened {
            self.settled += 1;
            if self.settled > SETTLE {
                let (sender, receiver) = channel();
                let ctx2 = ctx.clone();
                ctx.request_screenshot(move |image| {
                    let _ = sender.send(image);
                    ctx2.request_repaint();
                });
                self.picture = Some(receiver);
            }
        }
    }
}

fn save(file: &Path, image: &ColorImage) -> Result<(), String> {
    let [width, height] = image.size;
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
    let saved =
        image::save_buffer_with_format(file, &bytes, width as u32, height as u32, image::ExtendedColorType::Rgb8, image::ImageFormat::Png);
    let place = file.display();
    saved.map_err(|e| format!("{place}: the picture cannot be written ({e}). Name a file in a folder where you may write."))?;
    // The person who asked looks at this stream; when it is closed nobody does.
    let _ = writeln!(std::io::stderr(), "tiresias: {place}: saved {width} x {height}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let image = ColorImage::filled([2, 3], egui::Color32::GRAY);
        assert_eq!(save(&folder.path().join("shot.png"), &image), Ok(()));
        let nowhere = save(&folder.path().join("nowhere").join("shot.png"), &image);
        assert!(nowhere.is_err_and(|sentence| sentence.contains("shot.png: the picture cannot be written")));
    }
}
