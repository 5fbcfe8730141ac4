//! The JSON reader: RFC 8259 text to a flat tape of tokens that borrow from it.
//!
//! One reader serves the right and the wrong records alike, so that what a record *is* never depends on which
//! path read it. It is iterative (no depth can exhaust the stack), keeps doubled keys (whether they matter is the
//! shape's business), reads numbers correctly rounded and refuses lone surrogates. A tape for an ordinary
//! record lives on the stack.

use std::borrow::Cow;

use smallvec::SmallVec;

/// One value (or key) of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number; `whole` when it is written without fraction and exponent.
    Number { value: f64, whole: bool },
    /// A string (or a key) between its quotes, escapes not resolved.
    Text { raw: &'a str, escaped: bool },
    /// A list; its subtree ends before this index.
    List { end: u32 },
    /// An object: keys and values in turn; its subtree ends before this index.
    Object { end: u32 },
}

/// The tokens of one text, in its order. The root is token 0.
pub(super) struct Tape<'a>(SmallVec<[Token<'a>; 64]>);

impl<'a> Tape<'a> {
    /// An empty tape. It is filled in place, because it is large.
    #[inline]
    pub(super) fn new() -> Self { Self(SmallVec::new()) }
    /// Reads a whole text; `None` when it is not JSON (and the tape is of no use).
    pub(super) fn read(&mut self, text: &'a str) -> Option<()> { Reader { text, at: 0, tape: self }.document() }
    /// The token at an index (`Null` beyond the end, which no caller reaches).
    #[inline]
    pub(super) fn token(&self, i: u32) -> Token<'a> { self.0.get(i as usize).copied().unwrap_or(Token::Null) }
    /// The index after the value that begins at `i`.
    #[inline]
    pub(super) fn after(&self, i: u32) -> u32 {
        match self.token(i) {
            Token::List { end } | Token::Object { end } => end,
            Token::Null | Token::Bool(_) | Token::Number { .. } | Token::Text { .. } => i + 1,
        }
    }
    /// The indexes of the values of the list at `i`; none for anything else.
    pub(super) fn items(&self, i: u32) -> impl Iterator<Item = u32> + '_ {
        let end = if let Token::List { end } = self.token(i) { end } else { i + 1 };
        std::iter::successors(Some(i + 1), |n| Some(self.after(*n))).take_while(move |n| *n < end)
    }
    /// The keys and the indexes of the values of the object at `i`; none for anything else.
    pub(super) fn entries(&self, i: u32) -> impl Iterator<Item = (Token<'a>, u32)> + '_ {
        let end = if let Token::Object { end } = self.token(i) { end } else { i + 1 };
        std::iter::successors(Some(i + 1), |n| Some(self.after(*n + 1))).take_while(move |n| *n < end)
            .map(|n| (self.token(n), n + 1))
    }
}

impl<'a> Token<'a> {
    /// The text of a string.
    #[inline]
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text { raw, escaped: false } => Some(Cow::Borrowed(raw)),
            Self::Text { raw, escaped: true } => Some(Cow::Owned(unescape(raw))),
            Self::Null | Self::Bool(_) | Self::Number { .. } | Self::List { .. } | Self::Object { .. } => None,
        }
    }
    /// What a person would call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number { .. } => "a number",
            Self::Text { .. } => "a text",
            Self::List { .. } => "a list",
            Self::Object { .. } => "an object",
        }
    }
}

struct Reader<'t, 'a> {
    text: &'a str,
    at: usize,
    tape: &'t mut Tape<'a>,
}

impl<'a> Reader<'_, 'a> {
    #[inline(always)]
    fn peek(&self) -> Option<u8> { self.text.as_bytes().get(self.at).copied() }

    #[inline(always)]
    fn blank(&mut self) -> Option<u8> {
        loop {
            match self.peek()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                c => return Some(c),
            }
        }
    }

    fn document(&mut self) -> Option<()> {
        let mut open: SmallVec<[u32; 16]> = SmallVec::new();
        loop {
            // A value begins here.
            let here = u32::try_from(self.tape.0.len()).ok()?;
            match self.blank()? {
                b'{' => {
                    self.at += 1;
                    self.tape.0.push(Token::Object { end: 0 });
                    open.push(here);
                    if self.blank()? != b'}' { self.key()?; continue; }
                }
                b'[' => {
                    self.at += 1;
                    self.tape.0.push(Token::List { end: 0 });
                    open.push(here);
                    if self.blank()? != b']' { continue; }
                }
                _ => { let token = self.scalar()?; self.tape.0.push(token); }
            }
            // A value, or an empty container, ended here: close what closes, then go on to the next value.
            loop {
                let Some(&outer) = open.last() else {
                    return if self.blank().is_none() { Some(()) } else { None };
                };
                let end = u32::try_from(self.tape.0.len()).ok()?;
                let c = self.blank()?;
                let slot = self.tape.0.get_mut(outer as usize)?;
                self.at += 1;
                match (*slot, c) {
                    (Token::Object { .. }, b'}') => *slot = Token::Object { end },
                    (Token::List { .. }, b']') => *slot = Token::List { end },
                    (Token::Object { .. }, b',') => { self.blank()?; self.key()?; break; }
                    (Token::List { .. }, b',') => break,
                    _ => return None,
                }
                open.pop();
            }
        }
    }

    #[inline]
    fn key(&mut self) -> Option<()> {
        if self.peek()? != b'"' { return None; }
        let key = self.string()?;
        self.tape.0.push(key);
        if self.blank()? != b':' { return None; }
        self.at += 1;
        Some(())
    }

    fn scalar(&mut self) -> Option<Token<'a>> {
        match self.peek()? {
            b'"' => self.string(),
            b't' => self.word("true", Token::Bool(true)),
            b'f' => self.word("false", Token::Bool(false)),
            b'n' => self.word("null", Token::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Option<Token<'a>> {
        self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes()).then(|| { self.at += word.len(); token })
    }

    #[inline(always)]
    fn string(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut i = start;
        let mut escaped = false;
        loop {
            // Eight symbols at a time while none of them is a quote, a backslash or a control.
            while let Some(chunk) = bytes.get(i..i + 8).and_then(|c| <[u8; 8]>::try_from(c).ok()) {
                let found = special(u64::from_le_bytes(chunk));
                i += found.trailing_zeros() as usize / 8;
                if found != 0 { break; }
            }
            match *bytes.get(i)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    i += escape_len(bytes.get(i..)?)?;
                }
                0..=0x1f => return None,
                _ => i += 1,
            }
        }
        self.at = i + 1;
        Some(Token::Text { raw: self.text.get(start..i)?, escaped })
    }

    fn number(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let digits = |mut i: usize| -> usize { while bytes.get(i).is_some_and(u8::is_ascii_digit) { i += 1; } i };
        let mut i = start + usize::from(self.peek() == Some(b'-'));
        let whole_from = i;
        i = digits(i);
        let whole_len = i - whole_from;
        if whole_len == 0 || (whole_len > 1 && bytes.get(whole_from) == Some(&b'0')) { return None; }
        let mut whole = true;
        let mut fraction = 0;
        if bytes.get(i) == Some(&b'.') {
            whole = false;
            let from = i + 1;
            i = digits(from);
            fraction = i - from;
            if fraction == 0 { return None; }
        }
        let mut exponent = false;
        if matches!(bytes.get(i), Some(b'e' | b'E')) {
            whole = false;
            exponent = true;
            i += 1;
            if matches!(bytes.get(i), Some(b'+' | b'-')) { i += 1; }
            let from = i;
            i = digits(from);
            if i == from { return None; }
        }
        self.at = i;
        let text = self.text.get(start..i)?;
        let value = if exponent { text.parse().ok()? } else { decimal(text, whole_len + fraction, fraction)? };
        Some(Token::Number { value, whole })
    }
}

/// Powers of ten that a double holds exactly.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A decimal without exponent. Up to 15 digits both parts of the quotient are exact, so one division rounds
/// correctly (Clinger's fast path); longer ones take the general reader.
fn decimal(text: &str, digits: usize, fraction: usize) -> Option<f64> {
    let Some(scale) = TENS.get(fraction).filter(|_| digits <= 15) else { return text.parse().ok() };
    let units = text.bytes().filter(u8::is_ascii_digit).fold(0u64, |sum, c| sum * 10 + u64::from(c - b'0'));
    let value = units as f64 / scale;
    Some(if text.starts_with('-') { -value } else { value })
}

/// Marks which of eight symbols are `"`, `\` or below 0x20 by their top bits (Mycroft's zero-byte test: the lowest
/// mark is right, higher ones may be false alarms).
const fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let slash = word ^ (ONES * b'\\' as u64);
    let marks = (quote.wrapping_sub(ONES) & !quote) | (slash.wrapping_sub(ONES) & !slash)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    marks & TOPS
}

/// The length of the escape that begins `bytes`, surrogate pairs as one; `None` when it is none.
fn escape_len(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => match hex(bytes)? {
            0xd800..=0xdbff => matches!(hex(bytes.get(6..)?)?, 0xdc00..=0xdfff).then_some(12),
            0xdc00..=0xdfff => None,
            _ => Some(6),
        },
        _ => None,
    }
}

/// The code unit of the `\uXXXX` that begins `bytes`.
fn hex(bytes: &[u8]) -> Option<u32> {
    if bytes.get(..2)? != b"\\u" { return None; }
    bytes.get(2..6)?.iter().try_fold(0, |sum, c| Some(sum * 16 + char::from(*c).to_digit(16)?))
}

/// Resolves the escapes of a string whose grammar was checked.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(i) = rest.find('\\') {
        let (plain, escape) = rest.split_at(i);
        out.push_str(plain);
        let bytes = escape.as_bytes();
        let len = escape_len(bytes).unwrap_or(bytes.len());
        match bytes.get(1) {
            Some(b'b') => out.push('\u{8}'),
            Some(b'f') => out.push('\u{c}'),
            Some(b'n') => out.push('\n'),
            Some(b'r') => out.push('\r'),
            Some(b't') => out.push('\t'),
            Some(b'u') => {
                let unit = hex(bytes).unwrap_or(0xfffd);
                let low = if len == 12 { bytes.get(6..).and_then(hex) } else { None };
                let point = low.map_or(unit, |low| 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                out.push(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(c) => out.push(char::from(*c)),
            None => {}
        }
        rest = escape.get(len..).unwrap_or("");
    }
    out.push_str(rest);
    out
}
