//! What a shell and `man` want to know of the command line, made from the same definitions that parse it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, CommandFactory as _};

use super::exit::{Failure, Outcome};

/// Prints the completions of a shell.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  kezek completions bash > /etc/bash_completion.d/kezek\n  kezek completions fish > ~/.config/fish/completions/kezek.fish")]
pub struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Prints the man page, or writes one page for each command.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  kezek man | man -l -\n  kezek man --output /usr/local/share/man/man1")]
pub struct Man {
    /// Folder for `kezek.1`, `kezek-replay.1`, …; without it the main page goes to standard output.
    #[arg(long)]
    output: Option<PathBuf>,
}

pub(super) fn completions(args: &Completions) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "kezek", &mut text);
    print(&text)
}

pub(super) fn man(args: &Man) -> Outcome {
    let failure = |e: std::io::Error| Failure::Usage(e.into());
    if let Some(folder) = &args.output {
        std::fs::create_dir_all(folder).map_err(failure)?;
        clap_mangen::generate_to(super::Cli::command(), folder).map_err(failure)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(super::Cli::command()).render(&mut text).map_err(failure)?;
    print(&text)
}

/// A reader that has seen enough is no failure.
fn print(text: &[u8]) -> Outcome {
    let _gone = std::io::stdout().lock().write_all(text);
    Ok(ExitCode::SUCCESS)
}
