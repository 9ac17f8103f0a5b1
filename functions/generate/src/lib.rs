//! The generate stage: a brief becomes a page, and nothing stands on it that the publish gate does not let pass.

mod evidence;
mod model;
mod structural;

use std::sync::Arc;

use deepwiki_domain::{
    ArtefactKey, Locale, RepositoryId,
    forecast::Workload,
    gate::{self, Violation},
    job::BuildMode,
    memo,
    message::{GenerateInput, GenerateOutput},
    model::ModelCard,
    page::Page,
    plan::{PageBrief, Plan},
};
use deepwiki_ports::{ArtefactStore, LanguageModel, Result, codec};

pub use evidence::SourceLibrary;
pub use model::ModelWriter;

/// Who writes the pages.
#[derive(Clone)]
pub enum Writer {
    /// From the facts alone: no model, no cost, the same text every time.
    Structural,
    /// A model, from the facts and the source; what it says is checked.
    Model(Arc<ModelWriter>),
}

impl Writer {
    /// A writer that has a model write.
    pub fn with_model(model: Arc<dyn LanguageModel>) -> Self {
        Self::Model(Arc::new(ModelWriter::new(model)))
    }

    /// The id of the writer that has this model write; without one, of the structural writer.
    pub fn id_with(model: Option<&ModelCard>) -> String {
        model.map_or_else(|| structural::WRITER.to_owned(), model::writer_id)
    }

    /// The same writer through another way to its model, for instance one that pays from a build's own purse.
    #[must_use]
    pub fn through(&self, model: Arc<dyn LanguageModel>) -> Self {
        match self {
            Self::Structural => Self::Structural,
            Self::Model(writer) => Self::Model(Arc::new(writer.through(model))),
        }
    }

    /// The most calls to a model that a page takes.
    pub fn most_calls(&self) -> u32 {
        match self {
            Self::Structural => 0,
            Self::Model(_) => 1 + model::ROUNDS,
        }
    }

    /// The writer's name and version, as pages and memos keep it.
    pub fn id(&self) -> &str {
        match self {
            Self::Structural => structural::WRITER,
            Self::Model(writer) => writer.id(),
        }
    }
}

/// What the stage needs of the outside.
#[derive(Clone, Copy)]
pub struct GeneratePorts<'a> {
    /// Briefs and sources in, pages out.
    pub artefacts: &'a dyn ArtefactStore,
    /// What this process has read before.
    pub library: &'a SourceLibrary,
}

/// Writes a page and puts it through the gate, unless an earlier build has written the same page and the mode
/// lets us use it.
pub async fn generate_page(
    repository: &RepositoryId,
    mode: BuildMode,
    input: &GenerateInput,
    writer: &Writer,
    ports: GeneratePorts<'_>,
) -> Result<GenerateOutput> {
    let store = ports.artefacts;
    let memo = memo::page(&input.brief, input.locale, writer.id());
    if mode == BuildMode::Incremental
        && let Some(page) = store.recall(repository, &memo).await?
    {
        return Ok(GenerateOutput { page });
    }
    let brief: PageBrief = codec::get_json(store, repository, &input.brief).await?;
    let (mut page, fallen) = match writer {
        Writer::Structural => (structural::write(&brief, input.locale), 0),
        Writer::Model(writer) => writer.write(repository, mode, input, &brief, ports).await?,
    };
    let evidence = ports
        .library
        .evidence_for(store, repository, input, evidence::cited_files(&page))
        .await?;
    let violations = gate::enforce(&mut page, &evidence);
    page.validity.dropped += fallen;
    if page.summary.is_empty() {
        page.summary = first_sentence(&page);
    }
    report(&page, &violations);
    let key = codec::put_json(store, repository, &page).await?;
    store.remember(repository, &memo, &key).await?;
    Ok(GenerateOutput { page: key })
}

/// What writing a plan's pages in these languages will take, counted from the prompts as they would be sent; what an
/// earlier build has written counts in none of it.
pub async fn workload(
    repository: &RepositoryId,
    manifest: &ArtefactKey,
    plan: &ArtefactKey,
    locales: &[Locale],
    writer: &Writer,
    ports: GeneratePorts<'_>,
) -> Result<Workload> {
    let store = ports.artefacts;
    let pages: Plan = codec::get_json(store, repository, plan).await?;
    let mut work = Workload::default();
    for locale in locales {
        for page in &pages.pages {
            let memo = memo::page(&page.brief, *locale, writer.id());
            if store.recall(repository, &memo).await?.is_some() {
                continue;
            }
            let Writer::Model(writer) = writer else {
                work.pages += 1;
                continue;
            };
            let input = GenerateInput {
                manifest: manifest.clone(),
                plan: plan.clone(),
                brief: page.brief.clone(),
                locale: *locale,
            };
            if let Some(expected) = writer.expected(repository, &input, ports).await? {
                work.pages += 1;
                work.page_tokens += expected.prompt;
                work.reply_tokens += expected.reply;
            }
        }
    }
    if let (Writer::Model(writer), true) = (writer, work.pages > 0) {
        let locale = locales.first().copied().unwrap_or_default();
        work.shared_tokens = writer.shared_tokens(repository, plan, locale, store).await?;
    }
    Ok(work)
}

/// The first sentence that passed the gate: what a page says of itself.
fn first_sentence(page: &Page) -> String {
    use deepwiki_domain::page::Block;
    let first = page
        .sections
        .iter()
        .flat_map(|section| &section.blocks)
        .find_map(|block| match block {
            Block::Paragraph(statements) => statements.first(),
            Block::Quote(statement) => Some(statement),
            Block::List { items, .. } => items.first().and_then(|item| item.first()),
            _ => None,
        });
    first
        .map(|statement| gate::plain(&statement.text))
        .unwrap_or_default()
}

/// What was dropped goes to the log by its fault; the sentence is the repository's and stays out of it.
fn report(page: &Page, violations: &[Violation]) {
    for violation in violations {
        let fault = match &violation.fault {
            gate::Fault::Uncited => "uncited",
            gate::Fault::NoSuchFile(_) => "no such file",
            gate::Fault::NoSuchLines(_) => "no such lines",
            gate::Fault::Unsupported(_) => "unsupported",
            gate::Fault::UnknownName(_) => "unknown name",
        };
        tracing::debug!(page = %page.slug, fault, "a statement was dropped");
    }
}
