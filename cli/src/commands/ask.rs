//! `deepwiki ask`.

use std::path::PathBuf;

use deepwiki_ask::{AskPorts, Sources};
use deepwiki_domain::answer::{Answer, AnswerPart, AnswerStatus, Question};

use crate::{args::Ask, library::Library, output};

pub(crate) async fn run(data: Option<PathBuf>, arguments: Ask) -> anyhow::Result<()> {
    let library = Library::open(data).await?;
    let repositories = library.chosen(&arguments.repository).await?;
    let question = Question {
        locale: arguments.language,
        filter: arguments.filter.into(),
        history: arguments.after,
        research: arguments.research,
        ..Question::new(arguments.question)
    };
    let search = library.readers_search();
    let model = arguments.model.answerer().await?;
    anyhow::ensure!(
        model.is_some() || !question.research,
        "--research needs a model: name one with --writer and --model"
    );
    let ports = AskPorts {
        search: &search,
        embedder: library.embedder(),
        artefacts: library.artefacts.as_ref(),
        pages: library.repositories.as_ref(),
        sources: &Sources::default(),
        model: model.as_deref(),
    };
    let mut tell_steps = |part: AnswerPart| {
        if let AnswerPart::Step(step) = part {
            output::note(format_args!(
                "{} {}",
                step.kind.name(),
                output::printable(&step.text)
            ));
        }
    };
    let answer = deepwiki_ask::ask_in_parts(&question, &repositories, ports, &mut tell_steps).await?;
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
    let mut title = "";
    for passage in &answer.passages {
        let numbers: String = passage
            .citations
            .iter()
            .map(|number| format!(" [{number}]"))
            .collect();
        if answer.status == AnswerStatus::Composed && passage.code.is_none() {
            if passage.title != title {
                title = &passage.title;
                output::line(format_args!("\n{}", output::printable(title)));
            }
            output::line(format_args!("  {}{numbers}", output::printable(&passage.text)));
            continue;
        }
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
