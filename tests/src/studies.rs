//! What made-up studies have in common: the text of their protocol, and the wait for the record of a window that was closed.
//!
//! Refuses: images, which each test makes as it needs them.

use std::path::Path;
use std::time::Duration;
use tiresias_reads::record::Record;
use tiresias_reads::study::Study;

/// A protocol with one condition, one rating of 0 to 100, and a lung window. `froc` studies have marks. `display` is what `[display]` says beside layout and interpolation,
/// a line each, `first` among them.
#[must_use]
pub fn protocol(paradigm: &str, display: &str) -> String {
    let marks = if paradigm == "froc" {
        "[marks]\nlabel = \"Finding\"\nmax = 5\nrating = { min = 0, max = 100, low = \"no\", high = \"yes\" }\n"
    } else {
        ""
    };
    format!(
        r#"
tiresias_protocol = 1

[study]
id = "made-up"
title = "A study made for a test"
paradigm = "{paradigm}"

[[condition]]
id = "unaided"
label = "Unaided"

[[question]]
id = "confidence"
text = "How confident are you?"
kind = "scale"
min = 0
max = 100
low = "absent"
high = "present"
required = true
rating = true

{marks}
[display]
layout = "mpr"
interpolation = "linear"
{display}

[[display.preset]]
name = "lung"
center = -600
width = 1500
function = "linear"

[order]
kind = "fixed"
"#
    )
}

/// Until the record of a closed window can be opened: its thread has written everything.
///
/// # Errors
/// When the study does not open, or its record is not let go within ten seconds.
pub fn wait_for_record(study: &Path) -> Result<Record, String> {
    let study = Study::open(study).map_err(|e| e.to_string())?;
    for _ in 0..1000 {
        if let Ok(record) = study.open_record("test") {
            return Ok(record);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err("the record is still held by the window that was closed".to_owned())
}
