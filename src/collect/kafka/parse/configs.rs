//! DescribeConfigs of topics.

use super::super::requests::TOPIC_CONFIG;
use super::Faults;
use kafka_protocol::messages::DescribeConfigsResponse;
use std::collections::BTreeMap;
use streamwarden_core::estate::Name;

/// The options that were asked for, by topic.
pub fn configs(
    raw: &DescribeConfigsResponse,
) -> (BTreeMap<Name, BTreeMap<String, String>>, Faults) {
    let mut found = BTreeMap::new();
    let mut faults = Faults::default();
    for resource in &raw.results {
        if resource.error_code != 0 {
            faults.add(resource.error_code, || resource.resource_name.to_string());
            continue;
        }
        let wanted = resource.configs.iter().filter(|c| TOPIC_CONFIG.contains(&&*c.name));
        let entries = wanted
            .filter(|c| !c.is_sensitive)
            .filter_map(|c| c.value.as_ref().map(|v| (c.name.to_string(), v.to_string())));
        found.insert(Name::from(&*resource.resource_name), entries.collect());
    }
    (found, faults)
}
