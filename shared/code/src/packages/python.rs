//! `pyproject.toml` (PEP 621, PEP 735, Poetry), `setup.cfg`, `requirements.txt`.

use deepwiki_domain::facts::{Dependency, PackageFacts, Stated};

use super::{dependency, facts_of, item::Item, numbered, stated, toml};

pub(super) fn read_pyproject(text: &str) -> PackageFacts {
    let root = toml::parse(text);
    let mut facts = facts_of("python");
    if let Some(project) = root.get("project") {
        read_project(&mut facts, project);
    }
    for (group, listed) in root
        .get("dependency-groups")
        .map(Item::entries)
        .unwrap_or_default()
    {
        let dev = group != "main";
        facts.dependencies.extend(
            listed
                .items()
                .iter()
                .filter_map(|item| requirement(item.text()?, dev, item.line)),
        );
    }
    if let Some(poetry) = root.at(&["tool", "poetry"]) {
        read_poetry(&mut facts, poetry);
    }
    let members = root.at(&["tool", "uv", "workspace", "members"]);
    facts.members = members.into_iter().flat_map(Item::texts).collect();
    facts
}

fn read_project(facts: &mut PackageFacts, project: &Item) {
    let field = |key: &str| project.get(key).and_then(Item::stated);
    facts.name = field("name");
    facts.version = field("version");
    facts.description = field("description");
    facts.license = field("license").or_else(|| project.at(&["license", "text"])?.stated());
    let listed = project.get("dependencies").map(Item::items).unwrap_or_default();
    facts.dependencies.extend(
        listed
            .iter()
            .filter_map(|item| requirement(item.text()?, false, item.line)),
    );
    for (group, listed) in project
        .get("optional-dependencies")
        .map(Item::entries)
        .unwrap_or_default()
    {
        let dev = is_dev_group(group);
        facts.dependencies.extend(
            listed
                .items()
                .iter()
                .filter_map(|item| requirement(item.text()?, dev, item.line)),
        );
    }
    for table in ["scripts", "gui-scripts"] {
        for (name, target) in project.get(table).map(Item::entries).unwrap_or_default() {
            let to = target.text().unwrap_or_default().to_owned();
            facts.commands.push((stated(name, target.line), to));
        }
    }
}

fn read_poetry(facts: &mut PackageFacts, poetry: &Item) {
    let field = |key: &str| poetry.get(key).and_then(Item::stated);
    facts.name = facts.name.take().or_else(|| field("name"));
    facts.version = facts.version.take().or_else(|| field("version"));
    facts.description = facts.description.take().or_else(|| field("description"));
    facts.license = facts.license.take().or_else(|| field("license"));
    let mut tables = vec![("dependencies", false), ("dev-dependencies", true)];
    add_poetry(facts, poetry, &mut tables);
    for (group, table) in poetry.get("group").map(Item::entries).unwrap_or_default() {
        add_poetry(facts, table, &mut vec![("dependencies", group != "main")]);
    }
    for (name, target) in poetry.get("scripts").map(Item::entries).unwrap_or_default() {
        let to = target.text().unwrap_or_default().to_owned();
        facts.commands.push((stated(name, target.line), to));
    }
}

fn add_poetry(facts: &mut PackageFacts, table: &Item, sections: &mut Vec<(&str, bool)>) {
    for (section, dev) in sections.drain(..) {
        for (name, item) in table.get(section).map(Item::entries).unwrap_or_default() {
            if name == "python" {
                continue;
            }
            let wanted = item.text().or_else(|| item.get("version")?.text());
            facts.dependencies.push(Dependency {
                path: item.get("path").and_then(Item::text).map(str::to_owned),
                ..dependency(name, wanted.map(str::to_owned), dev, item.line)
            });
        }
    }
}

pub(super) fn read_setup_cfg(text: &str) -> PackageFacts {
    let mut facts = facts_of("python");
    let mut section = "";
    let mut key = "";
    for (line, content) in numbered(text) {
        let trimmed = content.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            (section, key) = (name, "");
            continue;
        }
        let mut value = trimmed;
        if !content.starts_with([' ', '\t']) {
            let Some((name, rest)) = trimmed.split_once(['=', ':']) else {
                continue;
            };
            (key, value) = (name.trim(), rest.trim());
        }
        if !value.is_empty() {
            setup_value(&mut facts, section, key, stated(value, line));
        }
    }
    facts
}

fn setup_value(facts: &mut PackageFacts, section: &str, key: &str, value: Stated) {
    match (section, key) {
        ("metadata", "name") => facts.name = Some(value),
        ("metadata", "version") => facts.version = Some(value),
        ("metadata", "description" | "summary") => facts.description = Some(value),
        ("metadata", "license") => facts.license = Some(value),
        ("options", "install_requires") => {
            facts
                .dependencies
                .extend(requirement(&value.value, false, value.line));
        }
        ("options", "tests_require" | "setup_requires") => {
            facts
                .dependencies
                .extend(requirement(&value.value, true, value.line));
        }
        ("options.extras_require", group) => {
            facts
                .dependencies
                .extend(requirement(&value.value, is_dev_group(group), value.line));
        }
        ("options.entry_points", "console_scripts" | "gui_scripts") => {
            if let Some((name, target)) = value.value.split_once('=') {
                facts
                    .commands
                    .push((stated(name.trim(), value.line), target.trim().to_owned()));
            }
        }
        _ => {}
    }
}

pub(super) fn read_requirements(file_name: &str, text: &str) -> PackageFacts {
    let mut facts = facts_of("python");
    let dev = file_name.split(['.', '-', '_']).any(is_dev_group);
    let lines = numbered(text).filter(|(_, content)| !content.trim_start().starts_with(['#', '-']));
    facts.dependencies = lines
        .filter_map(|(line, content)| requirement(content, dev, line))
        .collect();
    facts
}

fn is_dev_group(group: &str) -> bool {
    matches!(
        group,
        "dev"
            | "develop"
            | "development"
            | "test"
            | "tests"
            | "testing"
            | "lint"
            | "typing"
            | "docs"
            | "doc"
            | "ci"
    )
}

/// A requirement as PEP 508 writes it: `name[extra] >= 1; marker`, `name @ url`.
fn requirement(written: &str, dev: bool, line: u32) -> Option<Dependency> {
    let written = written.split(" #").next()?.trim();
    let end = written
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(written.len());
    let (name, rest) = (written.get(..end)?, written.get(end..)?);
    if name.is_empty()
        || rest.starts_with(['/', ':', '+'])
        || !name.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        return None;
    }
    let rest = rest.split(';').next()?.trim();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest.trim()),
        None => rest,
    };
    let wanted = rest.trim_matches(['(', ')']).trim().trim_end_matches('\\').trim();
    Some(dependency(name, Some(wanted.to_owned()), dev, line))
}
