//! SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it, from the server's side.
//!
//! What we keep of a password is PostgreSQL's verifier, so a file made by PostgreSQL's own tools works here and a
//! stolen file lets nobody in. A user who does not exist gets the same conversation with a salt that stays the same
//! for the name, so that names cannot be tried out. Channel binding is not offered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac, pbkdf2};

use crate::sqlstate::Refusal;

/// The mechanism's name.
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 18;
const ITERATIONS: u32 = 4096;

type Key = [u8; KEY_BYTES];

/// What the server keeps of a password.
#[derive(Clone)]
pub struct Verifier {
    iterations: u32,
    salt: Vec<u8>,
    stored: Key,
    server: Key,
}

impl Verifier {
    /// Reads PostgreSQL's form `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (cost, keys) = text.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
        let (iterations, salt) = cost.split_once(':')?;
        let (stored, server) = keys.split_once(':')?;
        let iterations: u32 = iterations.parse().ok()?;
        if !(1..=1_000_000).contains(&iterations) { return None; }
        let salt = STANDARD.decode(salt).ok().filter(|s| !s.is_empty())?;
        Some(Self { iterations, salt, stored: key(stored)?, server: key(server)? })
    }

    /// The verifier of a password in PostgreSQL's form, with a random salt. No password is stored anywhere else.
    pub fn make(password: &str) -> Result<String, NoRandomness> {
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).map_err(|_| NoRandomness)?;
        let v = Self::of(password.as_bytes(), &salt, ITERATIONS);
        Ok(format!("SCRAM-SHA-256${}:{}${}:{}", v.iterations, STANDARD.encode(&v.salt), STANDARD.encode(v.stored), STANDARD.encode(v.server)))
    }

    fn of(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let mut salted = [0; KEY_BYTES];
        let rounds = std::num::NonZeroU32::new(iterations).unwrap_or(std::num::NonZeroU32::MIN);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, password, &mut salted);
        let stored = hash(&mac(&salted, b"Client Key"));
        Self { iterations, salt: salt.to_vec(), stored, server: mac(&salted, b"Server Key") }
    }

    /// A verifier that no password fits, the same salt each time for the same name.
    pub(crate) fn nobody(secret: &[u8], name: &str) -> Self {
        let salt = mac(secret, name.as_bytes());
        let stored = mac(secret, &salt);
        Self { iterations: ITERATIONS, salt: salt.get(..16).unwrap_or_default().to_vec(), stored, server: stored }
    }
}


/// The system gives no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// Random bytes for nonces and secrets.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Refusal::Scram)?;
    Ok(bytes)
}

/// A login between the client's first and last message.
pub(crate) struct Exchange {
    verifier: Verifier,
    known: bool,
    header: String,
    nonce: String,
    /// client-first-bare and server-first, joined as the proof covers them.
    said: String,
}

impl Exchange {
    /// Reads the client's first message and gives ours; `known` is false for users who do not exist.
    pub(crate) fn begin(first: &[u8], verifier: Verifier, known: bool) -> Result<(Self, String), Refusal> {
        let first = std::str::from_utf8(first).map_err(|_| Refusal::Scram)?;
        let mut parts = first.splitn(3, ',');
        let (Some(binding), Some(authzid), Some(bare)) = (parts.next(), parts.next(), parts.next()) else { return Err(Refusal::Scram) };
        if !matches!(binding, "n" | "y") { return Err(Refusal::Scram); }
        let theirs = bare.split(',').find_map(|p| p.strip_prefix("r=")).filter(|n| !n.is_empty()).ok_or(Refusal::Scram)?;
        let nonce = format!("{theirs}{}", STANDARD.encode(random::<NONCE_BYTES>()?));
        let answer = format!("r={nonce},s={},i={}", STANDARD.encode(&verifier.salt), verifier.iterations);
        let header = format!("{binding},{authzid},");
        let said = format!("{bare},{answer}");
        Ok((Self { verifier, known, header, nonce, said }, answer))
    }

    /// Reads the client's last message; ours proves that we know the verifier. None: the password is wrong.
    pub(crate) fn finish(self, last: &[u8]) -> Result<Option<String>, Refusal> {
        let last = std::str::from_utf8(last).map_err(|_| Refusal::Scram)?;
        let (without_proof, proof) = last.rsplit_once(",p=").ok_or(Refusal::Scram)?;
        let proof = key(proof).ok_or(Refusal::Scram)?;
        let mut parts = without_proof.split(',');
        let binding = parts.next().and_then(|p| p.strip_prefix("c=")).ok_or(Refusal::Scram)?;
        let nonce = parts.next().and_then(|p| p.strip_prefix("r=")).ok_or(Refusal::Scram)?;
        if binding != STANDARD.encode(self.header.as_bytes()) || nonce != self.nonce { return Err(Refusal::Scram); }
        let message = format!("{},{without_proof}", self.said);
        let mut client_key = mac(&self.verifier.stored, message.as_bytes());
        for (k, p) in client_key.iter_mut().zip(proof) { *k ^= p; }
        let right = hash(&client_key).iter().zip(self.verifier.stored).fold(0, |d, (a, b)| d | (a ^ b)) == 0;
        if !(right && self.known) { return Ok(None); }
        Ok(Some(format!("v={}", STANDARD.encode(mac(&self.verifier.server, message.as_bytes())))))
    }
}

fn key(text: &str) -> Option<Key> { STANDARD.decode(text).ok()?.try_into().ok() }

fn mac(key: &[u8], message: &[u8]) -> Key {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    tag.as_ref().try_into().unwrap_or([0; KEY_BYTES])
}

fn hash(bytes: &[u8]) -> Key { digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap_or([0; KEY_BYTES]) }

#[cfg(test)]
mod tests {
    use super::*;

    /// The salt of RFC 7677's example.
    const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";

    fn client_proof(password: &str, salt: &[u8], iterations: u32, message: &str) -> String {
        let mut salted = [0; KEY_BYTES];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations.try_into().unwrap(), salt, password.as_bytes(), &mut salted);
        let client = mac(&salted, b"Client Key");
        let signature = mac(&hash(&client), message.as_bytes());
        STANDARD.encode(client.iter().zip(signature).map(|(a, b)| a ^ b).collect::<Vec<_>>())
    }

    #[test]
    fn the_example_of_the_rfc() {
        let salt = STANDARD.decode(SALT).unwrap();
        let verifier = Verifier::of(b"pencil", &salt, 4096);
        let said = format!("n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s={SALT},i=4096");
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".to_owned();
        let exchange = Exchange { verifier, known: true, header: "n,,".to_owned(), nonce: nonce.clone(), said };
        let last = format!("c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assert_eq!(exchange.finish(last.as_bytes()), Ok(Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_owned())));
    }

    #[test]
    fn logins() {
        let text = Verifier::make("sesame").unwrap();
        for (password, known, opens) in [("sesame", true, true), ("simsim", true, false), ("sesame", false, false)] {
            let verifier = Verifier::parse(&text).unwrap();
            let (salt, iterations) = (verifier.salt.clone(), verifier.iterations);
            let (exchange, first) = Exchange::begin(b"n,,n=,r=abc", verifier, known).unwrap();
            let nonce = first.split(',').next().unwrap();
            let without = format!("c=biws,{nonce}");
            let proof = client_proof(password, &salt, iterations, &format!("n=,r=abc,{first},{without}"));
            let done = exchange.finish(format!("{without},p={proof}").as_bytes()).unwrap();
            assert_eq!(done.is_some(), opens, "{password} {known}");
        }
    }

    #[test]
    fn malformed() {
        let verifier = || Verifier::parse(&Verifier::make("x").unwrap()).unwrap();
        for first in ["", "n", "n,,", "p=tls-server-end-point,,n=,r=a", "n,,n=x", "n,,n=x,r="] {
            assert!(Exchange::begin(first.as_bytes(), verifier(), true).is_err(), "{first}");
        }
        assert!(Exchange::begin(&[0xff, 0xfe], verifier(), true).is_err());
        for last in ["", "c=biws", "c=biws,r=x,p=AAAA", "c=biws,r=wrong,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="] {
            let (exchange, _) = Exchange::begin(b"n,,n=,r=abc", verifier(), true).unwrap();
            assert_eq!(exchange.finish(last.as_bytes()), Err(Refusal::Scram), "{last}");
        }
        for text in ["", "md5abc", "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA", "SCRAM-SHA-256$0:AAAA$x:y", "SCRAM-SHA-256$x"] {
            assert!(Verifier::parse(text).is_none(), "{text}");
        }
    }
}
