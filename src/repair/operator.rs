//! Jobs of the Flink Kubernetes Operator: whoever changes them over REST fights with it. What would
//! be done is told as the change of its resource, for a person to make.

use super::dry::requests_of;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use streamwarden_core::action::Request;
use streamwarden_core::case::{Plan, RestorePoint};
use streamwarden_core::estate::Name;

/// A cluster that the operator has deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub namespace: Name,
    pub name: Name,
    /// Its jobs are resources of their own, whose names Flink does not tell.
    pub session: bool,
}

/// Keys that only the operator writes into a cluster's configuration; a native deployment without
/// it has `kubernetes.cluster-id` as well.
const MARKS: [&str; 2] = ["kubernetes.operator.", "$internal.flink.version"];
const OWNER: &str = "kubernetes.jobmanager.owner.reference";

impl Deployment {
    /// By the settings of `/jobmanager/config`; None: it is not the operator's.
    pub(super) fn of(settings: &BTreeMap<&str, &str>) -> Option<Deployment> {
        let marked = settings.keys().any(|key| MARKS.iter().any(|mark| key.starts_with(mark)));
        let owned = settings.get(OWNER).is_some_and(|owner| owner.contains("FlinkDeployment"));
        if !marked && !owned {
            return None;
        }
        let told = |key, missing: &str| {
            let value = settings.get(key).filter(|value| is_name(value));
            value.map_or_else(|| missing.into(), |value| Name::from(*value))
        };
        Some(Deployment {
            namespace: told("kubernetes.namespace", "default"),
            name: told("kubernetes.cluster-id", "<name>"),
            session: settings.get("execution.target").is_some_and(|t| t.contains("session")),
        })
    }

    /// Whom it belongs to, in words.
    pub fn owner(&self) -> Name {
        format!("Flink Kubernetes Operator ({}/{})", self.namespace, self.name).into()
    }

    /// The changes of its resource that come to the same as the plan, each as a command line.
    pub fn patches(&self, plan: &Plan, newest: Option<&RestorePoint>) -> Vec<String> {
        let requests = requests_of(plan, newest);
        let stops = requests.iter().any(|r| matches!(r, Request::Cancel { .. }));
        // another one than before is what it acts on
        let nonce = plan.made.0 / 1000;
        // as wide as it is: nothing that the operator would act on
        let was = plan.before.parallelism.values().max().copied().unwrap_or(0);
        let spec = |request: &Request| match request {
            Request::Savepoint { .. } => Some(json!({ "job": { "savepointTriggerNonce": nonce } })),
            Request::Scale { parallelism, .. } => {
                let widest = parallelism.values().max()?;
                Some(json!({ "job": { "parallelism": widest } }))
            }
            Request::Submit { parallelism: Some(n), .. } if stops && *n > was => {
                Some(json!({ "job": { "parallelism": n } }))
            }
            Request::Submit { .. } if stops => Some(json!({ "restartNonce": nonce })),
            // it is down: the operator would start it from what it remembers
            Request::Submit { point, .. } => Some(json!({ "job": {
                "state": "running", "initialSavepointPath": point.path,
                "savepointRedeployNonce": nonce } })),
            _ => None,
        };
        requests.iter().filter_map(spec).map(|spec| self.patch(&spec)).collect()
    }

    fn patch(&self, spec: &Value) -> String {
        let (kind, name) = match self.session {
            true => ("flinksessionjob", "<name>"),
            false => ("flinkdeployment", &*self.name),
        };
        let patch = json!({ "spec": spec }).to_string().replace('\'', r"'\''");
        format!("kubectl -n {} patch {kind} {name} --type merge -p '{patch}'", self.namespace)
    }
}

/// As Kubernetes has them: nothing in it means anything to a shell.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    (1..=253).contains(&text.len()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{plan, point};
    use super::*;
    use streamwarden_core::case::Step;
    use streamwarden_core::estate::Millis;

    fn of(settings: &[(&'static str, &'static str)]) -> Option<Deployment> {
        Deployment::of(&settings.iter().copied().collect())
    }

    #[test]
    fn only_what_the_operator_wrote_shows_it() {
        let native = ("kubernetes.cluster-id", "pay");
        assert_eq!(of(&[native, ("high-availability.type", "kubernetes")]), None);
        let found =
            of(&[native, ("kubernetes.namespace", "prod"), ("$internal.flink.version", "v1_20")]);
        let found = found.unwrap();
        assert_eq!(&*found.owner(), "Flink Kubernetes Operator (prod/pay)");
        let owner = (OWNER, "kind:FlinkDeployment,name:pay,controller:true");
        assert!(
            of(&[owner, ("kubernetes.cluster-id", "x; rm -rf /")])
                .is_some_and(|d| &*d.name == "<name>")
        );
        assert!(of(&[("kubernetes.operator.savepoint.history.max.count", "5")]).is_some());
    }

    #[test]
    fn each_kind_of_plan_is_one_change_of_its_resource() {
        let pay =
            of(&[("kubernetes.cluster-id", "pay"), ("$internal.flink.version", "v1_20")]).unwrap();
        let mut plan = plan();
        plan.made = Millis(7_000);
        let head = "kubectl -n default patch flinkdeployment pay --type merge -p";
        let said = |plan: &Plan| pay.patches(plan, Some(&point(6)));
        assert_eq!(said(&plan), [format!(r#"{head} '{{"spec":{{"restartNonce":7}}}}'"#)]);
        plan.steps[3] = Step::Submit { parallelism: Some(4), wait_s: 1 };
        assert_eq!(said(&plan), [format!(r#"{head} '{{"spec":{{"job":{{"parallelism":4}}}}}}'"#)]);
        plan.steps[3] = Step::Submit { parallelism: Some(2), wait_s: 1 };
        assert_eq!(said(&plan), [format!(r#"{head} '{{"spec":{{"restartNonce":7}}}}'"#)]);
        plan.steps = vec![Step::Choose, Step::Submit { parallelism: None, wait_s: 1 }];
        let lost = said(&plan);
        assert!(lost[0].contains(r#""initialSavepointPath":"s3://b/c/"#), "{lost:?}");
        plan.steps = vec![Step::Savepoint { wait_s: 1 }];
        assert!(said(&plan)[0].contains(r#"{"savepointTriggerNonce":7}"#));
        let session = Deployment { session: true, ..pay.clone() };
        assert!(session.patches(&plan, None)[0].contains("patch flinksessionjob <name> "));
    }
}
