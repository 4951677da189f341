//! `gallery`: pictures of every screen, for looking at and for documents.

use super::{Failure, say};
use crate::gallery::{Wanted, gallery as run};
use clap::Args;
use std::io::Write as _;
use std::path::PathBuf;

/// Options of `gallery`.
#[derive(Debug, Args)]
pub(super) struct GalleryArgs {
    /// The folder for the pictures and the page that shows them.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only this screen; can be named several times.
    #[arg(long = "screen", value_name = "NAME")]
    screens: Vec<String>,
    /// Only at 1280x800, and not at 1920x1080, 3840x2160 and the scale of 1.5 too.
    #[arg(long)]
    one_size: bool,
}

/// Makes the pictures.
pub(super) fn gallery(args: GalleryArgs) -> Result<(), Failure> {
    let GalleryArgs { out, screens, one_size } = args;
    let wanted = Wanted { out, screens, one_size };
    let mut tell = |step: &str| {
        let _ = writeln!(std::io::stderr(), "tiresias: {step}");
    };
    let count = run(&wanted, &mut tell).map_err(|e| Failure::Input(e.to_string()))?;
    say(&format!("{}: {count} pictures, and index.html that shows them\n", wanted.out.display()))
}
