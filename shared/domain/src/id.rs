//! Identifiers. Each is checked where it is made, so that a value of the type is safe to put into a
//! path, a key, a URL or a name of an AWS resource.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a string is no identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a valid {what}: {rule}")]
pub struct InvalidId {
    what: &'static str,
    rule: &'static str,
    /// The offending value, shortened and without control characters.
    value: String,
}

impl InvalidId {
    fn new(what: &'static str, rule: &'static str, value: &str) -> Self {
        let value = value.chars().filter(|c| !c.is_control()).take(80).collect();
        Self { what, rule, value }
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps.
            pub fn new(value: impl Into<String>) -> Result<Self, InvalidId> {
                let value = value.into();
                let check: fn(&str) -> bool = $check;
                if check(&value) { Ok(Self(value)) } else { Err(InvalidId::new($what, $rule, &value)) }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(value: String) -> Result<Self, InvalidId> {
                Self::new(value)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(value: &str) -> Result<Self, InvalidId> {
                Self::new(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

fn is_hex(value: &str) -> bool {
    value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_name(value: &str, longest: usize) -> bool {
    value.len() <= longest
        && value
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && value
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
        && !value.contains("..")
}

identifier!(
    /// Names a registered repository everywhere: in URLs, keys, commands. See
    /// [`crate::source::RepositorySource::repository_id`].
    RepositoryId,
    "repository id",
    "1 to 72 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit",
    |v| is_name(v, 72)
);
identifier!(
    /// Names a build, the job that runs it and its state machine execution (hence at most 80 characters).
    BuildId,
    "build id",
    "1 to 80 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit",
    |v| is_name(v, 80)
);
identifier!(
    /// A full Git commit id: 40 (SHA-1) or 64 (SHA-256) hex digits. A plain folder gets the digest of its
    /// paths and contents in the same form.
    CommitId,
    "commit id",
    "40 or 64 lower-case hex digits",
    |v| matches!(v.len(), 40 | 64) && is_hex(v)
);
identifier!(
    /// The Git id of a file's content.
    BlobId,
    "blob id",
    "40 or 64 lower-case hex digits",
    |v| matches!(v.len(), 40 | 64) && is_hex(v)
);
identifier!(
    /// The blake3 digest (64 hex digits) of an artefact's uncompressed bytes, which is also its name.
    ArtefactKey,
    "artefact key",
    "64 lower-case hex digits",
    |v| v.len() == 64 && is_hex(v)
);
identifier!(
    /// A page's address within a wiki. Made from the page's subject alone, so that every build of a commit
    /// gives the same.
    Slug,
    "page slug",
    "1 to 120 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit",
    |v| is_name(v, 120)
);

identifier!(
    /// Names a flagged statement within its repository.
    CorrectionId,
    "correction id",
    "32 lower-case hex digits",
    |v| v.len() == 32 && is_hex(v)
);

impl CorrectionId {
    /// The first digits of a digest in hex.
    pub(crate) fn from_digest(digest: &str) -> Self {
        Self(digest.chars().take(32).collect())
    }
}

impl ArtefactKey {
    /// The key of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }
}

impl RepositoryId {
    /// The repository's short name: the id without its digest.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('-').map_or(self.as_str(), |(name, _)| name)
    }
}

impl CommitId {
    /// The first twelve digits, enough for a person.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl Slug {
    /// Turns any text into a slug: lower case ASCII, every other run of characters becomes one `-`. Text
    /// with nothing to keep, or too long, is told apart by a digest of the whole.
    pub fn from_text(text: &str) -> Self {
        let mut slug = String::new();
        for c in text.chars() {
            match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9' | '_' | '.') if c != '.' || !slug.ends_with(['.', '-']) => {
                    slug.push(c);
                }
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
        }
        let trimmed = slug.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let lossless = trimmed.len() <= 96 && !trimmed.is_empty() && text.is_ascii();
        if lossless {
            return Self(trimmed.to_owned());
        }
        let digest = blake3::hash(text.as_bytes()).to_hex();
        let kept: String = trimmed.chars().take(80).collect();
        let kept = kept.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let digest = digest.get(..8).unwrap_or_default();
        Self(if kept.is_empty() {
            format!("p-{digest}")
        } else {
            format!("{kept}-{digest}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_refuses_what_could_leave_its_place() {
        for bad in ["", "../x", "a/b", "A", "a b", "a..b", ".git", "-x", "a\u{0}"] {
            assert!(RepositoryId::new(bad).is_err(), "{bad:?} must be refused");
            assert!(Slug::new(bad).is_err(), "{bad:?} must be refused");
        }
        assert!(RepositoryId::new("tokio-1a2b3c4d").is_ok());
    }

    #[test]
    fn every_text_has_a_valid_slug() {
        for text in [
            "src/lib.rs",
            "",
            "..",
            "日本語",
            "a..b",
            "---",
            "C++ / core",
            &"x/".repeat(200),
        ] {
            let slug = Slug::from_text(text);
            assert_eq!(Slug::new(slug.as_str()).as_ref(), Ok(&slug), "from {text:?}");
        }
        assert_eq!(Slug::from_text("src/net/tcp.rs").as_str(), "src-net-tcp.rs");
        assert_ne!(Slug::from_text("日本"), Slug::from_text("語"));
    }
}
