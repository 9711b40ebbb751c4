//! Rows that the log answers for: each is written once and never changed. The row of the log that
//! is written with it carries its digest, so that one that was changed, taken out or made up is
//! found.

use super::chain::Fault;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;
use streamwarden_core::text::hex;

/// A part of a table's rows that is written in one go.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::db) struct Kept {
    what: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
    /// Where it is there.
    there: &'static str,
}

const fn kept(what: &'static str, table: &'static str, columns: &'static [&'static str]) -> Kept {
    Kept { what, table, columns, there: "1 = 1" }
}

pub(in crate::store::db) const ACTION: Kept = kept(
    "action",
    "actions",
    &[
        "id",
        "cluster",
        "key",
        "playbook",
        "failure_domain",
        "incident",
        "generation",
        "epoch",
        "who",
        "began",
        "plan",
        "plan_hash",
        "resumes",
    ],
);
pub(in crate::store::db) const END: Kept = Kept {
    there: "ended IS NOT NULL OR end_kind IS NOT NULL OR end_body IS NOT NULL",
    ..kept("end of action", "actions", &["id", "ended", "end_kind", "end_body"])
};
pub(in crate::store::db) const ENTRY: Kept =
    kept("entry of action", "action_entries", &["action", "n", "at_ms", "epoch", "body"]);
pub(in crate::store::db) const LOOK: Kept =
    kept("look at action", "action_looks", &["action", "at_ms", "who", "note"]);
pub(in crate::store::db) const WORD: Kept = kept(
    "yes or no to plan",
    "approvals",
    &["plan", "at_ms", "who", "yes", "incident", "cluster", "key", "playbook"],
);
pub(in crate::store::db) const SWITCH: Kept = kept(
    "kill switch",
    "kill_switches",
    &["id", "scope", "who", "why", "at_ms", "until_ms", "hard"],
);
pub(in crate::store::db) const RELEASE: Kept = Kept {
    there: "ended IS NOT NULL OR ended_by IS NOT NULL",
    ..kept("end of kill switch", "kill_switches", &["id", "ended", "ended_by"])
};
pub(in crate::store::db) const OFF: Kept =
    kept("playbook that is off", "playbooks_off", &["playbook", "since", "action"]);
pub(in crate::store::db) const ON: Kept = Kept {
    there: "seen IS NOT NULL OR seen_by IS NOT NULL OR note IS NOT NULL",
    ..kept(
        "playbook that is on again",
        "playbooks_off",
        &["playbook", "since", "seen", "seen_by", "note"],
    )
};
pub(in crate::store::db) const EPOCH: Kept =
    kept("epoch", "journal_epochs", &["epoch", "at_ms", "who"]);

/// Which word is the newest decides.
pub(in crate::store::db) const PLACE: Kept = Kept {
    there: "nth <> 0",
    ..kept("place of yes or no to plan", "approvals", &["plan", "at_ms", "who", "nth"])
};
pub(in crate::store::db) const WORK: Kept = kept(
    "planned work",
    "planned_work",
    &["id", "scope", "from_ms", "until_ms", "who", "why", "made", "silence"],
);
pub(in crate::store::db) const WORK_END: Kept = Kept {
    there: "ended IS NOT NULL OR ended_by IS NOT NULL",
    ..kept("end of planned work", "planned_work", &["id", "ended", "ended_by"])
};
/// With the end of its incident a no is over.
pub(in crate::store::db) const OVER: Kept = Kept {
    there: "state = 'closed' AND id IN (SELECT incident FROM approvals WHERE yes = 0)",
    ..kept("end of an incident with a no", "incidents", &["id", "state", "closed", "body"])
};

const ALL: [Kept; 14] =
    [ACTION, END, ENTRY, LOOK, WORD, PLACE, SWITCH, RELEASE, OFF, ON, EPOCH, WORK, WORK_END, OVER];

impl Kept {
    fn select(&self, which: &str) -> String {
        let text: Vec<String> =
            self.columns.iter().map(|c| format!("CAST({c} AS TEXT) AS {c}")).collect();
        let (table, there) = (self.table, self.there);
        format!("SELECT {} FROM {table} WHERE ({there}) AND ({which})", text.join(", "))
    }

    /// Digests of those that `which` picks, with `binds` for $1, $2 …: in the transaction that
    /// wrote them.
    pub async fn of(
        &self,
        tx: &mut SqliteConnection,
        which: &'static str,
        binds: &[&str],
    ) -> Result<Vec<String>, sqlx::Error> {
        let sql = AssertSqlSafe(self.select(which));
        let query = binds.iter().fold(sqlx::query(sql), |q, b| q.bind(*b));
        let rows = query.fetch_all(tx).await?;
        rows.iter().map(|r| self.digest(r).map(|(digest, _)| digest)).collect()
    }

    /// With what it is called.
    fn digest(&self, row: &SqliteRow) -> Result<(String, String), sqlx::Error> {
        let mut hash = Sha256::new();
        hash.update(self.what);
        let mut name = None;
        for column in self.columns {
            let text: Option<String> = row.try_get(column)?;
            // absent and empty are not the same
            hash.update(text.as_ref().map_or(u64::MAX, |t| t.len() as u64).to_le_bytes());
            hash.update(text.as_deref().unwrap_or_default());
            name = name.or(text);
        }
        Ok((hex(&hash.finalize()), format!("{} {}", self.what, name.unwrap_or_default())))
    }
}

/// All that is there, held against what the log names.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By digest: what it is, and whether a row named it.
    there: BTreeMap<String, (String, bool)>,
}

impl Answers {
    pub async fn read(tx: &mut SqliteConnection) -> Result<Answers, sqlx::Error> {
        let mut there = BTreeMap::new();
        for kept in ALL {
            let sql = AssertSqlSafe(kept.select("1 = 1"));
            let mut rows = sqlx::query(sql).fetch(&mut *tx);
            while let Some(row) = rows.try_next().await? {
                let (digest, name) = kept.digest(&row)?;
                there.insert(digest, (name, false));
            }
        }
        Ok(Answers { there })
    }

    /// Whether all that a row of the log covers is there.
    pub fn meet(&mut self, covers: &str) -> bool {
        let mut all = true;
        for digest in covers.split_ascii_whitespace() {
            match self.there.get_mut(digest) {
                Some((_, told)) => *told = true,
                None => all = false,
            }
        }
        all
    }

    pub fn untold(self) -> impl Iterator<Item = Fault> {
        let untold = self.there.into_values().filter(|(_, told)| !told);
        untold.map(|(what, _)| Fault::Untold { what })
    }
}
