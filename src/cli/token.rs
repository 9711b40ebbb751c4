//! `token`: a token for one user, shown once, and the line for the configuration that knows it
//! only by its hash.

use super::{Exit, Failure, Output, say::Lang};
use crate::access::Role;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use sha2::{Digest, Sha256};
use streamwarden_core::text::hex;

#[derive(Serialize)]
struct Made {
    token: String,
    token_sha256: String,
    line: String,
}

pub fn run(name: &str, role: Role, out: &Output) -> Result<Exit, Failure> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::new("this machine gives no randomness", "try again"))?;
    let token = hex(&bytes);
    let token_sha256 = hex(&Sha256::digest(&token));
    // a name is quoted as JSON quotes it, which YAML reads too
    let quoted = serde_json::to_string(name).unwrap_or_default();
    let line =
        format!("- {{ name: {quoted}, role: {}, token_sha256: {token_sha256} }}", role.name());
    if out.json {
        out.json(&Made { token, token_sha256, line });
        return Ok(Exit::Fine);
    }
    out.text(&match out.lang {
        Lang::En => format!(
            "{token}\n\nShown once: give it to {name} alone (STREAMWARDEN_TOKEN, or a file). Under `users:` in the configuration:\n  {line}\n"
        ),
        Lang::Zh => format!(
            "{token}\n\n仅显示一次：只交给 {name}（STREAMWARDEN_TOKEN 或文件）。在配置的 `users:` 下加入：\n  {line}\n"
        ),
    });
    Ok(Exit::Fine)
}
