//! Over files that Flink wrote: tests/fixtures/checkpoints.

use super::*;
use proptest::prelude::*;
use std::fmt::Write;
use streamwarden_core::checkpoint::{Error as Bad, SavedOperator, State};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints")
}

const ALL: [&str; 12] = [
    "1.8-savepoint",
    "1.15-rocksdb",
    "1.17-changelog",
    "1.20-hashmap/chk-3",
    "1.20-rocksdb/chk-3",
    "1.20-rocksdb-savepoint",
    "1.20-unaligned/chk-2",
    "1.20-merged/chk-3",
    "2.2-hashmap/chk-3",
    "2.2-rocksdb/chk-3",
    "2.2-rocksdb-savepoint",
    "2.2-unaligned/chk-2",
];

fn saved(name: &str) -> Saved {
    load(&fixtures().join(name).display().to_string(), &[]).unwrap().saved
}

fn line(operator: &SavedOperator) -> String {
    let s = &operator.sizes;
    let mut text = format!(
        "{} p{}/{} {:?} keyed {} own {} raw {} flight {} coord {} inline {} shared {}:{} private {}:{}\n",
        operator.called(),
        operator.parallelism,
        operator.max_parallelism,
        operator.finished,
        s.keyed,
        s.operator,
        s.raw,
        s.in_flight,
        s.coordinator,
        s.inline,
        s.shared_files,
        s.shared,
        s.private_files,
        s.private,
    );
    let short = |s: &Option<_>| s.as_ref().map_or("-".into(), checkpoint::Serializer::short);
    if operator.key.is_some() {
        let _ = writeln!(text, "    keys {}", short(&operator.key));
    }
    for State { name, kind, value, namespace, key } in &operator.states {
        let [value, namespace, key] = [value, namespace, key].map(short);
        let _ = writeln!(text, "    {kind:?} {name}: {key} / {namespace} / {value}");
    }
    for unread in &operator.unread {
        let _ = writeln!(text, "    unread: {:?}", unread.why);
    }
    text
}

#[test]
fn golden_descriptions() {
    let mut text = String::new();
    for name in ALL {
        let saved = saved(name);
        let _ = writeln!(
            text,
            "== {name}: {:?} {} format {} bytes {}",
            saved.kind, saved.id, saved.format, saved.bytes
        );
        saved.operators.iter().for_each(|operator| text.push_str(&line(operator)));
    }
    insta::assert_snapshot!("fixtures", text);
}

#[test]
fn a_file_with_scheme_and_a_folder_are_the_same() {
    let folder = fixtures().join("1.20-rocksdb/chk-3");
    let by = |path: String| load(&path, &[]).unwrap().saved;
    let plain = by(folder.display().to_string());
    assert_eq!(plain, by(format!("file:{}", folder.display())));
    assert_eq!(plain, by(format!("file://{}/_metadata", folder.display())));
}

#[test]
fn roots_and_errors() {
    let path = fixtures().join("1.8-savepoint").display().to_string();
    assert!(load(&path, &[fixtures()]).is_ok());
    assert!(matches!(load(&path, &[fixtures().join("1.15-rocksdb")]), Err(Error::Outside(_))));
    assert!(matches!(load("hdfs://nn/flink/chk-1", &[]), Err(Error::Scheme(_))));
    assert!(matches!(load("/nowhere/chk-1", &[]), Err(Error::Missing(_))));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("_metadata"), b"PK\x03\x04 a jar").unwrap();
    let error = load(&dir.path().display().to_string(), &[]).unwrap_err();
    assert!(matches!(error, Error::Metadata { source: Bad::Magic(0x504b_0304), .. }), "{error}");
    std::fs::remove_file(dir.path().join("_metadata")).unwrap();
    std::fs::create_dir(dir.path().join("_metadata")).unwrap();
    let error = load(&dir.path().display().to_string(), &[]).unwrap_err();
    assert!(matches!(error, Error::NoFile(_)), "{error}");
}

#[test]
fn metadata_that_is_a_link_out_of_its_folder_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let from = fixtures().join("1.20-rocksdb/chk-3");
    let at = |path: &std::path::Path| load(&path.display().to_string(), &[]);
    let folder = dir.path().join("by-a-link");
    std::os::unix::fs::symlink(&from, &folder).unwrap();
    assert!(at(&folder).is_ok(), "the folder may be a link");
    let link = dir.path().join("_metadata");
    std::os::unix::fs::symlink(from.join("_metadata"), &link).unwrap();
    for named in [dir.path(), &*link] {
        let error = at(named).unwrap_err();
        assert!(matches!(error, Error::Link(_)), "{error}");
    }
}

#[test]
fn what_is_beside_and_gone_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let from = fixtures().join("1.20-rocksdb/chk-3/_metadata");
    std::fs::copy(from, dir.path().join("_metadata")).unwrap();
    let saved = load(&dir.path().display().to_string(), &[]).unwrap().saved;
    let keep = saved.operators.iter().find(|o| o.sizes.keyed > 0).unwrap();
    assert_eq!(keep.unread[0].why, UnreadWhy::Missing);
    // names of its own state are in the metadata, serializers are not
    assert!(keep.states.iter().any(|s| &*s.name == "rules" && s.value.is_none()));
}

/// Reads bytes of metadata, and answers all that is wanted with `head`.
fn whole(bytes: &[u8], head: &[u8]) -> Result<Saved, Bad> {
    let mut draft = checkpoint::read(bytes, bytes.len() as u64)?;
    for at in 0..draft.wanted().len() {
        draft.answer(at, Ok(head));
    }
    Ok(draft.finish())
}

fn bytes(at: usize) -> Vec<u8> {
    std::fs::read(fixtures().join(ALL[at]).join(METADATA)).unwrap()
}

/// The header of the keyed state with every kind in it.
fn header() -> Vec<u8> {
    let folder = fixtures().join("1.20-rocksdb/chk-3");
    let draft = checkpoint::read(&bytes(4)[..], bytes(4).len() as u64).unwrap();
    let wanted = draft.wanted().into_iter().find(|w| w.keyed).unwrap();
    std::fs::read(folder.join(wanted.path)).unwrap()
}

#[test]
fn every_cut_is_an_error() {
    for at in [0, 1, 4] {
        let bytes = bytes(at);
        // behind the operators stand only properties, of which nothing is needed
        let end = bytes.windows(4).rposition(|w| w == b"\xac\xed\x00\x05").unwrap_or(bytes.len());
        for cut in 0..end {
            assert!(whole(&bytes[..cut], b"").is_err(), "{} cut at {cut}", ALL[at]);
        }
    }
}

#[test]
fn a_count_is_not_believed() {
    // ends after the number of operators: 2,147,483,647
    let mut bytes = bytes(1)[..16].to_vec();
    bytes.extend([0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]);
    assert!(matches!(whole(&bytes, b""), Err(Bad::Damaged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_panics_on_damage(
        at in 0..ALL.len(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = bytes(at);
        for (place, value) in &flips {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        let _ = whole(&bytes, b"\0\0\0\x06");
    }

    #[test]
    fn no_header_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut head = header();
        for (place, value) in &flips {
            let place = place.index(head.len());
            head[place] = *value;
        }
        head.truncate(cut.index(head.len() + 1));
        for at in [4, 5, 3] {
            let _ = whole(&bytes(at), &head);
        }
    }
}
