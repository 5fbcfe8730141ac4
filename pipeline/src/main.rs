//! `kezek`: flags become a typed command, the command runs, its outcome is the exit code.

use clap::Parser as _;

/// Short-lived small rows are most of what the engine allocates: a seventh of a replay was glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let cli = kezek_pipeline::cli::Cli::parse();
    kezek_pipeline::cli::run(cli)
}
