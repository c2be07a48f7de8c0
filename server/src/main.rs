//! The `flightplan` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main(std::env::args_os()).into()
}
