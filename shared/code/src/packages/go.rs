//! `go.mod`.

use deepwiki_domain::facts::PackageFacts;

use super::{dependency, facts_of, numbered, stated};

pub(super) fn read(text: &str) -> PackageFacts {
    let mut facts = facts_of("go");
    let mut block = None;
    for (line, content) in numbered(text) {
        let (content, comment) = content.split_once("//").unwrap_or((content, ""));
        let mut words = content.split_whitespace();
        let Some(directive) = block.or_else(|| words.next()) else {
            continue;
        };
        let Some(first) = words.next() else { continue };
        match (directive, first) {
            (_, ")") => block = None,
            (_, "(") => block = Some(directive),
            ("module", name) => facts.name = Some(stated(name.trim_matches('"'), line)),
            ("require", name) if !comment.contains("indirect") => {
                let wanted = words.next().map(str::to_owned);
                facts.dependencies.push(dependency(name, wanted, false, line));
            }
            ("replace", name) => {
                let path = words.find(|word| word.starts_with('.')).map(str::to_owned);
                let replaced = facts
                    .dependencies
                    .iter_mut()
                    .find(|dependency| dependency.name == name);
                if let (Some(replaced), Some(path)) = (replaced, path) {
                    replaced.path = Some(path);
                }
            }
            _ => {}
        }
    }
    facts
}
