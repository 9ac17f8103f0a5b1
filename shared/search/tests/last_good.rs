//! A damaged generation is named, and the one before it answers.

#![allow(clippy::unwrap_used, reason = "a failed assertion is how a test fails")]

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use deepwiki_domain::{
    ArtefactKey, BuildId, CommitId, ErrorKind, RepoPath, RepositoryId,
    job::Trigger,
    manifest::Role,
    repository::Generation,
    search::{Document, Query},
};
use deepwiki_local::LocalData;
use deepwiki_ports::{ArtefactStore, LastGood, Result, SearchIndex, Versions, index::Searchable};
use deepwiki_search::EmbeddedSearch;

/// What each repository had, the newest first.
struct Kept(BTreeMap<RepositoryId, Vec<Generation>>);

#[async_trait]
impl Versions for Kept {
    async fn list(&self, repository: &RepositoryId) -> Result<Vec<Generation>> {
        Ok(self.0.get(repository).cloned().unwrap_or_default())
    }
}

fn repository(name: &str) -> RepositoryId {
    RepositoryId::new(name).unwrap()
}

fn commit(digit: &str) -> CommitId {
    CommitId::new(digit.repeat(40)).unwrap()
}

fn document(path: &str) -> Document {
    Document {
        path: RepoPath::new(path).unwrap(),
        start: 1,
        end: 9,
        symbol: None,
        kind: None,
        language: None,
        role: Role::Source,
        page: None,
        section: None,
        locale: None,
        text: "settlement".to_owned(),
        vector: None,
        rank: 0.0,
    }
}

fn generation(digit: &str, search: &ArtefactKey) -> Generation {
    Generation {
        build: BuildId::new(format!("b-{digit}")).unwrap(),
        commit: commit(digit),
        commit_time: None,
        trigger: Trigger::Api,
        published_at: 0,
        manifest: search.clone(),
        plan: search.clone(),
        wikis: BTreeMap::new(),
        search: search.clone(),
        packages: None,
    }
}

#[tokio::test]
async fn the_last_good_generation_answers_where_the_newest_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalData::open(folder.path()).await.unwrap().artefacts();
    let index = Arc::new(EmbeddedSearch::new(Arc::clone(&store) as _, 64 << 20));
    let (here, there) = (repository("here"), repository("there"));
    let good = index
        .build(&here, &commit("a"), vec![document("old.rs")], None)
        .await
        .unwrap();
    let other = index
        .build(&there, &commit("c"), vec![document("other.rs")], None)
        .await
        .unwrap();
    let damaged = store.put(&here, b"no index").await.unwrap();
    let versions = Kept(BTreeMap::from([(
        here.clone(),
        vec![generation("b", &damaged), generation("a", &good)],
    )]));
    let searchable = |repository: &RepositoryId, digit: &str, generation: &ArtefactKey| Searchable {
        repository: repository.clone(),
        commit: commit(digit),
        generation: generation.clone(),
    };
    let search = LastGood::new(index, Arc::new(versions));
    let query = Query::new("settlement");

    let newest = searchable(&here, "b", &damaged);
    let both = [newest.clone(), searchable(&there, "c", &other)];
    for generations in [&both[..], &both[..1]] {
        let found = search.search(generations, &query).await.unwrap();
        let old = found.hits.iter().find(|hit| hit.repository == here).unwrap();
        assert_eq!((old.path.as_str(), &old.commit), ("old.rs", &commit("a")));
        assert_eq!(found.hits.len(), generations.len());
        assert!(
            found
                .refused
                .iter()
                .any(|it| it.reason.contains("an older one answers"))
        );
    }
    let lost = searchable(&there, "d", &damaged);
    let error = search.search(&[lost], &query).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Permanent, "there is nothing before it");
}
