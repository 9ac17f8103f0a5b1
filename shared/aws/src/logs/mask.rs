//! Takes secrets out of what is logged. Nothing is meant to log one; this is for what an error of a library quotes.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

/// What stands where a secret was.
pub(super) const MASKED: &str = "***";

/// Tokens with a form of their own, credentials in addresses and headers, and values that their name gives away.
static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<keep>://)[^/\s:@]*:[^/\s@]+(?P<after>@)",
        r"|(?P<keep2>(?i:authorization|x-amz-security-token|cookie|x-hub-signature-256)\W{1,3}(?i:(?:bearer|basic|aws4-hmac-sha256)\s+)?)[^\s,;'\x22]+",
        r"|(?P<keep3>(?i:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{16,}",
        r"|(?P<keep4>(?i:secret|passw(?:or)?d|token|api_?key)[\x22']?\s*[=:]\s*[\x22']?)[^\s,;'\x22&]{6,}",
        r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,}",
        r"|(?:AKIA|ASIA)[A-Z0-9]{16}",
        r"|xox[abprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{20,}",
        r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    ))
    .ok()
});

/// The names of fields whose values are never written.
const HIDDEN: [&str; 8] = [
    "authorization",
    "cookie",
    "credential",
    "passwd",
    "password",
    "secret",
    "signature",
    "token",
];

/// The text without the secrets in it.
pub fn mask(text: &str) -> Cow<'_, str> {
    match &*SECRET {
        Some(secret) => secret.replace_all(text, "${keep}${keep2}${keep3}${keep4}***${after}"),
        // Without its table nothing can be told from a secret.
        None => Cow::Borrowed(MASKED),
    }
}

/// Whether a field's value is a secret by its name.
pub(super) fn is_hidden(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HIDDEN
        .iter()
        .any(|hidden| name.split(['_', '.', '-']).any(|part| part == *hidden))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_of_secrets_is_sound() {
        assert!(SECRET.is_some());
    }

    #[test]
    fn what_is_around_a_secret_stays() {
        for (text, expected) in [
            (
                "https://user:hunter2@github.com/a/b",
                "https://***@github.com/a/b",
            ),
            (
                "authorization: Bearer abcdefghijklmnopqrst",
                "authorization: Bearer ***",
            ),
            (
                "Authorization: AWS4-HMAC-SHA256 Credential=x",
                "Authorization: AWS4-HMAC-SHA256 ***",
            ),
            ("x-hub-signature-256: sha256=0a1b", "x-hub-signature-256: ***"),
            ("password=correct-horse&user=me", "password=***&user=me"),
            (r#"{"api_key": "0123456789"}"#, r#"{"api_key": "***"}"#),
        ] {
            assert_eq!(mask(text), expected);
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for text in [
            "the token of a task nobody waits for",
            "repository github.com/acme/tokens at 0123456789abcdef0123456789abcdef01234567",
            "https://git-codecommit.ap-northeast-1.amazonaws.com/v1/repos/payments",
            "12 files, 3 skipped: src/secret.rs:10-20",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn fields_are_hidden_by_their_names() {
        assert!(is_hidden("task_token") && is_hidden("Authorization") && is_hidden("x-amz-signature"));
        assert!(!is_hidden("tokens") && !is_hidden("repository"));
    }

    proptest! {
        // The table is slow to run unoptimised.
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn no_known_secret_gets_through(
            secret in prop_oneof![
                "gh[pousr]_[A-Za-z0-9]{36}",
                "github_pat_[A-Za-z0-9_]{40}",
                "AKIA[A-Z0-9]{16}",
                "eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}",
                "glpat-[A-Za-z0-9_-]{20}",
            ],
            before in "[ -~]{0,30}[ :=\"]", after in "[ ,;\"][ -~]{0,30}",
        ) {
            let text = format!("{before}{secret}{after}");
            prop_assert!(!mask(&text).contains(&secret));
        }

        #[test]
        fn any_text_can_be_masked(text in "\\PC*") {
            let once = mask(&text).into_owned();
            prop_assert!(once.len() <= text.len() + 4 * text.len().max(1));
        }
    }
}
