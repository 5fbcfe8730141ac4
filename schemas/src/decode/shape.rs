//! Shapes: what a record of a topic must look like, as data. One table drives the verdict on a record (which
//! fault is the first), the search for doubled keys, and the published JSON Schemas.

use std::sync::OnceLock;

use super::json::{Tape, Token};
use super::plan::{Plan, Slots, Step};
use super::reason::{Fault, Reason};
use crate::inputs::Subject;
use crate::plate::Plate;
use crate::time::Timestamp;

/// An object: the fields before its tag, the tag with the fields of each variant, the fields after.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Whether it is a whole record, with `id`, `at` and `received_at`.
    pub(crate) envelope: bool,
    pub(crate) before: &'static [Field],
    pub(crate) tag: Option<Tag>,
    pub(crate) after: &'static [Field],
    /// The same, made ready for reading.
    pub(crate) plan: OnceLock<Plan>,
}

/// The field whose value says which further fields there are.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: &'static str,
    /// Whether another value is `unknown_type` (else it is a wrong value of the field).
    pub(crate) is_type: bool,
    pub(crate) variants: &'static [(&'static str, &'static [Field])],
}

/// One field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// What a value must be.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Anything.
    Any,
    /// A text that is not blank.
    Id,
    /// A text with at least one symbol of a plate.
    Plate,
    /// A text.
    Text,
    /// A boolean.
    Bool,
    /// A finite number between two bounds, both allowed.
    Number(f64, f64),
    /// A number written without fraction and exponent, between two bounds, both allowed.
    Whole(i64, i64),
    /// RFC 3339 with an offset.
    Time,
    /// `YYYY-MM-DD`.
    Date,
    /// One of a closed list.
    OneOf(&'static [&'static str]),
    /// `owner`, `vehicle` or `driver:N`.
    Subject,
    /// An object.
    Object(&'static Shape),
    /// A list of such values.
    List(&'static Kind),
}

/// An essential field.
pub(crate) const fn must(name: &'static str, kind: Kind) -> Field { Field { name, kind, required: true } }
/// An optional field: absent, null, or right.
pub(crate) const fn may(name: &'static str, kind: Kind) -> Field { Field { name, kind, required: false } }

impl Shape {
    /// The shape made ready for reading.
    pub(super) fn plan(&'static self) -> &'static Plan { self.plan.get_or_init(|| Plan::new(self)) }

    /// The first fault of an object with these slots, in the order of the tables; also finds every doubled key
    /// inside, but not before a fault that stands earlier.
    pub(super) fn judge(&'static self, tape: &Tape<'_>, slots: &Slots) -> Result<(), Fault> {
        let plan = self.plan();
        each(&plan.before, tape, slots)?;
        if let Some(tag) = &self.tag {
            let variant = tag.judge(tape, slots.get(plan.tag))?;
            if let Some(own) = plan.variants.get(variant) { each(own, tape, slots)?; }
            each(&plan.after, tape, slots)?;
            return if plan.doubled_unjudged(variant, tape, slots) { Err(Fault::doubled()) } else { Ok(()) };
        }
        each(&plan.after, tape, slots)
    }
}

fn each(steps: &[Step], tape: &Tape<'_>, slots: &Slots) -> Result<(), Fault> {
    steps.iter().try_for_each(|step| step.field.judge(tape, slots.get(step.slot)))
}

impl Tag {
    /// The number of the variant that an object with this value of the tag says it is.
    fn judge(&self, tape: &Tape<'_>, value: Option<u32>) -> Result<usize, Fault> {
        let token = tape.token(value.ok_or_else(|| Fault::missing(self.name))?);
        let text = token.text().ok_or_else(|| Fault::wrong(self.name, format!("{} where a text belongs", token.name())))?;
        match self.variants.iter().position(|(name, _)| *name == text) {
            Some(variant) => Ok(variant),
            None if self.is_type => Err(Fault { reason: Reason::UnknownType, detail: format!("`{}`: {}", self.name, quoted(&text)) }),
            None => Err(Fault::wrong(self.name, format!("{} is not in the list", quoted(&text)))),
        }
    }
}

impl Field {
    fn judge(&self, tape: &Tape<'_>, value: Option<u32>) -> Result<(), Fault> {
        match value {
            None if self.required => Err(Fault::missing(self.name)),
            None => Ok(()),
            Some(i) if !self.required && tape.token(i) == Token::Null => Ok(()),
            Some(i) => self.kind.judge(tape, i).map_err(|fault| fault.within(self.name)),
        }
    }
}

impl Kind {
    /// The first fault of the value at `i`; its name is relative to the value (empty: the value itself).
    fn judge(&self, tape: &Tape<'_>, i: u32) -> Result<(), Fault> {
        let token = tape.token(i);
        let other = || Err(Fault::wrong("", format!("{} where {} belongs", token.name(), self.name())));
        let check = |right: bool, what: &dyn core::fmt::Display| {
            if right { Ok(()) } else { Err(Fault::wrong("", format!("{what} is not {}", self.name()))) }
        };
        match (self, token) {
            (Self::Any, _) | (Self::Text, Token::Text { .. }) | (Self::Bool, Token::Bool(_)) => Ok(()),
            (Self::Number(low, high), Token::Number { value, .. }) => check((*low..=*high).contains(&value) && value.is_finite(), &value),
            (Self::Whole(low, high), Token::Number { value, whole }) => {
                check(whole && (*low as f64..=*high as f64).contains(&value), &value)
            }
            (Self::Id | Self::Plate | Self::Time | Self::Date | Self::OneOf(_) | Self::Subject, Token::Text { .. }) => {
                let text = token.text().unwrap_or_default();
                let right = match self {
                    Self::Id => !blank(&text),
                    Self::Plate => !Plate::normalise(&text).is_empty(),
                    Self::Time => Timestamp::parse(&text).is_some(),
                    Self::Date => date(&text).is_some(),
                    Self::OneOf(list) => list.contains(&&*text),
                    _ => subject(&text).is_some(),
                };
                if right { Ok(()) } else { check(false, &quoted(&text)) }
            }
            (Self::Object(shape), Token::Object { .. }) => {
                let (slots, doubled) = shape.plan().slots(tape, i);
                if doubled { Err(Fault::doubled()) } else { shape.judge(tape, &slots) }
            }
            (Self::List(kind), Token::List { .. }) => {
                for (n, item) in tape.items(i).enumerate() {
                    kind.judge(tape, item).map_err(|fault| fault.within(&n.to_string()))?;
                }
                Ok(())
            }
            _ => other(),
        }
    }

    /// Whether a field of an object in the value at `i` is there twice.
    pub(super) fn doubled(&self, tape: &Tape<'_>, i: u32) -> bool {
        match self {
            Self::Object(shape) => {
                let (slots, doubled) = shape.plan().slots(tape, i);
                doubled || shape.plan().doubled_inside(tape, &slots)
            }
            Self::List(kind) => tape.items(i).any(|item| kind.doubled(tape, item)),
            Self::Any | Self::Id | Self::Plate | Self::Text | Self::Bool | Self::Number(..) | Self::Whole(..) | Self::Time | Self::Date
            | Self::OneOf(_) | Self::Subject => false,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Id => "a text that is not blank".to_owned(),
            Self::Plate => "a plate".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Bool => "a boolean".to_owned(),
            Self::Number(low, high) => format!("a number {low}..{high}"),
            Self::Whole(low, high) => format!("a whole number {low}..{high}"),
            Self::Time => "an RFC 3339 time with offset".to_owned(),
            Self::Date => "a date YYYY-MM-DD".to_owned(),
            Self::OneOf(list) => format!("one of {}", list.join(", ")),
            Self::Subject => "owner, vehicle or driver:N".to_owned(),
            Self::Object(_) => "an object".to_owned(),
            Self::List(_) => "a list".to_owned(),
        }
    }
}

/// Whether a text says nothing.
pub(super) fn blank(text: &str) -> bool { text.chars().all(char::is_whitespace) }

/// A civil date as `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<jiff::civil::Date> {
    let b = text.as_bytes();
    let shaped = b.len() == 10 && b.iter().enumerate().all(|(i, c)| if i == 4 || i == 7 { *c == b'-' } else { c.is_ascii_digit() });
    if !shaped { return None; }
    jiff::civil::Date::new(text.get(..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?, text.get(8..)?.parse().ok()?).ok()
}

/// `owner`, `vehicle` or `driver:N`, N written without sign or leading zeros.
pub(super) fn subject(text: &str) -> Option<Subject> {
    match text {
        "owner" => Some(Subject::Owner),
        "vehicle" => Some(Subject::Vehicle),
        _ => {
            let n: u16 = text.strip_prefix("driver:")?.parse().ok()?;
            (text == Subject::Driver(n).to_string()).then_some(Subject::Driver(n))
        }
    }
}

/// A text for a detail: short, and escaped.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    format!("{short:?}")
}
