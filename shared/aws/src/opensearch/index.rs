//! The shared indexes of a collection: one for each model, and one for what has no vectors. Their names hold
//! [`INDEX_VERSION`], so that a new form is built beside the old.

use deepwiki_domain::{
    Language, Locale, RepoPath, Slug,
    facts::SymbolKind,
    manifest::Role,
    search::{Document, INDEX_VERSION, words::Words},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An index by its name and what its vectors are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) name: String,
    /// The length of vectors; 0 where there are none.
    dimensions: usize,
}

/// A document as it comes back with a hit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    /// The tag of its generation.
    pub(super) generation: String,
    pub(super) path: RepoPath,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) symbol: Option<String>,
    pub(super) kind: Option<SymbolKind>,
    pub(super) language: Option<Language>,
    pub(super) role: Role,
    pub(super) page: Option<Slug>,
    pub(super) section: Option<Slug>,
    pub(super) locale: Option<Locale>,
    pub(super) rank: f32,
}

impl Index {
    /// The index of documents whose vectors are of this model and length.
    pub(super) fn new(model: Option<&str>, dimensions: usize) -> Self {
        let Some(model) = model.filter(|_| dimensions > 0) else {
            return Self {
                name: format!("deepwiki-{INDEX_VERSION}-words"),
                dimensions: 0,
            };
        };
        let readable: String = model
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .take(80)
            .collect();
        let digest = blake3::hash(model.as_bytes()).to_hex();
        let digest = digest.get(..8).unwrap_or_default();
        Self {
            name: format!("deepwiki-{INDEX_VERSION}-{readable}-{dimensions}-{digest}"),
            dimensions,
        }
    }

    /// Its settings and mapping.
    ///
    /// `terms` holds the terms that the embedded index has of the same document, so that both rank alike. `text` is
    /// analysed by the service too: as plain words, and into Japanese morphemes. Neither these nor the vector come back
    /// with a hit. Vectors are of length 1, so that their inner product is the cosine.
    pub(super) fn definition(&self) -> Value {
        let word = json!({"type": "keyword"});
        let kept = json!({"type": "keyword", "index": false, "doc_values": false});
        let number = json!({"type": "integer", "index": false, "doc_values": false});
        let mut properties = json!({
            "repository": word,
            "generation": word,
            "path": word,
            "start": number,
            "end": number,
            "symbol": kept,
            "kind": word,
            "language": word,
            "role": word,
            "page": kept,
            "section": kept,
            "locale": word,
            "rank": {"type": "float", "index": false, "doc_values": false},
            "terms": {"type": "text", "analyzer": "terms", "index_options": "freqs"},
            "text": {
                "type": "text",
                "analyzer": "simple",
                "index_options": "freqs",
                "fields": {"ja": {"type": "text", "analyzer": "japanese", "index_options": "freqs"}},
            },
        });
        if let Some(properties) = properties.as_object_mut().filter(|_| self.dimensions > 0) {
            properties.insert("vector".to_owned(), self.vector_field());
        }
        json!({
            "settings": {
                "index": {"knn": self.dimensions > 0},
                "analysis": {"analyzer": {
                    "terms": {"type": "custom", "tokenizer": "whitespace"},
                    "japanese": {
                        "type": "custom",
                        "tokenizer": "kuromoji_tokenizer",
                        "filter": [
                            "kuromoji_baseform", "kuromoji_part_of_speech", "cjk_width", "ja_stop", "kuromoji_stemmer",
                            "lowercase",
                        ],
                    },
                }},
            },
            "mappings": {
                "dynamic": "strict",
                "_source": {"excludes": ["terms", "text", "vector"]},
                "properties": properties,
            },
        })
    }

    /// 16 bits a number lose nothing that ranks, and halve the memory that is paid for.
    fn vector_field(&self) -> Value {
        json!({
            "type": "knn_vector",
            "dimension": self.dimensions,
            "method": {
                "name": "hnsw",
                "engine": "faiss",
                "space_type": "innerproduct",
                "parameters": {
                    "m": 16,
                    "ef_construction": 256,
                    "encoder": {"name": "sq", "parameters": {"type": "fp16"}},
                },
            },
        })
    }

    /// A document as the index takes it up.
    pub(super) fn entry(&self, words: &mut Words, document: Document, repository: &str, tag: &str) -> Value {
        let mut terms = String::with_capacity(document.text.len() * 2);
        words.of_document(&document, &mut |term| {
            terms.push_str(term);
            terms.push(' ');
        });
        let vector = document.vector.as_deref().and_then(unit);
        let mut entry = json!({
            "repository": repository,
            "generation": tag,
            "path": document.path,
            "start": document.start,
            "end": document.end,
            "symbol": document.symbol,
            "kind": document.kind,
            "language": document.language,
            "role": document.role,
            "page": document.page,
            "section": document.section,
            "locale": document.locale,
            "rank": document.rank,
            "terms": terms.trim_end(),
            "text": document.text,
        });
        if let (Some(entry), Some(vector)) = (entry.as_object_mut(), vector.filter(|_| self.dimensions > 0)) {
            entry.insert("vector".to_owned(), json!(vector));
        }
        entry
    }
}

/// The vector at length 1, to four digits: its bytes have no more.
fn unit(vector: &[i8]) -> Option<Vec<f64>> {
    let square: f64 = vector.iter().map(|value| f64::from(*value).powi(2)).sum();
    let length = square.sqrt();
    let digits = |value: f64| (value * 1e4).round() / 1e4;
    (length > 0.0).then(|| {
        vector
            .iter()
            .map(|value| digits(f64::from(*value) / length))
            .collect()
    })
}
