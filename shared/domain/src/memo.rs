//! Names under which the result of a step is found again. A memo is made from everything that the result
//! depends on, so that "made before" and "would be made the same again" are one and the same.

use crate::{
    ArtefactKey, BuildId, Locale,
    facts::FACTS_VERSION,
    graph::GRAPH_VERSION,
    plan::PLAN_VERSION,
    search::{INDEX_VERSION, vector::VECTORS_VERSION},
    wiki::WIKI_VERSION,
};

/// The name of a result by what went into it: 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemoKey(String);

impl MemoKey {
    /// The digest of these parts; no two different lists of parts give the same bytes to it.
    fn of(parts: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize().to_hex().to_string())
    }

    /// The digest as text; safe as a file name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The [`crate::facts::ShardFacts`] of a shard.
pub fn chunk(shard: &ArtefactKey) -> MemoKey {
    MemoKey::of(&["chunk", &FACTS_VERSION.to_string(), shard.as_str()])
}

/// The [`crate::page::Page`] that a writer makes of a brief. `writer` names the writer with its version, and
/// its model and prompt where it has them.
pub fn page(brief: &ArtefactKey, locale: Locale, writer: &str) -> MemoKey {
    MemoKey::of(&["page", writer, locale.tag(), brief.as_str()])
}

/// The plan of a manifest.
pub fn plan(manifest: &ArtefactKey) -> MemoKey {
    let versions = format!("{PLAN_VERSION} {GRAPH_VERSION} {FACTS_VERSION}");
    MemoKey::of(&["plan", &versions, manifest.as_str()])
}

/// The [`crate::wiki::Edition`] that indexing makes of a plan's pages, where search goes by words alone.
pub fn edition(plan: &ArtefactKey, locales: &[Locale], writer: &str) -> MemoKey {
    let versions = format!("{WIKI_VERSION} {INDEX_VERSION}");
    let locales = locales.iter().map(|locale| locale.tag());
    let parts: Vec<&str> = ["edition", &versions, writer, plan.as_str()]
        .into_iter()
        .chain(locales)
        .collect();
    MemoKey::of(&parts)
}

/// What a model wrote for a page, given the part of the prompt that is the page's own. What all pages share is not in
/// it: a page is not written anew because another one changed.
pub fn draft(prompt: &str, locale: Locale, writer: &str) -> MemoKey {
    MemoKey::of(&["draft", writer, locale.tag(), prompt])
}

/// The [`crate::job::Usage`] of a build.
pub fn usage(build: &BuildId) -> MemoKey {
    MemoKey::of(&["usage", build.as_str()])
}

/// The vectors of a shard's chunks or a page's sections, given the artefact of either.
pub fn vectors(part: &ArtefactKey, model: &str) -> MemoKey {
    let versions = format!("{FACTS_VERSION} {VECTORS_VERSION}");
    MemoKey::of(&["vectors", model, &versions, part.as_str()])
}

/// The vectors of these texts.
pub fn texts(texts: &[String], model: &str) -> MemoKey {
    let parts: Vec<&str> = ["texts", model]
        .into_iter()
        .chain(texts.iter().map(String::as_str))
        .collect();
    MemoKey::of(&parts)
}

/// What a search backend holds of a repository, by the backend's name.
pub fn search_holdings(backend: &str) -> MemoKey {
    MemoKey::of(&["search-holdings", backend])
}

/// That a search generation has all vectors that this model gives it.
pub fn all_vectors(generation: &ArtefactKey, model: &str) -> MemoKey {
    MemoKey::of(&["all-vectors", model, generation.as_str()])
}
