//! The reading chain as other crates see it: rules, state machine, record, verification, exports.

// `cfg(test)` says to clippy that the functions beside the tests are tests' too.
#[cfg(test)]
mod adjudicating;
#[cfg(test)]
mod attack;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod consensus;
#[cfg(test)]
mod discordance;
#[cfg(test)]
mod export;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod form;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod hanging;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod mutated;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod record;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod scoring;
#[cfg(test)]
mod signing;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod simulating;
#[cfg(test)]
mod withdrawn;
