//! `Cargo.toml`.

use deepwiki_domain::facts::{Dependency, PackageFacts};

use super::{dependency, facts_of, item::Item, stated, toml};

/// Sections of dependencies, and whether only tests and builds need them.
const SECTIONS: [(&str, bool); 3] = [
    ("dependencies", false),
    ("dev-dependencies", true),
    ("build-dependencies", true),
];

pub(super) fn read(text: &str) -> PackageFacts {
    let root = toml::parse(text);
    let mut facts = facts_of("cargo");
    if let Some(package) = root.get("package") {
        let field = |key: &str| package.get(key).and_then(Item::stated);
        facts.name = field("name");
        facts.version = field("version");
        facts.description = field("description");
        facts.license = field("license");
    }
    let members = root.at(&["workspace", "members"]);
    facts.members = members.into_iter().flat_map(Item::texts).collect();
    add_dependencies(&mut facts, &root);
    for (_, target) in root.get("target").map(Item::entries).unwrap_or_default() {
        add_dependencies(&mut facts, target);
    }
    if let Some(workspace) = root.get("workspace") {
        add_dependencies(&mut facts, workspace);
    }
    facts.entries = root
        .at(&["lib", "path"])
        .and_then(Item::stated)
        .into_iter()
        .collect();
    for target in root.get("bin").map(Item::items).unwrap_or_default() {
        if let Some(name) = target.get("name").and_then(Item::stated) {
            let path = target.get("path").and_then(Item::text).map(str::to_owned);
            let path = path.unwrap_or_else(|| format!("src/bin/{}.rs", name.value));
            facts.commands.push((name, path));
        }
    }
    for kind in ["example", "test", "bench"] {
        let targets = root.get(kind).map(Item::items).unwrap_or_default();
        facts
            .entries
            .extend(targets.iter().filter_map(|target| target.get("path")?.stated()));
    }
    facts
}

fn add_dependencies(facts: &mut PackageFacts, table: &Item) {
    for (section, dev) in SECTIONS {
        let entries = table.get(section).map(Item::entries).unwrap_or_default();
        facts
            .dependencies
            .extend(entries.iter().map(|(key, item)| of(key, item, dev)));
    }
}

fn of(key: &str, item: &Item, dev: bool) -> Dependency {
    let field = |key: &str| item.get(key).and_then(Item::text).map(str::to_owned);
    let requirement = item.text().map(str::to_owned).or_else(|| field("version"));
    let name = stated(field("package").unwrap_or_else(|| key.to_owned()), item.line);
    Dependency {
        path: field("path"),
        ..dependency(name.value, requirement, dev, name.line)
    }
}
