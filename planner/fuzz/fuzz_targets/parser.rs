//! `cargo fuzz run --fuzz-dir planner/fuzz --features libfuzzer parser`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| planner_fuzz::target::hold(planner_fuzz::target::Target::Parser, data));
