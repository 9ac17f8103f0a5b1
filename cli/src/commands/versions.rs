//! `deepwiki versions`, `deepwiki changes` and `deepwiki map`.

use std::path::PathBuf;

use deepwiki_api::Reading;
use deepwiki_domain::{
    changes::{Change, ChangeKind, Changes, PageChange, SymbolState, Total},
    packages::{Dependence, Evidence},
    repository::{Generation, Repository},
};
use serde::Serialize;

use crate::{
    args::{self, Versions},
    library::Library,
    output,
};

/// What `versions --json` prints.
#[derive(Serialize)]
struct Listed {
    versions: Vec<Generation>,
}

/// What `map --json` prints.
#[derive(Serialize)]
struct Mapped {
    edges: Vec<Dependence>,
}

pub(crate) async fn list(data: Option<PathBuf>, arguments: Versions) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repository = library.find(&arguments.repository).await?;
    let versions = library.reading().versions(&repository.id).await?;
    if arguments.json {
        return output::json(&Listed { versions });
    }
    if versions.is_empty() {
        output::note("it has no finished wiki yet");
    }
    for version in versions {
        output::line(format_args!(
            "{}  commit {}  {}",
            version.build,
            version.commit.short(),
            version
                .wikis
                .keys()
                .map(|locale| locale.tag())
                .collect::<Vec<_>>()
                .join(",")
        ));
    }
    Ok(())
}

pub(crate) async fn changes(data: Option<PathBuf>, arguments: args::Changes) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repository = library.find(&arguments.repository).await?;
    let reading = library.reading();
    let versions = reading.versions(&repository.id).await?;
    for wanted in arguments.from.iter().chain(&arguments.to) {
        anyhow::ensure!(
            Reading::find(&versions, wanted).is_some(),
            "no wiki of `{}` is kept for that build or commit: see `deepwiki versions {}`",
            repository.id,
            repository.id
        );
    }
    is_comparable(&repository, &versions, &arguments)?;
    let (from, to) = (arguments.from.as_deref(), arguments.to.as_deref());
    let changes = reading
        .changes(&repository.id, from, to, arguments.language)
        .await?;
    if arguments.json {
        return output::json(&changes);
    }
    print(&changes);
    Ok(())
}

fn is_comparable(
    repository: &Repository,
    versions: &[Generation],
    arguments: &args::Changes,
) -> anyhow::Result<()> {
    Library::published(repository)?;
    anyhow::ensure!(
        versions.len() > 1 || arguments.from.is_some(),
        "`{}` has one version only: build it again after a change",
        repository.id
    );
    Ok(())
}

/// Totals, then what changed: a line a page and a statement, a definition, a file.
fn print(changes: &Changes) {
    output::line(format_args!(
        "{} -> {}",
        changes.from.commit.short(),
        changes.to.commit.short()
    ));
    if changes.is_empty() {
        output::line("nothing changed");
    }
    let totals = &changes.totals;
    for (name, total) in [
        ("pages", totals.pages),
        ("definitions", totals.symbols),
        ("files", totals.files),
    ] {
        let Total {
            added,
            removed,
            moved,
            changed,
        } = total;
        output::line(format_args!(
            "{name}: {added} added, {removed} removed, {moved} moved, {changed} changed"
        ));
    }
    changes.pages.iter().for_each(print_page);
    for symbol in changes.symbols.iter().flatten() {
        print_symbol(symbol);
    }
    for file in &changes.files {
        if let Some(state) = file.after.as_ref().or(file.before.as_ref()) {
            output::line(format_args!("{} file {}", sign(file.change), state.path));
        }
    }
}

fn print_page(page: &PageChange) {
    let Some(state) = page.after.as_ref().or(page.before.as_ref()) else {
        return;
    };
    output::line(format_args!("{} page {}", sign(page.change), state.slug));
    for section in &page.sections {
        for said in &section.removed {
            output::line(format_args!("    - {}", said.text.replace('\n', " ")));
        }
        for said in &section.added {
            output::line(format_args!("    + {}", said.text.replace('\n', " ")));
        }
    }
}

fn print_symbol(symbol: &Change<SymbolState>) {
    let show = |state: &SymbolState| format!("{}  ({})", state.signature, state.at);
    match (&symbol.before, &symbol.after) {
        (Some(before), Some(after)) => {
            output::line(format_args!("{} {}", sign(symbol.change), after.name));
            output::line(format_args!("    - {}", show(before)));
            output::line(format_args!("    + {}", show(after)));
        }
        (before, after) => {
            if let Some(state) = before.as_ref().or(after.as_ref()) {
                output::line(format_args!("{} {}", sign(symbol.change), show(state)));
            }
        }
    }
}

fn sign(change: ChangeKind) -> char {
    match change {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Moved => '>',
        ChangeKind::Changed => '~',
    }
}

pub(crate) async fn map(data: Option<PathBuf>, arguments: args::Map) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let edges = library.reading().map().await?;
    if arguments.json {
        return output::json(&Mapped { edges });
    }
    if edges.is_empty() {
        output::note("no repository built here depends on another");
    }
    for edge in edges {
        for tie in &edge.ties {
            let how = match tie.evidence {
                Evidence::Manifest => "asks for",
                Evidence::Import => "imports",
            };
            output::line(format_args!(
                "{} -> {}  {how} {} {}  ({})",
                edge.from, edge.to, tie.system, tie.name, tie.at
            ));
        }
    }
    Ok(())
}
