//! What each role may see: tables, columns, rows, and which plates are masked. Data, read in one place, when a
//! role's catalogue is built; a session has no other tables than its role's, so no query can reach around it.
//!
//! No table holds a document's number, so no role sees one.

/// A role of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Statistics and studies: everything but who pressed a button and what was in a record nobody understood.
    Analyst,
    /// Looks after the lookers: everything, and the statements that were asked.
    Auditor,
    /// The situational centre: everything of the border.
    Centre,
    /// Anybody: the register and the queue with masked plates, capacity.
    Public,
}

/// What a role sees of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) table: &'static str,
    /// Columns that are not there for the role.
    pub(crate) hidden: &'static [&'static str],
    /// Only rows for which this holds.
    pub(crate) rows: Option<&'static str>,
}

const fn rule(table: &'static str, hidden: &'static [&'static str], rows: Option<&'static str>) -> Rule { Rule { table, hidden, rows } }

/// The public register: bookings that got a number.
const PUBLIC: &[Rule] = &[
    rule("bookings", &["account_id", "vin"], Some("number IS NOT NULL")),
    rule("slots", &[], None),
    rule("queue", &[], None),
    rule("kezek_status", &[], None),
];

const ANALYST: &[Rule] = &[rule("barrier_commands", &["actor"], None), rule("dead_letters", &["detail"], None)];

/// The column whose text is masked for the public.
const MASKED: &str = "plate";

impl Role {
    /// Every role.
    pub(crate) const ALL: [Self; 4] = [Self::Analyst, Self::Auditor, Self::Centre, Self::Public];

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> { Self::ALL.into_iter().find(|r| r.name() == name) }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Auditor => "auditor",
            Self::Centre => "centre",
            Self::Public => "public",
        }
    }

    /// What it sees of a table; none: nothing.
    pub(crate) fn sees(self, table: &'static str) -> Option<Rule> {
        let all = rule(table, &[], None);
        match self {
            Self::Auditor => Some(all),
            Self::Centre => (table != crate::audit::TABLE).then_some(all),
            Self::Analyst if table == crate::audit::TABLE => None,
            Self::Analyst => Some(ANALYST.iter().find(|r| r.table == table).copied().unwrap_or(all)),
            Self::Public => PUBLIC.iter().find(|r| r.table == table).copied(),
        }
    }

    /// Whether the role sees that column only masked.
    pub(crate) fn masks(self, column: &str) -> bool { self == Self::Public && column == MASKED }

    /// Statements of the role that run at once.
    pub(crate) const fn running(self) -> usize {
        match self {
            Self::Analyst | Self::Auditor | Self::Centre => crate::limits::RUNNING_STATEMENTS,
            Self::Public => crate::limits::RUNNING_PUBLIC,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_name_what_there_is() {
        for rule in PUBLIC.iter().chain(ANALYST) {
            if rule.table == crate::catalogue::STATUS_TABLE { continue; }
            let spec = crate::catalogue::table(rule.table).unwrap();
            for hidden in rule.hidden { assert!(spec.column(hidden).is_some(), "{}.{hidden}", rule.table); }
        }
    }

    #[test]
    fn roles() {
        for (role, table, sees) in [
            (Role::Public, "bookings", true), (Role::Public, "alerts", false), (Role::Public, "sights", false),
            (Role::Public, "gate_decisions", false), (Role::Centre, "alerts", true), (Role::Centre, "kezek_statements", false),
            (Role::Auditor, "kezek_statements", true), (Role::Analyst, "sights", true), (Role::Analyst, "kezek_statements", false),
        ] {
            assert_eq!(role.sees(table).is_some(), sees, "{} {table}", role.name());
        }
        assert_eq!(Role::parse("root"), None);
    }
}
