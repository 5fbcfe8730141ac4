//! Precision and recall by kind as a picture: two bars a kind, the two aims as lines.

use std::fmt::Write as _;

use super::report::Score;

/// The picture (SVG).
#[must_use]
pub fn svg(s: &Score) -> String {
    let (left, width, row) = (130.0, 500.0, 34.0);
    let height = 40.0 + row * s.by_kind.len() as f64;
    let mut out = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"700\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\
        <rect width=\"100%\" height=\"100%\" fill=\"white\"/><text x=\"{left}\" y=\"18\">precision (dark), recall (light); lines at 95 % and 90 %</text>");
    for (i, (kind, r)) in s.by_kind.iter().enumerate() {
        let y = 30.0 + row * i as f64;
        let _ = write!(out, "<text x=\"8\" y=\"{}\">{kind}</text>", y + 18.0);
        for (n, (share, colour)) in [(r.precision, "#1f4e79"), (r.recall, "#8fb8de")].into_iter().enumerate() {
            let share = share.unwrap_or(0.0);
            let _ = write!(out, "<rect x=\"{left}\" y=\"{}\" width=\"{:.1}\" height=\"12\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{}\">{:.1}</text>",
                y + 13.0 * n as f64, width * share, left + width * share + 4.0, y + 10.0 + 13.0 * n as f64, share * 100.0);
        }
    }
    for aim in [0.95, 0.90] {
        let x = left + width * aim;
        let _ = write!(out, "<line x1=\"{x}\" x2=\"{x}\" y1=\"26\" y2=\"{height}\" stroke=\"#c00\" stroke-dasharray=\"3\"/>");
    }
    out.push_str("</svg>\n");
    out
}
