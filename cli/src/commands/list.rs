//! `deepwiki list`.

use std::path::PathBuf;

use crate::{args::List, library::Library, output};

pub(crate) async fn run(data: Option<PathBuf>, arguments: List) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let all = library.all().await?;
    if arguments.json {
        return output::json(&all);
    }
    if all.is_empty() {
        output::note("no repository was built here yet: run `deepwiki build <path or URL>`");
    }
    for repository in all {
        let commit = repository
            .published
            .as_ref()
            .map_or("-", |published| published.commit.short());
        let status = serde_json::to_value(repository.status)?;
        let status = status.as_str().unwrap_or_default().to_owned();
        output::line(format_args!(
            "{}  {status}  {commit}  {}",
            repository.id, repository.source
        ));
    }
    Ok(())
}
