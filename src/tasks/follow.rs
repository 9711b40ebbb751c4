//! Flink clusters whose JobManager YARN starts: where it is now. The address comes from YARN's list of applications, so
//! it goes on with a second attempt at another port, and with a new application of the same name.

use super::bases::look_once;
use super::{World, say};
use crate::collect::Yield;
use crate::config::{Bases, Config, Flink, InYarn};
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    Application, ClusterId, Fact, Gap, GapReason, Millis, Name, Target, TargetKind,
};

/// As Flink registers itself there.
const SORT: &str = "Apache Flink";
const RUNNING: &str = "RUNNING";
const WHAT: &str = "application";

/// The one that is followed.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    application: Name,
    /// Base of its REST interface.
    rest: String,
}

/// Who is followed to where; an address stays until YARN tells another.
#[derive(Default)]
pub(super) struct Followed {
    found: BTreeMap<ClusterId, Found>,
}

impl Followed {
    /// By what YARN told last. Who is not found is a gap of a target of its own.
    pub fn look(&mut self, all: &[Flink], world: &World, at: Millis) {
        for (flink, how) in all.iter().filter_map(|f| Some((&f.name, f.rest.in_yarn()?))) {
            let list = world.applications(&how.cluster);
            let found = pick(how, list.as_deref(), self.found.get(flink));
            let target = Target {
                name: format!("{WHAT} of {flink}").into(),
                kind: TargetKind::Yarn,
                address: how.cluster.as_str().into(),
            };
            let mut told = Yield::default();
            match found {
                Ok(found) => {
                    if self.found.get(flink) != Some(&found) {
                        tracing::info!(cluster = %flink, application = %found.application, rest = %found.rest, "its JobManager is there");
                    }
                    self.found.insert(flink.clone(), found);
                    told.seen.push(WHAT.into());
                }
                Err(reason) => {
                    let what = WHAT.into();
                    told.gaps.push(Gap { target: target.clone(), what, at, reason });
                }
            }
            world.take_in(&target, told, at, 0.0);
        }
    }

    /// Base of the REST interface; None: it was not found yet.
    pub fn rest<'a>(&'a self, flink: &'a Flink) -> Option<&'a str> {
        let found = || self.found.get(&flink.name).map(|f| f.rest.as_str());
        flink.rest.at().or_else(found)
    }
}

/// The same for whoever does not watch: YARN is asked once. Base of the REST interface.
///
/// # Errors
/// Why nobody knows where it is.
pub async fn rest_once(flink: &Flink, bases: &Bases, at: Millis) -> Result<String, String> {
    let how = match (flink.rest.at(), flink.rest.in_yarn()) {
        (Some(rest), _) => return Ok(rest.to_owned()),
        (None, Some(how)) => how,
        (None, None) => return Err("no address".into()),
    };
    let base = bases.clusters.iter().find(|b| b.name == how.cluster);
    let base = base.ok_or_else(|| format!("no YARN is named {}", how.cluster))?;
    let looked = look_once(base, at).await?;
    let list = looked.facts.into_iter().find_map(|(_, fact)| match fact {
        Fact::Applications { list, .. } => Some(list),
        _ => None,
    });
    match (pick(how, list.as_deref(), None), looked.gaps.first()) {
        (Ok(found), _) => Ok(found.rest),
        // why there is no list
        (Err(_), Some(gap)) if list.is_none() => {
            Err(format!("YARN {}: {}", how.cluster, say(&gap.reason)))
        }
        (Err(reason), _) => Err(say(&reason)),
    }
}

/// All clusters of a configuration, each where it is now.
pub async fn settled(config: &Config, at: Millis) -> Vec<(Flink, Result<String, String>)> {
    let asked = config
        .flink
        .iter()
        .map(|f| async move { (f.clone(), rest_once(f, &config.bases, at).await) });
    futures_util::future::join_all(asked).await
}

/// Among applications of one name, the one that was followed as long as it runs: a second may be
/// somebody else's.
fn pick(
    how: &InYarn,
    list: Option<&[Application]>,
    followed: Option<&Found>,
) -> Result<Found, GapReason> {
    let absent = |detail: String| GapReason::NotConfigured { detail };
    let named = &how.application;
    let list = list.ok_or_else(|| absent(format!("YARN {} has not told yet", how.cluster)))?;
    let ours = list.iter().filter(|a| &*a.sort == SORT && &*a.state == RUNNING);
    let ours = ours.filter(|a| *a.name == **named || *a.id == **named);
    let there: Vec<Found> = ours
        .filter_map(|a| Some(Found { application: a.id.clone(), rest: rest(a.rpc.as_deref()?)? }))
        .collect();
    let same = |f: &&Found| followed.is_some_and(|old| old.application == f.application);
    match (there.iter().find(same), &there[..]) {
        (Some(found), _) | (None, [found]) => Ok(found.clone()),
        (None, []) => {
            Err(absent(format!("no Flink application named {named} runs in YARN {}", how.cluster)))
        }
        (None, several) => Err(absent(format!(
            "{} Flink applications named {named} run in YARN {}: name one by its id",
            several.len(),
            how.cluster
        ))),
    }
}

/// What YARN tells is hostile: nothing but a host and a port comes out of it.
fn rest(told: &str) -> Option<String> {
    let (host, port) = told.rsplit_once(':')?;
    let port: u16 = port.parse().ok().filter(|p| *p > 0)?;
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let v6 = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let good = match v6 {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(named),
    };
    good.then(|| format!("http://{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::yarn::parse::applications;
    use serde_json::json;

    fn how(application: &str) -> InYarn {
        InYarn { cluster: ClusterId::new("y"), application: application.into() }
    }

    /// As a ResourceManager lists them: (id, name, state, address).
    fn list(all: &[(&str, &str, &str, &str)]) -> Vec<Application> {
        let app = |(id, name, state, rpc): &(&str, &str, &str, &str)| {
            json!({ "id": id, "name": name, "state": state,
            "amRPCAddress": rpc, "applicationType": SORT, "startedTime": 1 })
        };
        let all: Vec<_> = all.iter().map(app).collect();
        applications(json!({ "apps": { "app": all } }).to_string().as_bytes()).unwrap()
    }

    fn at(found: &Result<Found, GapReason>) -> &str {
        found.as_ref().map_or("", |f| f.rest.as_str())
    }

    #[test]
    fn a_second_attempt_and_a_new_application_of_the_name_are_followed() {
        let flink = how("pay");
        let recorded = include_bytes!("../../tests/bases/yarn/flink-session-running.apps.json");
        let recorded = applications(recorded).unwrap();
        let session = recorded.iter().find(|a| &*a.sort == SORT).unwrap();
        let found = pick(&how(&session.name), Some(&recorded), None);
        assert_eq!(at(&found), format!("http://{}", session.rpc.as_deref().unwrap()));

        let first = pick(&flink, Some(&list(&[("a_1", "pay", RUNNING, "h1:4001")])), None);
        let second = list(&[("a_1", "pay", RUNNING, "h2:4002")]);
        let second = pick(&flink, Some(&second), first.as_ref().ok());
        assert_eq!((at(&first), at(&second)), ("http://h1:4001", "http://h2:4002"));
        // one of the same name, by whomever: not before ours has ended
        let two = [("a_1", "pay", RUNNING, "h2:4002"), ("a_2", "pay", RUNNING, "evil:1")];
        assert_eq!(pick(&flink, Some(&list(&two)), second.as_ref().ok()), second);
        let told = pick(&flink, Some(&list(&two)), None).unwrap_err();
        assert!(say(&told).contains("2 Flink applications named pay"), "{}", say(&told));
        assert_eq!(at(&pick(&how("a_2"), Some(&list(&two)), None)), "http://evil:1");
        let over = [("a_1", "pay", "FINISHED", "h2:4002"), ("a_2", "pay", RUNNING, "h3:4003")];
        assert_eq!(at(&pick(&flink, Some(&list(&over)), second.as_ref().ok())), "http://h3:4003");
    }

    #[test]
    fn who_is_not_there_is_said_and_an_address_is_nothing_but_host_and_port() {
        let none = pick(&how("pay"), Some(&list(&[("a_1", "pay", "ACCEPTED", "")])), None);
        assert!(say(&none.unwrap_err()).contains("no Flink application named pay"));
        assert!(say(&pick(&how("pay"), None, None).unwrap_err()).contains("not told"));
        for hostile in
            ["h:80/x", "u:p@h:80", "h/x:80", "h:0", "h:99999", ":80", "h?a:80", "[::1/]:8"]
        {
            assert_eq!(rest(hostile), None, "{hostile}");
        }
        assert_eq!(rest("[::1]:80").as_deref(), Some("http://[::1]:80"));
    }
}
