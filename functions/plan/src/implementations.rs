//! C and C++ declare in a header what another file defines. The resolver ends at the declaration, which is what a
//! use names; a reader wants to be led to the definition.

use std::collections::BTreeMap;

use deepwiki_domain::{
    Language,
    facts::{Definition, FileFacts, SymbolKind, Visibility},
    graph::{Edge, FileId, Graph, Node, SymbolId},
    manifest::Role,
};

/// The graph with the uses of declarations led on to their definitions; none where nothing changes.
pub(crate) fn followed(files: &[FileFacts], graph: &Graph) -> Option<Graph> {
    let definitions = definitions_of_declarations(files, graph);
    if definitions.is_empty() {
        return None;
    }
    let lead = |node: Node| match node {
        Node::Symbol(symbol) => Node::Symbol(definitions.get(&symbol).copied().unwrap_or(symbol)),
        Node::File(_) => node,
    };
    let mut edges: Vec<Edge> = graph
        .edges
        .iter()
        .map(|edge| Edge {
            to: lead(edge.to),
            ..edge.clone()
        })
        .filter(|edge| edge.from != edge.to)
        .collect();
    edges.sort_by_key(|edge| (edge.from, edge.to, edge.kind, edge.certainty, edge.line));
    edges.dedup_by(|next, kept| {
        let same = (next.from, next.to, next.kind, next.certainty)
            == (kept.from, kept.to, kept.kind, kept.certainty);
        if same {
            kept.weight = kept.weight.saturating_add(next.weight);
        }
        same
    });
    Some(Graph {
        edges,
        ..graph.clone()
    })
}

/// For each function that a header declares, the one function that defines it: the one in the file of the header's
/// name where several do (`sds.h`, `sds.c`).
fn definitions_of_declarations(files: &[FileFacts], graph: &Graph) -> BTreeMap<SymbolId, SymbolId> {
    let mut bodies: BTreeMap<&str, Vec<(FileId, SymbolId)>> = BTreeMap::new();
    let mut declared: Vec<(&str, FileId, SymbolId)> = Vec::new();
    for (id, file) in (0u32..).map(FileId).zip(files).filter(|(_, file)| is_c(file)) {
        for (at, definition) in (0u32..).zip(&file.definitions) {
            let Some(symbol) = graph.symbol_id(id, at).filter(|_| is_shared(definition)) else {
                continue;
            };
            if definition.lines.count() > 1 && !is_header(file) {
                bodies.entry(&definition.name).or_default().push((id, symbol));
            } else if is_header(file) && definition.lines.count() <= 3 {
                declared.push((&definition.name, id, symbol));
            }
        }
    }
    let stem = |file: FileId| {
        let path = files.get(file.0 as usize).map(|file| file.path.as_str())?;
        path.rsplit_once('.').map(|(stem, _)| stem)
    };
    declared
        .into_iter()
        .filter_map(|(name, header, declaration)| {
            let found = bodies.get(name)?;
            let beside = found.iter().find(|(file, _)| stem(*file) == stem(header));
            let only = found.first().filter(|_| found.len() == 1);
            beside.or(only).map(|(_, body)| (declaration, *body))
        })
        .collect()
}

fn is_c(file: &FileFacts) -> bool {
    matches!(file.language, Some(Language::C | Language::Cpp)) && file.role == Role::Source
}

fn is_header(file: &FileFacts) -> bool {
    let name = file.path.file_name();
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| extension.starts_with('h'))
}

/// Whether a definition is a free function that other files can call.
fn is_shared(definition: &Definition) -> bool {
    definition.kind == SymbolKind::Function
        && definition.container.is_none()
        && definition.visibility != Visibility::Private
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{
        facts::ReferenceKind,
        graph::{Certainty, GraphFile},
    };

    use super::*;
    use crate::fixtures::{definition, file};

    fn c(path: &str, name: &str, lines: u32) -> FileFacts {
        FileFacts {
            language: Some(Language::C),
            definitions: vec![definition(name, 1, lines)],
            ..file(path, 40)
        }
    }

    #[test]
    fn a_use_of_a_declaration_leads_to_the_definition() {
        let files = [
            c("main.c", "main", 20),
            c("net.c", "run", 20),
            c("net.h", "run", 1),
            c("other.c", "run", 9),
        ];
        let symbol = |id| Node::Symbol(SymbolId(id));
        let edge = |from, to| Edge {
            from,
            to,
            kind: ReferenceKind::Call,
            certainty: Certainty::Include,
            line: 1,
            weight: 2,
        };
        let graph = Graph {
            files: (0u32..)
                .zip(&files)
                .map(|(at, file)| GraphFile {
                    path: file.path.clone(),
                    first_symbol: at,
                    symbols: 1,
                })
                .collect(),
            edges: vec![edge(symbol(0), symbol(1)), edge(symbol(0), symbol(2))],
            externals: vec![],
        };
        let followed = followed(&files, &graph).unwrap();
        let expected = Edge {
            weight: 4,
            ..edge(symbol(0), symbol(1))
        };
        assert_eq!(followed.edges, [expected]);
        assert_eq!(super::followed(&files[..2], &graph), None);
    }
}
