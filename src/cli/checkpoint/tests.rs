use super::*;
use crate::cli::say::Lang;
use crate::cli::table::Screen;

fn fixture(name: &str) -> Loaded {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/checkpoints/");
    let loaded = load(&format!("{folder}{name}"), &[]).unwrap();
    Loaded { file: PathBuf::from("/checkpoints").join(name).join("_metadata"), ..loaded }
}

#[test]
fn golden_inspect() {
    let screen = Screen { width: 160, colour: false };
    let show = |name: &str, lang| inspect::render(&fixture(name), lang, &screen);
    insta::assert_snapshot!("inspect_en", show("1.20-rocksdb/chk-3", Lang::En));
    insta::assert_snapshot!("inspect_zh", show("2.2-rocksdb/chk-3", Lang::Zh));
    insta::assert_snapshot!("inspect_changelog", show("1.17-changelog", Lang::En));
}

#[test]
fn what_is_not_known_is_in_the_exit_code() {
    assert_eq!(inspect::exit(&fixture("1.20-rocksdb/chk-3").saved), Exit::Fine);
    assert_eq!(inspect::exit(&fixture("1.17-changelog").saved), Exit::CannotTell);
}
