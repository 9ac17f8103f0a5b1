//! Several processes use one folder, and are killed. The tests run this program again as the other process.

#![expect(clippy::unwrap_used, reason = "a failed assertion is how a test fails")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use deepwiki_domain::{
    BuildId, Locale,
    job::{BuildMode, BuildRequest, Job, JobStatus, Trigger},
    message::CONTRACT_VERSION,
    repository::RepositoryStatus,
    source::RepositorySource,
};
use deepwiki_local::LocalData;
use deepwiki_ports::{
    ArtefactStore, Jobs, Leases, Purge, Repositories,
    builds::LeaseOutcome::{Folded, Held},
};

const FOLDER: &str = "DEEPWIKI_TEST_FOLDER";
const BUILD: &str = "DEEPWIKI_TEST_BUILD";
const NOW: i64 = 1_700_000_000;

fn request(build: &str) -> BuildRequest {
    let source = RepositorySource::parse_url("https://github.com/a/b").unwrap();
    BuildRequest {
        schema: CONTRACT_VERSION,
        build: BuildId::new(build).unwrap(),
        repository: source.repository_id(),
        source,
        revision: None,
        mode: BuildMode::Incremental,
        trigger: Trigger::Api,
        locales: vec![Locale::En],
    }
}

fn job(request: &BuildRequest) -> Job {
    Job {
        build: request.build.clone(),
        repository: request.repository.clone(),
        trigger: request.trigger,
        mode: request.mode,
        status: JobStatus::Running,
        commit: None,
        progress: Default::default(),
        failure: None,
        started_at: NOW,
        ended_at: None,
    }
}

/// Runs one of the functions below, which are no tests of their own, in a process of its own, until it has
/// said a line.
fn other_process(function: &str, folder: &Path, build: &str) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            function,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .env(BUILD, build)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = lines
        .map(Result::unwrap)
        .find_map(|line| line.split_once("said:").map(|(_, it)| it.to_owned()));
    (child, said.unwrap())
}

/// Dies as by `kill -9`.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn opened_by_the_environment() -> LocalData {
    LocalData::open(Path::new(&std::env::var_os(FOLDER).unwrap()))
        .await
        .unwrap()
}

fn wait_to_be_killed() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

#[tokio::test]
#[ignore = "the other process of the tests in this file"]
async fn asks_for_the_lease() {
    let data = opened_by_the_environment().await;
    let request = request(&std::env::var(BUILD).unwrap());
    let outcome = data.repositories().acquire(&request, NOW).await.unwrap();
    data.repositories().create(&job(&request)).await.unwrap();
    println!("said:{outcome:?}");
    wait_to_be_killed();
}

#[tokio::test]
#[ignore = "the other process of the tests in this file"]
async fn writes_without_end() {
    let data = opened_by_the_environment().await;
    let (artefacts, repositories) = (data.artefacts(), data.repositories());
    let request = request("writer");
    repositories.acquire(&request, NOW).await.unwrap();
    println!("said:begun");
    for round in 0u32.. {
        let bytes = round.to_le_bytes().repeat(20_000);
        artefacts.put(&request.repository, &bytes).await.unwrap();
        repositories
            .remove(&request.repository, NOW + i64::from(round))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_lease_ends_with_the_process_that_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let (child, said) = other_process("asks_for_the_lease", folder.path(), "first");
    assert_eq!(said, "Held");
    let data = LocalData::open(folder.path()).await.unwrap();
    let repositories = data.repositories();
    let (first, second) = (request("first"), request("second"));
    assert!(
        repositories
            .is_held(&first.repository, &first.build)
            .await
            .unwrap()
    );
    assert_eq!(repositories.acquire(&second, NOW).await.unwrap(), Folded);
    assert!(
        data.repositories().purge(&first.repository).await.is_err(),
        "not while it builds"
    );

    kill(child);
    assert!(
        !repositories
            .is_held(&first.repository, &first.build)
            .await
            .unwrap()
    );
    let record = Repositories::get(&*repositories, &first.repository)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        record.status,
        RepositoryStatus::Failed,
        "nobody is told that it still builds"
    );
    let seen = Jobs::get(&*repositories, &first.build).await.unwrap().unwrap();
    assert_eq!(seen.status, JobStatus::Aborted);

    assert_eq!(repositories.acquire(&second, NOW + 9).await.unwrap(), Held);
    let ended = Jobs::get(&*repositories, &first.build).await.unwrap().unwrap();
    assert_eq!(
        (ended.status, ended.ended_at),
        (JobStatus::Aborted, Some(NOW + 9))
    );
    assert_eq!(
        repositories
            .release(&second.repository, &second.build, true)
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_request_that_waits_goes_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let data = LocalData::open(folder.path()).await.unwrap();
    let repositories = data.repositories();
    let first = request("first");
    assert_eq!(repositories.acquire(&first, NOW).await.unwrap(), Held);
    let (child, said) = other_process("asks_for_the_lease", folder.path(), "second");
    assert_eq!(said, "Folded");
    kill(child);
    assert_eq!(
        repositories
            .release(&first.repository, &first.build, true)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        repositories.acquire(&request("third"), NOW).await.unwrap(),
        Held,
        "nobody waits for the dead"
    );
}

#[tokio::test]
async fn a_request_of_another_process_is_left_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = LocalData::open(folder.path()).await.unwrap();
    let repositories = data.repositories();
    let (first, second) = (request("first"), request("second"));
    repositories.acquire(&first, NOW).await.unwrap();
    let (child, _) = other_process("asks_for_the_lease", folder.path(), "second");
    let to_start = repositories
        .release(&first.repository, &first.build, true)
        .await
        .unwrap();
    assert_eq!(to_start, None, "the other process will start it");
    assert!(
        repositories
            .is_held(&second.repository, &second.build)
            .await
            .unwrap()
    );
    assert_eq!(
        repositories.acquire(&request("third"), NOW).await.unwrap(),
        Folded
    );
    kill(child);
    assert_eq!(repositories.acquire(&request("third"), NOW).await.unwrap(), Held);
}

#[tokio::test]
async fn a_process_killed_while_it_writes_leaves_everything_readable() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..8 {
        let (child, _) = other_process("writes_without_end", folder.path(), "writer");
        std::thread::sleep(std::time::Duration::from_millis(5 + 7 * round));
        kill(child);
        let data = LocalData::open(folder.path()).await.unwrap();
        let id = request("writer").repository;
        let record = Repositories::get(&*data.repositories(), &id).await.unwrap();
        assert!(record.is_some(), "the record is whole");
        for i in 0u32..3 {
            let key = data
                .artefacts()
                .put(&id, &i.to_le_bytes().repeat(20_000))
                .await
                .unwrap();
            assert!(data.artefacts().get(&id, &key).await.is_ok());
        }
    }
}
