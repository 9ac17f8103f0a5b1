//! What an event wishes for. Pure: reads the event, asks nobody.

use deepwiki_domain::{
    BuildId, CommitId, Locale, RepositoryId, StageError,
    event::Event,
    job::{BuildMode, Trigger},
    message::{
        BUILD_REQUESTED, CONTRACT_VERSION, EVENT_SOURCE, PUSH_RECEIVED, PushReceived, SWEEP_REQUESTED,
        SweepRequest,
    },
    source::RepositorySource,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// What an event wishes for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Somebody pushed.
    Push(Push),
    /// Somebody asks for a build.
    Build(BuildWish),
    /// All repositories are to be looked through.
    Sweep(SweepRequest),
    /// Nothing that leads to a build.
    Nothing,
}

/// A branch that was created or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The repository.
    pub source: RepositorySource,
    /// The branch.
    pub branch: String,
    /// What the branch points to now.
    pub commit: CommitId,
    /// Who told of it.
    pub trigger: Trigger,
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
                of_this_version(wish.schema)?;
                Ok(Self::Build(wish))
            }
            (EVENT_SOURCE, PUSH_RECEIVED) => {
                let push: PushReceived = detail(event)?;
                of_this_version(push.schema)?;
                Ok(Self::Push(Push {
                    source: push.source,
                    branch: push.branch,
                    commit: push.commit,
                    trigger: Trigger::Webhook,
                }))
            }
            (EVENT_SOURCE, SWEEP_REQUESTED) => {
                let sweep: SweepRequest = detail(event)?;
                of_this_version(sweep.schema)?;
                Ok(Self::Sweep(sweep))
            }
            _ => Ok(Self::Nothing),
        }
    }

    /// What names the wish to the ledger: the same for every way in which the same event comes again.
    pub fn identity(event: &Event<Value>) -> String {
        let text = |field: &str| event.detail.get(field).and_then(Value::as_str);
        match event.detail_type.as_str() {
            // Whoever repeats a webhook's call makes a new event of it, but not another signed body.
            PUSH_RECEIVED => format!("push/{}", text("delivery").unwrap_or(&event.id)),
            SWEEP_REQUESTED => {
                let run = text("run").unwrap_or(&event.id);
                format!("sweep/{run}/{}", text("after").unwrap_or_default())
            }
            _ => format!("event/{}", event.id),
        }
    }

    fn of_reference(event: &Event<Value>) -> Result<Self, StageError> {
        let reference: ReferenceDetail = detail(event)?;
        let moved = matches!(reference.event.as_str(), "referenceCreated" | "referenceUpdated");
        match reference.commit_id {
            Some(commit) if moved && reference.reference_type == "branch" => {
                let url = format!("codecommit::{}://{}", event.region, reference.repository_name);
                let source = RepositorySource::parse_url(&url).map_err(|error| {
                    StageError::invalid("the event names no repository").with_detail(error)
                })?;
                Ok(Self::Push(Push {
                    source,
                    branch: reference.reference_name,
                    commit,
                    trigger: Trigger::Push,
                }))
            }
            _ => Ok(Self::Nothing),
        }
    }
}

impl Push {
    /// Every way to name the repository that was pushed to; the first is what a push registers. In the deployment's own
    /// region a CodeCommit repository may be registered without its region.
    pub fn sources(&self, home: &str) -> Vec<RepositorySource> {
        let mut sources = vec![self.source.clone()];
        if let RepositorySource::CodeCommit {
            region: Some(region),
            name,
        } = &self.source
            && region == home
        {
            sources.push(RepositorySource::CodeCommit {
                region: None,
                name: name.clone(),
            });
        }
        sources
    }
}

fn of_this_version(schema: u32) -> Result<(), StageError> {
    if schema == CONTRACT_VERSION {
        return Ok(());
    }
    Err(StageError::invalid(format!(
        "requests of version {schema} are not understood: send version {CONTRACT_VERSION}"
    )))
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
            assert_eq!(push.commit.as_str().len(), 40);
            assert_eq!(push.trigger, Trigger::Push);
            let named = |home: &str| -> Vec<String> {
                push.sources(home).iter().map(RepositorySource::url).collect()
            };
            assert_eq!(named("eu-west-1"), ["codecommit::ap-northeast-1://payments"]);
            assert_eq!(
                named("ap-northeast-1"),
                ["codecommit::ap-northeast-1://payments", "codecommit://payments"]
            );
        }
    }

    #[test]
    fn a_webhook_that_is_repeated_is_the_same_wish() {
        let mut heard = event(include_str!("../../../events/push-received.json"));
        let Wish::Push(push) = Wish::of(&heard).unwrap() else {
            panic!("must be a push");
        };
        assert_eq!(push.trigger, Trigger::Webhook);
        assert_eq!(push.source.url(), "https://github.com/example/payments");
        let first = Wish::identity(&heard);
        heard.id = "another".to_owned();
        assert_eq!(Wish::identity(&heard), first, "the signed body is the same");
        heard.detail["delivery"] = "another".into();
        assert_ne!(Wish::identity(&heard), first);
    }

    #[test]
    fn each_part_of_a_sweep_is_a_wish_of_its_own() {
        let mut sweep = event(include_str!("../../../events/sweep-reconcile.json"));
        assert!(matches!(Wish::of(&sweep), Ok(Wish::Sweep(_))));
        let first = Wish::identity(&sweep);
        let run = sweep.id.clone();
        sweep.id = "another".to_owned();
        assert_ne!(Wish::identity(&sweep), first);
        sweep.detail["run"] = run.into();
        assert_eq!(Wish::identity(&sweep), first);
        sweep.detail["after"] = "payments-bea6381b".into();
        assert_ne!(Wish::identity(&sweep), first);
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
