//! The rules of the house, as functions from what is there to what is wrong with it: dependency arrows, licences, sources.
//!
//! Each function takes plain data and returns complaints, one sentence each, none when all is well. So the tests can feed
//! them the project (`tests/house.rs`) and a house with the fault in it (at the end of each module here).

pub mod arrows;
pub mod licences;
pub mod sources;
