//! Who may see and do what. Without configured users only this machine is served, with every role. With a users
//! file (one a line: name, argon2 hash, role, scope) people sign in; a session is a random token in an HttpOnly,
//! SameSite=Strict cookie, and every write carries the session's own CSRF token. Scripts may use Basic
//! authentication, which needs no CSRF token: no browser sends it unasked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::password_hash::{PasswordHash, PasswordVerifier};
use argon2::Argon2;
use sha2::{Digest, Sha256};

use crate::bounds::{MAX_SESSIONS, SESSION_SECONDS, SIGN_INS_PER_MINUTE};

/// What a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Role { Centre, Officer, Group, Analyst, Auditor, Public }

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [Self::Centre, Self::Officer, Self::Group, Self::Analyst, Self::Auditor, Self::Public];
    /// Its name in the users file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Centre => "centre", Self::Officer => "officer", Self::Group => "group",
            Self::Analyst => "analyst", Self::Auditor => "auditor", Self::Public => "public",
        }
    }
    /// Whether full plates and documents may be seen.
    #[must_use]
    pub const fn sees_plates(self) -> bool {
        match self {
            Self::Centre | Self::Officer | Self::Group | Self::Auditor => true,
            Self::Analyst | Self::Public => false,
        }
    }
    /// Whether vehicles and people may be looked up at all.
    #[must_use]
    pub const fn looks_up(self) -> bool { !matches!(self, Self::Public) }
}

/// A configured user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: String,
    /// PHC string.
    pub hash: String,
    /// Role.
    pub role: Role,
    /// Checkpoint, region or group; `*` = all.
    pub scope: String,
}

/// A fault in the users file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("users file, line {line}: {what}")]
pub struct UsersFault {
    /// Line from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// Who is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthConfig {
    /// Users; empty = only loopback is served, with every role.
    pub users: Vec<User>,
}

impl AuthConfig {
    /// Reads a users file: name, argon2 hash, role, scope, blank-separated; `#` starts a comment line.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(text: &str) -> Result<Self, UsersFault> {
        let mut users: Vec<User> = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let line_no = i + 1;
            let fault = |what: String| UsersFault { line: line_no, what };
            let mut words = line.split_whitespace();
            let Some(name) = words.next().filter(|w| !w.starts_with('#')) else { continue };
            let hash = words.next().ok_or_else(|| fault("no argon2 hash".into()))?;
            let role = words.next().ok_or_else(|| fault("no role".into()))?;
            let known = Role::ALL.into_iter().find(|r| r.name() == role);
            let role = known.ok_or_else(|| fault(format!("unknown role `{role}`")))?;
            match PasswordHash::new(hash) {
                Ok(h) if h.algorithm.as_str().starts_with("argon2") => {}
                Ok(_) | Err(_) => return Err(fault("the hash is not argon2's".into())),
            }
            if users.iter().any(|u| u.name == name) { return Err(fault(format!("`{name}` twice"))); }
            users.push(User { name: name.into(), hash: hash.into(), role, scope: words.next().unwrap_or("*").into() });
        }
        Ok(Self { users })
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Name.
    pub name: String,
    /// Role; `None` = every role (no users, this machine).
    pub role: Option<Role>,
    /// Scope.
    pub scope: String,
    /// The session's CSRF token; `None` = none is needed (Basic authentication).
    pub csrf: Option<String>,
}

impl Asker {
    /// Nobody in particular.
    pub fn public() -> Self { Self { name: String::new(), role: Some(Role::Public), scope: String::new(), csrf: None } }
    /// Whether the role is among these (every role is).
    pub fn is(&self, roles: &[Role]) -> bool { self.role.is_none_or(|r| roles.contains(&r)) }
    /// Whether answers are masked.
    pub fn masked(&self) -> bool { self.role.is_some_and(|r| !r.sees_plates()) }
    /// Whether a place (`nur-zholy`, `zhetisu/group-1`) is in scope.
    pub fn covers(&self, place: &str) -> bool {
        self.role.is_none_or(|r| r == Role::Centre) || self.scope == "*" || self.scope == place
            || place.strip_prefix(self.scope.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }
    /// Role name for records.
    pub fn role_name(&self) -> &'static str { self.role.map_or("officer", Role::name) }
}

struct Session { asker: Asker, until: Instant }

/// Users and their sessions.
pub struct Access {
    config: AuthConfig,
    local_csrf: String,
    sessions: Mutex<(BTreeMap<String, Session>, VecDeque<String>)>,
    basic: Mutex<BTreeMap<[u8; 32], Asker>>,
    attempts: Mutex<(Option<Instant>, u32)>,
}

/// A random token, hexadecimal.
fn random_token() -> Option<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

impl Access {
    pub fn new(config: AuthConfig) -> Self {
        Self { config, local_csrf: random_token().unwrap_or_default(), sessions: Mutex::default(), basic: Mutex::default(), attempts: Mutex::default() }
    }
    /// Whether no users are configured.
    pub fn open(&self) -> bool { self.config.users.is_empty() }

    /// The person of this machine, where no users are configured.
    pub fn local(&self) -> Asker { Asker { name: "local".into(), role: None, scope: "*".into(), csrf: Some(self.local_csrf.clone()) } }

    fn verified(&self, name: &str, password: &str) -> Option<Asker> {
        let user = self.config.users.iter().find(|u| u.name == name);
        // An unknown name costs the same as a wrong password.
        let hash = user.or(self.config.users.first()).map(|u| u.hash.as_str())?;
        let right = PasswordHash::new(hash).is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok());
        let user = user.filter(|_| right)?;
        Some(Asker { name: user.name.clone(), role: Some(user.role), scope: user.scope.clone(), csrf: None })
    }

    /// Whether another attempt may be made this minute.
    fn attempt(&self) -> bool {
        let mut a = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if a.0.is_none_or(|t| t.elapsed() > Duration::from_mins(1)) { *a = (Some(Instant::now()), 0); }
        a.1 += 1;
        a.1 <= SIGN_INS_PER_MINUTE
    }

    /// Signs in: the session's token and who it is. `Err` = too many attempts.
    pub fn sign_in(&self, name: &str, password: &str) -> Result<Option<(String, Asker)>, ()> {
        if !self.attempt() { return Err(()); }
        let Some(mut asker) = self.verified(name, password) else { return Ok(None) };
        let (Some(token), Some(csrf)) = (random_token(), random_token()) else { return Ok(None) };
        asker.csrf = Some(csrf);
        let mut s = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        while s.0.len() >= MAX_SESSIONS {
            let Some(old) = s.1.pop_front() else { break };
            s.0.remove(&old);
        }
        s.1.push_back(token.clone());
        s.0.insert(token.clone(), Session { asker: asker.clone(), until: Instant::now() + Duration::from_secs(SESSION_SECONDS) });
        Ok(Some((token, asker)))
    }

    pub fn sign_out(&self, token: &str) { self.sessions.lock().unwrap_or_else(PoisonError::into_inner).0.remove(token); }

    /// The person of a session.
    pub fn session(&self, token: &str) -> Option<Asker> {
        let mut s = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if s.0.get(token).is_some_and(|x| x.until < Instant::now()) { s.0.remove(token); }
        s.0.get(token).map(|x| x.asker.clone())
    }

    /// The person of a Basic header's `name:password`; a right one is remembered by its hash.
    pub fn basic(&self, credentials: &str) -> Option<Asker> {
        let key: [u8; 32] = Sha256::digest(credentials.as_bytes()).into();
        if let Some(a) = self.basic.lock().unwrap_or_else(PoisonError::into_inner).get(&key) { return Some(a.clone()); }
        if !self.attempt() { return None; }
        let (name, password) = credentials.split_once(':')?;
        let asker = self.verified(name, password)?;
        let mut known = self.basic.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_SESSIONS { known.pop_first(); }
        known.insert(key, asker.clone());
        Some(asker)
    }

    /// The cookie of a session. Over the network it travels by TLS only (a TLS proxy stands before); a browser on this machine
    /// need not have one.
    pub fn cookie(token: &str, seconds: u64, this_machine: bool) -> String {
        let secure = if this_machine { "" } else { "; Secure" };
        format!("kezek_session={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$QLdNwLx/Eg4GkUpkLpXmYQ";

    #[test]
    fn users_file() {
        let ok = AuthConfig::parse(&format!("# people\naigul {HASH} officer nur-zholy\n\nalert {HASH} centre\n")).unwrap();
        assert_eq!(ok.users.iter().map(|u| (u.name.as_str(), u.role, u.scope.as_str())).collect::<Vec<_>>(),
            [("aigul", Role::Officer, "nur-zholy"), ("alert", Role::Centre, "*")]);
        for (text, line) in [("a", 1), ("a x officer", 1), (&format!("\na {HASH} king") as &str, 2), (&format!("a {HASH} group\na {HASH} group"), 2)] {
            assert_eq!(AuthConfig::parse(text).unwrap_err().line, line, "{text}");
        }
    }

    #[test]
    fn scopes() {
        let of = |role, scope: &str| Asker { name: "x".into(), role: Some(role), scope: scope.into(), csrf: None };
        for (asker, place, expect) in [
            (of(Role::Officer, "nur-zholy"), "nur-zholy", true), (of(Role::Officer, "nur-zholy"), "nur-zholy-2", false),
            (of(Role::Group, "zhetisu"), "zhetisu/group-1", true), (of(Role::Group, "zhetisu/group-1"), "zhetisu/group-2", false),
            (of(Role::Centre, ""), "anything", true), (of(Role::Officer, "*"), "kordai", true),
        ] { assert_eq!(asker.covers(place), expect, "{place}"); }
    }
}
