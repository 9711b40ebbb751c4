//! A file of ours as text; what cannot be one is told with its place.

use super::problem::{Problem, Source};
use super::yaml::At;
use std::io::Read;
use std::path::Path;

/// At most `most` bytes, without a byte order mark.
///
/// # Errors
/// It cannot be opened (`missing`: what to do then), is too large, or is no UTF-8.
pub fn read_text(path: &Path, most: u64, missing: &str) -> Result<String, Problem> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(most + 1).read_to_end(&mut bytes));
    if let Err(e) = read {
        return Err(Problem::of_file(&file, format!("cannot read {file}: {e}"), missing));
    }
    if bytes.len() as u64 > most {
        let message = format!("{file} is larger than {most} bytes");
        return Err(Problem::of_file(&file, message, "is it the right file? divide it if it is"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(e) => Err(not_text(&file, e.as_bytes(), e.utf8_error().valid_up_to())),
    }
}

/// Where text ends to be text.
fn not_text(file: &str, bytes: &[u8], offset: usize) -> Problem {
    let before = String::from_utf8_lossy(bytes.get(..offset).unwrap_or_default()).into_owned();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let byte = bytes.get(offset).copied().unwrap_or_default();
    let wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let todo = match wide {
        true => "save it as UTF-8: it begins as UTF-16 does",
        false => "save it as UTF-8",
    };
    let message = format!("this is not UTF-8 text: byte {offset} of the file is 0x{byte:02X}");
    let source = Source::new(file, &String::from_utf8_lossy(bytes));
    source.problem(At { line, column, len: 1 }, message, todo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        let dir = tempfile::tempdir().expect("a folder");
        let told = |bytes: &[u8]| {
            let path = dir.path().join("x.yaml");
            std::fs::write(&path, bytes).expect("written");
            read_text(&path, 20, "make it").map_err(|p| {
                let place = p.to_string();
                place.replace(&dir.path().display().to_string(), "d")
            })
        };
        assert_eq!(told("\u{feff}a: ü".as_bytes()), Ok("a: ü".to_owned()));
        let latin = told(b"a: 1\nb: \xfcber").expect_err("latin-1");
        let want = "error: this is not UTF-8 text: byte 8 of the file is 0xFC\n --> d/x.yaml:2:4";
        assert!(latin.starts_with(want), "{latin}");
        assert!(told(&[0xff, 0xfe, b'a', 0]).expect_err("utf-16").contains("UTF-16"));
        assert!(told(&[b'a'; 21]).expect_err("large").contains("larger than 20 bytes"));
        let none = read_text(&dir.path().join("no"), 20, "make it").expect_err("none");
        assert_eq!((none.line, &*none.todo), (0, "make it"));
    }
}
