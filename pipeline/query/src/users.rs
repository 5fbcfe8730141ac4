//! Who may ask: one user a line, blank-separated: name, PostgreSQL's SCRAM-SHA-256 verifier, role.
//!
//! A wrong line refuses the whole file and names its number, never its text.

use hashbrown::HashMap;

use crate::roles::Role;
use crate::scram::Verifier;

/// A user.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) verifier: Verifier,
    pub(crate) role: Role,
}

/// Everybody who may ask.
#[derive(Clone, Default)]
pub struct Users(HashMap<String, User>);

/// What is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsersError {
    /// A line has not three parts.
    #[error("line {0}: name, verifier and role are needed")]
    Parts(usize),
    /// The verifier is none.
    #[error("line {0}: the verifier is not of the form SCRAM-SHA-256$iterations:salt$stored:server")]
    Verifier(usize),
    /// Nobody knows that role.
    #[error("line {0}: the role is none of analyst, auditor, centre, public")]
    Role(usize),
    /// A name twice.
    #[error("line {0}: the name is there already")]
    Twice(usize),
    /// Nobody at all.
    #[error("no user is named")]
    Nobody,
}

impl Users {
    /// Reads a file's text; empty lines and lines that begin with `#` say nothing.
    pub fn parse(text: &str) -> Result<Self, UsersError> {
        let mut users = HashMap::new();
        for (number, line) in text.lines().enumerate().map(|(n, l)| (n + 1, l.trim())) {
            if line.is_empty() || line.starts_with('#') { continue; }
            let parts: Vec<&str> = line.split_whitespace().collect();
            let [name, verifier, role] = parts.as_slice() else { return Err(UsersError::Parts(number)) };
            let verifier = Verifier::parse(verifier).ok_or(UsersError::Verifier(number))?;
            let role = Role::parse(role).ok_or(UsersError::Role(number))?;
            if users.insert((*name).to_owned(), User { verifier, role }).is_some() { return Err(UsersError::Twice(number)); }
        }
        if users.is_empty() { return Err(UsersError::Nobody); }
        Ok(Self(users))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&User> { self.0.get(name) }
}

/// Who is let in.
#[derive(Clone)]
pub enum Auth {
    /// Everybody on this machine, as the situational centre and with the auditor's eyes.
    Loopback,
    /// Named users with their passwords.
    Users(Users),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let v = Verifier::make("x").unwrap();
        for (text, wrong) in [
            (format!("# users\n\nann  {v}\tanalyst\nbob {v} auditor\n"), None),
            (String::new(), Some(UsersError::Nobody)),
            (format!("ann {v}"), Some(UsersError::Parts(1))),
            (format!("ann {v} analyst extra"), Some(UsersError::Parts(1))),
            ("ann secret analyst".to_owned(), Some(UsersError::Verifier(1))),
            (format!("\nann {v} king"), Some(UsersError::Role(2))),
            (format!("ann {v} centre\nann {v} public"), Some(UsersError::Twice(2))),
        ] {
            assert_eq!(Users::parse(&text).err(), wrong);
        }
    }
}
