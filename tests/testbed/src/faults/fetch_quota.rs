//! The broker lets the consumers of one job read only so many bytes per second, fewer than its input has.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

const NAME: &str = "fetch-quota";

pub struct FetchQuota;

impl Fault for FetchQuota {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = role(spec);
        let job = spec.job(role);
        let input = spec.input(role).unwrap_or_default();
        Label {
            family: Some("source_starved"),
            or_places: vec![Place::topic(input), Place::job(&job.job)],
            victims: spec.behind(role),
            consequences: vec![format!("{input} waits before {}", job.job)],
            decoys: vec!["conf.parallelism_too_low", "link.upstream_surge", "link.upstream_stop"],
            ..Label::fault(NAME, "link.kafka_throttle", Place::vertex(&job.job, &job.source))
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let spec = bed.spec();
        let (role, writer) = match role(spec) {
            Role::Dwd => (Role::Dwd, Role::Ods),
            other => (other, Role::Dwd),
        };
        let share = arg(args, "share", severity(spec, NAME, 0.4, 0.75));
        let all = share * f64::from(spec.load.low) * spec.output_bytes(writer);
        // each subtask has a consumer of its own, and a quota of its own
        let rate = all / f64::from(spec.job(role).parallelism);
        set(bed, &format!("{rate:.0}"))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        set(bed, "off")
    }
}

fn set(bed: &Bed, rate: &str) -> Result<()> {
    let job = bed.spec().job(role(bed.spec()));
    let group = job.group.as_deref().unwrap_or_default();
    let clients: Vec<String> = (0..job.parallelism).map(|n| format!("{group}-{n}")).collect();
    let mut words = vec!["quota", "consumer_byte_rate", rate];
    words.extend(clients.iter().map(String::as_str));
    bed.errand(&words)
}

fn role(spec: &EstateSpec) -> Role {
    if pick(spec, NAME, 2) == 0 { Role::Dwd } else { Role::Ads }
}
