//! The `flightplan` binary.

use std::process::ExitCode;

/// Planning allocates many small pieces; a third of its time went into the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::main(std::env::args_os()).into()
}
