//! What a delivery says. Pure: reads the body, asks nobody.

use deepwiki_domain::{CommitId, StageError, source::RepositorySource};
use serde::Deserialize;

/// A delivery, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// GitHub tries the address.
    Ping,
    /// A branch was created or moved.
    Push(Push),
    /// Anything else: tags, deleted branches, other events.
    Other,
}

/// A branch that was created or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The repository.
    pub source: RepositorySource,
    /// The branch.
    pub branch: String,
    /// Whether it is the repository's default branch.
    pub is_default: bool,
    /// What the branch points to now.
    pub commit: CommitId,
}

/// The part of a push that we read.
#[derive(Deserialize)]
struct PushBody {
    #[serde(rename = "ref")]
    reference: String,
    after: String,
    #[serde(default)]
    deleted: bool,
    repository: RepositoryBody,
}

#[derive(Deserialize)]
struct RepositoryBody {
    clone_url: String,
    #[serde(default)]
    default_branch: Option<String>,
}

impl Delivery {
    /// Reads the body of an event (`X-GitHub-Event`) whose signature was checked.
    pub fn read(event: &str, body: &[u8]) -> Result<Self, StageError> {
        match event {
            "ping" => return Ok(Self::Ping),
            "push" => {}
            _ => return Ok(Self::Other),
        }
        let push: PushBody = serde_json::from_slice(body).map_err(|error| {
            StageError::invalid("the delivery is no push: set the webhook's content type to application/json")
                .with_detail(format!("{:?} error", error.classify()))
        })?;
        let Some(branch) = push
            .reference
            .strip_prefix("refs/heads/")
            .filter(|_| !push.deleted)
        else {
            return Ok(Self::Other);
        };
        let source = RepositorySource::parse_url(&push.repository.clone_url)
            .map_err(|error| StageError::invalid("the delivery names no repository").with_detail(error))?;
        let commit = CommitId::new(push.after)
            .map_err(|error| StageError::invalid("the delivery names no commit").with_detail(error))?;
        Ok(Self::Push(Push {
            source,
            is_default: push.repository.default_branch.as_deref() == Some(branch),
            branch: branch.to_owned(),
            commit,
        }))
    }
}

impl Push {
    /// Whether a wiki of this revision (the default branch where none is named) is made of the branch.
    pub fn is_to(&self, revision: Option<&str>) -> bool {
        match revision {
            Some(revision) => revision.strip_prefix("refs/heads/").unwrap_or(revision) == self.branch,
            None => self.is_default,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const COMMIT: &str = "3f786850e387550fdab836ed7e6dc881de23001b";

    fn body() -> Value {
        json!({
            "ref": "refs/heads/feature/x", "before": "0".repeat(40), "after": COMMIT, "deleted": false, "forced": true,
            "repository": {
                "full_name": "example/payments", "private": true, "default_branch": "main",
                "clone_url": "https://github.com/example/payments.git",
            },
            "commits": [{"message": "`rm -rf /`"}],
        })
    }

    fn read(event: &str, body: &Value) -> Result<Delivery, StageError> {
        Delivery::read(event, body.to_string().as_bytes())
    }

    #[test]
    fn a_push_names_repository_branch_and_commit() {
        let Ok(Delivery::Push(push)) = read("push", &body()) else {
            unreachable!("it is a push");
        };
        assert_eq!(push.source.url(), "https://github.com/example/payments");
        assert_eq!(
            (push.branch.as_str(), push.commit.as_str()),
            ("feature/x", COMMIT)
        );
        assert!(!push.is_to(None), "the default branch is another");
        assert!(push.is_to(Some("feature/x")) && push.is_to(Some("refs/heads/feature/x")));
        assert!(!push.is_to(Some("x")));
    }

    #[test]
    fn what_moves_no_branch_leads_to_nothing() {
        let with = |key: &str, value: Value| {
            let mut body = body();
            body[key] = value;
            body
        };
        let tag = with("ref", json!("refs/tags/v1"));
        let deleted = with("deleted", json!(true));
        assert_eq!(read("push", &tag), Ok(Delivery::Other));
        assert_eq!(read("push", &deleted), Ok(Delivery::Other));
        assert_eq!(read("issues", &json!({})), Ok(Delivery::Other));
        assert_eq!(
            read("ping", &json!({"zen": "Keep it logically awesome."})),
            Ok(Delivery::Ping)
        );
    }

    #[test]
    fn unsafe_repositories_are_refused() {
        for url in [
            "http://github.com/a/b",
            "https://127.0.0.1/a",
            "https://u:p@github.com/a/b",
            "file:///etc",
        ] {
            let mut body = body();
            body["repository"]["clone_url"] = json!(url);
            assert!(read("push", &body).is_err(), "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read(event in "push|ping|.{0,20}", body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Delivery::read(&event, &body);
        }
    }
}
