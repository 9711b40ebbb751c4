//! `kafka:` – clusters by bootstrap address.

use super::read::{Map, Reader};
use super::values;
use super::yaml::Node;
use streamwarden_core::estate::ClusterId;

#[derive(Clone, Debug)]
pub struct Kafka {
    pub name: ClusterId,
    /// host:port, at least one.
    pub bootstrap: Vec<String>,
}

pub(super) fn read(reader: &mut Reader, node: Option<&Node>) -> Vec<Kafka> {
    let mut names = Vec::new();
    let mut clusters = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, "a Kafka cluster") else { continue };
        let name = map.need_text(reader, "name");
        let name = values::name(reader, name);
        let bootstrap = bootstrap(reader, &mut map);
        map.finish(reader);
        if let Some(name) = name {
            names.push((name.value.clone(), name.at));
            clusters.push(Kafka { name: ClusterId::new(name.value), bootstrap });
        }
    }
    values::unique(reader, "Kafka clusters", &names);
    clusters
}

fn bootstrap(reader: &mut Reader, map: &mut Map) -> Vec<String> {
    let Some(node) = map.need(reader, "bootstrap") else { return Vec::new() };
    let mut addresses = Vec::new();
    for item in reader.list(Some(node)) {
        let address = reader.text(item).and_then(|text| values::host_port(reader, &text));
        addresses.extend(address);
    }
    addresses
}
