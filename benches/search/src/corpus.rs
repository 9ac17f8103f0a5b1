//! A package's definitions without their comments, and the comments as questions.

use std::{collections::BTreeSet, fs, path::Path};

use deepwiki_code::read_file;
use deepwiki_domain::{
    BlobId, Language, RepoPath,
    facts::{FileFacts, Lines, SymbolKind},
    manifest::{Role, ShardFile},
    search::{Document, documents, ranking::fold_name},
};

/// The most questions of one corpus.
const QUESTIONS: usize = 300;

/// A question and what answers it.
pub(crate) struct Case {
    pub(crate) question: String,
    pub(crate) path: String,
    /// The line that bears the name.
    pub(crate) line: u32,
}

/// What is searched, and the questions.
pub(crate) struct Corpus {
    pub(crate) documents: Vec<Document>,
    pub(crate) cases: Vec<Case>,
    /// Path, name and line of every definition.
    pub(crate) definitions: Vec<(String, String, u32)>,
}

impl Corpus {
    /// Reads every source file below a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut files = Vec::new();
        collect(folder, folder, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut corpus = Self {
            documents: Vec::new(),
            cases: Vec::new(),
            definitions: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        for file in files {
            let facts = read_file(&file);
            let bare = ShardFile {
                text: without(&file.text, &facts),
                ..file
            };
            let bare_facts = read_file(&bare);
            let found = documents::of_file(&bare.text, &bare_facts);
            corpus.documents.extend(found.into_iter().map(|it| it.document));
            corpus.take_questions(&facts, &mut seen);
        }
        corpus.cases.sort_by_key(|case| scatter(&case.question));
        corpus.cases.truncate(QUESTIONS);
        corpus
    }

    fn take_questions(&mut self, facts: &FileFacts, seen: &mut BTreeSet<String>) {
        for definition in &facts.definitions {
            let place = (
                facts.path.to_string(),
                definition.name.clone(),
                definition.name_line,
            );
            self.definitions.push(place);
            let is_code = !matches!(
                definition.kind,
                SymbolKind::Section | SymbolKind::Entry | SymbolKind::Implementation
            );
            let Some(doc) = definition.doc.as_ref().filter(|_| is_code && !definition.is_test) else {
                continue;
            };
            let first = doc.text.trim().split("\n\n").next().unwrap_or_default();
            let question: String = first
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .chars()
                .take(200)
                .collect();
            if question.split(' ').count() >= 4 && seen.insert(fold_name(&question)) {
                self.cases.push(Case {
                    question,
                    path: facts.path.to_string(),
                    line: definition.name_line,
                });
            }
        }
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<ShardFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(
                name.as_str(),
                "tests" | "test" | "node_modules" | "dist" | "locale"
            ) {
                collect(root, &path, files);
            }
            continue;
        }
        let language = Language::of(&name, "");
        let is_code = matches!(
            language,
            Some(Language::Rust | Language::Python | Language::TypeScript)
        );
        let (true, Ok(text)) = (is_code, fs::read_to_string(&path)) else {
            continue;
        };
        files.push(ShardFile {
            path: RepoPath::new(path.strip_prefix(root).unwrap().to_string_lossy()).unwrap(),
            blob: BlobId::new("0".repeat(40)).unwrap(),
            language,
            role: Role::Source,
            text,
        });
    }
}

/// The text with the lines of every documentation comment left empty.
fn without(text: &str, facts: &FileFacts) -> String {
    let own = facts.definitions.iter().filter_map(|it| it.doc.as_ref());
    let docs: Vec<Lines> = own.chain(&facts.doc).map(|doc| doc.lines).collect();
    let kept = (1u32..).zip(text.lines()).map(|(number, line)| {
        let is_doc = docs
            .iter()
            .any(|lines| lines.start <= number && number <= lines.end);
        if is_doc { "" } else { line }
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Scatters questions over a corpus, the same way every time.
fn scatter(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
