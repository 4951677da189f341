//! Tests of the crate from outside: real images where the shared data are at hand, packages, layers, the canary, the demo.

// The lints' exceptions for tests hold inside these modules alone.
#[cfg(test)]
mod canary;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod package;
#[cfg(test)]
mod real;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod second_decoder;
#[cfg(test)]
mod support;
