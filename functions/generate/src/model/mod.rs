//! The model writer: a page's facts and source go to a model, its sentences come back with the grounds they rest on,
//! and each is checked. What fails goes back with the reason, twice at most, then falls away. What the model is not
//! needed for (tables, lists, diagrams) is the structural writer's, and so is a page for which nothing holds.

mod draft;
mod excerpts;
mod facts;
mod layout;
mod prompt;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use deepwiki_domain::{
    ArtefactKey, Locale, RepoPath, RepositoryId, forecast,
    gate::Evidence,
    job::BuildMode,
    memo,
    message::GenerateInput,
    model::{ModelCard, Prompt, Reply, Stop},
    page::{Page, PageLink, Statement},
    plan::{PageBrief, PageRef, Plan},
};
use deepwiki_model::{Claim, Objection, accept};
use deepwiki_ports::{ArtefactStore, LanguageModel, Result, codec};

use self::{draft::Draft, facts::Facts, prompt::PagePart};
use crate::{GeneratePorts, evidence::PageEvidence, structural};

use prompt::PROMPT_VERSION;

/// How often what does not hold goes back to the model.
pub(crate) const ROUNDS: u32 = 2;

/// Writes pages with a model.
pub struct ModelWriter {
    model: Arc<dyn LanguageModel>,
    id: String,
    /// The card of the repository that was written about last, by its plan.
    card: Arc<Mutex<Option<KeptCard>>>,
}

/// A repository's card, by the plan that it was made of.
type KeptCard = (ArtefactKey, Arc<str>);

/// The name of a writer with its prompt's version and its model.
pub(crate) fn writer_id(card: &ModelCard) -> String {
    format!("model-{PROMPT_VERSION} {}", card.id)
}

impl ModelWriter {
    /// A writer with this model.
    pub fn new(model: Arc<dyn LanguageModel>) -> Self {
        let id = writer_id(model.card());
        Self {
            model,
            id,
            card: Arc::default(),
        }
    }

    /// The same writer through another way to its model.
    pub(crate) fn through(&self, model: Arc<dyn LanguageModel>) -> Self {
        Self {
            model,
            id: self.id.clone(),
            card: Arc::clone(&self.card),
        }
    }

    /// The writer's name with its prompt's version and its model.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Writes a page, before the gate. Also gives how many of the model's sentences fell away.
    pub(crate) async fn write(
        &self,
        repository: &RepositoryId,
        mode: BuildMode,
        input: &GenerateInput,
        brief: &PageBrief,
        ports: GeneratePorts<'_>,
    ) -> Result<(Page, u32)> {
        let structural = structural::write(brief, input.locale);
        let Some(assignment) = self.assignment(repository, input, brief, ports).await? else {
            return Ok((structural, 0));
        };
        let Assignment {
            facts,
            evidence,
            part,
        } = &assignment;
        let store = ports.artefacts;
        let desk = Desk {
            facts,
            evidence,
            locale: input.locale,
        };
        let memo = memo::draft(part.text(), input.locale, &self.id);
        let known = match mode {
            BuildMode::Incremental => store.recall(repository, &memo).await?,
            BuildMode::Full => None,
        };
        let draft = match known {
            Some(key) => codec::get_json(store, repository, &key).await?,
            None => {
                let card = self.card_of(repository, &input.plan, store).await?;
                let prompt = part.prompt(&card, input.locale, self.model.card().max_tokens);
                let draft = self.converse(&prompt, &desk).await?;
                let key = codec::put_json(store, repository, &draft).await?;
                store.remember(repository, &memo, &key).await?;
                draft
            }
        };
        let page = layout::page(structural, &draft.draft, &self.id, |claim| desk.judge(claim).ok());
        Ok((page, draft.fallen))
    }

    /// What the model is given for a page; none where there is too little to write about.
    async fn assignment(
        &self,
        repository: &RepositoryId,
        input: &GenerateInput,
        brief: &PageBrief,
        ports: GeneratePorts<'_>,
    ) -> Result<Option<Assignment>> {
        let mut facts = Facts::of(brief, prompt::FACT_TOKENS);
        if !facts.are_enough() {
            return Ok(None);
        }
        let evidence = ports
            .library
            .evidence_for(ports.artefacts, repository, input, cited_files(&facts))
            .await?;
        let spare = prompt::PAGE_TOKENS.saturating_sub(prompt::FACT_TOKENS);
        let excerpts = excerpts::add(&facts.telling, &evidence, spare, &mut facts.grounds);
        let part = PagePart::new(brief, &facts, &excerpts, input.locale);
        Ok(Some(Assignment {
            facts,
            evidence,
            part,
        }))
    }

    /// What a page's own part of the prompt and the reply to it will have, in tokens; none where no model is asked,
    /// be it that an earlier build has asked already.
    pub(crate) async fn expected(
        &self,
        repository: &RepositoryId,
        input: &GenerateInput,
        ports: GeneratePorts<'_>,
    ) -> Result<Option<Expected>> {
        let brief: PageBrief = codec::get_json(ports.artefacts, repository, &input.brief).await?;
        let Some(assignment) = self.assignment(repository, input, &brief, ports).await? else {
            return Ok(None);
        };
        let memo = memo::draft(assignment.part.text(), input.locale, &self.id);
        if ports.artefacts.recall(repository, &memo).await?.is_some() {
            return Ok(None);
        }
        Ok(Some(Expected {
            prompt: forecast::tokens(assignment.part.text()),
            reply: prompt::usual_reply(assignment.facts.grounds.iter().count()),
        }))
    }

    /// The tokens of what all prompts of a plan begin with.
    pub(crate) async fn shared_tokens(
        &self,
        repository: &RepositoryId,
        plan: &ArtefactKey,
        locale: Locale,
        store: &dyn ArtefactStore,
    ) -> Result<u64> {
        let card = self.card_of(repository, plan, store).await?;
        Ok(forecast::tokens(&prompt::system(locale)) + forecast::tokens(&card))
    }

    /// Asks for a draft, and for its faults to be mended.
    async fn converse(&self, prompt: &Prompt, desk: &Desk<'_>) -> Result<Settled> {
        let mut draft = None;
        let mut rounds = 0;
        while draft.is_none() && rounds <= ROUNDS {
            let asked = if rounds == 0 {
                prompt.clone()
            } else {
                prompt::once_more(prompt)
            };
            let Reply { text, stop, .. } = self.model.converse(&asked).await?;
            if stop == Stop::Refused {
                break;
            }
            draft = Draft::read(&text);
            rounds += u32::from(draft.is_none());
        }
        let mut draft = draft.unwrap_or_default();
        while rounds < ROUNDS {
            let failed = desk.failed(&draft);
            if failed.is_empty() {
                break;
            }
            let reply = self
                .model
                .converse(&prompt::with_objections(prompt, &failed))
                .await?;
            let mended = draft::read_mended(&reply.text);
            let numbers: BTreeSet<usize> = failed.iter().map(|(number, ..)| *number).collect();
            let mut number = 0;
            draft = draft.map(|claim| {
                number += 1;
                if !numbers.contains(&number) {
                    return Some(claim);
                }
                let new = mended
                    .iter()
                    .find(|(n, _)| *n == number)
                    .map(|(_, new)| new.clone());
                // What was left out goes; what was left as it was may be mended in the next round.
                new.or_else(|| mended.is_empty().then_some(claim))
            });
            rounds += 1;
        }
        let failed = desk.failed(&draft);
        let fallen = u32::try_from(failed.len()).unwrap_or(u32::MAX);
        let draft = draft.map(|claim| desk.judge(&claim).is_ok().then_some(claim));
        Ok(Settled { draft, fallen })
    }

    /// What all pages of a plan share.
    async fn card_of(
        &self,
        repository: &RepositoryId,
        plan: &ArtefactKey,
        store: &dyn ArtefactStore,
    ) -> Result<Arc<str>> {
        let kept = self.card.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, card)) = kept.filter(|(key, _)| key == plan) {
            return Ok(card);
        }
        let pages: Plan = codec::get_json(store, repository, plan).await?;
        let (mut shared, mut others) = (Vec::new(), Vec::new());
        for page in &pages.pages {
            match prompt::card_share(&page.slug) {
                Some(share) => shared.push((codec::get_json(store, repository, &page.brief).await?, share)),
                None if others.len() < prompt::OTHER_PAGES => {
                    others.push(codec::get_json(store, repository, &page.brief).await?);
                }
                None => {}
            }
        }
        let card: Arc<str> = prompt::card(&shared, &others).into();
        *self.card.lock().unwrap_or_else(PoisonError::into_inner) = Some((plan.clone(), Arc::clone(&card)));
        Ok(card)
    }
}

/// What the model is given for a page, and what it is held against.
struct Assignment {
    facts: Facts,
    evidence: PageEvidence,
    part: PagePart,
}

/// What asking for a page takes, in tokens.
pub(crate) struct Expected {
    pub(crate) prompt: u64,
    pub(crate) reply: u64,
}

/// A draft of which every claim held when it was made, and how many did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Settled {
    draft: Draft,
    fallen: u32,
}

/// What claims about a page are held against.
struct Desk<'a> {
    facts: &'a Facts,
    evidence: &'a PageEvidence,
    locale: Locale,
}

impl Desk<'_> {
    fn judge(&self, claim: &Claim) -> std::result::Result<Statement, Objection> {
        let link = |slug: &str| self.link(slug);
        accept(claim, &self.facts.grounds, self.evidence, self.locale, &link)
            .map(|accepted| accepted.statement)
    }

    /// The claims that do not hold, by their number from 1.
    fn failed(&self, draft: &Draft) -> Vec<(usize, Claim, Objection)> {
        let judged = (1..).zip(draft.claims());
        judged
            .filter_map(|(number, claim)| {
                let objection = self.judge(claim).err()?;
                Some((number, claim.clone(), objection))
            })
            .collect()
    }

    fn link(&self, slug: &str) -> Option<PageLink> {
        let page: &PageRef = self
            .facts
            .neighbours
            .iter()
            .find(|page| page.slug.as_str() == slug)?;
        self.evidence.has_page(&page.slug).then(|| PageLink {
            slug: page.slug.clone(),
            text: structural::title(&page.title, self.locale),
            note: None,
        })
    }
}

/// Every file that a claim about the page may cite.
fn cited_files(facts: &Facts) -> BTreeSet<RepoPath> {
    let telling = facts.telling.iter().map(|place| &place.path);
    facts.grounds.files().chain(telling).cloned().collect()
}
