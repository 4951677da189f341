//! The window under real input: an X server without a screen (Xvfb), key and mouse events sent by xdotool, and the program as it is built.
//!
//! Nothing is mocked: effects are awaited in the trace and in the record on the disk, never by a fixed sleep. Where Xvfb or xdotool is
//! missing the tests fail and say so (`./dev test` installs both).

#![forbid(unsafe_code)]

// `cfg(test)` says to clippy that the functions beside the tests are tests' too.
#[cfg(test)]
mod desktop;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod refusing;
#[cfg(test)]
mod scrolling;
#[cfg(test)]
mod settling;
#[cfg(test)]
#[path = "../reading_room/sitting.rs"]
mod sitting;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod studies;
