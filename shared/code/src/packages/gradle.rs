//! `build.gradle` and `build.gradle.kts`: programs, of which the usual lines are read.

use deepwiki_domain::facts::{Dependency, PackageFacts};

use super::{dependency, facts_of, numbered, stated};

pub(super) fn read(text: &str) -> PackageFacts {
    let mut facts = facts_of("gradle");
    for (line, content) in numbered(text) {
        let content = content.trim();
        let (word, rest) = content
            .find(|c: char| !c.is_alphanumeric())
            .and_then(|end| content.split_at_checked(end))
            .unwrap_or((content, ""));
        match word {
            "version" if facts.version.is_none() => {
                facts.version = quoted(rest).map(|value| stated(value, line))
            }
            "description" => facts.description = quoted(rest).map(|value| stated(value, line)),
            "mainClass" | "mainClassName" => facts
                .entries
                .extend(quoted(rest).map(|value| stated(value, line))),
            _ => facts.dependencies.extend(depends(word, rest, line)),
        }
    }
    facts
}

/// `implementation("group:artefact:version")`, `testImplementation project(':core')`.
fn depends(word: &str, rest: &str, line: u32) -> Option<Dependency> {
    let lower = word.to_lowercase();
    let kinds = [
        "implementation",
        "api",
        "compileonly",
        "runtimeonly",
        "annotationprocessor",
        "kapt",
        "ksp",
    ];
    if !kinds.iter().any(|kind| lower.ends_with(kind)) {
        return None;
    }
    let written = quoted(rest)?;
    let dev = lower.contains("test");
    if rest.contains("project(") {
        return Some(Dependency {
            path: Some(written.trim_start_matches(':').replace(':', "/")),
            ..dependency(written, None, dev, line)
        });
    }
    let mut parts = written.split(':');
    let (group, artefact) = (parts.next()?, parts.next()?);
    Some(dependency(
        format!("{group}:{artefact}"),
        parts.next().map(str::to_owned),
        dev,
        line,
    ))
}

/// The first text in quotes.
pub(super) fn quoted(text: &str) -> Option<&str> {
    let at = text.find(['"', '\''])?;
    let (quote, rest) = text.get(at..)?.split_at_checked(1)?;
    rest.split_once(quote).map(|(inner, _)| inner)
}
