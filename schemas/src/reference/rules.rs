//! Rule sets as data: checks, horizon, grace, clauses and texts of each published scheme. A rule set says what a
//! verdict rests on; the operators hold no number and no clause of their own. The files are read once and a
//! fault in them names the file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ReferenceError;
use crate::ids::{CheckpointId, SchemeId};
use crate::inputs::{Check, Direction, Driver, Fee, Priority, Subject};
use crate::outputs::Text;
use crate::time::{Slot, Span};

/// Whose residency decides whether a check blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedOf {
    /// Residents of Kazakhstan only.
    Resident,
    /// Everybody.
    Everybody,
}

impl AskedOf {
    const fn applies(self, resident: bool) -> bool {
        match self {
            Self::Resident => resident,
            Self::Everybody => true,
        }
    }
}

/// Whom a blocking check is about; `Driver` = each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum CheckedPart { Owner, Vehicle, Driver }

/// One blocking check of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct BlockingCheck {
    /// Which.
    pub check: Check,
    /// Of whom.
    pub subject: CheckedPart,
    /// Asked of whose residency.
    pub of: AskedOf,
}

/// Minutes of the call before the slot, by season.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub struct CallMinutes { pub summer: i64, pub winter: i64 }

/// First and last day of winter as month and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub struct Winter { pub from: (i8, i8), pub until: (i8, i8) }

/// Shares of the day's capacity that may go out of turn, per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub struct QuotaPercent { pub priority: u32, pub out_of_turn: u32, pub accelerated: u32 }

/// The check that proves each kind of priority cargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub struct Proofs { pub animals: Check, pub perishable: Check, pub dangerous: Check, pub humanitarian: Check }

/// One published scheme.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RuleSet {
    /// Its name.
    pub scheme: SchemeId,
    /// Which crossings end its bookings.
    pub direction: Direction,
    /// How many calendar days ahead a slot may be.
    pub horizon_days: i32,
    /// From slot end to annulment.
    pub grace_minutes: i64,
    /// How long an undecided request keeps its place.
    pub hold_minutes: i64,
    /// When a silent source is told.
    pub source_deadline_seconds: i64,
    /// Notice before the slot.
    pub notice_hours: i64,
    /// Call before the slot.
    pub call_minutes: CallMinutes,
    /// Winter by local date of the slot.
    pub winter: Winter,
    /// Out-of-turn quotas.
    pub quota_percent: QuotaPercent,
    /// Checks whose failure after confirmation revokes, where they block.
    pub revoking: Vec<Check>,
    /// Proof of priority.
    pub proof: Proofs,
    /// Blocking checks.
    pub blocking: Vec<BlockingCheck>,
    /// Source clause of each check.
    pub check_clauses: BTreeMap<String, String>,
    /// Source clause of each rule and refusal code.
    pub clauses: BTreeMap<String, String>,
}

impl RuleSet {
    /// From slot end to annulment.
    #[must_use]
    pub const fn grace(&self) -> Span { Span::minutes(self.grace_minutes) }
    /// How long an undecided request keeps its place.
    #[must_use]
    pub const fn hold(&self) -> Span { Span::minutes(self.hold_minutes) }
    /// When a silent source is told.
    #[must_use]
    pub const fn source_deadline(&self) -> Span { Span::seconds(self.source_deadline_seconds) }
    /// Notice before the slot.
    #[must_use]
    pub const fn notice(&self) -> Span { Span::hours(self.notice_hours) }
    /// Call before this slot: the season is by its local date.
    #[must_use]
    pub fn call(&self, slot: Slot) -> Span {
        let day = (slot.date.month(), slot.date.day());
        let winter = if self.winter.from <= self.winter.until {
            self.winter.from <= day && day <= self.winter.until
        } else {
            day >= self.winter.from || day <= self.winter.until
        };
        Span::minutes(if winter { self.call_minutes.winter } else { self.call_minutes.summer })
    }
    /// The blocking (check, subject) pairs of a crew whose first driver has number `first`.
    fn of_drivers(&self, first: u16, drivers: &[Driver]) -> Vec<(Check, Subject)> {
        drivers.iter().zip(first..).flat_map(|(d, n)| {
            self.blocking.iter().filter(move |b| b.subject == CheckedPart::Driver && b.of.applies(d.resident))
                .map(move |b| (b.check, Subject::Driver(n)))
        }).collect()
    }
    /// The blocking (check, subject) pairs of a booking.
    #[must_use]
    pub fn needed(&self, owner_resident: bool, drivers: &[Driver]) -> Vec<(Check, Subject)> {
        let mut pairs: Vec<_> = self.blocking.iter().filter(|b| b.of.applies(owner_resident)).filter_map(|b| match b.subject {
            CheckedPart::Owner => Some((b.check, Subject::Owner)),
            CheckedPart::Vehicle => Some((b.check, Subject::Vehicle)),
            CheckedPart::Driver => None,
        }).collect();
        pairs.extend(self.of_drivers(0, drivers));
        pairs
    }
    /// The blocking pairs of drivers that are added later, numbered from `first`.
    #[must_use]
    pub fn needed_of_added(&self, first: u16, drivers: &[Driver]) -> Vec<(Check, Subject)> { self.of_drivers(first, drivers) }
    /// The check that proves a priority.
    #[must_use]
    pub const fn proof_of(&self, priority: Priority) -> Check {
        match priority {
            Priority::Animals => self.proof.animals,
            Priority::Perishable => self.proof.perishable,
            Priority::Dangerous => self.proof.dangerous,
            Priority::Humanitarian => self.proof.humanitarian,
        }
    }
    /// How many of a day's `capacity` may go out of turn by a fee (`None`: by proof); rounded up.
    #[must_use]
    pub const fn quota(&self, fee: Option<Fee>, capacity: u32) -> u32 {
        let percent = match fee {
            None => self.quota_percent.priority,
            Some(Fee::OutOfTurn) => self.quota_percent.out_of_turn,
            Some(Fee::Accelerated) => self.quota_percent.accelerated,
            Some(Fee::Turn) => 0,
        };
        (capacity * percent).div_ceil(100)
    }
    /// The clause of a rule or refusal code.
    #[must_use]
    pub fn clause(&self, code: &str) -> &str { self.clauses.get(code).map_or("", String::as_str) }
    /// The clause of a check; the general one of the scheme where the check has none of its own.
    #[must_use]
    pub fn check_clause(&self, check: Check) -> &str {
        self.check_clauses.get(check.name()).map_or_else(|| self.clause("Q-CHECKS"), String::as_str)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Triple { kk: String, ru: String, en: String }

#[derive(Clone, Debug, Deserialize)]
struct Texts {
    texts: BTreeMap<String, Triple>,
    reasons: BTreeMap<String, Triple>,
    names_kk: BTreeMap<String, String>,
    names_en: BTreeMap<String, String>,
}

/// What is filled into a text.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// The checkpoint, by its id.
    pub checkpoint: Option<&'a CheckpointId>,
    /// Its Russian name (or the id as asked, where it is unknown).
    pub name_ru: &'a str,
    /// Local date of the slot.
    pub date: String,
    /// Local time of the slot, `HH:MM`.
    pub time: String,
    /// Number in the queue.
    pub number: String,
    /// Reason code.
    pub reason: &'a str,
}

/// All rule sets and texts.
#[derive(Clone, Debug)]
pub struct RuleSets {
    sets: BTreeMap<SchemeId, RuleSet>,
    fallback: RuleSet,
    texts: Texts,
}

/// The shipped rule sets, the default one first.
pub const SHIPPED_RULES: [(&str, &str); 3] = [
    ("seo-2023.toml", include_str!("../../data/rules/seo-2023.toml")),
    ("dostyk-2022.toml", include_str!("../../data/rules/dostyk-2022.toml")),
    ("qorgan-2025.toml", include_str!("../../data/rules/qorgan-2025.toml")),
];
/// The shipped texts.
pub const SHIPPED_TEXTS: &str = include_str!("../../data/rules/texts.toml");

pub(super) fn read<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, ReferenceError> {
    toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() as u64 + 1);
        ReferenceError { file: file.to_owned(), line, what: e.message().to_owned() }
    })
}

impl RuleSets {
    /// The shipped rule sets.
    ///
    /// # Errors
    /// Never for the files as shipped (a test reads them).
    pub fn shipped() -> Result<Self, ReferenceError> { Self::parse(&SHIPPED_RULES, SHIPPED_TEXTS) }

    /// Reads rule sets (file name and text, the default one first) and the texts.
    ///
    /// # Errors
    /// The first fault, with file and line.
    pub fn parse(files: &[(&str, &str)], texts: &str) -> Result<Self, ReferenceError> {
        let mut sets = BTreeMap::new();
        let mut fallback = None;
        for (file, text) in files {
            let set: RuleSet = read(file, text)?;
            fallback.get_or_insert_with(|| set.clone());
            sets.insert(set.scheme.clone(), set);
        }
        let fallback = fallback.ok_or_else(|| ReferenceError { file: "rules".into(), line: 0, what: "no rule set".into() })?;
        Ok(Self { sets, fallback, texts: read("texts.toml", texts)? })
    }
    /// The rule set of a scheme; the decoder lets no unknown one in, so the default is never seen in practice.
    #[must_use]
    pub fn of(&self, scheme: &SchemeId) -> &RuleSet { self.sets.get(scheme).unwrap_or(&self.fallback) }
    /// Whether there is such a scheme.
    #[must_use]
    pub fn knows(&self, scheme: &SchemeId) -> bool { self.sets.contains_key(scheme) }

    /// The text of a kind in three languages.
    #[must_use]
    pub fn text(&self, kind: &str, facts: &Facts<'_>) -> Text {
        let Some(t) = self.texts.texts.get(kind) else { return Text::default() };
        let reason = self.texts.reasons.get(facts.reason);
        let fill = |template: &str, name: &str, reason: Option<&String>| filled(template, |place| match place {
            "checkpoint" => Some(name),
            "date" => Some(&facts.date),
            "time" => Some(&facts.time),
            "number" => Some(&facts.number),
            "reason" => Some(reason.map_or(facts.reason, String::as_str)),
            _ => None,
        });
        let (kk, en) = facts.checkpoint.map_or_else(|| (facts.name_ru.to_owned(), facts.name_ru.to_owned()), |cp| (
            self.texts.names_kk.get(cp.as_str()).cloned().unwrap_or_else(|| facts.name_ru.to_owned()),
            self.texts.names_en.get(cp.as_str()).cloned().unwrap_or_else(|| spelled(cp.as_str())),
        ));
        Text { kk: fill(&t.kk, &kk, reason.map(|r| &r.kk)), ru: fill(&t.ru, facts.name_ru, reason.map(|r| &r.ru)),
            en: fill(&t.en, &en, reason.map(|r| &r.en)) }
    }
}

/// A template with its `{places}` filled; what is no place stays as it is.
fn filled<'a>(template: &str, fact: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut text = String::with_capacity(template.len() + 48);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}').and_then(|(place, after)| Some((fact(place)?, after))) {
            Some((fact, after)) => {
                text.push_str(fact);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

/// `nur-zholy` as `Nur Zholy`.
fn spelled(slug: &str) -> String {
    slug.split('-').map(|word| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
    }).collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn driver(resident: bool) -> Driver { Driver { resident, document: "N1".into(), name: None } }

    #[test]
    fn shipped_rules_are_whole() {
        let rules = RuleSets::shipped().unwrap();
        for (scheme, horizon, owner, drivers, needed, clause) in [
            ("seo-2023", 90, true, vec![driver(true)], 8, "s001 п.15"),
            ("seo-2023", 90, false, vec![driver(false)], 4, "s001 п.15"),
            ("seo-2023", 90, true, vec![driver(true), driver(false)], 9, "s001 п.15"),
            ("dostyk-2022", 30, false, vec![driver(true)], 5, "s003 п.15"),
            ("qorgan-2025", 90, true, vec![driver(true), driver(false)], 4, "s002 п.20"),
        ] {
            let set = rules.of(&scheme.into());
            assert_eq!((set.horizon_days, set.needed(owner, &drivers).len(), set.clause("Q-HORIZON")), (horizon, needed, clause), "{scheme}");
        }
    }

    #[test]
    fn seasons_by_the_slots_date() {
        let rules = RuleSets::shipped().unwrap();
        let set = rules.of(&"seo-2023".into());
        for (d, minutes) in [(date(2026, 3, 31), 120), (date(2026, 4, 1), 60), (date(2026, 10, 31), 60), (date(2026, 11, 1), 120)] {
            assert_eq!(set.call(Slot { date: d, hour: 12 }), Span::minutes(minutes), "{d}");
        }
        assert_eq!((set.quota(None, 800), set.quota(None, 1), set.quota(Some(Fee::OutOfTurn), 101)), (40, 1, 2));
    }

    #[test]
    fn texts_name_the_place_in_their_language() {
        let rules = RuleSets::shipped().unwrap();
        let cp = CheckpointId::new("nur-zholy");
        let t = rules.text("call", &Facts { checkpoint: Some(&cp), name_ru: "Нур Жолы", time: "14:00".into(), ..Facts::default() });
        for (text, name) in [(t.kk, "Нұр Жолы"), (t.ru, "Нур Жолы"), (t.en, "Nur Zholy")] {
            assert!(text.contains(name) && text.contains("14:00"), "{text}");
        }
    }
}
