//! Playbooks as data: what each does, what it asks for first, and which causes it cures.

mod read;

use crate::case::Risk;
use crate::estate::{Name, Span};
use crate::rules::{Condition, Mistake, RuleSet, SourceFile, Words};

/// One playbook.
#[derive(Clone, Debug)]
pub struct Playbook {
    pub file: Name,
    pub name: Name,
    pub risk: Risk,
    /// With `{job}`, `{from}` and `{to}`.
    pub says: Words,
    /// Causes that it cures; their rules name it in turn.
    pub cures: Vec<Name>,
    /// In the rules' language, asked of the job.
    pub needs: Vec<Condition>,
    /// What only code can answer.
    pub asks: Vec<Ask>,
    pub steps: Vec<Word>,
    pub rollback: Vec<Word>,
    /// Instead of both where the scheduler is the adaptive one.
    pub in_place: Option<(Vec<Word>, Vec<Word>)>,
    pub bar: Bar,
    /// Why it is as it is.
    pub source: Name,
}

impl Playbook {
    /// It goes back to a state of the job, and stops nothing that runs.
    pub fn only_restores(&self) -> bool {
        let any = |what| self.steps.iter().any(|w| w.what == what);
        any(What::Choose) && !any(What::Stop)
    }

    /// Of risk A, and B where the newest state there is is surely known.
    pub fn eased(&self) -> bool {
        self.risk == Risk::A && self.only_restores()
    }
}

/// A step as a playbook writes it: `stop 60s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub what: What,
    /// s; 0 where it has none.
    pub wait_s: u32,
}

/// The words of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Checkpoint,
    Savepoint,
    Stop,
    Choose,
    /// As wide as it was.
    Submit,
    /// As wide as it has to be.
    SubmitWider,
    Scale,
    ScaleBack,
    Watch,
}

impl What {
    pub const ALL: [(&'static str, What); 9] = [
        ("checkpoint", What::Checkpoint),
        ("savepoint", What::Savepoint),
        ("stop", What::Stop),
        ("choose", What::Choose),
        ("submit", What::Submit),
        ("submit_wider", What::SubmitWider),
        ("scale", What::Scale),
        ("scale_back", What::ScaleBack),
        ("watch", What::Watch),
    ];
}

/// What must be seen before an effect is judged at all (S9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The job has run for so long without a restart.
    pub running: Span,
    /// So many checkpoints completed in it.
    pub checkpoints: u32,
    /// Then it is watched for so long at most, unless it is cured before
    /// ([`super::Limits::verify`] where that is less).
    pub patience: Span,
    /// What gets less late is watched for so long: the plan knows how much waits.
    pub catch_up: Span,
}

/// A precondition that is code; closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// The run is listed and has not ended.
    Live,
    /// It is RUNNING.
    Running,
    /// It ended as FAILED or CANCELED, or its JobManager forgot it.
    Down,
    /// Its JobManager has told its jobs a moment ago.
    JobmanagerAnswers,
    /// Where it is no longer listed: by a new life of the JobManager, at four looks.
    AbsenceSure,
    /// No high availability is about to bring it back.
    NothingRecovers,
    /// The positions that its group has committed stand still.
    NothingReads,
    /// Nothing comes into the topics that only it writes.
    NothingWrites,
    /// A checkpoint or savepoint is there.
    RestorePoint,
    /// Checkpoints outlive a cancel.
    Retained,
    /// Where it piles up, and how much one subtask can do.
    TrueRate,
    /// More subtasks are needed than there are.
    TooNarrow,
    /// No savepoint of its run was taken since the trouble began.
    SavepointMissing,
}

impl Ask {
    pub const ALL: [(&'static str, Ask); 13] = [
        ("live", Ask::Live),
        ("running", Ask::Running),
        ("down", Ask::Down),
        ("jobmanager_answers", Ask::JobmanagerAnswers),
        ("absence_sure", Ask::AbsenceSure),
        ("nothing_recovers", Ask::NothingRecovers),
        ("nothing_reads", Ask::NothingReads),
        ("nothing_writes", Ask::NothingWrites),
        ("restore_point", Ask::RestorePoint),
        ("retained", Ask::Retained),
        ("true_rate", Ask::TrueRate),
        ("too_narrow", Ask::TooNarrow),
        ("savepoint_missing", Ask::SavepointMissing),
    ];

    pub fn name(self) -> &'static str {
        Ask::ALL.iter().find(|(_, a)| *a == self).map_or("", |(n, _)| n)
    }
}

/// All playbooks, by name.
#[derive(Clone, Debug, Default)]
pub struct Books(Vec<Playbook>);

impl Books {
    /// # Errors
    /// Every mistake of every file, with its place: also where a rule names a playbook that does
    /// not say that it cures its cause, or the other way round.
    pub fn compile(files: &[SourceFile], rules: &RuleSet) -> Result<Books, Vec<Mistake>> {
        read::compile(files, rules).map(Books)
    }

    pub fn get(&self, name: &str) -> Option<&Playbook> {
        self.0.iter().find(|b| &*b.name == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Playbook> {
        self.0.iter()
    }
}
