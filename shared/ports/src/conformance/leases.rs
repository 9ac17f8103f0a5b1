//! [`Leases`]: one build of a repository at a time, one waiting, none lost and none stuck.

use deepwiki_domain::{
    job::BuildRequest,
    repository::RepositoryStatus::{self, Failed, Parsing, Ready},
};
use futures::future::join_all;

use super::{NOW, new_build, new_repository, new_request, new_source};
use crate::{
    Leases, Repositories,
    builds::LeaseOutcome::{self, Folded, Held},
};

/// What [`Leases`] must do; `repositories` reads the same records.
pub async fn leases(leases: &dyn Leases, repositories: &dyn Repositories) {
    registers_and_marks(leases, repositories).await;
    folds_later_requests_into_one(leases, repositories).await;
    answers_a_replay_the_same(leases).await;
    ignores_a_build_that_does_not_hold_it(leases, repositories).await;
    holds_one_of_many(leases).await;
    keeps_repositories_apart(leases).await;
}

async fn registers_and_marks(leases: &dyn Leases, repositories: &dyn Repositories) {
    let request = new_request(&new_source());
    assert_eq!(acquire(leases, &request).await, Held, "nobody holds it");
    assert!(leases.is_held(&request.repository, &request.build).await.unwrap());
    let record = repositories.get(&request.repository).await.unwrap().unwrap();
    assert_eq!(record.status, Parsing, "the repository is marked");
    assert_eq!(
        (&record.source, &record.locales),
        (&request.source, &request.locales)
    );
    assert_eq!((record.published, record.removed_at), (None, None));

    assert_eq!(release(leases, &request, false).await, None);
    assert!(!leases.is_held(&request.repository, &request.build).await.unwrap());
    assert_eq!(status(repositories, &request).await, Failed);

    let next = new_request(&request.source);
    assert_eq!(acquire(leases, &next).await, Held, "it was given up");
    assert_eq!(status(repositories, &request).await, Parsing);
    assert_eq!(release(leases, &next, true).await, None);
    assert_eq!(status(repositories, &request).await, Ready);
}

async fn folds_later_requests_into_one(leases: &dyn Leases, repositories: &dyn Repositories) {
    let source = new_source();
    let [first, second, third] = [(); 3].map(|()| new_request(&source));
    assert_eq!(acquire(leases, &first).await, Held);
    assert_eq!(acquire(leases, &second).await, Folded);
    assert_eq!(acquire(leases, &second).await, Folded, "asked again");
    assert_eq!(
        acquire(leases, &first).await,
        Held,
        "asked again while another waits"
    );
    assert_eq!(
        acquire(leases, &third).await,
        Folded,
        "takes the place of the one that waits"
    );
    assert!(!leases.is_held(&third.repository, &third.build).await.unwrap());

    assert_eq!(
        release(leases, &first, false).await.as_ref(),
        Some(&third),
        "the newest is started, whole"
    );
    assert!(leases.is_held(&third.repository, &third.build).await.unwrap());
    assert_eq!(
        status(repositories, &third).await,
        Parsing,
        "another build runs already"
    );
    assert_eq!(acquire(leases, &third).await, Held, "it holds the lease already");
    assert_eq!(
        release(leases, &third, true).await,
        None,
        "nothing waits any more"
    );
    assert_eq!(status(repositories, &third).await, Ready);
}

async fn answers_a_replay_the_same(leases: &dyn Leases) {
    let source = new_source();
    let [first, second, third] = [(); 3].map(|()| new_request(&source));
    acquire(leases, &first).await;
    acquire(leases, &second).await;
    for _ in 0..3 {
        assert_eq!(release(leases, &first, true).await.as_ref(), Some(&second));
    }
    assert_eq!(acquire(leases, &third).await, Folded);
    assert_eq!(
        release(leases, &first, true).await.as_ref(),
        Some(&second),
        "what folded in since changes nothing about the first answer"
    );
    assert!(leases.is_held(&second.repository, &second.build).await.unwrap());
    assert_eq!(
        release(leases, &second, true).await.as_ref(),
        Some(&third),
        "the third still waited"
    );
    assert_eq!(release(leases, &third, true).await, None);
    assert_eq!(release(leases, &third, true).await, None);

    acquire(leases, &third).await;
    assert!(
        !leases.is_held(&third.repository, &third.build).await.unwrap(),
        "a request delivered again after its build has ended would hold the lease for ever"
    );
    let next = new_request(&source);
    assert_eq!(acquire(leases, &next).await, Held);
    release(leases, &next, true).await;
}

async fn ignores_a_build_that_does_not_hold_it(leases: &dyn Leases, repositories: &dyn Repositories) {
    let source = new_source();
    let [holder, waiting] = [(); 2].map(|()| new_request(&source));
    acquire(leases, &holder).await;
    acquire(leases, &waiting).await;
    let stranger = new_request(&source);
    assert_eq!(release(leases, &stranger, false).await, None);
    assert!(leases.is_held(&holder.repository, &holder.build).await.unwrap());
    assert_eq!(status(repositories, &holder).await, Parsing);
    assert_eq!(
        release(leases, &holder, true).await,
        Some(waiting.clone()),
        "the waiting one is still there"
    );
    release(leases, &waiting, true).await;
    assert_eq!(release(leases, &stranger, false).await, None);
    assert_eq!(
        status(repositories, &holder).await,
        Ready,
        "a stranger's end says nothing"
    );

    let nobody = new_repository();
    assert!(!leases.is_held(&nobody, &new_build()).await.unwrap());
    assert_eq!(leases.release(&nobody, &new_build(), true).await.unwrap(), None);
    assert_eq!(
        repositories.get(&nobody).await.unwrap(),
        None,
        "giving up registers nothing"
    );
}

async fn holds_one_of_many(leases: &dyn Leases) {
    let source = new_source();
    let requests: Vec<BuildRequest> = (0..16).map(|_| new_request(&source)).collect();
    let outcomes = join_all(requests.iter().map(|request| acquire(leases, request))).await;
    let holders: Vec<_> = requests
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| **outcome == Held)
        .collect();
    let [(holder, _)] = holders.as_slice() else {
        panic!("exactly one of many may hold it: {outcomes:?}");
    };
    let answers = join_all((0..8).map(|_| release(leases, holder, true))).await;
    let next = answers.first().cloned().flatten().unwrap();
    assert!(requests.contains(&next) && next.build != holder.build);
    assert!(
        answers.iter().all(|answer| answer.as_ref() == Some(&next)),
        "all are told the same"
    );
    assert_eq!(
        release(leases, &next, true).await,
        None,
        "one of the others waited, not more"
    );
}

async fn keeps_repositories_apart(leases: &dyn Leases) {
    let [one, other] = [(); 2].map(|()| new_request(&new_source()));
    assert_eq!(acquire(leases, &one).await, Held);
    assert_eq!(acquire(leases, &other).await, Held);
    assert!(!leases.is_held(&one.repository, &other.build).await.unwrap());
    assert_eq!(
        leases.release(&one.repository, &other.build, true).await.unwrap(),
        None
    );
    assert!(leases.is_held(&other.repository, &other.build).await.unwrap());
}

async fn acquire(leases: &dyn Leases, request: &BuildRequest) -> LeaseOutcome {
    leases.acquire(request, NOW).await.unwrap()
}

async fn release(leases: &dyn Leases, request: &BuildRequest, succeeded: bool) -> Option<BuildRequest> {
    leases
        .release(&request.repository, &request.build, succeeded)
        .await
        .unwrap()
}

async fn status(repositories: &dyn Repositories, request: &BuildRequest) -> RepositoryStatus {
    repositories
        .get(&request.repository)
        .await
        .unwrap()
        .unwrap()
        .status
}
