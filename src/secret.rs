//! Secrets never reach a log: no `Display`, no `Serialize`, and a `Debug` that says nothing.

/// A secret from the configuration or a file. The only way out is [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into())
    }
    /// For the header that carries it, and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// Names under which somebody keeps a secret, without `-`, `_` and `.`; wide on purpose.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "accesskey",
    "jaas",
    "privatekey",
    "authorization",
];

/// What stands under this key is not to be shown.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace(['-', '_', '.'], "");
    NAMES.iter().any(|name| key.contains(name))
}
