//! `cargo fuzz run --fuzz-dir planner/fuzz --features libfuzzer pipeline`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| planner_fuzz::target::hold(planner_fuzz::target::Target::Pipeline, data));
