//! The data directory is lost, or put back as it was a while ago, by a person: generations, budgets
//! and what was known begin again from there. Flink knows better.

use crate::database::{Lease, Rows};
use crate::jobs::Known;
use crate::sim::{EPOCH, Sim};
use std::rc::Rc;

/// The last hour or so.
const KEPT: usize = 12;

#[derive(Clone, Debug)]
pub struct Backup {
    rows: Rc<Rows>,
    known: Vec<Known>,
}

impl Sim {
    pub fn backup(&mut self) {
        let known = self.jobs.iter().map(|j| j.known.clone()).collect();
        self.backups.push(Backup { rows: self.db.rows.clone(), known });
        if self.backups.len() > KEPT {
            self.backups.remove(0);
        }
    }

    /// What the one process knows is gone with its memory; files of its actions may be left.
    pub fn restored(&mut self) {
        let (now, version) = (self.now, self.db.rows.version + 1);
        let back = self.rng.between(5_000, 60_000);
        self.crash(0, back);
        let lost = self.backups.is_empty() || self.rng.chance(0.4);
        if lost {
            self.backups.clear();
        }
        let nth = self.rng.below(self.backups.len().max(1));
        let jobs = self.jobs.len();
        let fresh = || Backup {
            rows: Rc::new(Rows { generations: vec![0; jobs], ..Rows::default() }),
            known: vec![Known::default(); jobs],
        };
        let Backup { rows, known } = self.backups.get(nth).cloned().unwrap_or_else(fresh);
        let files = !lost && self.rng.chance(0.5);
        self.say(|| format!("the data directory is another at {now}, lost {lost}, {files}"));
        self.backups.truncate(nth);
        let mut rows = Rows::clone(&rows);
        rows.version = version;
        self.db.rows = Rc::new(rows);
        // whoever wrote into the one before does not write into this
        let epoch = self.db.lease.epoch + 1;
        self.db.lease = Lease { epoch, holder: (usize::MAX, 0), until: 0 };
        self.jobs.iter_mut().zip(known).for_each(|(job, known)| job.known = known);
        let (disk, rows) = (&mut self.processes[0].disk, self.db.rows.clone());
        if !files {
            disk.spools.clear();
        }
        // who takes an action up asks the database for each of its entries again
        for (id, spool) in &mut disk.spools {
            spool.acked = rows.find(id).map_or(0, |row| row.entries.len());
        }
        if lost {
            disk.switches.clear();
        }
        self.remember(files);
    }

    /// What the database does not know is nobody's fault; what it says counts.
    fn remember(&mut self, files: bool) {
        let (now, rows) = (self.now, self.db.rows.clone());
        let disk = &self.processes[0].disk;
        let oracle = &mut self.oracle;
        oracle.switches.retain(|s| rows.switches.contains(s) || disk.switches.contains(s));
        let work = |from: i64| rows.planned.iter().any(|w| w.from.0 == EPOCH + from);
        oracle.planned.retain(|(from, ..)| work(*from));
        oracle.approved.retain(|plan, _| rows.approvals.iter().any(|a| a.plan == *plan));
        oracle.proposed.clear();
        for (id, truth) in &mut oracle.actions {
            match rows.find(id) {
                // it is gone on with, however far it had got
                Some(row) if row.ended.is_none() => {
                    let state = row.state();
                    truth.stopped &= state.stopped || state.stops();
                    (truth.ended, truth.paged) = (None, false);
                }
                Some(_) => {}
                None => {
                    truth.forgotten = true;
                    if !(files && disk.spools.contains_key(id)) {
                        // nobody is left who could say so
                        truth.paged = true;
                        truth.ended = truth.ended.or(Some((now, crate::oracle::LEFT)));
                    }
                }
            }
        }
    }
}
