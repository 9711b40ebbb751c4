//! Secrets never reach a log: no `Display`, no `Serialize`, and a `Debug` that says nothing. In texts
//! of others they are cut out.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands in the place of a secret.
pub const MASK: &str = "(hidden)";

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

/// Where a text of others holds a secret, and what is left of that place: user info of an address,
/// values behind a name that sounds like one, credentials of a request.
const PLACES: [(&str, &str); 5] = [
    (r#"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s:@"'<>]*:[^/\s@"'<>]+@"#, "${1}(hidden)@"),
    (r"(?i)(jdbc:oracle:[a-z]+:)[^@\s]+@", "${1}(hidden)@"),
    (
        r#"(?i)\b(authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|digest)\s+)?)[^\s"',]+"#,
        "${1}(hidden)",
    ),
    (r"(?i)\b(bearer\s+)[a-z0-9+/=._~-]{16,}", "${1}(hidden)"),
    (
        concat!(
            r"(?i)([\w.-]*(?:",
            r"(?:passw(?:or)?d|pwd|secret|token|credentials?|(?:api|access|private)[-_.]?key|signature)",
            r#"[\w.-]*["']?\s*=|"#,
            r#"(?:passw(?:or)?d|pwd|secret|token|(?:api|access|private|secret)[-_.]?key)["']?\s*:)\s*)"#,
            r#"("[^"]*"|'[^']*'|[^\s,;&)}\]"']+)"#,
        ),
        "${1}(hidden)",
    ),
];

/// The text without the secrets that can be told by how they stand in it.
pub fn scrub(text: &str) -> Cow<'_, str> {
    static PLACED: LazyLock<Option<Vec<(Regex, &str)>>> = LazyLock::new(|| {
        PLACES.iter().map(|(place, left)| Some((Regex::new(place).ok()?, *left))).collect()
    });
    let Some(places) = &*PLACED else { return Cow::Borrowed(MASK) };
    let mut text = Cow::Borrowed(text);
    for (place, left) in places {
        if let Cow::Owned(shorter) = place.replace_all(&text, *left) {
            text = Cow::Owned(shorter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::scrub;

    #[test]
    fn secrets_are_cut_out_of_a_text_and_the_rest_stays() {
        for (text, left) in [
            ("open jdbc:mysql://root:hunter2@db:3306/x", "open jdbc:mysql://(hidden)@db:3306/x"),
            ("jdbc:oracle:thin:scott/tiger@db:1521", "jdbc:oracle:thin:(hidden)@db:1521"),
            ("x?user=a&password=hunter2&b=c", "x?user=a&password=(hidden)&b=c"),
            (r#"{"user":"a","api_key": "k1 k2"}"#, r#"{"user":"a","api_key": (hidden)}"#),
            ("Authorization: Bearer abc.def", "Authorization: Bearer (hidden)"),
            ("s3.access-key = AKIA1, x", "s3.access-key = (hidden), x"),
            ("username=\"u\" password=\"p\";", "username=\"u\" password=(hidden);"),
        ] {
            assert_eq!(scrub(text), left);
        }
        // what rules look for, and what is no secret
        for text in [
            "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access",
            "SaslAuthenticationException: Authentication failed: Invalid username or password",
            "pekko.tcp://flink@127.0.0.1:41151/user/rpc/taskmanager_0",
            "Caused by: java.io.IOException: Basic authentication failed at http://h:80/a@b",
            "Could not get token of offset 17",
        ] {
            assert_eq!(scrub(text), text);
        }
    }
}
