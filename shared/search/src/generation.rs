//! One immutable generation: made in memory, kept as one blob, opened from its bytes.

use std::path::Path;

use deepwiki_domain::{
    StageError,
    search::{Document, Query, QueryVector},
};
use deepwiki_ports::Result;
use tantivy::{
    Index, IndexBuilder, IndexSettings, ReloadPolicy, Searcher, TantivyDocument, Term,
    directory::{Directory, RamDirectory},
    index::SegmentComponent,
    query::{Bm25StatisticsProvider, BooleanQuery, EnableScoring, Query as _, TermQuery},
    schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{TextAnalyzer, TokenizerManager},
};

use crate::{
    analyzer::{Analyzer, Reading},
    best::{Best, Match},
    catalog::{Admission, Catalog},
    container,
    vectors::Vectors,
};

const META: &str = "meta.json";
const TABLES: &str = "catalog.json";
const ROWS: &str = "catalog.rows";
const VECTORS: &str = "vectors";
const FIELD: &str = "terms";

/// What the writer may use before it grows; it holds the whole segment in any case.
const WRITER_MEMORY: usize = 64 << 20;

/// The files of a segment, those that a version of tantivy may leave out included.
const COMPONENTS: [SegmentComponent; 6] = [
    SegmentComponent::Terms,
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FieldNorms,
    SegmentComponent::FastFields,
    SegmentComponent::Store,
];

/// The name of every segment. tantivy draws a random one; the same documents are to give the same bytes.
const SEGMENT: &str = "00000000000000000000000000000001";

/// An open generation.
pub(crate) struct Generation {
    searcher: Searcher,
    field: Field,
    catalog: Catalog,
    vectors: Option<Vectors>,
    size: usize,
}

/// How often terms occur: in one generation, or in all that are searched together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    documents: u64,
    tokens: u64,
    /// In how many documents each term of the query occurs.
    frequencies: Vec<u64>,
}

impl Statistics {
    pub(crate) fn add(&mut self, other: &Self) {
        self.documents += other.documents;
        self.tokens += other.tokens;
        self.frequencies.resize(other.frequencies.len(), 0);
        for (sum, frequency) in self.frequencies.iter_mut().zip(&other.frequencies) {
            *sum += frequency;
        }
    }
}

/// Makes a generation's blob; `model` is what made the documents' vectors.
pub(crate) fn build(mut documents: Vec<Document>, model: Option<&str>) -> Result<Vec<u8>> {
    documents.sort_by(|a, b| {
        let place = |it: &Document| (it.start, it.end, it.locale);
        (&a.path, place(a), &a.page, &a.symbol, &a.text).cmp(&(
            &b.path,
            place(b),
            &b.page,
            &b.symbol,
            &b.text,
        ))
    });
    let failed = |error: &dyn std::fmt::Display| {
        StageError::permanent("the search index could not be built").with_detail(error)
    };
    let (tables, rows) = Catalog::write(&documents).map_err(|error| failed(&error))?;
    let mut files = vec![(TABLES.to_owned(), tables), (ROWS.to_owned(), rows)];
    if let Some(model) = model {
        let vectors: Vec<_> = documents.iter_mut().map(|it| it.vector.take()).collect();
        files.extend(Vectors::write(model, &vectors).map(|file| (VECTORS.to_owned(), file)));
    }
    files.extend(write_segment(documents).map_err(|error| failed(&error))?);
    Ok(container::pack(&files))
}

/// Indexes the documents' terms and gives the files of the only segment.
fn write_segment(documents: Vec<Document>) -> tantivy::Result<Vec<(String, Vec<u8>)>> {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(FIELD)
        .set_index_option(IndexRecordOption::WithFreqs);
    let field = schema.add_text_field(FIELD, TextOptions::default().set_indexing_options(indexing));
    let tokenizers = TokenizerManager::new();
    tokenizers.register(FIELD, TextAnalyzer::from(Analyzer::new()));
    let settings = IndexSettings {
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    };
    let directory = RamDirectory::create();
    let mut writer = IndexBuilder::new()
        .schema(schema.build())
        .settings(settings)
        .tokenizers(tokenizers)
        .single_segment_index_writer(directory.clone(), WRITER_MEMORY)?;
    for document in documents {
        writer.add_document(values_of(field, &document))?;
    }
    let index = writer.finalize()?;
    segment_files(&index, &directory)
}

fn values_of(field: Field, document: &Document) -> TantivyDocument {
    let mut values = TantivyDocument::new();
    values.add_text(field, Reading::Path.value(document.path.as_str()));
    if let Some(symbol) = &document.symbol {
        values.add_text(field, Reading::Symbol.value(symbol));
    }
    let reading = if document.is_prose() {
        Reading::Prose
    } else {
        Reading::Source
    };
    values.add_text(field, reading.value(document.indexed_text()));
    values
}

/// The files that opening the index again needs, under names that are always the same.
fn segment_files(index: &Index, directory: &RamDirectory) -> tantivy::Result<Vec<(String, Vec<u8>)>> {
    let meta = directory.atomic_read(Path::new(META))?;
    let mut meta = String::from_utf8_lossy(&meta).into_owned();
    let mut files = Vec::new();
    for segment in index.searchable_segment_metas()? {
        let name = segment.id().uuid_string();
        meta = meta.replace(&hyphenated(&name), &hyphenated(SEGMENT));
        for path in COMPONENTS.map(|component| segment.relative_path(component)) {
            if directory.exists(&path)? {
                let content = directory.atomic_read(&path)?;
                files.push((path.to_string_lossy().replace(&name, SEGMENT), content));
            }
        }
    }
    files.push((META.to_owned(), meta.into_bytes()));
    Ok(files)
}

/// A UUID of 32 digits in groups, as JSON has it.
fn hyphenated(digits: &str) -> String {
    let group = |range| digits.get(range).unwrap_or_default();
    [
        group(0..8),
        group(8..12),
        group(12..16),
        group(16..20),
        group(20..32),
    ]
    .join("-")
}

impl Generation {
    /// Opens a blob that [`build`] made; none where it is anything else, or of another version.
    pub(crate) fn open(blob: &[u8]) -> Option<Self> {
        let files = container::unpack(blob)?;
        let directory = RamDirectory::create();
        let (mut tables, mut rows, mut vectors) = (None, None, None);
        for (name, content) in files {
            match name {
                TABLES => tables = Some(content),
                ROWS => rows = Some(content),
                VECTORS => vectors = Some(content),
                _ => directory.atomic_write(Path::new(name), content).ok()?,
            }
        }
        let index = Index::open(directory).ok()?;
        let field = index.schema().get_field(FIELD).ok()?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .ok()?;
        let searcher = tantivy::IndexReader::searcher(&reader);
        let documents = usize::try_from(searcher.num_docs()).ok()?;
        let catalog = Catalog::read(tables?, rows?, documents)?;
        let vectors = match vectors {
            Some(file) => Some(Vectors::read(file, documents)?),
            None => None,
        };
        let size = blob.len() + catalog.size() + vectors.as_ref().map_or(0, Vectors::size);
        Some(Self {
            searcher,
            field,
            catalog,
            vectors,
            size,
        })
    }

    /// An estimate of the memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// How often the terms occur here.
    pub(crate) fn statistics(&self, terms: &[String]) -> Result<Statistics> {
        let count = || -> tantivy::Result<Statistics> {
            let frequencies = terms.iter().map(|term| self.searcher.doc_freq(&self.term(term)));
            Ok(Statistics {
                documents: self.searcher.total_num_docs()?,
                tokens: self.searcher.total_num_tokens(self.field)?,
                frequencies: frequencies.collect::<tantivy::Result<_>>()?,
            })
        };
        count().map_err(unsearchable)
    }

    /// The best `limit` documents that the query admits and that have any of the terms, best first. `all` is what
    /// scores are measured by, so that those of generations that are searched together compare.
    pub(crate) fn search(
        &self,
        terms: &[String],
        all: &Statistics,
        query: &Query,
        limit: usize,
    ) -> Result<Vec<Match>> {
        let admission = self.catalog.admission(query);
        self.matches(terms, all, &admission, limit).map_err(unsearchable)
    }

    /// The `limit` documents that the query admits and whose meaning is nearest, best first; none where the
    /// vectors here are of another model than the query's.
    pub(crate) fn nearest(&self, vector: &QueryVector, query: &Query, limit: usize) -> Option<Vec<Match>> {
        let vectors = self.vectors.as_ref().filter(|vectors| vectors.fit(vector))?;
        let admission = self.catalog.admission(query);
        Some(vectors.nearest(
            vector,
            &|document| self.catalog.admits(document, &admission),
            limit,
        ))
    }

    fn matches(
        &self,
        terms: &[String],
        all: &Statistics,
        admission: &Admission,
        limit: usize,
    ) -> tantivy::Result<Vec<Match>> {
        let mut present = Vec::new();
        for (term, frequency) in terms.iter().map(|term| self.term(term)).zip(&all.frequencies) {
            // A term that this generation lacks would keep tantivy from skipping documents that cannot win.
            if self.searcher.doc_freq(&term)? > 0 {
                present.push((term, *frequency));
            }
        }
        if present.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let clauses = present.iter().map(|(term, _)| -> Box<dyn tantivy::query::Query> {
            Box::new(TermQuery::new(term.clone(), IndexRecordOption::WithFreqs))
        });
        let query = BooleanQuery::union(clauses.collect());
        let common = Common {
            documents: all.documents,
            tokens: all.tokens,
            frequencies: &present,
        };
        let scoring = EnableScoring::enabled_from_statistics_provider(&common, &self.searcher);
        let weight = query.weight(scoring)?;
        let mut best = Best::new(limit);
        for segment in self.searcher.segment_readers() {
            weight.for_each_pruning(f32::MIN, segment, &mut |document, score| {
                if self.catalog.admits(document, admission) {
                    best.offer(Match { score, document });
                }
                best.threshold()
            })?;
        }
        Ok(best.into_sorted())
    }

    fn term(&self, text: &str) -> Term {
        Term::from_field_text(self.field, text)
    }
}

fn unsearchable(error: tantivy::TantivyError) -> StageError {
    StageError::permanent("a search index could not be read: build its repository with --full")
        .with_detail(error)
}

/// The statistics of all generations that are searched together, as tantivy asks for them.
struct Common<'a> {
    documents: u64,
    tokens: u64,
    frequencies: &'a [(Term, u64)],
}

impl Bm25StatisticsProvider for Common<'_> {
    fn total_num_tokens(&self, _: Field) -> tantivy::Result<u64> {
        Ok(self.tokens)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.documents)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let known = self.frequencies.iter().find(|(known, _)| known == term);
        Ok(known.map_or(0, |(_, frequency)| *frequency))
    }
}
