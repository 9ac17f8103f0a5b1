//! `Gemfile` and gem specifications: programs, of which the usual lines are read.

use deepwiki_domain::facts::{Dependency, PackageFacts};

use super::{dependency, facts_of, gradle::quoted, numbered, stated};

pub(super) fn read(text: &str) -> PackageFacts {
    let mut facts = facts_of("gem");
    let mut in_dev_group = false;
    for (line, content) in numbered(text) {
        let content = content.trim();
        if content.starts_with("group ") {
            in_dev_group = content.contains(":test") || content.contains(":development");
        } else if content == "end" {
            in_dev_group = false;
        } else if let Some(rest) = content.strip_prefix("gem ") {
            facts.dependencies.extend(depends(rest, in_dev_group, line));
        } else if let Some((_, rest)) = content.split_once(".add_") {
            if rest.contains("dependency") {
                facts
                    .dependencies
                    .extend(depends(rest, rest.starts_with("development"), line));
            }
        } else if let Some((target, value)) = content.split_once('=') {
            let value = quoted(value).map(|value| stated(value, line));
            match target.trim().rsplit('.').next() {
                Some("name") => facts.name = facts.name.or(value),
                Some("version") => facts.version = facts.version.or(value),
                Some("summary") => facts.description = facts.description.or(value),
                Some("license") => facts.license = facts.license.or(value),
                _ => {}
            }
        }
    }
    facts
}

fn depends(rest: &str, dev: bool, line: u32) -> Option<Dependency> {
    let name = quoted(rest)?;
    let after = rest.split_once(name)?.1.get(1..)?;
    let first = after.trim_start().strip_prefix(',').map(str::trim_start);
    let wanted = first
        .filter(|rest| rest.starts_with(['"', '\'']))
        .and_then(quoted);
    let path = after.split_once("path:").and_then(|(_, path)| quoted(path));
    Some(Dependency {
        path: path.map(str::to_owned),
        ..dependency(name, wanted.map(str::to_owned), dev, line)
    })
}
