//! What the product did about it, as its API tells: each line once.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Product;

/// One action.
#[derive(Debug, Clone)]
pub struct Repair {
    pub id: String,
    pub job: String,
    pub playbook: String,
    pub says: String,
    /// Epoch ms.
    pub began: i64,
    pub ended: Option<i64>,
    /// open | helped | no_change | held | failed | rolled_back | stuck
    pub state: String,
    pub verdict: Option<String>,
    /// When each step was seen to be done, and in which words; oldest first.
    pub lines: Vec<(i64, String)>,
}

/// A plan that stands, and why it is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    pub job: String,
    pub says: String,
    pub why: Vec<String>,
    /// For an action of ours that is under way.
    pub waits: bool,
}

impl Product {
    /// Oldest first.
    pub fn repairs(&self) -> Result<Vec<Repair>> {
        let list = self.get("/api/v1/actions")?;
        let rows = list["actions"].as_array().context("no actions in the answer")?;
        rows.iter().rev().map(|row| self.repair(row)).collect()
    }

    fn repair(&self, row: &Value) -> Result<Repair> {
        let id = text(&row["id"]);
        let whole = self.get(&format!("/api/v1/action?id={id}"))?;
        let lines = whole["lines"].as_array().context("no lines in the answer")?;
        Ok(Repair {
            job: text(&row["job"]["name"]),
            playbook: text(&row["playbook"]),
            says: text(&row["says"]["en"]),
            began: row["began"].as_i64().unwrap_or_default(),
            ended: row["ended"].as_i64(),
            state: text(&row["state"]),
            verdict: row["verdict"]["en"].as_str().map(str::to_owned),
            lines: lines
                .iter()
                .map(|l| (l["at"].as_i64().unwrap_or_default(), text(&l["says"]["en"])))
                .collect(),
            id,
        })
    }

    /// What would be done and is not.
    pub fn standing(&self) -> Result<Vec<Standing>> {
        let list = self.get("/api/v1/plans")?;
        let all = list["proposals"].as_array().context("no proposals in the answer")?;
        let says = |v: &Value| text(&v["says"]["en"]);
        let holds = |p: &Value| p["holds"].as_array().cloned().unwrap_or_default().into_iter();
        let one = |p: &Value| Standing {
            job: text(&p["job"]["name"]),
            says: says(&p["plan"]),
            why: holds(p).map(|h| says(&h)).collect(),
            waits: holds(p).any(|h| h["hold"] == "action_open"),
        };
        Ok(all.iter().filter(|p| !p["plan"].is_null()).map(one).collect())
    }
}

/// What of it was told already.
#[derive(Debug, Default)]
pub struct Told {
    begun: BTreeSet<String>,
    lines: BTreeSet<(String, usize)>,
    ended: BTreeSet<String>,
    why: BTreeSet<(String, String)>,
}

impl Told {
    /// News since the last call, a line each.
    pub fn news(&mut self, product: &Product) -> Result<Vec<String>> {
        let mut out = Vec::new();
        for r in product.repairs()? {
            if self.begun.insert(r.id.clone()) {
                out.push(format!(
                    "REPAIR {}: {} (action {})",
                    r.job,
                    r.says,
                    &r.id[..8.min(r.id.len())]
                ));
            }
            for (n, (_, line)) in r.lines.iter().enumerate() {
                if self.lines.insert((r.id.clone(), n)) {
                    out.push(format!("       {}: {line}", r.job));
                }
            }
            if let Some(verdict) = r.verdict.filter(|_| self.ended.insert(r.id.clone())) {
                out.push(format!("       {}: {} - {verdict}", r.job, r.state));
            }
        }
        // what is being seen to is no plan that was not carried out
        for s in product.standing()?.into_iter().filter(|s| !s.waits) {
            let Some(first) = s.why.first() else { continue };
            // figures change with each look
            let kind: String = first.chars().filter(|c| !c.is_ascii_digit()).collect();
            if self.why.insert((s.job.clone(), kind)) {
                out.push(format!("NOT DONE {}: {}. Why: {}", s.job, s.says, s.why.join("; ")));
            }
        }
        Ok(out)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
