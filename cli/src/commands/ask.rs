//! `deepwiki ask`.

use std::path::PathBuf;

use deepwiki_ask::{AskPorts, Sources};
use deepwiki_domain::answer::{Answer, Question};

use crate::{args::Ask, library::Library, output};

pub(crate) async fn run(data: Option<PathBuf>, arguments: Ask) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repositories = library.chosen(&arguments.repository).await?;
    let question = Question {
        locale: arguments.language,
        filter: arguments.filter.into(),
        ..Question::new(arguments.question)
    };
    let search = library.readers_search();
    let ports = AskPorts {
        search: &search,
        embedder: library.embedder(),
        artefacts: library.artefacts.as_ref(),
        pages: library.repositories.as_ref(),
        sources: &Sources::default(),
    };
    let answer = deepwiki_ask::ask(&question, &repositories, ports).await?;
    for refused in &answer.refused {
        output::note(&refused.reason);
    }
    if arguments.json {
        return output::json(&answer);
    }
    print(&answer, repositories.len() > 1);
    Ok(())
}

/// The passages with the numbers of their citations, then where each is.
fn print(answer: &Answer, name_repositories: bool) {
    output::line(&answer.notice);
    for passage in &answer.passages {
        let numbers: String = passage
            .citations
            .iter()
            .map(|number| format!(" [{number}]"))
            .collect();
        output::line(format_args!("\n{}{numbers}", output::printable(&passage.title)));
        for line in passage.text.lines() {
            output::line(format_args!("  {}", output::printable(line)));
        }
    }
    if !answer.citations.is_empty() {
        output::line("");
    }
    for citation in &answer.citations {
        let repository = if name_repositories {
            format!("{}  ", citation.repository)
        } else {
            String::new()
        };
        output::line(format_args!(
            "[{}] {repository}{}:{}-{}",
            citation.number, citation.path, citation.start, citation.end
        ));
    }
}
