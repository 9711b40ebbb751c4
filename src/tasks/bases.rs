//! Collectors of what the jobs stand on, out of their configuration.

#[cfg(test)]
mod tests;

use super::eyes::{Eyes, Wishes};
use crate::collect::Yield;
use crate::collect::base::Base;
use crate::collect::component::{ComponentTarget, Way as Asked};
use crate::collect::hdfs::HdfsTarget;
use crate::collect::host::{Host, HostTarget};
use crate::collect::http::{HttpAccess, ReadClient};
use crate::collect::yarn::YarnTarget;
use crate::collect::zookeeper::{Way, ZookeeperTarget};
use crate::config::{BaseConfig, HostConfig, How};
use streamwarden_core::estate::{BaseKind, Millis, Name, Target, TargetKind};

pub fn eyes(name: &Name, config: &BaseConfig) -> Result<Eyes, String> {
    let client = ReadClient::new(config.access.clone()).map_err(|e| e.to_string())?;
    let kind = match config.kind {
        BaseKind::Zookeeper => TargetKind::Zookeeper,
        BaseKind::Hdfs => TargetKind::Hdfs,
        BaseKind::Yarn => TargetKind::Yarn,
        BaseKind::Component => TargetKind::Component,
    };
    let target = Target { name: name.clone(), kind, address: address(&config.how).into() };
    let base = Base {
        cluster: config.name.clone(),
        kind: config.kind,
        sort: config.sort.clone(),
        place: config.place.clone(),
        health: config.health.clone(),
    };
    Ok(match &config.how {
        How::Words(servers) => {
            let way = Way::Words(servers.clone());
            Eyes::Zookeeper(Box::new(ZookeeperTarget::new(target, base, way)))
        }
        How::Admin(urls) => {
            let way = Way::Admin(urls.clone(), client);
            Eyes::Zookeeper(Box::new(ZookeeperTarget::new(target, base, way)))
        }
        How::Hdfs(pages) => {
            Eyes::Hdfs(Box::new(HdfsTarget::new(target, base, pages.clone(), client)))
        }
        How::Yarn(managers) => {
            Eyes::Yarn(Box::new(YarnTarget::new(target, base, managers.clone(), client)))
        }
        How::Component { exporter, http, tcp } => {
            let mut ways = Vec::new();
            if let Some((url, metrics)) = exporter.clone() {
                ways.push(Asked::Exporter { url, client: client.clone(), metrics });
            }
            if let Some(probe) = http.clone() {
                ways.push(Asked::Http { probe, client });
            }
            ways.extend(tcp.clone().map(|address| Asked::Tcp { address }));
            Eyes::Component(Box::new(ComponentTarget::new(target, base, ways)))
        }
    })
}

/// One look, for whoever does not watch.
pub async fn look_once(config: &BaseConfig, at: Millis) -> Result<Yield, String> {
    let mut eyes = eyes(&config.name.0, config)?;
    Ok(eyes.look(at, Wishes::default()).await)
}

/// The same for all machines.
pub async fn look_at_hosts(all: &[HostConfig], at: Millis) -> Result<Yield, String> {
    let mut eyes = hosts(&"machines".into(), all)?;
    Ok(eyes.look(at, Wishes::default()).await)
}

/// What may be shown of how it is asked.
fn address(how: &How) -> String {
    match how {
        How::Words(all) | How::Admin(all) | How::Yarn(all) => all.join(","),
        How::Hdfs(pages) => pages.namenodes.join(","),
        How::Component { exporter, http, tcp } => {
            let exporter = exporter.as_ref().map(|(url, _)| url.as_str());
            let http = http.as_ref().map(|p| p.url.as_str());
            let all = exporter.into_iter().chain(http).chain(tcp.as_deref());
            all.collect::<Vec<_>>().join(",")
        }
    }
}

/// All machines are one target: each is one of the things that it is asked for.
pub fn hosts(name: &Name, hosts: &[HostConfig]) -> Result<Eyes, String> {
    let client = ReadClient::new(HttpAccess::default()).map_err(|e| e.to_string())?;
    let address = format!("{} exporters", hosts.len()).into();
    let target = Target { name: name.clone(), kind: TargetKind::Host, address };
    let of = |h: &HostConfig| Host { name: h.host.clone(), url: h.url.clone() };
    let hosts = hosts.iter().map(of).collect();
    Ok(Eyes::Hosts(Box::new(HostTarget::new(target, hosts, client))))
}
