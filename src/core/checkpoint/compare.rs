//! Whether a program's serializer reads what another wrote, as far as their snapshots tell.

use super::describe::Serializer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Same,
    /// The class itself decides, at the restore.
    Maybe,
    Refused,
}

/// Flink's own, which take nothing but their own kind.
const STRICT: [&str; 2] =
    ["org.apache.flink.api.common.typeutils.base.", "org.apache.flink.api.java.typeutils.runtime."];
/// Among them: two names of one.
const RENAMED: &str = "Either";

/// Their first part is their elements' or keys' serializer, and has to fit as well.
const CONTAINERS: [&str; 2] = ["base.ListSerializerSnapshot", "base.MapSerializerSnapshot"];

pub fn compare(from: &Serializer, to: &Serializer) -> Fit {
    if from.class != to.class {
        return classes(&from.class, &to.class);
    }
    if from.print.is_some() && from.print == to.print {
        return Fit::Same;
    }
    let container = CONTAINERS.iter().any(|class| from.class.ends_with(class));
    match (from.parts.first(), to.parts.first()) {
        (Some(a), Some(b)) if container && a != b => classes(a, b),
        _ => Fit::Maybe,
    }
}

fn classes(from: &str, to: &str) -> Fit {
    let strict = |class: &str| {
        STRICT.iter().any(|package| class.starts_with(package)) && !class.contains(RENAMED)
    };
    if strict(from) && strict(to) { Fit::Refused } else { Fit::Maybe }
}
