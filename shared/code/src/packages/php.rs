//! `composer.json`.

use deepwiki_domain::facts::{Dependency, PackageFacts};

use super::{dependency, facts_of, item::Item, json, stated};

/// Reads it. A prefix of `autoload.psr-4` is an entry: the folder that holds its classes.
pub(super) fn read(text: &str) -> PackageFacts {
    let root = json::parse(text);
    let field = |key: &str| root.get(key).and_then(Item::stated);
    let mut facts = facts_of("composer");
    facts.name = field("name");
    facts.version = field("version");
    facts.description = field("description");
    facts.license = field("license");
    for (section, dev) in [("require", false), ("require-dev", true)] {
        let entries = root.get(section).map(Item::entries).unwrap_or_default();
        let packages = entries.iter().filter(|(name, _)| name.contains('/'));
        let packages =
            packages.map(|(name, item)| dependency(name, item.text().map(str::to_owned), dev, item.line));
        facts.dependencies.extend(packages.collect::<Vec<Dependency>>());
    }
    for (name, item) in root.get("scripts").map(Item::entries).unwrap_or_default() {
        let steps: Vec<String> = item.texts().map(|step| step.value).collect();
        facts.commands.push((stated(name, item.line), steps.join(" && ")));
    }
    let folders = root
        .at(&["autoload", "psr-4"])
        .map(Item::entries)
        .unwrap_or_default();
    facts.entries = folders.iter().flat_map(|(_, item)| item.texts()).collect();
    facts
}
