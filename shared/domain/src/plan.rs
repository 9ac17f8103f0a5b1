//! The plan of a wiki: its page tree, and for each page a brief with everything that a writer may say.
//!
//! A brief speaks no language: it holds facts, names and quotations with their lines. The structural writer
//! turns it into sentences of either language, and a model gets it as the ground on which it has to stand.

use serde::{Deserialize, Serialize};

use crate::{
    ArtefactKey, CommitId, Language, Locale, RepositoryId, Slug,
    facts::SymbolKind,
    page::{Citation, DiagramKind},
};

/// The version of [`Plan`] and [`PageBrief`].
pub const PLAN_VERSION: u32 = 7;

/// The pages of a wiki, and what the gate and the readers need beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// [`PLAN_VERSION`].
    pub schema: u32,
    /// The repository.
    pub repository: RepositoryId,
    /// The commit.
    pub commit: CommitId,
    /// The pages in reading order; a parent stands before its children.
    pub pages: Vec<PlannedPage>,
    /// The sorted [`crate::facts::name_hash`]es of every name in the repository (packed `Vec<u64>`).
    pub names: ArtefactKey,
    /// The resolved references (packed [`crate::graph::Graph`]).
    pub graph: ArtefactKey,
    /// How much of the repository rests on each file and definition (packed [`crate::graph::Ranks`]).
    pub ranks: ArtefactKey,
    /// What the files define (packed [`crate::outline::Outline`]); none of plans that did not note it.
    #[serde(default)]
    pub outline: Option<ArtefactKey>,
    /// What the repository gives to others and takes from them ([`crate::packages::Packages`], JSON); none of plans
    /// that did not note it.
    #[serde(default)]
    pub packages: Option<ArtefactKey>,
    /// Which page speaks of which file, sorted by path.
    pub homes: Vec<(crate::RepoPath, Slug)>,
}

impl Plan {
    /// The page that speaks of a file.
    pub fn home(&self, path: &str) -> Option<&Slug> {
        let at = self
            .homes
            .binary_search_by(|(file, _)| file.as_str().cmp(path))
            .ok()?;
        self.homes.get(at).map(|(_, slug)| slug)
    }
}

/// A page of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedPage {
    /// Its address.
    pub slug: Slug,
    /// The page above it.
    pub parent: Option<Slug>,
    /// The [`PageBrief`].
    pub brief: ArtefactKey,
}

/// Everything that a writer may say on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageBrief {
    /// [`PLAN_VERSION`].
    pub schema: u32,
    /// The page's address.
    pub slug: Slug,
    /// What the page is about.
    pub title: Title,
    /// The page above it.
    pub parent: Option<Slug>,
    /// Its place in the whole, counted from 0.
    pub order: u32,
    /// What there is to say, in the order of the page.
    pub sections: Vec<BriefSection>,
    /// The files that the page rests on, most telling first.
    pub sources: Vec<Citation>,
    /// Pages to go on to.
    pub related: Vec<PageRef>,
    /// The repository's own guidance for a writer that can follow it.
    pub notes: Vec<String>,
}

/// A page's title, where a writer has to find the words for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Title {
    /// The first page; holds the repository's name.
    Overview(String),
    /// How it is put together.
    Architecture,
    /// A package of a repository with several; its name.
    Package(String),
    /// A module; its name.
    Module(String),
    /// Where execution starts and what it reaches.
    EntryPoints,
    /// What others can call: routes, commands, exported items.
    PublicApi,
    /// The main types.
    DataModel,
    /// Environment variables, options, files.
    Configuration,
    /// How to build, run, test and ship it.
    BuildAndRun,
    /// What is tested, and where.
    Tests,
    /// The repository's own words.
    Glossary,
    /// Given by the repository's `.devin/wiki.json`.
    Given(String),
}

/// Another page with its title.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageRef {
    /// Its address.
    pub slug: Slug,
    /// What it is about.
    pub title: Title,
}

/// A part of a brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BriefSection {
    /// What the subject says of itself: README, manifest, module comment.
    Purpose {
        /// The package's own card, where the subject is a package or the repository.
        package: Option<PackageCard>,
        /// Its own words, best first.
        quotes: Vec<Quotation>,
        /// The type that it centres on, where it has no words of its own.
        main: Option<Box<MainType>>,
        /// Its most important definitions; says what a subject without words is about.
        defines: Vec<SymbolRef>,
    },
    /// What the README explains, by heading.
    Guide(Vec<Heading>),
    /// The parts of the subject.
    Parts(Vec<Part>),
    /// A picture.
    Picture(Picture),
    /// Types of the subject, most important first.
    Types(Vec<SymbolCard>),
    /// Functions of the subject, most important first.
    Functions(Vec<SymbolCard>),
    /// Constants, macros and what else is worth knowing.
    Values(Vec<SymbolCard>),
    /// Who uses the subject.
    UsedBy(Vec<Usage>),
    /// Whom the subject uses.
    Uses(Vec<Usage>),
    /// The strongest uses between the repository's modules.
    Ties(Vec<Usage>),
    /// The modules at the top and at the bottom of these uses.
    Layers(Vec<LayerCard>),
    /// Pages of lesser parts, which the page itself does not tell of.
    More(Vec<PageRef>),
    /// The subject's files.
    Files(Vec<FileCard>),
    /// What most of the repository rests on.
    Core(Vec<SymbolCard>),
    /// Groups of modules that use each other in a circle.
    Cycles(Vec<Vec<Usage>>),
    /// What it is built from.
    Dependencies(Vec<DependencyCard>),
    /// Where execution starts.
    EntryPoints(Vec<EntryCard>),
    /// The types that others are meant to use, most important first.
    PublicTypes(Vec<SymbolCard>),
    /// The functions and values that others are meant to use, most important first.
    PublicFunctions(Vec<SymbolCard>),
    /// HTTP routes.
    Routes(Vec<NamedPlace>),
    /// Subcommands of its programs.
    Commands(Vec<NamedPlace>),
    /// Options of its programs.
    Flags(Vec<NamedPlace>),
    /// Environment variables that it reads.
    Environment(Vec<NamedPlace>),
    /// Files that set it up.
    ConfigFiles(Vec<ConfigCard>),
    /// What the build system of each manifest offers without being told.
    Standard(Vec<BuildCard>),
    /// Commands that its manifests and build files define.
    Scripts(Vec<ScriptCard>),
    /// Continuous integration and delivery.
    Automation(Vec<ConfigCard>),
    /// Tests, by what they are near to.
    Tests(Vec<TestCard>),
    /// The repository's own words.
    Terms(Vec<SymbolCard>),
}

/// What a package manifest says of its package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageCard {
    /// `cargo`, `npm`, …
    pub system: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// What it says it is.
    pub description: Option<String>,
    /// Its licence.
    pub license: Option<String>,
    /// The lines that say so.
    pub at: Citation,
}

/// Words of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotation {
    /// The words, without markup.
    pub text: String,
    /// Where they stand.
    pub at: Citation,
}

/// A heading of a document and the first sentence below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// The heading.
    pub title: String,
    /// The first sentence below it.
    pub text: Option<String>,
    /// Where they stand.
    pub at: Citation,
    /// The first block of code below it, where it is short.
    pub code: Option<Snippet>,
}

/// Lines of code or commands, as they stand in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// The language, where the document tells it.
    pub language: Option<String>,
    /// The lines, without the indentation that they share.
    pub text: String,
    /// Where they stand.
    pub at: Citation,
}

/// A definition by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SymbolRef {
    /// Its name as a reader would write it.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The lines that define it.
    pub at: Citation,
}

/// A part of a larger whole that has a page of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its page.
    pub page: PageRef,
    /// Its folder or file.
    pub path: String,
    /// What it says of itself.
    pub purpose: Option<Quotation>,
    /// The type that it centres on, where it says nothing of itself.
    pub main: Option<MainType>,
    /// Its most important definitions, without that one.
    pub defines: Vec<SymbolRef>,
}

/// The type that the rest of a module is about, with what its documentation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainType {
    /// The type.
    pub symbol: SymbolRef,
    /// The first sentence of its documentation.
    pub summary: String,
}

/// A diagram to be captioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// What it shows.
    pub kind: DiagramKind,
    /// Whose it is, for the caption; empty for the repository's.
    pub subject: String,
    /// Mermaid source.
    pub mermaid: String,
}

/// A definition with what a reader wants to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SymbolCard {
    /// Its name, with its container where that is a type: `Parser::new`.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The language it is written in.
    pub language: Option<Language>,
    /// Its head on one line.
    pub signature: String,
    /// The first sentence of its documentation.
    pub summary: Option<String>,
    /// The lines of its documentation (where it has any) and head.
    pub at: Citation,
    /// All of its lines.
    pub body: Citation,
    /// In how many other files it is used for certain.
    pub users: u32,
    /// Some of these uses.
    pub used_at: Vec<Use>,
    /// What it calls or builds on, most important first.
    pub uses: Vec<SymbolRef>,
    /// What it implements or extends.
    pub supertypes: Vec<String>,
    /// Fields, variants and methods, most important first.
    pub members: Vec<Member>,
    /// The page that speaks of it, where that is another one.
    pub page: Option<PageRef>,
}

/// A member of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its bare name.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// Its head on one line.
    pub signature: String,
    /// The first sentence of its documentation.
    pub summary: Option<String>,
    /// The lines of its documentation and head.
    pub at: Citation,
}

/// One use of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The function or type that uses it, where it stands in one.
    pub by: Option<String>,
    /// The line.
    pub at: Citation,
}

/// Uses between two modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The using module.
    pub from: ModuleRef,
    /// The used module.
    pub to: ModuleRef,
    /// The names that are used, most used first, each with the line of one use.
    pub names: Vec<(String, Citation)>,
    /// How many uses there are in all.
    pub count: u32,
}

/// A module at one end of the uses between modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerCard {
    /// The module.
    pub module: ModuleRef,
    /// Whether others rest on it (`true`), or it rests on others and none on it.
    pub is_base: bool,
    /// How many modules use it.
    pub users: u32,
    /// How many modules it uses.
    pub uses: u32,
    /// Of a base, what is used of it; else what it uses; each with the line of one use.
    pub names: Vec<(String, Citation)>,
}

/// A module by its path and page.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModuleRef {
    /// Its folder or file.
    pub path: String,
    /// Its page.
    pub page: PageRef,
}

/// A file of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCard {
    /// Where it is.
    pub path: crate::RepoPath,
    /// How many lines it has.
    pub lines: u32,
    /// What it says of itself.
    pub purpose: Option<Quotation>,
    /// Its most important definitions.
    pub defines: Vec<SymbolRef>,
    /// Its own page, where it has one.
    pub page: Option<PageRef>,
}

/// A dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyCard {
    /// Its name.
    pub name: String,
    /// The wanted version.
    pub requirement: Option<String>,
    /// Whether only tests and builds need it.
    pub dev: bool,
    /// The line that asks for it.
    pub at: Citation,
    /// How many files import it.
    pub users: u32,
    /// One of these imports.
    pub used_at: Option<Citation>,
}

/// Where execution starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryCard {
    /// `main`, or the script's name.
    pub name: String,
    /// The command under which its package installs it, and the line that says so.
    pub command: Option<(String, Citation)>,
    /// The file.
    pub path: crate::RepoPath,
    /// What its documentation or the file says.
    pub summary: Option<Quotation>,
    /// The lines where it starts.
    pub at: Citation,
    /// What it calls first, in the order of the text, each with the line of the call.
    pub calls: Vec<(SymbolRef, Citation)>,
    /// The page that speaks of the file.
    pub page: Option<PageRef>,
}

/// Something with a name, and where it is defined or read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPlace {
    /// Its name.
    pub name: String,
    /// More: a route's method, an option's help.
    pub detail: Option<String>,
    /// The definition that it stands in.
    pub within: Option<String>,
    /// Where, the first of them first; at most five.
    pub at: Vec<Citation>,
}

/// A file that configures something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigCard {
    /// Where it is.
    pub path: crate::RepoPath,
    /// What it is for, where its name tells (`github-actions`, `dockerfile`, `compose`, …).
    pub kind: String,
    /// Its main entries: keys, jobs, targets, stages.
    pub entries: Vec<(String, Citation)>,
    /// What its leading comment says.
    pub purpose: Option<Quotation>,
}

/// A manifest and the commands that work wherever its build system does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildCard {
    /// The manifest.
    pub path: crate::RepoPath,
    /// What the cited line says.
    pub ground: BuildGround,
    /// The name in the cited line.
    pub name: String,
    /// The commands, in the order in which they are used; they need not stand in the repository.
    pub steps: Vec<(BuildStep, String)>,
    /// The line.
    pub at: Citation,
}

/// What a manifest says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildGround {
    /// It is the package, or a member of the workspace.
    Declares,
    /// It is a dependency.
    Requires,
    /// It is a tool with settings here.
    Configures,
}

/// What a standard command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildStep {
    /// Gets the dependencies.
    Fetch,
    /// Installs the project itself.
    Install,
    /// Builds.
    Build,
    /// Runs the tests.
    Test,
}

/// A command that the repository defines for its developers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptCard {
    /// How to start it: `npm run build`, `make test`.
    pub run: String,
    /// Its bare name, which stands in the cited lines.
    pub name: String,
    /// What it does, as written.
    pub command: Option<String>,
    /// Where it is defined.
    pub at: Citation,
}

/// A file of tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCard {
    /// Where it is.
    pub path: crate::RepoPath,
    /// How many tests it has.
    pub count: u32,
    /// Some of them; none where the page is about what they cover.
    pub tests: Vec<SymbolRef>,
    /// What they use of the page's subject, most used first, each with the line of one use.
    pub covers: Vec<(String, Citation)>,
    /// The page that speaks of what they cover.
    pub page: Option<PageRef>,
}

/// The identity of a page in one language, for lists of work.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageId {
    /// The page.
    pub slug: Slug,
    /// The language.
    pub locale: Locale,
}
