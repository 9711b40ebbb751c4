//! A recording lived through again, step by step, with the code of the live loop.

use super::World;
use super::assess::one;
use crate::collect::Yield;
use crate::record::{Bundle, Derive, Look, Player, made_up};
use std::sync::Arc;
use streamwarden_core::estate::{Estate, Fact, Millis, SeriesTable, Span};
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

/// The same bundle and the same `Derive` give the same snapshots.
pub struct Replay {
    world: World,
    player: Player,
    /// When the next snapshot is taken.
    due: Millis,
    end: Millis,
    tick: Span,
    n: u64,
    /// Days before it, not yet told.
    days: Vec<Fact>,
}

impl Replay {
    pub fn new(bundle: Arc<Bundle>, how: Derive) -> Replay {
        let header = &bundle.header;
        let (from, end) = (header.from, header.to + how.late_by);
        let (mut settings, identity) = (header.settings.clone(), header.identity.clone());
        let wanted = how.days && !how.unasked.contains("day_flows");
        let days = if wanted { made_up(&bundle) } else { Vec::new() };
        let player = Player::new(bundle, how);
        let tick = player.tick().max(Span(1));
        settings.fresh = Span(tick.0.saturating_mul(3));
        let table = SeriesTable::default();
        let world = World::new(Estate::default(), table, Vec::new(), settings, identity);
        Replay { world, player, due: from + tick, end, tick, n: 0, days }
    }

    /// What was known at the next tick; None: it is over.
    pub fn step(&mut self) -> Option<Snapshot> {
        if self.due > self.end {
            return None;
        }
        while self.player.peek().is_some_and(|at| at <= self.due) {
            match self.player.step() {
                Some(Some(look)) => self.hand_in(look),
                Some(None) => {}
                None => break,
            }
        }
        let snapshot =
            one(&self.world, self.due, self.n.is_multiple_of(super::assess::INFER_EVERY));
        self.n += 1;
        self.due = self.due + self.tick;
        Some(snapshot)
    }

    /// Between two snapshots.
    pub fn tick(&self) -> Span {
        self.tick
    }

    fn hand_in(&mut self, look: Look) {
        let Look { target, at, took_ms, samples, mut facts, gaps, seen } = look;
        if samples.iter().any(|s| s.signal == Signal::EndOffset) {
            facts.extend(self.days.drain(..).map(|fact| (at, fact)));
        }
        let found = Yield { samples, facts, gaps, seen, ..Yield::default() };
        self.world.take_in(&target, found, at, took_ms);
    }
}

/// What was known at the first tick at or after `at`; None: the recording ends before.
pub fn replay_to(bundle: Arc<Bundle>, how: Derive, at: Millis) -> Option<Snapshot> {
    Replay::new(bundle, how).find(|snapshot| snapshot.at >= at)
}

impl Iterator for Replay {
    type Item = Snapshot;
    fn next(&mut self) -> Option<Snapshot> {
        self.step()
    }
}

#[cfg(test)]
mod tests;
