//! Messages between a process and the database or a JobManager: lost, late, twice, or not at all.

use crate::rng::Rng;
use crate::sim::{CLUSTERS, T};

/// The database, or a cluster's JobManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Database,
    JobManager(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Out,
    Back,
}

const PEERS: usize = 1 + CLUSTERS;

#[derive(Debug)]
pub struct Network {
    /// By process, peer and way: until when nothing passes.
    cut: Vec<T>,
    pub faults: bool,
}

impl Network {
    pub fn new(processes: usize, faults: bool) -> Network {
        Network { cut: vec![0; processes * PEERS * 2], faults }
    }

    fn at(pid: usize, peer: Peer, way: Way) -> usize {
        let peer = match peer {
            Peer::Database => 0,
            Peer::JobManager(cluster) => 1 + cluster,
        };
        (pid * PEERS + peer) * 2 + (way == Way::Back) as usize
    }

    pub fn cut(&mut self, pid: usize, peer: Peer, way: Way, until: T) {
        let line = &mut self.cut[Self::at(pid, peer, way)];
        *line = until.max(*line);
    }

    pub fn mend(&mut self) {
        self.cut.fill(0);
    }

    /// When the message arrives: never, once, or twice. Safety.md's shares: 1 % are lost, 2 % take
    /// up to 40 s, 1.5 % come again up to 60 s later.
    pub fn arrivals(
        &self,
        rng: &mut Rng,
        now: T,
        pid: usize,
        peer: Peer,
        way: Way,
    ) -> [Option<T>; 2] {
        let usual = now + rng.between(1, 30);
        if !self.faults {
            return [Some(usual), None];
        }
        if now < self.cut[Self::at(pid, peer, way)] || rng.chance(0.01) {
            return [None, None];
        }
        let first = if rng.chance(0.02) { now + rng.between(30, 40_000) } else { usual };
        let again = rng.chance(0.015).then(|| now + rng.between(30, 60_000));
        [Some(first), again]
    }
}
