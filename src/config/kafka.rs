//! `kafka:` – clusters by bootstrap address, with how to get in.

use super::flink::secret;
use super::problem::did_you_mean;
use super::read::{Map, Put, Reader};
use super::values;
use super::yaml::{Node, Value};
use crate::collect::kafka::{KafkaAccess, Mechanism, Sasl, Tls};
use streamwarden_core::estate::ClusterId;

#[derive(Clone, Debug)]
pub struct Kafka {
    pub name: ClusterId,
    /// host:port, at least one.
    pub bootstrap: Vec<String>,
    pub access: KafkaAccess,
}

const MECHANISMS: [Mechanism; 3] =
    [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512];

pub(super) fn read(reader: &mut Reader, node: Option<&Node>) -> Vec<Kafka> {
    let mut names = Vec::new();
    let mut clusters = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, "a Kafka cluster") else { continue };
        let name = map.need_text(reader, "name");
        let name = values::name(reader, name);
        let bootstrap = bootstrap(reader, &mut map);
        let access = KafkaAccess {
            tls: map.get("tls").and_then(|node| tls(reader, node)),
            sasl: map.get("sasl").and_then(|node| sasl(reader, node)),
        };
        map.finish(reader);
        if let Some(name) = name {
            names.push((name.value.clone(), name.at));
            clusters.push(Kafka { name: ClusterId::new(name.value), bootstrap, access });
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

/// `true` for the machine's own trust, or a block that names a CA.
fn tls(reader: &mut Reader, node: &Node) -> Option<Tls> {
    if matches!(node.value, Value::Text(_)) {
        return reader.yes_no(node)?.then(Tls::default);
    }
    let mut map = reader.map(node, "`tls`")?;
    let ca_file = map.get("ca_file").and_then(|node| values::ca_file(reader, node));
    map.finish(reader);
    Some(Tls { ca_file })
}

fn sasl(reader: &mut Reader, node: &Node) -> Option<Sasl> {
    let mut map = reader.map(node, "`sasl`")?;
    let mechanism = map.need_text(reader, "mechanism").and_then(|text| mechanism(reader, &text));
    let user = map.need_text(reader, "user");
    if map.present(&["password", "password_file"]).len() != 1 {
        let message = "`sasl` wants one of password_file and password";
        reader.problem(map.at, message, "add `password_file: …`");
    }
    let password = secret(reader, &mut map, "password", "password_file");
    map.finish(reader);
    Some(Sasl { mechanism: mechanism?, user: user?.value, password: password? })
}

fn mechanism(reader: &mut Reader, text: &Put<String>) -> Option<Mechanism> {
    let found = Mechanism::parse(&text.value);
    if found.is_none() {
        let message = format!("`{}` is no mechanism that is spoken here", text.value);
        let known: Vec<&str> = MECHANISMS.iter().map(|m| m.name()).collect();
        reader.problem(text.at, message, did_you_mean(&text.value, known));
    }
    found
}
