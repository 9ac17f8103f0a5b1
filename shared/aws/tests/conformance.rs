//! The adapters to AWS do what every adapter must do, on the AWS at `DEEPWIKI_TEST_AWS_ENDPOINT` (`make test-aws` starts
//! a loopback one and sets it). Each test makes tables, buckets, queues and state machines of its own there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed assertion is how a test fails"
)]

mod loopback;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use deepwiki_aws::{
    DynamoCircuits, DynamoCorrections, DynamoJobs, DynamoLeases, DynamoLedger, DynamoPages,
    DynamoRepositories, FifoQueue, S3Artefacts, SfnExecutions, SfnTaskTokens,
};
use deepwiki_domain::{
    ArtefactKey, ErrorKind, Locale, RepositoryId, StageError,
    job::{BuildMode, BuildRequest, Trigger},
    message::{CONTRACT_VERSION, ExecutionInput, ItemList},
    source::RepositorySource,
};
use deepwiki_ports::{
    BuildQueue, Executions, TaskTokens,
    builds::Waiting,
    conformance::{self, BackDoor},
};
use loopback::Loopback;

#[tokio::test]
async fn artefacts() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let bucket = aws.bucket().await;
    let store = S3Artefacts::new(&aws.sdk, &bucket);
    conformance::artefact_store(&store).await;
    conformance::artefact_store_faults(
        &store,
        &Bucket {
            client: aws.s3(),
            bucket,
        },
    )
    .await;
}

#[tokio::test]
async fn repositories_and_leases() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let table = aws.table("id", None, None).await;
    let repositories = DynamoRepositories::new(&aws.sdk, &table);
    let leases = DynamoLeases::new(&aws.sdk, &table);
    conformance::repositories(&repositories, &leases).await;
    conformance::versions(&repositories, &repositories, &leases).await;
    conformance::leases(&leases, &repositories).await;
    conformance::repository_access(&repositories, &repositories).await;
}

#[tokio::test]
async fn corrections() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let table = aws.table("edition", Some("slug"), None).await;
    conformance::corrections(&DynamoCorrections::new(&aws.sdk, &table)).await;
}

#[tokio::test]
async fn jobs() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let table = aws.jobs_table().await;
    let jobs = DynamoJobs::new(&aws.sdk, &table);
    conformance::jobs(&jobs).await;
    conformance::failure_notes(&jobs, &jobs).await;
    conformance::spending(&jobs, &jobs).await;
}

#[tokio::test]
async fn pages() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let table = aws.table("edition", Some("slug"), None).await;
    conformance::page_catalog(&DynamoPages::new(&aws.sdk, &table)).await;
}

#[tokio::test]
async fn circuits() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let table = aws.table("id", None, None).await;
    conformance::circuits(Arc::new(DynamoCircuits::new(&aws.sdk, &table))).await;
}

#[tokio::test]
async fn an_event_is_claimed_by_one_and_done_once() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let table = aws.table("id", None, None).await;
    conformance::ledger(&DynamoLedger::new(&aws.sdk, &table)).await;
}

#[tokio::test]
async fn a_request_is_queued_once_in_its_repository_s_order() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let url = aws.fifo_queue().await;
    let queue = FifoQueue::new(&aws.sdk, &url);
    let requests = ["first", "second", "third"].map(request);
    for request in &requests {
        queue.send(request).await.unwrap();
        queue.send(request).await.unwrap();
    }
    let received: Vec<BuildRequest> = aws
        .drain(&url)
        .await
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(received, requests);
}

#[tokio::test]
async fn a_build_is_executed_once_under_its_own_name() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let arn = aws
        .state_machine(r#"{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}"#)
        .await;
    let executions = SfnExecutions::new(&aws.sdk, &arn);
    let request = request("b-once");
    executions.start(&request).await.unwrap();
    let input = aws.input_of_ended(&arn, "b-once").await;
    let input: ExecutionInput = serde_json::from_str(&input).unwrap();
    assert_eq!(
        (&input.repository, &input.build, &input.source, input.mode),
        (&request.repository, &request.build, &request.source, request.mode)
    );
    executions.start(&request).await.unwrap();
    assert_eq!(
        aws.executions(&arn).await,
        1,
        "starting what has ended does nothing"
    );

    let nowhere = SfnExecutions::new(&aws.sdk, format!("{arn}-not-there"));
    assert_eq!(
        nowhere.start(&request).await.unwrap_err().kind,
        ErrorKind::Permanent
    );
}

#[tokio::test]
async fn a_token_is_good_until_it_is_answered() {
    let Some(aws) = Loopback::connect().await else {
        return;
    };
    let url = aws.fifo_queue().await;
    let arn = aws.state_machine(&loopback::waiting_machine(&url)).await;
    let executions = SfnExecutions::new(&aws.sdk, &arn);
    let tokens = SfnTaskTokens::new(&aws.sdk);

    executions.start(&request("b-fails")).await.unwrap();
    let token = aws.receive(&url).await;
    assert_eq!(tokens.heartbeat(&token).await, Ok(Waiting::Yes));
    let error = StageError::invalid("the branch is gone");
    assert_eq!(tokens.fail(&token, &error).await, Ok(Waiting::Yes));
    assert_eq!(tokens.heartbeat(&token).await, Ok(Waiting::Gone));
    assert_eq!(tokens.succeed(&token, "{}").await, Ok(Waiting::Gone));
    assert_eq!(tokens.fail(&token, &error).await, Ok(Waiting::Gone));
    let failure = aws.failure_of_ended(&arn, "b-fails").await;
    assert_eq!(failure, ("Invalid".to_owned(), "the branch is gone".to_owned()));

    assert_eq!(tokens.heartbeat("never-handed-out").await, Ok(Waiting::Gone));
}

fn request(build: &str) -> BuildRequest {
    let source = RepositorySource::parse_url("codecommit::ap-northeast-1://demo").unwrap();
    BuildRequest {
        schema: CONTRACT_VERSION,
        build: build.parse().unwrap(),
        repository: source.repository_id(),
        source,
        revision: None,
        mode: BuildMode::Incremental,
        trigger: Trigger::Push,
        locales: vec![Locale::En],
    }
}

/// Reaches into a bucket behind the adapter's back.
struct Bucket {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl Bucket {
    async fn read(&self, key: &str) -> Vec<u8> {
        let object = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
            .unwrap();
        object.body.collect().await.unwrap().to_vec()
    }
}

fn stored(repository: &RepositoryId, key: &ArtefactKey) -> String {
    format!("{repository}/{}/{key}.zst", &key.as_str()[..2])
}

#[async_trait]
impl BackDoor for Bucket {
    async fn damage(
        &self,
        repository: &RepositoryId,
        key: &ArtefactKey,
        change: &(dyn for<'a> Fn(&'a mut Vec<u8>) + Send + Sync),
    ) {
        let key = stored(repository, key);
        let mut bytes = self.read(&key).await;
        change(&mut bytes);
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        put.body(ByteStream::from(bytes)).send().await.unwrap();
    }

    async fn lose(&self, repository: &RepositoryId, key: &ArtefactKey) {
        let delete = self.client.delete_object().bucket(&self.bucket);
        delete.key(stored(repository, key)).send().await.unwrap();
    }

    async fn items(&self, list: &ItemList) -> Vec<u8> {
        self.read(&list.key).await
    }
}
