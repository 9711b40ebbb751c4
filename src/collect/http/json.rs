//! JSON from a target: what does not fit is named by its path, never by its content.

use serde::Deserialize;
use streamwarden_core::estate::GapReason;

/// Reads a body as JSON of the shape `T`. HTML (a proxy, a login page, the wrong port), bad UTF-8
/// and fields that do not fit are each said.
pub fn parse_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, GapReason> {
    let text = std::str::from_utf8(body)
        .map_err(|e| not_understood(format!("bad UTF-8 at byte {}", e.valid_up_to())))?;
    match text.trim_start().as_bytes().first() {
        None => return Err(not_understood("the answer is empty".into())),
        Some(b'<') => {
            return Err(not_understood(
                "answered HTML, not JSON: is this the REST address, or a proxy or login page?"
                    .into(),
            ));
        }
        Some(_) => {}
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let path = e.path().to_string();
        let said = e.inner().to_string();
        let said = without_value(&said);
        let at = if path == "." { String::new() } else { format!("{path}: ") };
        not_understood(format!("{at}{said}"))
    })?;
    reader.end().map_err(|e| not_understood(format!("after the JSON: {e}")))?;
    Ok(value)
}

/// serde quotes the value that did not fit; it may be a secret of a configuration.
fn without_value(said: &str) -> &str {
    match (said.starts_with("invalid"), said.find("expected ")) {
        (true, Some(at)) => &said[at..],
        _ => said,
    }
}

fn not_understood(detail: String) -> GapReason {
    GapReason::NotUnderstood { detail }
}
