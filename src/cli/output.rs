//! Where and how a command answers, and what its exit code means.

use super::args::{Colour, Common};
use super::say::Lang;
use super::table::{self, Screen};
use crate::config::Problem;
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Fine,
    Ours,
    Over,
    CannotTell,
    /// What was asked for cannot be: the command line.
    Wrong,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Ours => 1,
            Exit::Wrong => 2,
            Exit::Over => 3,
            Exit::CannotTell => 4,
        })
    }
}

/// Why a command cannot answer, and what to do.
#[derive(Debug, Serialize)]
pub struct Failure {
    pub(super) error: String,
    pub(super) todo: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) problems: Vec<Problem>,
    #[serde(skip)]
    pub(super) exit: Exit,
}

impl Failure {
    pub(super) fn new(error: impl Into<String>, todo: impl Into<String>) -> Failure {
        let (error, todo) = (error.into(), todo.into());
        Failure { error, todo, problems: Vec::new(), exit: Exit::Ours }
    }

    pub(super) fn error(&self) -> &str {
        &self.error
    }

    /// The person who typed it can mend it.
    pub(super) fn wrong(self) -> Failure {
        Failure { exit: Exit::Wrong, ..self }
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Failure {
        let mut files: Vec<&str> = problems.iter().map(|p| p.file.as_str()).collect();
        files.dedup();
        let which = match files.as_slice() {
            [one] => (*one).to_owned(),
            all => format!("{} files", all.len()),
        };
        // one file that cannot be read has no mistakes that anybody knows of
        if let [only] = problems.as_slice()
            && only.line == 0
            && only.message.starts_with("cannot read ")
        {
            return Failure::new(only.message.clone(), only.todo.clone());
        }
        let verb = if files.len() == 1 { "has" } else { "have" };
        let error = format!("{which} {verb} mistakes");
        let todo = "correct them; `streamwarden check FILE` looks again".to_owned();
        Failure { error, todo, problems, exit: Exit::Ours }
    }
}

/// Where and how the answer is written.
pub struct Output {
    pub(super) json: bool,
    pub(super) lang: Lang,
    pub(super) zone: jiff::tz::TimeZone,
    pub(super) screen: Screen,
    /// What was written, in place of where it goes.
    #[cfg(test)]
    pub(super) kept: Option<std::sync::Arc<std::sync::Mutex<Vec<u8>>>>,
}

impl Output {
    pub(super) fn new(common: &Common) -> Output {
        let terminal = std::io::stdout().is_terminal();
        let colour = match common.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none(),
        };
        let lang = common.lang.unwrap_or_else(|| Lang::of_environment(|n| std::env::var(n).ok()));
        let width = table::terminal_width(terminal);
        let zone = jiff::tz::TimeZone::system();
        Output {
            json: common.json,
            lang,
            zone,
            screen: Screen { width, colour },
            #[cfg(test)]
            kept: None,
        }
    }

    /// A reader that went away (`| head`) is no error.
    pub(super) fn text(&self, text: &str) {
        #[cfg(test)]
        if let Some(kept) = &self.kept {
            return kept.lock().unwrap().extend_from_slice(text.as_bytes());
        }
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    pub(super) fn json(&self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.text(&(text + "\n")),
            Err(e) => tracing::error!("the answer cannot be written as JSON: {e}"),
        }
    }

    /// One line: for what is read while the command goes on.
    pub(super) fn json_line(&self, value: &serde_json::Value) {
        self.text(&format!("{value}\n"));
    }

    pub(super) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            self.json(failure);
        } else {
            let mut text: String = failure.problems.iter().map(|p| format!("{p}\n\n")).collect();
            text.push_str(&format!("error: {}\n   = {}\n", failure.error, failure.todo));
            #[cfg(test)]
            if self.kept.is_some() {
                self.text(&text);
                return failure.exit.into();
            }
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
        failure.exit.into()
    }
}
