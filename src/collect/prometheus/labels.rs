//! Labels of one series, unescaped on demand.

use memchr::{memchr, memchr2};
use std::borrow::Cow;
use streamwarden_core::signals::resolve::Labels;

/// What stands between the braces; its form was checked by [`end`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawLabels<'a>(&'a str);

impl<'a> RawLabels<'a> {
    pub(super) fn new(checked: &'a str) -> RawLabels<'a> {
        RawLabels(checked)
    }

    /// Name and value, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (name, after) = rest.split_once('=')?;
            let quoted = after.trim_start_matches([' ', '\t']).strip_prefix('"')?;
            let close = closing(quoted.as_bytes())?;
            rest = &quoted[close + 1..];
            Some((name.trim_matches([' ', '\t', ',']), unescaped(&quoted[..close])))
        })
    }
}

impl Labels for RawLabels<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

/// Where the labels end: the index of their closing brace. None if they are not
/// `name="value",…}` (a last comma is fine).
pub(super) fn end(text: &[u8]) -> Option<usize> {
    let mut at = blanks(text, 0);
    while *text.get(at)? != b'}' {
        let equals = at + memchr(b'=', text.get(at..)?)?;
        if !is_name(text[at..equals].trim_ascii_end(), false) {
            return None;
        }
        let open = blanks(text, equals + 1);
        if *text.get(open)? != b'"' {
            return None;
        }
        at = blanks(text, open + 1 + closing(&text[open + 1..])? + 1);
        match *text.get(at)? {
            b',' => at = blanks(text, at + 1),
            b'}' => {}
            _ => return None,
        }
    }
    Some(at)
}

/// A metric name may hold colons, a label name may not.
pub(super) fn is_name(name: &[u8], colon: bool) -> bool {
    let letter = |b: &u8| b.is_ascii_alphabetic() || *b == b'_' || (colon && *b == b':');
    name.first().is_some_and(letter) && name.iter().all(|b| letter(b) || b.is_ascii_digit())
}

fn blanks(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// The first quote that no backslash takes away.
fn closing(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let i = at + memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[i] == b'"' {
            return Some(i);
        }
        at = i + 2;
    }
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(e @ ('\\' | '"' | 'n'))) => {
                out.push(if e == 'n' { '\n' } else { e });
                chars.next();
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}
