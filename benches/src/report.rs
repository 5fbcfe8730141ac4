//! What a run found: facts with units, and latencies as whole histograms. Text for people, JSON for machines, a plot of
//! every percentile (HdrHistogram's own axis: a tail cannot hide in a mean).

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

/// Percentiles that are stated.
const STATED: [(&str, f64); 6] = [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9), ("p99.99", 99.99), ("max", 100.0)];

/// Latencies of one kind, in nanoseconds.
#[derive(Debug)]
pub struct Latencies {
    /// What was timed.
    pub name: String,
    histogram: Histogram<u64>,
}

impl Latencies {
    /// None yet. Three digits are kept, up to a minute.
    ///
    /// # Errors
    /// Never for these bounds.
    pub fn new(name: &str) -> anyhow::Result<Self> { Ok(Self { name: name.to_owned(), histogram: Histogram::new_with_bounds(1, 60_000_000_000, 3)? }) }

    /// One more.
    pub fn record(&mut self, took: Duration) { self.histogram.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)); }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 { self.histogram.len() }

    /// A percentile, 0-100, in microseconds.
    #[must_use]
    pub fn micros(&self, percentile: f64) -> f64 { self.histogram.value_at_percentile(percentile) as f64 / 1e3 }
}

/// A run's results.
#[derive(Debug, Default)]
pub struct Report {
    /// The run's name: that of its files.
    pub name: String,
    /// What was measured, in a sentence.
    pub about: String,
    /// Figures with their units in the name, in the order in which they were found.
    pub facts: Vec<(String, Value)>,
    /// Latencies.
    pub latencies: Vec<Latencies>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(name: &str, about: String) -> Self { Self { name: name.to_owned(), about, ..Self::default() } }

    /// Adds a figure.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) { self.facts.push((name.to_owned(), value.into())); }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.name, self.about);
        for (name, value) in &self.facts { let _ = writeln!(text, "  {name:<44} {value}"); }
        if !self.latencies.is_empty() {
            let _ = write!(text, "  {:<44} {:>9}", "latency, µs", "count");
            for (name, _) in STATED { let _ = write!(text, " {name:>10}"); }
            text.push('\n');
        }
        for l in &self.latencies {
            let _ = write!(text, "  {:<44} {:>9}", l.name, l.count());
            for (_, percentile) in STATED { let _ = write!(text, " {:>10.1}", l.micros(percentile)); }
            text.push('\n');
        }
        text
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let facts: Map<String, Value> = self.facts.iter().cloned().collect();
        let latencies: Vec<Value> = self.latencies.iter().map(|l| {
            let mut stated: Map<String, Value> = STATED.iter().map(|(name, p)| ((*name).to_owned(), json!(l.micros(*p)))).collect();
            stated.insert("name".into(), json!(l.name));
            stated.insert("count".into(), json!(l.count()));
            Value::Object(stated)
        }).collect();
        json!({"run": self.name, "about": self.about, "facts": facts, "latencies_us": latencies})
    }

    /// Writes `<name>.json` and, where there are latencies, `<name>.svg`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        std::fs::write(folder.join(format!("{}.json", self.name)), serde_json::to_string_pretty(&self.json())? + "\n")?;
        if !self.latencies.is_empty() { crate::plot::percentiles(&self.name, &self.latencies, &folder.join(format!("{}.svg", self.name)))?; }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_the_same_in_every_form() {
        let mut report = Report::new("demo", "nothing".into());
        report.fact("records/s", 5);
        let mut l = Latencies::new("step").unwrap();
        for ms in 1..=100 { l.record(Duration::from_millis(ms)); }
        report.latencies.push(l);
        assert!((report.latencies[0].micros(50.0) / 50_000.0 - 1.0).abs() < 0.01);
        assert!(report.text().contains("records/s") && report.text().contains("p99.99"));
        assert_eq!(report.json()["facts"]["records/s"], 5);
        let folder = tempfile::tempdir().unwrap();
        report.write(folder.path()).unwrap();
        let plot = std::fs::read_to_string(folder.path().join("demo.svg")).unwrap();
        assert!(plot.contains("<svg") && plot.contains("polyline"), "the plot has a line");
    }
}
