//! `kezek score`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args as ClapArgs;

use super::exit::{Failure, Outcome};
use crate::score::{judge, lines, score, svg, text};

/// Compares the alerts of a replay with what truly happened: precision, recall and delay by kind, cause, region and day.
/// Writes score.txt, score.json and score.svg beside the alerts and prints the text.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek simulate --output country/ --seed 7 --days 2 --scale 0.1\n  kezek replay --input country/ --output decided/ --drain 24h\n  kezek score --truth country/ --output decided/")]
pub struct Args {
    /// Folder that `simulate` wrote, or its truth/.
    #[arg(long)]
    truth: PathBuf,
    /// Folder that `replay` wrote.
    #[arg(long)]
    output: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let printed = judged(args).map_err(Failure::Usage)?;
    print!("{printed}");
    Ok(ExitCode::SUCCESS)
}

fn judged(args: &Args) -> anyhow::Result<String> {
    let inside = args.truth.join("truth");
    let truth = if inside.is_dir() { inside } else { args.truth.clone() };
    let s = score(&judge(lines(&args.output.join("risk.alerts.ndjson"), true)?, lines(&truth.join("incidents.ndjson"), false)?));
    let json = format!("{}\n", serde_json::to_string_pretty(&s)?);
    let text = text(&s);
    let write = |name: &str, what: &str| write(&args.output, name, what);
    write("score.txt", &text)?;
    write("score.json", &json)?;
    write("score.svg", &svg(&s))?;
    Ok(if args.json { json } else { text })
}

fn write(folder: &Path, name: &str, what: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    fs::write(&path, what).with_context(|| format!("cannot write {}", path.display()))
}
