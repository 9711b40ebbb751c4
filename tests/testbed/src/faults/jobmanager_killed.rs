//! The JobManager dies by SIGKILL and is started again after some seconds: with high availability it finds its jobs
//! again, without it has forgotten them.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, severity};

pub struct JobManagerKilled;
pub struct JobManagerKilledHa;

impl Fault for JobManagerKilled {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_causes: vec!["conf.no_durable_recovery"],
            consequences: vec!["no job runs until somebody submits it again".into()],
            ..label(spec, "jobmanager-killed")
        }
    }

    /// Returns when the new one answers.
    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        ensure!(
            !bed.spec().flink.high_availability,
            "this cluster has high availability: take jobmanager-killed-ha"
        );
        lose(bed, args, "jobmanager-killed")
    }

    /// Each job goes on from its last checkpoint.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.run_lost_jobs()
    }
}

impl Fault for JobManagerKilledHa {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            consequences: vec!["every job restarts from its checkpoint, under the same id".into()],
            ..label(spec, "jobmanager-killed-ha")
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.flink.high_availability = true;
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        ensure!(
            bed.spec().flink.high_availability,
            "this cluster has no ZooKeeper: start the bed with `--for jobmanager-killed-ha`"
        );
        lose(bed, args, "jobmanager-killed-ha")
    }

    /// There is nothing left to be done.
    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}

fn label(spec: &EstateSpec, name: &'static str) -> Label {
    Label {
        victims: spec.job_names(),
        decoys: vec![
            "clu.tm_process_lost",
            "clu.zk_session_loss",
            "obs.metrics_missing",
            "link.kafka_broker_down",
        ],
        needs: Mode::Processes,
        ..Label::fault(name, "clu.jm_failover", Place::FlinkCluster)
    }
}

fn lose(bed: &mut Bed, args: &Args, name: &str) -> Result<()> {
    let seconds = arg(args, "seconds", severity(bed.spec(), name, 4.0, 12.0)).max(0.0);
    bed.lose_job_manager(Duration::from_secs_f64(seconds))
}
