//! `kezek`: flags become a typed command, the command runs, its outcome is the exit code.

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    let cli = kezek_pipeline::cli::Cli::parse();
    kezek_pipeline::cli::run(cli)
}
