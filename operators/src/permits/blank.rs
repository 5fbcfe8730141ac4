//! One blank: which country it was stocked for, and whether it was used. Blanks are owners of their own, so that a number
//! that shows up under another country is found.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{Country, RecordId};
use kezek_schemas::inputs::PermitAction;
use serde::{Deserialize, Serialize};

use super::Msg;
use crate::kernel::{Cx, Message, Owner};

/// What is known of a blank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blank {
    /// The country it was stocked or first seen for.
    pub country: Option<Country>,
    /// It was used.
    pub used: bool,
    /// It is issued now.
    pub issued: bool,
}

/// The owner of a blank.
pub(super) fn owner(blank: &str) -> Owner { Owner::Permit(format_compact!("blank:{blank}")) }

pub(super) fn asked(cx: &mut Cx<'_>, key: &CompactString, input: RecordId, stock: CompactString) {
    let blank = cx.tables.permits.blanks.get(key).cloned().unwrap_or_default();
    cx.send(Owner::Permit(stock), Message::Permits(Msg::BlankIs { input, blank }));
}

pub(super) fn done(cx: &mut Cx<'_>, key: &CompactString, action: PermitAction, country: Country) {
    let mut blank = cx.tables.permits.blanks.get(key).cloned().unwrap_or_default();
    match action {
        PermitAction::StockAdded => blank = Blank { country: Some(country.clone()), ..Blank::default() },
        PermitAction::Issued => blank.issued = true,
        PermitAction::Used => blank.used = true,
        PermitAction::Returned => blank.issued = false,
        PermitAction::Requested | PermitAction::DutyPaid => {}
    }
    blank.country.get_or_insert(country);
    cx.tables.permits.blanks.insert(key.clone(), blank);
}
