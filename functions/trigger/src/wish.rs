//! What an event wishes for. Pure: reads the event, asks nobody.

use deepwiki_domain::{
    BuildId, CommitId, Locale, RepositoryId, StageError,
    event::Event,
    job::{BuildMode, Trigger},
    message::{CONTRACT_VERSION, EVENT_SOURCE},
    source::RepositorySource,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// `detail-type` of an event that asks for a build, on our own bus.
pub const BUILD_REQUESTED: &str = "build requested";

/// What an event wishes for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Somebody pushed.
    Push(Push),
    /// Somebody asks for a build.
    Build(BuildWish),
    /// Nothing that leads to a build.
    Nothing,
}

/// A branch of a CodeCommit repository that was created or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The region of the repository.
    pub region: String,
    /// The repository's name there.
    pub name: String,
    /// The branch.
    pub branch: String,
    /// What the branch points to now.
    pub commit: CommitId,
}

/// The detail of a [`BUILD_REQUESTED`] event: a [`deepwiki_domain::job::BuildRequest`] of which only the
/// repository, by its id or its source, must be there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BuildWish {
    /// [`CONTRACT_VERSION`].
    pub schema: u32,
    /// What the build shall be called; made from the event's id where it is not given.
    #[serde(default)]
    pub build: Option<BuildId>,
    /// A registered repository.
    #[serde(default)]
    pub repository: Option<RepositoryId>,
    /// A repository by its origin; it is registered where it is not yet.
    #[serde(default)]
    pub source: Option<RepositorySource>,
    /// Branch, tag or commit; the registered one where none is given.
    #[serde(default)]
    pub revision: Option<String>,
    /// Whether existing artefacts may be used.
    #[serde(default)]
    pub mode: BuildMode,
    /// What caused it.
    #[serde(default = "by_api")]
    pub trigger: Trigger,
    /// The languages; the registered ones where none are given.
    #[serde(default)]
    pub locales: Vec<Locale>,
}

fn by_api() -> Trigger {
    Trigger::Api
}

/// The part of a CodeCommit event's detail that we read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceDetail {
    event: String,
    repository_name: String,
    reference_type: String,
    reference_name: String,
    #[serde(default)]
    commit_id: Option<CommitId>,
}

impl Wish {
    /// Reads an event.
    pub fn of(event: &Event<Value>) -> Result<Self, StageError> {
        match (event.source.as_str(), event.detail_type.as_str()) {
            ("aws.codecommit", "CodeCommit Repository State Change") => Self::of_reference(event),
            (EVENT_SOURCE, BUILD_REQUESTED) => {
                let wish: BuildWish = detail(event)?;
                if wish.schema == CONTRACT_VERSION {
                    Ok(Self::Build(wish))
                } else {
                    Err(StageError::invalid(format!(
                        "build requests of version {} are not understood: send version {CONTRACT_VERSION}",
                        wish.schema
                    )))
                }
            }
            _ => Ok(Self::Nothing),
        }
    }

    fn of_reference(event: &Event<Value>) -> Result<Self, StageError> {
        let reference: ReferenceDetail = detail(event)?;
        let moved = matches!(reference.event.as_str(), "referenceCreated" | "referenceUpdated");
        match reference.commit_id {
            Some(commit) if moved && reference.reference_type == "branch" => Ok(Self::Push(Push {
                region: event.region.clone(),
                name: reference.repository_name,
                branch: reference.reference_name,
                commit,
            })),
            _ => Ok(Self::Nothing),
        }
    }
}

impl Push {
    /// The origin with its region, which is what a push registers.
    pub fn source(&self) -> Result<RepositorySource, StageError> {
        RepositorySource::parse_url(&format!("codecommit::{}://{}", self.region, self.name))
            .map_err(|error| StageError::invalid("the event names no repository").with_detail(error))
    }

    /// The origin without a region, which means the same repository to a deployment in the push's region.
    pub fn source_at_home(&self) -> Result<RepositorySource, StageError> {
        RepositorySource::parse_url(&format!("codecommit://{}", self.name))
            .map_err(|error| StageError::invalid("the event names no repository").with_detail(error))
    }
}

fn detail<T: DeserializeOwned>(event: &Event<Value>) -> Result<T, StageError> {
    serde_json::from_value(event.detail.clone()).map_err(|error| {
        StageError::invalid(format!(
            "the event `{}` has not the form that it should",
            event.detail_type
        ))
        .with_detail(format!("{:?} error", error.classify()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Event<Value> {
        serde_json::from_str(text).unwrap()
    }

    fn push_event() -> Event<Value> {
        event(include_str!("../../../events/codecommit-push.json"))
    }

    #[test]
    fn a_push_is_read() {
        for text in [
            include_str!("../../../events/codecommit-push.json"),
            include_str!("../../../events/codecommit-branch-created.json"),
        ] {
            let Wish::Push(push) = Wish::of(&event(text)).unwrap() else {
                panic!("must be a push");
            };
            assert_eq!(
                (push.region.as_str(), push.name.as_str()),
                ("ap-northeast-1", "payments")
            );
            assert_eq!(push.commit.as_str().len(), 40);
            assert_eq!(
                push.source().unwrap().url(),
                "codecommit::ap-northeast-1://payments"
            );
        }
    }

    #[test]
    fn what_moves_no_branch_leads_to_nothing() {
        for (field, value) in [
            ("event", "referenceDeleted"),
            ("event", "pullRequestMergeStatusUpdated"),
            ("referenceType", "tag"),
        ] {
            let mut event = push_event();
            event.detail[field] = value.into();
            assert_eq!(Wish::of(&event), Ok(Wish::Nothing), "{field} = {value}");
        }
        let mut other = push_event();
        other.source = "aws.s3".to_owned();
        assert_eq!(Wish::of(&other), Ok(Wish::Nothing));
    }

    #[test]
    fn malformed_events_are_invalid_and_quote_nothing() {
        let mut event = push_event();
        event.detail["commitId"] = "<script>".into();
        let error = Wish::of(&event).unwrap_err();
        assert_eq!(error.kind, deepwiki_domain::ErrorKind::Invalid);
        assert!(!format!("{error} {}", error.detail).contains("script"));
    }

    #[test]
    fn a_build_request_is_read_whole_or_short() {
        let whole = Wish::of(&event(include_str!("../../../events/build-requested.json"))).unwrap();
        let Wish::Build(whole) = whole else {
            panic!("must be a wish for a build");
        };
        assert!(whole.build.is_some() && whole.repository.is_some() && whole.source.is_some());

        let mut short = event(include_str!("../../../events/build-requested.json"));
        short.detail = serde_json::json!({"schema": 1, "repository": "payments-bea6381b"});
        let Wish::Build(wish) = Wish::of(&short).unwrap() else {
            panic!("must be a wish for a build");
        };
        assert_eq!((wish.trigger, wish.mode), (Trigger::Api, BuildMode::Incremental));
        short.detail["schema"] = 2.into();
        assert!(Wish::of(&short).is_err(), "another version");
    }
}
