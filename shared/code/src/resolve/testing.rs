//! Small repositories made by hand, for the tests of the resolver.

use deepwiki_domain::{
    BlobId, Language, RepoPath,
    facts::{Definition, FileFacts, Lines, SymbolKind, Visibility},
    graph::{Graph, Node},
    manifest::{Role, ShardFile},
};

/// The facts of files, given by path and text.
pub(crate) fn repository(files: &[(&str, &str)]) -> Vec<FileFacts> {
    let read = |(path, text): &(&str, &str)| {
        let path = RepoPath::new(*path).unwrap();
        crate::read_file(&ShardFile {
            blob: BlobId::new("0".repeat(40)).unwrap(),
            language: Language::of(path.file_name(), ""),
            path,
            role: Role::Source,
            text: (*text).to_owned(),
        })
    };
    files.iter().map(read).collect()
}

/// The edges between different files, one a line: `from -> to certainty`, where the ends are a path, or a path and a
/// name; then the packages outside.
pub(crate) fn edges(files: &[(&str, &str)]) -> String {
    let facts = repository(files);
    let graph = super::resolve(&facts.iter().collect::<Vec<_>>());
    let mut lines: Vec<String> = graph
        .edges
        .iter()
        .filter(|edge| graph.file_of(edge.from) != graph.file_of(edge.to))
        .map(|edge| {
            let ends = (name(&graph, &facts, edge.from), name(&graph, &facts, edge.to));
            format!("{} -> {} {:?}", ends.0, ends.1, edge.certainty)
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines.extend(graph.externals.iter().map(|external| {
        format!(
            "{} uses {} at {}",
            graph.file(external.file).unwrap().path,
            external.package,
            external.line
        )
    }));
    lines.join("\n")
}

fn name(graph: &Graph, facts: &[FileFacts], node: Node) -> String {
    let path = &graph.file(graph.file_of(node).unwrap()).unwrap().path;
    match node {
        Node::File(_) => path.to_string(),
        Node::Symbol(symbol) => {
            let file = facts.iter().find(|facts| facts.path == *path).unwrap();
            let index = graph.definition(symbol).unwrap().1 as usize;
            format!("{path}#{}", file.definitions[index].name)
        }
    }
}

/// A definition with nothing but these.
pub(crate) fn definition(kind: SymbolKind, name: &str, signature: &str) -> Definition {
    Definition {
        name: name.to_owned(),
        kind,
        lines: Lines::one(1),
        name_line: 1,
        signature: signature.to_owned(),
        doc: None,
        container: None,
        owner: None,
        supertypes: Vec::new(),
        visibility: Visibility::Public,
        complexity: 1,
        is_test: false,
    }
}
