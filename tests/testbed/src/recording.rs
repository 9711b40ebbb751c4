//! The recording of a fault: who did what to which estate when, and the code that did it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bed::Mode;
use crate::estate::EstateSpec;
use crate::faults;

/// The estate that a fault is recorded on, and the mode that it needs.
pub fn estate(fault: &str, seed: u64) -> Result<(EstateSpec, Mode)> {
    let fault = faults::find(fault)?;
    let mut spec = EstateSpec::seeded(seed);
    fault.fit(&mut spec);
    let mode = fault.label(&spec).needs;
    Ok((spec, mode))
}

/// The label as a bundle holds it; times are added by whoever injects.
pub fn story(fault: &str, seed: u64) -> Result<Value> {
    let (spec, _) = estate(fault, seed)?;
    let label = faults::find(fault)?.label(&spec);
    Ok(json!({
        "fault": label.name,
        "seed": seed,
        "cause": label.cause,
        "or_causes": label.or_causes,
        "family": label.family,
        "place": label.place,
        "or_places": label.or_places,
        "victims": label.victims,
        "decoys": label.decoys,
        "decoy_places": label.decoy_places,
        "source": source_hash(fault)?,
    }))
}

/// The header of a bundle.
pub fn header(bundle: &[u8]) -> Result<Value> {
    Ok(split(bundle)?.0)
}

/// The bundle with a story in its header; what was recorded stays as it is.
pub fn with_story(bundle: &[u8], story: Value) -> Result<Vec<u8>> {
    let (mut header, rest) = split(bundle)?;
    header["story"] = story;
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    writeln!(out, "{header}")?;
    let mut out = out.finish()?;
    out.extend_from_slice(rest);
    Ok(out)
}

/// The first gzip member is the header.
fn split(bundle: &[u8]) -> Result<(Value, &[u8])> {
    let mut first = GzDecoder::new(bundle);
    let mut text = String::new();
    first.read_to_string(&mut text).context("no bundle")?;
    let header = serde_json::from_str(&text).context("no header of a bundle")?;
    Ok((header, first.into_inner()))
}

/// Of the code that switches the fault, as it is in the source tree; comments, white space, tests
/// and the label do not count.
pub fn source_hash(fault: &str) -> Result<String> {
    let path = source(fault)?;
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let digest = Sha256::digest(essence(&text).as_bytes());
    Ok(digest.iter().take(8).map(|b| format!("{b:02x}")).collect())
}

/// The one file that names the fault.
fn source(fault: &str) -> Result<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for folder in ["faults", "controls"] {
        for entry in std::fs::read_dir(src.join(folder))? {
            let path = entry?.path();
            let helper = ["mod.rs", "label.rs", "severity.rs"].iter().any(|f| path.ends_with(f));
            if !helper && std::fs::read_to_string(&path)?.contains(&format!("\"{fault}\"")) {
                found.push(path);
            }
        }
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([path]) => Ok(path),
        Err(found) => bail!("{} files name {fault:?}; one must", found.len()),
    }
}

/// Without comments, white space, tests and labels.
fn essence(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: Vec<&str> =
        code.lines().map(|l| l.split_once("//").map_or(l, |(code, _)| code)).collect();
    let mut rest = code.join("\n");
    while let Some(at) = rest.find("fn label(") {
        let mut depth = 0;
        let end = rest[at..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            *c == '}' && depth == 0
        });
        let end = end.map_or(rest.len(), |(i, _)| at + i + 1);
        rest.replace_range(at..end, "");
    }
    rest.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_fault_does_counts() {
        let one = "//! A\nimpl X {\n fn label(&self) -> Label { a { b } }\n fn on() { set(1) } // c\n}\n#[cfg(test)]\nmod tests {}";
        let same = "impl X { fn label(&self) -> Label { other { } }\nfn on() {\n set(1)\n} }";
        let other = "impl X { fn label(&self) -> Label { other { } }\nfn on() {\n set(2)\n} }";
        assert_eq!(essence(one), essence(same));
        assert_eq!(essence(one), "implX{fnon(){set(1)}}");
        assert_ne!(essence(one), essence(other));
    }

    #[test]
    fn every_fault_has_one_source_and_a_story() {
        for fault in faults::all() {
            let name = fault.label(&EstateSpec::demo()).name;
            assert_eq!(story(name, 1).unwrap()["source"].as_str().unwrap().len(), 16, "{name}");
        }
    }

    #[test]
    fn a_story_changes_the_header_alone() {
        let member = |text: &str| {
            let mut out = GzEncoder::new(Vec::new(), Compression::fast());
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap()
        };
        let bundle = [member("{\"version\":1}\n"), member("rest")].concat();
        let told = with_story(&bundle, json!({"fault": "x"})).unwrap();
        assert_eq!(header(&told).unwrap(), json!({"version": 1, "story": {"fault": "x"}}));
        assert!(told.ends_with(&member("rest")));
    }
}
