//! What went wrong, as a gap's reason that says what to do. Never the URL, never a header: both
//! may carry credentials.

use reqwest::header::LOCATION;
use std::io;
use streamwarden_core::estate::{GapReason, plain};

pub(super) fn of_status(response: &reqwest::Response) -> GapReason {
    let code = response.status().as_u16();
    match code {
        401 => GapReason::NoRights {
            detail: "answered 401: set `bearer` or `basic` for this target, or correct it".into(),
        },
        403 => GapReason::NoRights {
            detail: "answered 403: this target's credential may not read it".into(),
        },
        300..=399 => GapReason::NotUnderstood { detail: redirected(response) },
        _ => GapReason::Status { code },
    }
}

/// Says where a redirect leads, without path and query: a login page's may carry tokens.
fn redirected(response: &reqwest::Response) -> String {
    let code = response.status().as_u16();
    let to = response
        .headers()
        .get(LOCATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| response.url().join(v).ok())
        .map_or("an unknown place".into(), |url| url.origin().ascii_serialization());
    format!(
        "answered {code}, a redirect to {to}; it is not followed, so that no credential leaves: \
         give the final address"
    )
}

pub(super) fn of_error(error: reqwest::Error) -> GapReason {
    let error = error.without_url();
    if error.is_connect() && error.is_timeout() {
        let secs = crate::dial::CONNECT.as_secs();
        return GapReason::Unreachable {
            detail: format!("no connection within {secs} s: check the address and firewalls"),
        };
    }
    let mut deepest: &dyn std::error::Error = &error;
    let mut kind = None;
    while let Some(source) = deepest.source() {
        kind = source.downcast_ref::<io::Error>().map(io::Error::kind).or(kind);
        deepest = source;
    }
    let said: String = plain(&deepest.to_string()).chars().take(200).collect();
    GapReason::Unreachable { detail: format!("{said}{}", advice(kind, &said, &error)) }
}

fn advice(kind: Option<io::ErrorKind>, said: &str, error: &reqwest::Error) -> &'static str {
    if said.contains("UnknownIssuer") || said.contains("UnknownCA") {
        return ": set `ca_file` to the CA that signed it";
    }
    if said.contains("certificate") {
        return ": its certificate does not fit this address";
    }
    if said.contains("InvalidContentType") || said.contains("corrupt message") {
        return ": this port does not speak TLS; try http://";
    }
    if said.contains("lookup") || said.contains("resolve") {
        return ": check the host's name";
    }
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => ": is it running, is the port right?",
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
            ": the connection broke; is this port an HTTP one, with or without TLS?"
        }
        _ if error.is_body() || error.is_decode() => ": the connection broke within the answer",
        _ => "",
    }
}
