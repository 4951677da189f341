//! The reading chain as other crates see it: rules, state machine, record, verification, exports.

mod export;
mod killed;
mod machine;
mod record;
mod simulated;
