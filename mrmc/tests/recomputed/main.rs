//! The analyses of random studies against their definitions, computed anew pair by pair and case by case, and against each
//! other where the literature says that they agree.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

mod anova;
mod designs;
mod edges;
mod moments;
mod roe_metz;
mod studies;
mod unbiased;
