//! What an evaluation leaves behind: enough to show, to plot and to ask again.

use crate::estate::{Millis, Name, Subject};
use serde::{Deserialize, Serialize};

/// Unknown never fires and never clears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    True,
    False,
    Unknown,
}

/// The same in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Words {
    pub en: String,
    pub zh: String,
}

/// One named condition of a rule (or of our own code), as it was found at `at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// As the rule names it.
    pub name: Name,
    pub truth: Truth,
    /// The condition as the rule writes it.
    pub expr: Name,
    /// What to say of it, figures filled in; None: say the checks.
    pub words: Option<Words>,
    /// The comparisons that decided, in the order of the text.
    pub checks: Vec<Check>,
    pub at: Millis,
}

/// One comparison with its figures. `subject` and `expr` ask the left side again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub truth: Truth,
    /// Where the expression stood.
    pub subject: Subject,
    /// The left side as text in the rules' language, `let` names resolved.
    pub expr: Name,
    pub value: Option<Figure>,
    /// `>=`, `=`, `matches`, ...; None for a bare truth (`isolated`, `is known`).
    pub op: Option<Name>,
    pub threshold: Option<Figure>,
    /// How long it had to hold, s.
    pub held_s: Option<f64>,
    /// Why it is unknown: what was not seen, of whom.
    pub missing: Option<Name>,
}

/// A number in the unit that it is shown in, or a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    /// `unit`: `s`, `ratio`, `records`, `records/s`, `bytes`, `cores`, `count`, ...; seconds for
    /// every time.
    Number {
        value: f64,
        unit: Name,
    },
    Text {
        text: Name,
    },
    Truth {
        truth: bool,
    },
}

impl Figure {
    /// For who writes rules: to four digits, since a person's rounding hides what decided.
    pub fn told(&self) -> String {
        match self {
            Figure::Number { value, unit } if &**unit == "count" => format!("{value}"),
            Figure::Number { value, unit } => {
                let text = format!("{value:.4}");
                let text = text.trim_end_matches('0').trim_end_matches('.');
                if &**unit == "ratio" { text.to_owned() } else { format!("{text} {unit}") }
            }
            Figure::Text { text } => format!("{text:?}"),
            Figure::Truth { truth } => truth.to_string(),
        }
    }
}
