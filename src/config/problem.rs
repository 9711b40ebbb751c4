//! A mistake in a configuration: where it stands, what is wrong, what to do.

use super::yaml::At;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use streamwarden_core::estate::plain;
use unicode_width::UnicodeWidthStr;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub file: String,
    /// From 1; 0 where it is about the file as a whole.
    pub line: usize,
    pub column: usize,
    pub len: usize,
    pub message: String,
    pub todo: String,
    /// Where in `text` the mistake stands, in characters.
    #[serde(skip)]
    pub(super) mark: u32,
    /// The line as it stands, secrets hidden.
    pub text: Box<str>,
    /// It can be left so; most likely it is not what was meant.
    pub warning: bool,
}

impl Problem {
    /// The same, where it can be left so.
    pub fn warning(file: &str, message: impl Into<String>, todo: impl Into<String>) -> Problem {
        Problem { warning: true, ..Problem::of_file(file, message, todo) }
    }

    /// About a whole file, or about something that is in no file.
    pub fn of_file(file: &str, message: impl Into<String>, todo: impl Into<String>) -> Problem {
        Problem {
            file: file.to_owned(),
            line: 0,
            column: 0,
            len: 0,
            message: message.into(),
            todo: todo.into(),
            mark: 0,
            text: "".into(),
            warning: false,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = plain(&self.file);
        let kind = if self.warning { "warning" } else { "error" };
        writeln!(f, "{kind}: {}", plain(&self.message))?;
        if self.line == 0 {
            writeln!(f, "  --> {file}")?;
            return write!(f, "   = {}", plain(&self.todo));
        }
        let margin = self.line.to_string().len();
        let mark = usize::try_from(self.mark).unwrap_or(usize::MAX);
        let before: String = self.text.chars().take(mark).collect();
        let marked: String = self.text.chars().skip(mark).take(self.len).collect();
        writeln!(f, "{:margin$}--> {file}:{}:{}", "", self.line, self.column)?;
        writeln!(f, "{:margin$} |", "")?;
        writeln!(f, "{} | {}", self.line, self.text)?;
        let (indent, carets) = (before.width(), marked.width().max(1));
        writeln!(f, "{:margin$} | {:indent$}{}", "", "", "^".repeat(carets))?;
        write!(f, "{:margin$} = {}", "", plain(&self.todo))
    }
}

/// A configuration text and its name, to make problems from.
#[derive(Clone, Debug)]
pub struct Source {
    file: Arc<str>,
    text: Arc<str>,
}

impl Source {
    pub fn new(file: &str, text: &str) -> Source {
        Source { file: file.into(), text: text.into() }
    }
    pub fn text(&self) -> &str {
        &self.text
    }
    pub fn problem(&self, at: At, message: impl Into<String>, todo: impl Into<String>) -> Problem {
        let line = self.text.lines().nth(at.line - 1).unwrap_or_default();
        let line = plain(&line.replace('\t', " ")).into_owned();
        let text = hide_secrets(&line);
        let mark = shown_at(&line, &text, at.column - 1);
        Problem {
            file: self.file.to_string(),
            line: at.line,
            column: at.column,
            len: at.len,
            message: message.into(),
            todo: todo.into(),
            mark: u32::try_from(mark).unwrap_or(u32::MAX),
            text: text.into(),
            warning: false,
        }
    }
}

/// Where the character `at` of a line stands once something of it is hidden; of what is hidden, where
/// that is said.
fn shown_at(line: &str, shown: &str, at: usize) -> usize {
    let same = line.chars().zip(shown.chars()).take_while(|(a, b)| a == b).count();
    let (all, left) = (line.chars().count(), shown.chars().count());
    let tail = line.chars().rev().zip(shown.chars().rev()).take_while(|(a, b)| a == b).count();
    let tail = tail.min(all.saturating_sub(same)).min(left.saturating_sub(same));
    match at {
        at if at <= same => at,
        at if at >= all - tail => at - (all - tail) + (left - tail),
        _ => same,
    }
}

/// A line is shown with a problem, and problems reach terminals and logs: what follows a key that
/// sounds like a secret is cut, and so is user info in a URL.
fn hide_secrets(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let secret = ["pass", "bearer", "token", "secret", "jaas"]
        .iter()
        .flat_map(|word| lower.match_indices(word))
        .filter_map(|(word_at, _)| {
            let colon = word_at + lower[word_at..].find(':')?;
            let file = lower[word_at..colon].trim_end_matches(['"', '\'', ' ']).ends_with("_file");
            (!file).then_some(colon)
        })
        .min();
    let mut shown = match secret {
        Some(colon) => format!("{}: (hidden)", &line[..colon]),
        None => line.to_owned(),
    };
    if let (Some(scheme), Some(host)) = (shown.find("://"), shown.rfind('@'))
        && scheme < host
    {
        shown.replace_range(scheme + 3..host, "(hidden)");
    }
    // what a service lets somebody in by stands in the query at times
    if let Some(query) = shown.find("://").and_then(|at| Some(at + shown[at..].find('?')? + 1)) {
        let end =
            shown[query..].find([' ', '"', '\'', ',', '}']).map_or(shown.len(), |n| query + n);
        shown.replace_range(query..end, "(hidden)");
    }
    shown
}

/// The word of `known` that was most likely meant: few edits for its length, or a start of it.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_lowercase()), k))
        .filter(|(edits, k)| {
            let long = k.chars().count().max(3);
            *edits * 3 <= long + 1 || (lower.len() >= 3 && k.to_lowercase().starts_with(&lower))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, k)| k)
}

/// All keys of a configuration are fewer; of jobs or topics some tell what they look like.
const MOST_NAMED: usize = 40;

/// "did you mean `x`?", else what there is.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(k) => format!("did you mean `{k}`?"),
        None => {
            let all: Vec<_> =
                known.into_iter().take(MOST_NAMED).map(|k| format!("`{k}`")).collect();
            if all.is_empty() {
                "there is none".to_owned()
            } else {
                format!("one of {}", all.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word() {
        let known = ["bootstrap", "name", "tls"];
        assert_eq!(nearest("bootstraps", known), Some("bootstrap"));
        assert_eq!(nearest("Nmae", known), Some("name"));
        assert_eq!(nearest("boot", known), Some("bootstrap"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn a_mark_stands_under_what_it_is_about_though_something_is_hidden() {
        let line = "rest: http://user:word@h:1, kafak: x";
        let (shown, at) = (hide_secrets(line), line.find("kafak").unwrap());
        let mark = shown_at(line, &shown, at);
        assert_eq!(shown.chars().skip(mark).take(5).collect::<String>(), "kafak", "{shown}");
        assert_eq!(shown_at(line, &shown, 0), 0);
        let line = "{ password: secret, wrong: 1 }";
        let shown = hide_secrets(line);
        assert!(shown_at(line, &shown, line.find("wrong").unwrap()) < shown.len());
    }

    #[test]
    fn secrets_are_cut_from_the_line_that_is_shown() {
        assert_eq!(hide_secrets("  passwrd: hunter2"), "  passwrd: (hidden)");
        assert_eq!(hide_secrets("{ user: x, \"bearer\": abc }"), "{ user: x, \"bearer\": (hidden)");
        assert_eq!(hide_secrets("  password_file: p.txt"), "  password_file: p.txt");
        assert_eq!(
            hide_secrets("{password_file: p, password: q}"),
            "{password_file: p, password: (hidden)"
        );
        assert_eq!(hide_secrets("rest: http://u:p@h:1"), "rest: http://(hidden)@h:1");
        assert_eq!(hide_secrets("{url: \"http://h/x?k=a&b=c\"}"), "{url: \"http://h/x?(hidden)\"}");
    }
}
