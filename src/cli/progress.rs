//! A line on stderr while something takes long: written over on a terminal, else said once.

use super::Output;
use super::say::Lang;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many recordings were played.
pub struct Played {
    terminal: bool,
    lang: Lang,
    all: usize,
    done: AtomicUsize,
}

impl Played {
    pub fn start(out: &Output, all: usize) -> Played {
        let terminal = std::io::stderr().is_terminal();
        let played = Played { terminal, lang: out.lang, all, done: AtomicUsize::new(0) };
        if terminal {
            over(&played.words(0));
        } else if !out.json && all > 1 {
            let words = out.lang.say("playing {} recordings …", "正在回放 {} 份录制 …");
            eprintln!("{}", words.replace("{}", &all.to_string()));
        }
        played
    }

    /// One more.
    pub fn one(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.terminal {
            over(&self.words(done));
        }
    }

    pub fn end(&self) {
        if self.terminal {
            over("");
        }
    }

    fn words(&self, done: usize) -> String {
        let words = self.lang.say("playing recordings: {n} of {all}", "正在回放录制：{n}/{all}");
        words.replace("{n}", &done.to_string()).replace("{all}", &self.all.to_string())
    }
}

/// Writes over the line; with nothing, takes it away.
pub fn over(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "\r{text}\u{1b}[K").and_then(|()| stderr.flush());
}
