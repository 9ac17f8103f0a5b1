//! `package.json`, `pnpm-workspace.yaml`, `tsconfig.json`.

use deepwiki_domain::facts::{Dependency, PackageFacts};

use super::{
    dependency, facts_of,
    item::{Item, Value},
    json, numbered, stated,
};

/// Sections of dependencies, and whether only tests and builds need them.
const SECTIONS: [(&str, bool); 4] = [
    ("dependencies", false),
    ("peerDependencies", false),
    ("optionalDependencies", false),
    ("devDependencies", true),
];

pub(super) fn read_package(text: &str) -> PackageFacts {
    let root = json::parse(text);
    let field = |key: &str| root.get(key).and_then(Item::stated);
    let mut facts = facts_of("npm");
    facts.name = field("name");
    facts.version = field("version");
    facts.description = field("description");
    facts.license = field("license");
    if let Some(workspaces) = root.get("workspaces") {
        let listed = workspaces.get("packages").unwrap_or(workspaces);
        facts.members = listed.texts().collect();
    }
    for (section, dev) in SECTIONS {
        for (name, item) in root.get(section).map(Item::entries).unwrap_or_default() {
            let wanted = item.text().map(str::to_owned);
            let path = wanted.as_deref().and_then(|wanted| {
                let path = wanted
                    .strip_prefix("file:")
                    .or_else(|| wanted.strip_prefix("link:"))?;
                Some(path.to_owned())
            });
            facts.dependencies.push(Dependency {
                path,
                ..dependency(name, wanted, dev, item.line)
            });
        }
    }
    for (name, item) in root.get("scripts").map(Item::entries).unwrap_or_default() {
        facts.commands.push((
            stated(name, item.line),
            item.text().unwrap_or_default().to_owned(),
        ));
    }
    match root.get("bin") {
        Some(item) if item.text().is_some() => {
            let name = facts.name.as_ref().map_or("", |name| name.value.as_str());
            let name = name.rsplit('/').next().unwrap_or(name);
            facts.commands.push((
                stated(name, item.line),
                item.text().unwrap_or_default().to_owned(),
            ));
        }
        Some(table) => {
            let commands = table.entries().iter();
            facts.commands.extend(commands.map(|(name, item)| {
                (
                    stated(name, item.line),
                    item.text().unwrap_or_default().to_owned(),
                )
            }));
        }
        None => {}
    }
    for key in ["source", "module", "main", "types", "typings", "browser"] {
        facts.entries.extend(field(key));
    }
    if let Some(exports) = root.get("exports") {
        targets(exports, &mut facts);
    }
    let mut seen = Vec::new();
    facts.entries.retain(|entry| {
        let is_new = !seen.contains(&entry.value);
        if is_new {
            seen.push(entry.value.clone());
        }
        is_new
    });
    facts
}

/// The files behind the conditions of `exports`, in the order of the text.
fn targets(item: &Item, facts: &mut PackageFacts) {
    let mut stack = vec![item];
    while let Some(item) = stack.pop() {
        match &item.value {
            Value::Text(_) => facts.entries.extend(item.stated()),
            Value::Table(entries) => stack.extend(entries.iter().rev().map(|(_, item)| item)),
            Value::List(items) => stack.extend(items.iter().rev()),
            Value::Other => {}
        }
    }
}

pub(super) fn read_pnpm(text: &str) -> PackageFacts {
    let mut facts = facts_of("pnpm");
    let mut in_packages = false;
    for (line, content) in numbered(text) {
        if !content.starts_with([' ', '-', '#']) && !content.trim().is_empty() {
            in_packages = content.trim_end() == "packages:";
        } else if in_packages && let Some(pattern) = content.trim().strip_prefix('-') {
            facts
                .members
                .push(stated(pattern.trim().trim_matches(['"', '\'']), line));
        }
    }
    facts
}

pub(super) fn read_tsconfig(text: &str) -> PackageFacts {
    let root = json::parse(text);
    let mut facts = facts_of("typescript");
    if let Some(extends) = root.get("extends") {
        facts.members.extend(extends.texts());
    }
    let references = root.get("references").map(Item::items).unwrap_or_default();
    facts.members.extend(
        references
            .iter()
            .filter_map(|reference| reference.get("path")?.stated()),
    );
    let base = root.at(&["compilerOptions", "baseUrl"]);
    facts.entries.extend(base.and_then(Item::stated));
    for (alias, targets) in root
        .at(&["compilerOptions", "paths"])
        .map(Item::entries)
        .unwrap_or_default()
    {
        facts
            .dependencies
            .extend(targets.texts().map(|target| Dependency {
                path: Some(target.value),
                ..dependency(alias, None, false, targets.line)
            }));
    }
    facts
}
