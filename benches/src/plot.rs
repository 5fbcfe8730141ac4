//! Latency by percentile, both axes logarithmic: how the tail grows, seen rather than read.

use std::path::Path;

use plotters::prelude::*;

use crate::report::Latencies;

const SIZE: (u32, u32) = (900, 480);
/// The right end: one in a hundred thousand.
const RAREST: f64 = 1e5;

/// Draws one line for each kind.
///
/// # Errors
/// The file cannot be written.
pub fn percentiles(title: &str, all: &[Latencies], path: &Path) -> anyhow::Result<()> {
    let say = |e: &dyn std::fmt::Display| anyhow::anyhow!("cannot draw {}: {e}", path.display());
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(|e| say(&e))?;
    let (low, high) = all.iter().fold((f64::MAX, 1.0f64), |(low, high), l| (low.min(l.micros(0.0).max(0.01)), high.max(l.micros(100.0))));
    let mut chart = ChartBuilder::on(&root).caption(title, ("sans-serif", 20)).margin(12).x_label_area_size(44).y_label_area_size(70)
        .build_cartesian_2d((1.0..RAREST).log_scale(), (low * 0.8..high * 1.25).log_scale()).map_err(|e| say(&e))?;
    chart.configure_mesh().x_desc("percentile").y_desc("µs").x_label_formatter(&|one_in| percentile(*one_in))
        .y_label_formatter(&|us| if *us >= 1000.0 { format!("{} ms", us / 1000.0) } else { format!("{us}") }).draw().map_err(|e| say(&e))?;
    for (i, l) in all.iter().enumerate() {
        let colour = Palette99::pick(i).to_rgba();
        // Beyond one in as many as there are, nothing was seen.
        let seen = (l.count() as f64).clamp(1.0, RAREST);
        let points = (0..=200).map(|n| seen.powf(f64::from(n) / 200.0)).map(|one_in| (one_in, l.micros(100.0 * (1.0 - 1.0 / one_in)).max(0.01)));
        chart.draw_series(LineSeries::new(points, colour.stroke_width(2))).map_err(|e| say(&e))?.label(&l.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3))
        .draw().map_err(|e| say(&e))?;
    root.present().map_err(|e| say(&e))
}

/// `1000` as `99.9 %`.
fn percentile(one_in: f64) -> String {
    if one_in <= 1.0 { return "0".into(); }
    format!("{} %", ((1.0 - 1.0 / one_in) * 1e7).round() / 1e5)
}
