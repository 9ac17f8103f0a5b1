//! The plan stage: all facts of a commit become the graph, the module tree, and a brief for every page.

mod cards;
mod diagrams;
#[cfg(test)]
mod fixtures;
mod implementations;
mod model;
mod modules;
mod outline;
mod packages;
mod pages;
mod prose;
mod steering;

use std::collections::BTreeMap;

use deepwiki_code::resolve;
use deepwiki_domain::{
    ArtefactKey, BuildId, RepoPath, RepositoryId, Slug, StageError,
    facts::{FileFacts, ShardFacts},
    graph::{FileId, Graph, Ranks},
    job::BuildMode,
    manifest::{Manifest, Role, Shard},
    memo,
    message::{GenerateInput, PlanInput, PlanOutput},
    packages::Packages,
    plan::{PLAN_VERSION, PageBrief, Plan, PlannedPage},
};
use deepwiki_ports::{ArtefactStore, Result, codec};
use tokio::task::spawn_blocking;

use crate::{
    cards::Cards, model::Model, modules::Modules, pages::Material, prose::Passage, steering::Steering,
};

/// What the stage needs of the outside.
#[derive(Clone, Copy)]
pub struct PlanPorts<'a> {
    /// Manifest, shards and facts in; plan and briefs out.
    pub artefacts: &'a dyn ArtefactStore,
}

/// Plans the wiki of a commit, unless an earlier build has planned the same and the mode lets us use it. `Transient`
/// where a shard has no facts yet.
pub async fn plan_wiki(
    repository: &RepositoryId,
    build: &BuildId,
    mode: BuildMode,
    input: &PlanInput,
    ports: PlanPorts<'_>,
) -> Result<PlanOutput> {
    let store = ports.artefacts;
    let memo = memo::plan(&input.manifest);
    let known = match mode {
        BuildMode::Incremental => store.recall(repository, &memo).await?,
        BuildMode::Full => None,
    };
    let (key, plan) = match known {
        Some(key) => (key.clone(), codec::get_json(store, repository, &key).await?),
        None => {
            let plan = make_plan(repository, input, store).await?;
            let key = codec::put_json(store, repository, &plan).await?;
            store.remember(repository, &memo, &key).await?;
            (key, plan)
        }
    };
    let items = work_items(input, &plan, &key)?;
    let pages = store.put_items(repository, build, "pages", &items).await?;
    Ok(PlanOutput { plan: key, pages })
}

async fn make_plan(repository: &RepositoryId, input: &PlanInput, store: &dyn ArtefactStore) -> Result<Plan> {
    let manifest: Manifest = codec::get_json(store, repository, &input.manifest).await?;
    let (files, names) = load_facts(store, repository, &manifest).await?;
    let readmes = load_readmes(store, repository, &manifest, &files).await?;
    let steering = load_steering(store, repository, &manifest).await?;
    let commit = manifest.commit.clone();
    let outline = codec::put_packed(store, repository, &outline::of(&files)).await?;
    let draft = spawn_blocking(move || Drawing::of(&manifest, files, readmes, &steering))
        .await
        .map_err(|error| StageError::permanent("planning stopped unexpectedly").with_detail(error))?;
    let names = codec::put_packed(store, repository, &names).await?;
    let graph = codec::put_packed(store, repository, &draft.graph).await?;
    let ranks = codec::put_packed(store, repository, &draft.ranks).await?;
    let packages = codec::put_json(store, repository, &draft.packages).await?;
    let mut pages = Vec::with_capacity(draft.briefs.len());
    for brief in &draft.briefs {
        let key = codec::put_json(store, repository, brief).await?;
        pages.push(PlannedPage {
            slug: brief.slug.clone(),
            parent: brief.parent.clone(),
            brief: key,
        });
    }
    Ok(Plan {
        schema: PLAN_VERSION,
        repository: repository.clone(),
        commit,
        pages,
        names,
        graph,
        ranks,
        outline: Some(outline),
        packages: Some(packages),
        homes: draft.homes,
    })
}

/// One item a page and language, for the state machine to hand out.
fn work_items(input: &PlanInput, plan: &Plan, key: &ArtefactKey) -> Result<Vec<String>> {
    let mut items = Vec::with_capacity(plan.pages.len() * input.locales.len());
    for locale in &input.locales {
        for page in &plan.pages {
            let item = GenerateInput {
                manifest: input.manifest.clone(),
                plan: key.clone(),
                brief: page.brief.clone(),
                locale: *locale,
            };
            let line = serde_json::to_string(&item).map_err(|error| {
                StageError::permanent("a work item could not be written").with_detail(error)
            })?;
            items.push(line);
        }
    }
    Ok(items)
}

/// The facts of every file in path order, and the sorted hashes of all names.
async fn load_facts(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    manifest: &Manifest,
) -> Result<(Vec<FileFacts>, Vec<u64>)> {
    let mut files = Vec::with_capacity(manifest.files.len());
    let mut names = Vec::new();
    for shard in &manifest.shards {
        let key = store
            .recall(repository, &memo::chunk(&shard.key))
            .await?
            .ok_or_else(|| {
                StageError::transient("a part of the repository has not been read yet: build it again")
            })?;
        let facts: ShardFacts = codec::get_packed(store, repository, &key).await?;
        files.extend(facts.files);
        names.extend(facts.names);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    names.sort_unstable();
    names.dedup();
    Ok((files, names))
}

type Readmes = BTreeMap<String, (FileId, Vec<Passage>)>;

/// The passages of each folder's README.
async fn load_readmes(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    manifest: &Manifest,
    files: &[FileFacts],
) -> Result<Readmes> {
    let mut by_shard: BTreeMap<u32, Vec<(FileId, &RepoPath)>> = BTreeMap::new();
    for (id, file) in (0u32..).map(FileId).zip(files) {
        let shard = manifest.file(file.path.as_str()).map(|entry| entry.shard);
        if let Some(shard) = shard.filter(|_| is_readme(file)) {
            by_shard.entry(shard).or_default().push((id, &file.path));
        }
    }
    let mut readmes = Readmes::new();
    for (shard, wanted) in by_shard {
        let Some(shard) = usize::try_from(shard).ok().and_then(|at| manifest.shards.get(at)) else {
            continue;
        };
        let shard: Shard = codec::get_packed(store, repository, &shard.key).await?;
        for (id, path) in wanted {
            let Some(file) = shard.files.iter().find(|file| file.path == *path) else {
                continue;
            };
            let passages = prose::passages(&file.text);
            // README.md before README.ja.md and README.rst: the shortest name speaks for the folder.
            let entry = readmes.entry(path.folder().to_owned());
            let shorter = |other: &FileId| {
                files
                    .get(other.0 as usize)
                    .is_some_and(|other| other.path.as_str().len() <= path.as_str().len())
            };
            match entry {
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert((id, passages));
                }
                std::collections::btree_map::Entry::Occupied(mut taken) if !shorter(&taken.get().0) => {
                    taken.insert((id, passages));
                }
                std::collections::btree_map::Entry::Occupied(_) => {}
            }
        }
    }
    Ok(readmes)
}

/// What `.devin/wiki.json` wishes for, where there is one.
async fn load_steering(
    store: &dyn ArtefactStore,
    repository: &RepositoryId,
    manifest: &Manifest,
) -> Result<Steering> {
    let shard = manifest
        .file(steering::PATH)
        .and_then(|entry| manifest.shards.get(usize::try_from(entry.shard).ok()?));
    let Some(shard) = shard else {
        return Ok(Steering::default());
    };
    let shard: Shard = codec::get_packed(store, repository, &shard.key).await?;
    let file = shard
        .files
        .iter()
        .find(|file| file.path.as_str() == steering::PATH);
    Ok(file
        .map(|file| steering::read(&file.path, &file.text))
        .unwrap_or_default())
}

fn is_readme(file: &FileFacts) -> bool {
    let name = file.path.file_name().to_ascii_lowercase();
    let prose = [".md", ".rst", ".txt", ".markdown", "readme"]
        .iter()
        .any(|end| name.ends_with(end));
    name.starts_with("readme") && prose && !matches!(file.role, Role::Vendored | Role::Generated)
}

/// Everything that planning computes.
struct Drawing {
    graph: Graph,
    ranks: Ranks,
    briefs: Vec<PageBrief>,
    packages: Packages,
    homes: Vec<(RepoPath, Slug)>,
}

impl Drawing {
    fn of(manifest: &Manifest, files: Vec<FileFacts>, readmes: Readmes, steering: &Steering) -> Self {
        let graph = resolve::resolve(&files.iter().collect::<Vec<_>>());
        let followed = implementations::followed(&files, &graph);
        let shown = followed.as_ref().unwrap_or(&graph);
        let ranks = resolve::rank(shown);
        let packages = named_packages(&files);
        let folders: BTreeMap<String, String> = packages
            .iter()
            .filter_map(|(folder, file)| Some((folder.clone(), package_name(files.get(file.0 as usize)?)?)))
            .collect();
        let model = Model::new(&files, shown, &ranks);
        let modules = Modules::new(&files, &folders, manifest.repository.name());
        let usages = Cards {
            model: &model,
            modules: &modules,
        }
        .usages(|file| modules.home(file));
        let material = Material {
            manifest,
            model: &model,
            modules: &modules,
            packages: &packages,
            readmes: &readmes,
            usages: &usages,
        };
        let (briefs, covers): (Vec<PageBrief>, Vec<Vec<usize>>) =
            pages::all(&material, steering).into_iter().unzip();
        let homes = homes(&files, &modules, &briefs, &covers);
        let packages = packages::of(&files, &graph);
        Self {
            graph,
            ranks,
            briefs,
            packages,
            homes,
        }
    }
}

/// Folders whose manifest names a package, with the manifest. Where a folder has several, the first by path.
fn named_packages(files: &[FileFacts]) -> BTreeMap<String, FileId> {
    let mut packages = BTreeMap::new();
    for (id, file) in (0u32..).map(FileId).zip(files) {
        let ours = matches!(file.role, Role::Config | Role::Source);
        if ours && package_name(file).is_some() {
            packages.entry(file.path.folder().to_owned()).or_insert(id);
        }
    }
    packages
}

fn package_name(file: &FileFacts) -> Option<String> {
    Some(file.manifest.as_ref()?.name.as_ref()?.value.clone())
}

/// The page that tells of each file; files that no page tells of in particular belong to the first.
fn homes(
    files: &[FileFacts],
    modules: &Modules,
    briefs: &[PageBrief],
    covers: &[Vec<usize>],
) -> Vec<(RepoPath, Slug)> {
    let page = |slug: &Slug| {
        briefs
            .iter()
            .any(|brief| brief.slug == *slug)
            .then(|| slug.clone())
    };
    let (tests, build) = (
        page(&Slug::from_text("tests")),
        page(&Slug::from_text("build-and-run")),
    );
    let first = briefs.first().map(|brief| brief.slug.clone());
    let covering = |module: usize| {
        let at = covers.iter().position(|covers| covers.contains(&module))?;
        briefs.get(at).map(|brief| brief.slug.clone())
    };
    let home = |(id, file): (FileId, &FileFacts)| {
        let module = modules.home(id);
        let own = module
            .and_then(|at| modules.get(at))
            .and_then(|module| page(&module.slug));
        let by_role = match file.role {
            Role::Test => tests.clone(),
            Role::Config => build.clone(),
            _ => None,
        };
        let slug = own
            .or_else(|| covering(module?))
            .or(by_role)
            .or_else(|| first.clone())?;
        Some((file.path.clone(), slug))
    };
    (0u32..).map(FileId).zip(files).filter_map(home).collect()
}
