//! `pom.xml` and the project files of .NET.

use deepwiki_domain::{
    RepoPath,
    facts::{Dependency, PackageFacts, Stated},
};

use super::{dependency, facts_of, item::LineIndex, stated};

/// An element with its text, in the order in which elements end.
struct Element<'t> {
    /// The names of the elements around it and its own, outermost first.
    path: Vec<&'t str>,
    attributes: &'t str,
    text: &'t str,
    line: u32,
}

/// Deeper elements are passed over: no manifest nests like this.
const DEEPEST: usize = 32;

pub(super) fn read_pom(text: &str) -> PackageFacts {
    let mut facts = facts_of("maven");
    let mut group = None;
    let mut fields: Vec<(&str, Stated)> = Vec::new();
    for element in elements(text) {
        let value = stated(element.text, element.line);
        match element.path.as_slice() {
            ["project", "groupId"] => group = Some(value.value),
            ["project", "artifactId"] => facts.name = Some(value),
            ["project", "version"] => facts.version = Some(value),
            ["project", "description"] => facts.description = Some(value),
            ["project", "licenses", "license", "name"] => facts.license = Some(value),
            ["project", "modules", "module"] => facts.members.push(value),
            [
                ..,
                "dependency",
                field @ ("groupId" | "artifactId" | "version" | "scope"),
            ] => {
                fields.push((field, value));
            }
            [.., "dependencies", "dependency"] => facts.dependencies.extend(maven_dependency(&fields)),
            _ => {}
        }
        if element.path.last() == Some(&"dependency") {
            fields.clear();
        }
    }
    if let (Some(group), Some(name)) = (group, &mut facts.name) {
        name.value = format!("{group}:{}", name.value);
    }
    facts
}

fn maven_dependency(fields: &[(&str, Stated)]) -> Option<Dependency> {
    let field = |key: &str| {
        fields
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let (group, artefact) = (field("groupId")?, field("artifactId")?);
    Some(dependency(
        format!("{}:{}", group.value, artefact.value),
        field("version").map(|version| version.value.clone()),
        field("scope").is_some_and(|scope| scope.value == "test"),
        artefact.line,
    ))
}

pub(super) fn read_project(path: &RepoPath, text: &str) -> PackageFacts {
    let mut facts = facts_of("nuget");
    let stem = path.file_name().rsplit_once('.').map(|(stem, _)| stem);
    for element in elements(text) {
        let value = stated(element.text, element.line);
        match element.path.last().copied().unwrap_or_default() {
            "PackageId" | "AssemblyName" => facts.name = Some(value),
            "Version" | "VersionPrefix" => facts.version = Some(value),
            "Description" => facts.description = Some(value),
            "PackageLicenseExpression" => facts.license = Some(value),
            "PackageReference" => {
                let wanted = attribute(element.attributes, "Version").map(str::to_owned);
                let name = attribute(element.attributes, "Include");
                facts
                    .dependencies
                    .extend(name.map(|name| dependency(name, wanted, false, element.line)));
            }
            "ProjectReference" => {
                let Some(path) = attribute(element.attributes, "Include").map(|path| path.replace('\\', "/"))
                else {
                    continue;
                };
                let name = path.rsplit('/').next().unwrap_or(&path);
                let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
                facts.dependencies.push(Dependency {
                    path: Some(path),
                    ..dependency(name, None, false, element.line)
                });
            }
            _ => {}
        }
    }
    facts.name = facts.name.or_else(|| stem.map(|stem| stated(stem, 1)));
    facts
}

fn attribute<'t>(attributes: &'t str, name: &str) -> Option<&'t str> {
    let at = attributes.match_indices(name).find(|(at, _)| {
        let before = attributes.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace)
    })?;
    let rest = attributes
        .get(at.0 + name.len()..)?
        .trim_start()
        .strip_prefix('=')?;
    super::gradle::quoted(rest)
}

/// The elements of a text. Tags that are never closed, or closed without being open, are passed over.
fn elements(text: &str) -> Vec<Element<'_>> {
    let lines = LineIndex::of(text);
    let mut found = Vec::new();
    let mut open: Vec<(&str, &str, usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(start) = text
        .get(at..)
        .and_then(|rest| rest.find('<'))
        .map(|next| at + next)
    {
        let rest = text.get(start..).unwrap_or_default();
        if let Some(skipped) = skip_markup(rest) {
            at = start + skipped;
            continue;
        }
        let Some(length) = rest.find('>') else { break };
        at = start + length + 1;
        let tag = rest.get(1..length).unwrap_or_default();
        if let Some(name) = tag.strip_prefix('/') {
            let Some(depth) = open.iter().rposition(|(known, ..)| *known == name.trim()) else {
                continue;
            };
            let path: Vec<&str> = open.iter().take(depth + 1).map(|(name, ..)| *name).collect();
            if let Some((_, attributes, tag_start, inner)) = open.get(depth).copied() {
                let text = text.get(inner..start).unwrap_or_default().trim();
                found.push(Element {
                    path,
                    attributes,
                    text,
                    line: lines.line(tag_start),
                });
            }
            open.truncate(depth);
            continue;
        }
        let is_whole = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        if is_whole {
            let path = open.iter().map(|(name, ..)| *name).chain([name]).collect();
            found.push(Element {
                path,
                attributes,
                text: "",
                line: lines.line(start),
            });
        } else if open.len() < DEEPEST {
            open.push((name, attributes, start, at));
        }
    }
    found
}

/// How long a comment, declaration or instruction is, if the text begins with one.
fn skip_markup(rest: &str) -> Option<usize> {
    let (start, end) = [("<!--", "-->"), ("<?", "?>"), ("<!", ">")]
        .into_iter()
        .find(|(start, _)| rest.starts_with(start))?;
    let length = rest.get(start.len()..)?.find(end);
    Some(length.map_or(rest.len(), |length| start.len() + length + end.len()))
}
