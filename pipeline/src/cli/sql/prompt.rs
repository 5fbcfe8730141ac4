//! The prompt: statements end with a semicolon and may take several lines; the history is kept between runs; tables
//! and columns are completed.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use kezek_query::catalogue;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Context, Editor, Helper, Highlighter, Hinter, Validator};

use super::client::Client;
use super::{Shown, answered};
use crate::cli::exit::{Failure, Outcome};

const HELP: &str = "\\d            tables\n\\d TABLE      columns of a table\n\\timing       tell how long a statement takes, or stop telling\n\\table \\csv \\json  how answers are shown\n\\q            leave\n";

/// Completes what the catalogue knows.
#[derive(Helper, Hinter, Highlighter, Validator)]
struct Names(Vec<&'static str>);

impl Completer for Names {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..at).unwrap_or_default();
        let from = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |n| n + 1);
        let begun = before.get(from..).unwrap_or_default();
        Ok((from, self.0.iter().filter(|n| !begun.is_empty() && n.starts_with(begun)).map(|n| (*n).to_owned()).collect()))
    }
}

fn names() -> Names {
    let mut names: Vec<_> = catalogue::tables().iter().flat_map(|t| t.columns.iter().map(|c| c.name).chain([t.name])).collect();
    names.sort_unstable();
    names.dedup();
    Names(names)
}

fn history_file() -> Option<PathBuf> { std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".kezek_history")) }

/// Prompts until the input ends.
pub(super) fn run(client: &Client, mut shown: Shown) -> Outcome {
    let unusable = |e: ReadlineError| Failure::Usage(e.into());
    let mut editor: Editor<Names, FileHistory> = Editor::new().map_err(unusable)?;
    editor.set_helper(Some(names()));
    let file = history_file();
    // There is none before the first time.
    if let Some(file) = &file { let _ = editor.load_history(file); }
    let (mut statement, mut timing) = (String::new(), false);
    loop {
        let line = match editor.readline(if statement.is_empty() { "kezek=> " } else { "kezek-> " }) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => {
                statement.clear();
                continue;
            }
            Err(ReadlineError::Eof) => break,
            Err(e) => return Err(unusable(e)),
        };
        if statement.is_empty() && line.trim().is_empty() { continue; }
        match (statement.is_empty(), line.trim()) {
            (true, "\\q" | "quit" | "exit") => break,
            (true, "\\?") => {
                print!("{HELP}");
                continue;
            }
            (true, "\\timing") => {
                timing = !timing;
                println!("Timing is {}.", if timing { "on" } else { "off" });
                continue;
            }
            (true, "\\table") => shown = Shown::Table,
            (true, "\\csv") => shown = Shown::Csv,
            (true, "\\json") => shown = Shown::Json,
            _ => {
                if !statement.is_empty() { statement.push('\n'); }
                statement.push_str(&line);
                if !(statement.trim_end().ends_with(';') || statement.starts_with('\\')) { continue; }
                let _ = editor.add_history_entry(statement.as_str());
                let began = Instant::now();
                match answered(client, &statement, shown) {
                    Ok(text) => print!("{text}"),
                    Err(e) => eprintln!("{e}"),
                }
                if timing { println!("Time: {:.3} ms", began.elapsed().as_secs_f64() * 1000.0); }
                statement.clear();
            }
        }
    }
    if let Some(file) = &file { editor.save_history(file).map_err(unusable)?; }
    Ok(ExitCode::SUCCESS)
}
