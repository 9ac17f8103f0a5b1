//! [`Repositories`] and [`Versions`]: records that stay, a pointer that only the holder of the lease moves, and where
//! it pointed before.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    ArtefactKey, BuildId, ErrorKind, Locale, RepositoryId,
    job::Trigger,
    repository::{Generation, KEPT_GENERATIONS, Repository, RepositoryStatus},
    source::RepositorySource,
};
use futures::future::join_all;

use super::{NOW, commit, new_repository, new_request, new_source};
use crate::{Leases, Repositories, RepositoryAccess, Versions};

/// What [`Repositories`] must do; `leases` keeps its leases in the same records.
pub async fn repositories(repositories: &dyn Repositories, leases: &dyn Leases) {
    keeps_the_first_registration(repositories).await;
    removes_and_takes_back(repositories, leases).await;
    lists_all_in_order(repositories).await;
    publishes_for_the_holder_alone(repositories, leases).await;
}

/// What [`Versions`] must do; `repositories` publishes into the same records.
pub async fn versions(versions: &dyn Versions, repositories: &dyn Repositories, leases: &dyn Leases) {
    let source = new_source();
    let id = source.repository_id();
    assert_eq!(versions.list(&id).await.unwrap(), [], "nobody has heard of it");
    repositories.register(&record(&source)).await.unwrap();
    assert_eq!(versions.list(&id).await.unwrap(), [], "it has no wiki yet");

    let mut published = Vec::new();
    for _ in 0..KEPT_GENERATIONS + 2 {
        published.insert(0, publish_new(repositories, leases, &source).await);
        let listed = versions.list(&id).await.unwrap();
        let kept = published.len().min(KEPT_GENERATIONS);
        assert!(listed.len() >= kept, "the last of them are kept");
        let newest: Vec<Generation> = published.iter().take(listed.len()).cloned().collect();
        assert_eq!(listed, newest, "the newest first, none left out");
    }
    let newest = published.first().unwrap();
    assert!(!repositories.publish(&id, newest).await.unwrap());
    let listed = versions.list(&id).await.unwrap();
    let times = listed.iter().filter(|it| it.build == newest.build).count();
    assert_eq!(times, 1, "published twice, it is listed once");

    let request = new_request(&source);
    leases.acquire(&request, NOW).await.unwrap();
    let same = Generation {
        build: request.build.clone(),
        published_at: NOW + 1,
        ..newest.clone()
    };
    assert!(repositories.publish(&id, &same).await.unwrap());
    let now = versions.list(&id).await.unwrap();
    assert_eq!(now.first(), Some(&same), "the last build is told");
    assert_eq!(
        now.get(1..),
        listed.get(1..),
        "what shows the same pushes nothing out"
    );
}

/// What [`RepositoryAccess`] must do; `repositories` keeps the same records.
pub async fn repository_access(access: &dyn RepositoryAccess, repositories: &dyn Repositories) {
    let source = new_source();
    let id = source.repository_id();
    let groups = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let refused = access.set_groups(&id, &groups(&["audit"])).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(
        repositories.get(&id).await.unwrap(),
        None,
        "nobody has heard of it"
    );

    let restricted = Repository {
        groups: groups(&["payments"]),
        ..record(&source)
    };
    assert_eq!(repositories.register(&restricted).await.unwrap(), restricted);
    for names in [&["audit", "決済"] as &[&str], &[], &["audit"]] {
        let expected = Repository {
            groups: groups(names),
            ..restricted.clone()
        };
        assert_eq!(access.set_groups(&id, &expected.groups).await.unwrap(), expected);
        assert_eq!(repositories.get(&id).await.unwrap(), Some(expected));
    }
    repositories.remove(&id, NOW).await.unwrap();
    let back = repositories.register(&record(&source)).await.unwrap();
    assert_eq!(
        back.groups,
        groups(&["audit"]),
        "one that comes back is as restricted as it was"
    );
}

async fn keeps_the_first_registration(repositories: &dyn Repositories) {
    let source = new_source();
    let record = record(&source);
    assert_eq!(repositories.get(&record.id).await.unwrap(), None);
    assert_eq!(repositories.register(&record).await.unwrap(), record);
    let other = Repository {
        display_name: "Other".to_owned(),
        registered_at: NOW + 9,
        ..record.clone()
    };
    assert_eq!(
        repositories.register(&other).await.unwrap(),
        record,
        "it has a record already"
    );
    assert_eq!(repositories.get(&record.id).await.unwrap(), Some(record));

    let source = new_source();
    let many: Vec<Repository> = (0..8)
        .map(|i| Repository {
            display_name: format!("name {i}"),
            ..self::record(&source)
        })
        .collect();
    let answers = join_all(many.iter().map(|record| repositories.register(record))).await;
    let stands = repositories.get(&source.repository_id()).await.unwrap().unwrap();
    for answer in answers {
        assert_eq!(
            answer.unwrap(),
            stands,
            "all who register at once are told what stands"
        );
    }
}

async fn removes_and_takes_back(repositories: &dyn Repositories, leases: &dyn Leases) {
    let source = new_source();
    let record = repositories.register(&record(&source)).await.unwrap();
    let generation = publish_new(repositories, leases, &source).await;
    for _ in 0..2 {
        repositories.remove(&record.id, NOW + 5).await.unwrap();
        let removed = repositories.get(&record.id).await.unwrap().unwrap();
        assert!(removed.removed_at.is_some(), "hidden");
        assert_eq!(removed.published.as_ref(), Some(&generation), "its history stays");
    }
    assert!(
        !listed(repositories, 7).await.contains(&record.id),
        "a removed one is not listed"
    );
    let back = repositories.register(&record).await.unwrap();
    assert_eq!((back.removed_at, back.published), (None, Some(generation)));
    assert!(listed(repositories, 100).await.contains(&record.id));
}

async fn lists_all_in_order(repositories: &dyn Repositories) {
    let mut ours = BTreeSet::new();
    for _ in 0..7 {
        ours.insert(repositories.register(&record(&new_source())).await.unwrap().id);
    }
    for limit in [1, 3, 100] {
        let all: BTreeSet<RepositoryId> = listed(repositories, limit).await.into_iter().collect();
        assert!(all.is_superset(&ours), "with pages of {limit}");
    }
}

async fn publishes_for_the_holder_alone(repositories: &dyn Repositories, leases: &dyn Leases) {
    let source = new_source();
    let [first, second] = [(); 2].map(|()| new_request(&source));
    let id = source.repository_id();
    leases.acquire(&first, NOW).await.unwrap();
    leases.acquire(&second, NOW).await.unwrap();

    let [of_first, of_second] = [&first, &second].map(|request| generation(&request.build));
    assert_refused(repositories, &id, &of_second, "a build that only waits").await;
    assert!(
        repositories.publish(&id, &of_first).await.unwrap(),
        "the holder moves the pointer"
    );
    assert!(
        !repositories.publish(&id, &of_first).await.unwrap(),
        "it points there already"
    );
    assert_eq!(published(repositories, &id).await.as_ref(), Some(&of_first));

    leases.release(&id, &first.build, true).await.unwrap();
    assert!(
        !repositories.publish(&id, &of_first).await.unwrap(),
        "a replay after the end changes nothing"
    );
    assert_refused(
        repositories,
        &id,
        &generation(&new_request(&source).build),
        "a stranger",
    )
    .await;
    assert!(
        repositories.publish(&id, &of_second).await.unwrap(),
        "the next holder"
    );
    assert_refused(repositories, &id, &of_first, "a build that lost the lease").await;
    assert_eq!(published(repositories, &id).await.as_ref(), Some(&of_second));
    leases.release(&id, &second.build, true).await.unwrap();
    assert_eq!(
        published(repositories, &id).await,
        Some(of_second),
        "stays when the lease ends"
    );

    let nobody = new_repository();
    assert_refused(
        repositories,
        &nobody,
        &of_first,
        "a repository that is not registered",
    )
    .await;
    assert_eq!(repositories.get(&nobody).await.unwrap(), None);
}

async fn assert_refused(
    repositories: &dyn Repositories,
    id: &RepositoryId,
    generation: &Generation,
    what: &str,
) {
    let before = published(repositories, id).await;
    match repositories.publish(id, generation).await {
        Ok(moved) => panic!("{what}: must not publish, answered {moved}"),
        Err(error) => assert!(!error.kind.is_retryable(), "{what}: trying again cannot help"),
    }
    assert_eq!(
        published(repositories, id).await,
        before,
        "{what}: the pointer stands"
    );
}

async fn published(repositories: &dyn Repositories, id: &RepositoryId) -> Option<Generation> {
    repositories
        .get(id)
        .await
        .unwrap()
        .and_then(|record| record.published)
}

/// One build from its lease to its end.
async fn publish_new(
    repositories: &dyn Repositories,
    leases: &dyn Leases,
    source: &RepositorySource,
) -> Generation {
    let request = new_request(source);
    leases.acquire(&request, NOW).await.unwrap();
    let generation = generation(&request.build);
    repositories
        .publish(&request.repository, &generation)
        .await
        .unwrap();
    leases
        .release(&request.repository, &request.build, true)
        .await
        .unwrap();
    generation
}

/// The ids of all repositories, read in pages.
async fn listed(repositories: &dyn Repositories, limit: usize) -> Vec<RepositoryId> {
    let mut ids: Vec<RepositoryId> = Vec::new();
    loop {
        let page = repositories.list(ids.last(), limit).await.unwrap();
        assert!(page.repositories.len() <= limit, "at most {limit} a page");
        assert!(page.repositories.iter().all(|record| record.removed_at.is_none()));
        ids.extend(page.repositories.into_iter().map(|record| record.id));
        match page.next {
            None => break,
            Some(next) => assert_eq!(Some(&next), ids.last(), "goes on after the last that was listed"),
        }
        assert!(ids.len() < 100_000, "the list never ends");
    }
    assert!(
        ids.is_sorted_by(|a, b| a < b),
        "in the order of their ids, each once"
    );
    ids
}

fn record(source: &RepositorySource) -> Repository {
    Repository {
        id: source.repository_id(),
        source: source.clone(),
        display_name: "A repository".to_owned(),
        revision: None,
        status: RepositoryStatus::Ready,
        locales: vec![Locale::Ja],
        published: None,
        groups: Default::default(),
        registered_at: NOW,
        removed_at: None,
    }
}

fn generation(build: &BuildId) -> Generation {
    let key = |part: &str| ArtefactKey::of(format!("{build} {part}").as_bytes());
    Generation {
        build: build.clone(),
        commit: commit(build.as_str()),
        commit_time: Some(NOW - 60),
        trigger: Trigger::Push,
        published_at: NOW,
        manifest: key("manifest"),
        plan: key("plan"),
        wikis: BTreeMap::from([(Locale::En, key("en")), (Locale::Ja, key("ja"))]),
        search: key("search"),
        packages: Some(key("packages")),
    }
}
