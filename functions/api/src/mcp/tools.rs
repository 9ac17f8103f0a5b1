//! The tools: what each takes, and what it answers.

use std::sync::Arc;

use deepwiki_domain::{
    Locale, RepositoryId, Slug, answer::Question, markdown, page::Page, repository::Repository,
    search::Query, source::RepositorySource,
};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::text;
use crate::{
    Problem,
    library::{Edition, Library, Wish},
};

/// How many repositories are listed at a time.
const PER_PAGE: usize = 100;

/// How many repositories are looked through for a name.
const MOST_LOOKED_AT: usize = 5_000;

/// How many hits a search gives at most, and without a wish.
const MOST_HITS: usize = 50;
const HITS: usize = 10;

/// A call that was read.
pub(super) enum Call {
    ListRepositories(ListRepositories),
    ReadStructure(OfWiki),
    ReadContents(ReadContents),
    Ask(Ask),
    Search(Search),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListRepositories {
    #[serde(default)]
    after: Option<RepositoryId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfWiki {
    repository: String,
    #[serde(default)]
    language: Option<Locale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadContents {
    repository: String,
    #[serde(default)]
    page: Option<Slug>,
    #[serde(default)]
    language: Option<Locale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    question: String,
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    history: Vec<String>,
    #[serde(default)]
    language: Option<Locale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    query: String,
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// Every tool, as agents are told of it.
pub(super) fn all() -> Vec<Tool> {
    let repository = json!({"type": "string", "description": "Id, URL or name of a repository, as list_repositories gives it"});
    let language = json!({"type": "string", "enum": ["en", "ja"], "description": "Language of the pages; the first that there is where none is given"});
    let repositories = json!({"type": "array", "items": repository, "description": "Where to look; all repositories where none is given"});
    vec![
        tool(
            "list_repositories",
            "List the repositories that have a wiki, or will have one",
            json!({"after": {"type": "string", "description": "Id to go on after, as the answer before named it"}}),
            &[],
        ),
        tool(
            "read_wiki_structure",
            "List the pages of a repository's wiki, with their addresses and what each is about",
            json!({"repository": repository, "language": language}),
            &["repository"],
        ),
        tool(
            "read_wiki_contents",
            "Read a page of a repository's wiki as Markdown with citations, or as much of the whole as fits",
            json!({
                "repository": repository,
                "page": {"type": "string", "description": "Address of the page; the whole wiki where none is given"},
                "language": language,
            }),
            &["repository"],
        ),
        tool(
            "ask_question",
            "Answer a question from wikis and their sources, with the lines that each part of the answer rests on",
            json!({
                "question": {"type": "string", "maxLength": 1000},
                "repositories": repositories,
                "history": {"type": "array", "items": {"type": "string"}, "maxItems": 20, "description": "Earlier questions of the conversation, oldest first"},
                "language": {"type": "string", "enum": ["en", "ja"], "description": "Language of the answer; that of the question where none is given"},
            }),
            &["question"],
        ),
        tool(
            "search",
            "Find source lines and wiki pages by words, names and meaning",
            json!({
                "query": {"type": "string", "maxLength": 1000},
                "repositories": repositories,
                "limit": {"type": "integer", "minimum": 1, "maximum": MOST_HITS},
            }),
            &["query"],
        ),
    ]
}

fn tool(name: &'static str, description: &'static str, properties: Value, required: &[&str]) -> Tool {
    let schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    let schema: JsonObject = schema.as_object().cloned().unwrap_or_default();
    Tool::new(name, description, Arc::new(schema))
        .with_annotations(ToolAnnotations::new().read_only(true).open_world(false))
}

impl Call {
    /// Reads a call; none where there is no such tool.
    pub(super) fn read(name: &str, arguments: Value) -> Option<Result<Self, Problem>> {
        Some(match name {
            "list_repositories" => parse(arguments).map(Self::ListRepositories),
            "read_wiki_structure" => parse(arguments).map(Self::ReadStructure),
            "read_wiki_contents" => parse(arguments).map(Self::ReadContents),
            "ask_question" => parse(arguments).map(Self::Ask),
            "search" => parse(arguments).map(Self::Search),
            _ => return None,
        })
    }

    /// What the tool answers.
    pub(super) async fn answer(self, library: &Library) -> Result<String, Problem> {
        match self {
            Self::ListRepositories(call) => {
                let page = library.repositories(call.after.as_ref(), PER_PAGE).await?;
                Ok(text::repositories(&page))
            }
            Self::ReadStructure(call) => {
                let edition = edition(library, &call.repository, call.language).await?;
                let pages = library.pages(&edition).await?;
                Ok(text::structure(&edition, &pages))
            }
            Self::ReadContents(call) => contents(library, &call).await,
            Self::Ask(call) => {
                let question = Question {
                    history: call.history,
                    locale: call.language,
                    ..Question::new(call.question)
                };
                let ids = ids(library, &call.repositories).await?;
                let repositories = library.askable(&question, &ids).await?;
                let answer = library.ask(&question, &repositories, &mut |_| {}).await?;
                Ok(text::answer(&answer))
            }
            Self::Search(call) => {
                let limit = call.limit.unwrap_or(HITS);
                if !(1..=MOST_HITS).contains(&limit) {
                    return Err(Problem::bad_request(format!("`limit` must be 1 to {MOST_HITS}.")));
                }
                let query = Query {
                    repositories: ids(library, &call.repositories).await?,
                    limit,
                    ..Query::new(call.query)
                };
                Ok(text::hits(&library.search(&query).await?))
            }
        }
    }
}

fn parse<T: DeserializeOwned>(arguments: Value) -> Result<T, Problem> {
    serde_json::from_value(arguments)
        .map_err(|error| Problem::bad_request(format!("The arguments do not fit the tool: {error}.")))
}

async fn contents(library: &Library, call: &ReadContents) -> Result<String, Problem> {
    let edition = edition(library, &call.repository, call.language).await?;
    let entries = library.pages(&edition).await?;
    let titles: markdown::Titles = entries
        .iter()
        .map(|entry| (entry.slug.clone(), entry.title.clone()))
        .collect();
    let render = |page: &Page| markdown::page(page, &titles, &|at| edition.host_link(at));
    let mut out = text::Bounded::new(text::heading(&edition));
    match &call.page {
        Some(slug) => {
            let page = library.page(&edition, slug).await?;
            out.push_cut(&render(page.as_ref()));
        }
        None => {
            let mut left = Vec::new();
            for entry in entries.iter() {
                if !left.is_empty() {
                    left.push(&entry.slug);
                    continue;
                }
                let page = library.page_by_key(&edition, &entry.page).await?;
                if !out.push_whole(&render(page.as_ref())) {
                    left.push(&entry.slug);
                }
            }
            out.name_rest(&left);
        }
    }
    Ok(out.finish())
}

async fn edition(library: &Library, wanted: &str, language: Option<Locale>) -> Result<Edition, Problem> {
    let repository = find(library, wanted).await?;
    let wish = Wish {
        language,
        ..Wish::default()
    };
    library.edition(&repository.id, wish).await
}

async fn ids(library: &Library, wanted: &[String]) -> Result<Vec<RepositoryId>, Problem> {
    let mut ids = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        ids.push(find(library, wanted).await?.id);
    }
    Ok(ids)
}

/// A repository by its id, its URL, or its name where only one has it: `name`, or `owner/name` on GitHub.
async fn find(library: &Library, wanted: &str) -> Result<Repository, Problem> {
    let wanted = wanted.trim();
    let by_url = RepositorySource::parse_url(wanted)
        .or_else(|_| RepositorySource::parse_url(&format!("https://github.com/{wanted}")));
    let candidates = [
        RepositoryId::new(wanted).ok(),
        by_url.ok().map(|source| source.repository_id()),
    ];
    for id in candidates.into_iter().flatten() {
        if let Ok(repository) = library.repository(&id).await {
            return Ok(repository);
        }
    }
    let all = library.repositories(None, MOST_LOOKED_AT).await?.repositories;
    let mut named = all
        .into_iter()
        .filter(|repository| repository.display_name == wanted);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => Err(Problem::bad_request(format!(
            "Several repositories are called that: use an id, such as `{}` or `{}`.",
            one.id, other.id
        ))),
        _ => Err(Problem::not_found(
            "There is no such repository: list_repositories gives those that there are.",
        )),
    }
}
