//! Text from the estate is hostile: made harmless before it meets a terminal or a log. And globs
//! over names.

use std::borrow::Cow;

/// The text with every control character (terminal escapes, bidi overrides, line breaks) replaced
/// by U+FFFD. Nothing else changes: CJK and emoji stay. HTML needs no care here: the page sets
/// text, never markup.
pub fn plain(text: &str) -> Cow<'_, str> {
    fn bad(c: char) -> bool {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    }
    if text.contains(bad) {
        Cow::Owned(text.chars().map(|c| if bad(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Linear-time glob: `*` any run, `?` one character, everything else itself.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j, mut star, mut mark) = (0, 0, None, 0);
    while j < t.len() {
        if i < p.len() && p[i] == '*' {
            star = Some(i);
            mark = j;
            i += 1;
        } else if i < p.len() && (p[i] == '?' || p[i] == t[j]) {
            i += 1;
            j += 1;
        } else if let Some(s) = star {
            i = s + 1;
            mark += 1;
            j = mark;
        } else {
            return false;
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::{glob, plain};

    #[test]
    fn globs() {
        assert!(glob("dwd-*", "dwd-order-stats"));
        assert!(glob("*risk*", "ads-risk"));
        assert!(!glob("dwd-*", "ads-risk"));
        assert!(glob("a*b*c", "a__b__b_c") && !glob("a*b*c", "a__b__"));
    }

    #[test]
    fn escapes_do_not_reach_a_terminal() {
        assert_eq!(plain("\u{1b}[31mred\u{7}\n"), "\u{fffd}[31mred\u{fffd}\u{fffd}");
        assert_eq!(plain("订单 <b>"), "订单 <b>");
        assert_eq!(plain("a\u{202e}b"), "a\u{fffd}b");
    }
}
