//! SCRAM (RFC 5802, 7677), the client's side, and PLAIN (RFC 4616). Pure but for the nonce.

use super::access::Mechanism;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{digest, hmac, pbkdf2, rand::SecureRandom};
use std::num::NonZeroU32;

/// A server may not make us compute for minutes: Kafka's own default is 4096.
const MOST_ITERATIONS: u32 = 200_000;

pub fn plain(user: &str, password: &str) -> Vec<u8> {
    format!("\0{user}\0{password}").into_bytes()
}

pub fn nonce() -> Result<String, String> {
    let mut bytes = [0u8; 18];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| "no randomness".to_owned())?;
    Ok(STANDARD.encode(bytes))
}

/// One exchange: `first()` out, the server's first in by `answer()`, its last in by `verify()`.
pub struct Scram {
    mac: hmac::Algorithm,
    hash: &'static digest::Algorithm,
    kdf: pbkdf2::Algorithm,
    bare: String,
    nonce: String,
    signature: Vec<u8>,
}

impl Scram {
    /// None for a mechanism that is not SCRAM.
    pub fn new(mechanism: Mechanism, user: &str, nonce: String) -> Option<Scram> {
        let (mac, hash, kdf) = match mechanism {
            Mechanism::Plain => return None,
            Mechanism::ScramSha256 => {
                (hmac::HMAC_SHA256, &digest::SHA256, pbkdf2::PBKDF2_HMAC_SHA256)
            }
            Mechanism::ScramSha512 => {
                (hmac::HMAC_SHA512, &digest::SHA512, pbkdf2::PBKDF2_HMAC_SHA512)
            }
        };
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={user},r={nonce}");
        Some(Scram { mac, hash, kdf, bare, nonce, signature: Vec::new() })
    }

    pub fn first(&self) -> Vec<u8> {
        format!("n,,{}", self.bare).into_bytes()
    }

    pub fn answer(&mut self, server_first: &[u8], password: &str) -> Result<Vec<u8>, String> {
        let text = std::str::from_utf8(server_first).map_err(|_| "answer is not UTF-8")?;
        let (nonce, salt, rounds) = challenge(text)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("the server's nonce does not extend ours".into());
        }
        let mut salted = vec![0; self.hash.output_len()];
        pbkdf2::derive(self.kdf, rounds, &salt, password.as_bytes(), &mut salted);
        let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(self.mac, key), text);
        let client_key = sign(&salted, b"Client Key");
        let stored = digest::digest(self.hash, client_key.as_ref());
        let proofless = format!("c=biws,r={nonce}");
        let message = format!("{},{text},{proofless}", self.bare);
        let signature = sign(stored.as_ref(), message.as_bytes());
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        let server_key = sign(&salted, b"Server Key");
        self.signature = sign(server_key.as_ref(), message.as_bytes()).as_ref().to_vec();
        Ok(format!("{proofless},p={}", STANDARD.encode(proof)).into_bytes())
    }

    /// The server proves that it knows the password too.
    pub fn verify(&self, server_last: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(server_last).map_err(|_| "answer is not UTF-8")?;
        let proof = text.split(',').find_map(|f| f.strip_prefix("v="));
        match proof.and_then(|v| STANDARD.decode(v).ok()) {
            Some(v) if !v.is_empty() && v == self.signature => Ok(()),
            Some(_) => Err("the server does not know the password either: wrong server?".into()),
            None => Err("the log-in was not accepted".into()),
        }
    }
}

fn challenge(text: &str) -> Result<(String, Vec<u8>, NonZeroU32), String> {
    let field = |key: &str| text.split(',').find_map(|f| f.strip_prefix(key));
    let nonce = field("r=").ok_or("no nonce in the server's challenge")?.to_owned();
    let salt = field("s=").and_then(|s| STANDARD.decode(s).ok()).ok_or("no salt")?;
    let rounds = field("i=").and_then(|i| i.parse::<u32>().ok()).ok_or("no iteration count")?;
    match NonZeroU32::new(rounds) {
        Some(n) if rounds <= MOST_ITERATIONS => Ok((nonce, salt, n)),
        _ => Err(format!("{rounds} iterations asked, at most {MOST_ITERATIONS} are computed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7677, section 3.
    #[test]
    fn the_exchange_of_the_rfc() {
        let nonce = "rOprNGfwEbeRWgbNEkqO".to_owned();
        let mut scram = Scram::new(Mechanism::ScramSha256, "user", nonce).unwrap();
        assert_eq!(scram.first(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let challenge = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        assert_eq!(
            String::from_utf8(scram.answer(challenge, "pencil").unwrap()).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        scram.verify(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap();
        assert!(scram.verify(b"v=AAAA").is_err());
        assert!(scram.verify(b"e=other-error").is_err());
    }

    #[test]
    fn a_server_may_not_replace_the_nonce_or_ask_for_hours() {
        let new = || Scram::new(Mechanism::ScramSha512, "a,b=c", "abc".into()).unwrap();
        assert_eq!(new().first(), b"n,,n=a=2Cb=3Dc,r=abc");
        assert!(new().answer(b"r=xyz1,s=AAAA,i=4096", "p").is_err());
        assert!(new().answer(b"r=abc1,s=AAAA,i=4000000000", "p").is_err());
        assert!(new().answer(b"r=abc1,s=AAAA,i=4096", "p").is_ok());
    }
}
