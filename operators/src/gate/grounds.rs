//! The clause behind a rule, by scheme. The clause is that of the booking's scheme; without a booking that of the
//! checkpoint's usual one. `s000` … `s004` are the source documents in the order of the register of sources.

use kezek_schemas::ids::SchemeId;

/// One row: rule, then its clause in `seo-2023`, `dostyk-2022`, `qorgan-2025`.
const CLAUSES: [(&str, [&str; 3]); 11] = [
    ("G-BOOKED", ["s001 п.17", "s003 п.17", "s002 п.22"]),
    ("G-MATCH", ["s001 п.17", "s003 п.17", "s002 п.22"]),
    ("G-ONCE", ["s001 п.17", "s003 п.17", "s002 п.22"]),
    ("G-TTL", ["s001 п.17", "s003 п.17", "s002 п.22"]),
    ("G-SAFE", ["s001 п.17", "s003 п.17", "s002 п.9"]),
    ("G-MASTERS", ["s001 п.17", "s003 п.17", "s002 п.9"]),
    ("Q-ORDER", ["s001 п.18", "s003 п.18", "s002 п.23"]),
    ("Q-SEEN", ["s001 п.18", "s003 п.18", "s002 п.23"]),
    ("Q-DEGRADED", ["s001 п.17", "s003 п.17", "s002 п.6"]),
    ("T-WANTED", ["s001 п.11", "s003 п.11", "s002 п.17"]),
    ("G-BOARD", ["s001 п.18", "s003 п.18", "s002 п.10"]),
];

/// The clause of a rule in a scheme.
#[must_use]
pub fn clause(scheme: &SchemeId, rule: &str) -> &'static str {
    let column = if scheme.as_str().starts_with("qorgan") { 2 } else { usize::from(scheme.as_str().starts_with("dostyk")) };
    CLAUSES.iter().find(|(r, _)| *r == rule).map_or(CLAUSES[0].1[column], |(_, c)| c[column])
}
