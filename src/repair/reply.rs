//! What an answer means. Flink's own answers are as they were measured on 1.20 and 2.x.

use super::client::Answer;
use crate::secret::scrub;
use serde::Deserialize;
use streamwarden_core::action::Reply;
use streamwarden_core::estate::{Name, plain};

/// Of what the other side said.
const WORDS: usize = 1024;

/// What kind of request it was the answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Trigger,
    Cancel,
    Scale,
    /// Under this job id.
    Submit,
    /// To something that is not Flink and submits for us.
    Webhook,
}

pub(super) fn reply(to: To, run: &str, answer: &Answer) -> Reply {
    let (code, body) = match answer {
        Answer::Lost(_) => return Reply::InDoubt,
        Answer::Status { code, body } => (*code, body.as_slice()),
    };
    match code {
        200..=299 if to == To::Submit => started(run, body),
        200..=299 => Reply::Accepted,
        // the id is known there: what has become of it shows when we look
        400..=599 if to == To::Submit && knows(body) => Reply::Duplicate,
        // it has ended already, or it was taken before
        409 if matches!(to, To::Cancel | To::Webhook) => Reply::Accepted,
        408 | 425 | 429 => Reply::InDoubt,
        300..=499 => Reply::Refused(words(code, body)),
        _ => Reply::InDoubt,
    }
}

#[derive(Deserialize)]
struct Started {
    jobid: String,
}

/// Flink names the id under which it started the job; another one is not ours to follow.
fn started(run: &str, body: &[u8]) -> Reply {
    match serde_json::from_slice::<Started>(body) {
        Ok(s) if s.jobid == run => Reply::Accepted,
        _ => Reply::InDoubt,
    }
}

/// `DuplicateJobSubmissionException`, wherever it stands in a stack trace.
pub(super) fn knows(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"DuplicateJobSubmission").is_some()
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

/// The first line and the deepest cause: the stack between them says nothing to a person.
fn words(code: u16, body: &[u8]) -> Name {
    let text = match serde_json::from_slice::<Errors>(body) {
        Ok(e) => e.errors.join("\n"),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let deepest = text.lines().rfind(|l| l.starts_with("Caused by: "));
    let said = match deepest {
        Some(deepest) => format!("{code}: {first} … {deepest}"),
        None => format!("{code}: {first}"),
    };
    cut(&said)
}

/// As it may be kept: one line, no control characters, at most 1 KiB.
pub(super) fn cut(text: &str) -> Name {
    let text = scrub(text);
    let text = plain(&text);
    let mut end = WORDS.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, body: &str) -> Answer {
        Answer::Status { code, body: body.as_bytes().to_vec() }
    }

    /// Each row was measured on Flink 1.20.5.
    #[test]
    fn flinks_answers() {
        let refused = |text: &str| Reply::Refused(text.into());
        let duplicate = r#"{"errors":["Internal server error.","…DuplicateJobSubmissionException: Job has already been submitted."]}"#;
        let path = "{\"errors\":[\"RestHandlerException: Could not execute\\n\\tat x.y(Z)\\nCaused by: FileNotFoundException: Cannot find\\n\\tat a\"]}";
        for (to, code, body, want) in [
            (To::Submit, 200, r#"{"jobid":"r"}"#, Reply::Accepted),
            (To::Submit, 200, r#"{"jobid":"other"}"#, Reply::InDoubt),
            (To::Submit, 200, "<html>", Reply::InDoubt),
            (To::Submit, 400, duplicate, Reply::Duplicate),
            (
                To::Submit,
                400,
                path,
                refused(
                    "400: RestHandlerException: Could not execute … Caused by: FileNotFoundException: Cannot find",
                ),
            ),
            (To::Trigger, 202, r#"{"request-id":"t"}"#, Reply::Accepted),
            (To::Trigger, 404, r#"{"errors":["no job"]}"#, refused("404: no job")),
            (To::Cancel, 202, "{}", Reply::Accepted),
            (To::Cancel, 409, "{}", Reply::Accepted),
            (To::Scale, 200, "{}", Reply::Accepted),
            (To::Scale, 400, r#"{"errors":["above 128"]}"#, refused("400: above 128")),
            (To::Scale, 409, "", refused("409: ")),
            (To::Scale, 500, "", Reply::InDoubt),
            (To::Cancel, 503, "{}", Reply::InDoubt),
            (To::Trigger, 429, "", Reply::InDoubt),
            (To::Cancel, 302, "", refused("302: ")),
            (To::Cancel, 401, "", refused("401: ")),
        ] {
            assert_eq!(reply(to, "r", &status(code, body)), want, "{to:?} {code} {body}");
        }
        assert_eq!(reply(To::Cancel, "r", &Answer::Lost("x".into())), Reply::InDoubt);
    }

    #[test]
    fn words_are_one_line_and_short() {
        let long = cut(&format!("a\u{1b}[31m\n{}", "订".repeat(2000)));
        assert!(long.len() <= WORDS && !long.contains(['\n', '\u{1b}']));
    }
}
