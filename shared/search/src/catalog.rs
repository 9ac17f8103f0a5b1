//! What a generation knows of each document besides its terms: enough for a hit and its ranking, without the
//! text. Fixed-size rows point into tables of distinct values, so that opening it reads only the tables.

use std::collections::HashMap;

use deepwiki_domain::{
    CommitId, Language, Locale, RepoPath, RepositoryId, Slug,
    facts::SymbolKind,
    manifest::Role,
    search::{Document, Hit, Query, ranking::Candidate},
};
use serde::{Deserialize, Serialize};

/// Bytes of a row: path, first line, last line, symbol, page, section, rank (four each), kind, role, locale,
/// language.
const ROW: usize = 32;

/// Stands for "none" where a row points into a table.
const NONE: u32 = u32::MAX;

/// The distinct values.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Tables {
    paths: Vec<RepoPath>,
    symbols: Vec<String>,
    pages: Vec<Slug>,
    sections: Vec<Slug>,
    kinds: Vec<Option<SymbolKind>>,
    roles: Vec<Role>,
    locales: Vec<Option<Locale>>,
    languages: Vec<Option<Language>>,
}

/// The documents of a generation, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Catalog {
    tables: Tables,
    rows: Vec<u8>,
}

/// A row, its pointers still numbers.
struct Row {
    path: u32,
    start: u32,
    end: u32,
    symbol: u32,
    page: u32,
    section: u32,
    rank: f32,
    kind: u8,
    role: u8,
    locale: u8,
    language: u8,
}

/// What a query admits, for the values of each table.
#[derive(Debug)]
pub(crate) struct Admission {
    /// None where every document is admitted.
    tables: Option<AdmittedValues>,
}

#[derive(Debug)]
struct AdmittedValues {
    /// None where every path is.
    paths: Option<Vec<bool>>,
    kinds: Vec<bool>,
    roles: Vec<bool>,
    locales: Vec<bool>,
    languages: Vec<bool>,
}

impl Catalog {
    /// The catalog of these documents: its tables and its rows.
    pub(crate) fn write(documents: &[Document]) -> serde_json::Result<(Vec<u8>, Vec<u8>)> {
        let mut tables = Tables::default();
        let (mut paths, mut symbols) = (HashMap::new(), HashMap::new());
        let (mut pages, mut sections) = (HashMap::new(), HashMap::new());
        let mut rows = Vec::with_capacity(documents.len() * ROW);
        for document in documents {
            let row = Row {
                path: number(&document.path, &mut tables.paths, &mut paths),
                start: document.start,
                end: document.end,
                symbol: document
                    .symbol
                    .as_ref()
                    .map_or(NONE, |it| number(it, &mut tables.symbols, &mut symbols)),
                page: document
                    .page
                    .as_ref()
                    .map_or(NONE, |it| number(it, &mut tables.pages, &mut pages)),
                section: document
                    .section
                    .as_ref()
                    .map_or(NONE, |it| number(it, &mut tables.sections, &mut sections)),
                rank: document.rank,
                kind: small_number(document.kind, &mut tables.kinds),
                role: small_number(document.role, &mut tables.roles),
                locale: small_number(document.locale, &mut tables.locales),
                language: small_number(document.language, &mut tables.languages),
            };
            row.write(&mut rows);
        }
        Ok((serde_json::to_vec(&tables)?, rows))
    }

    /// Reads what [`Catalog::write`] made; none where it is not that of `documents` documents.
    pub(crate) fn read(tables: &[u8], rows: &[u8], documents: usize) -> Option<Self> {
        let tables = serde_json::from_slice(tables).ok()?;
        (rows.len() == documents.checked_mul(ROW)?).then(|| Self {
            tables,
            rows: rows.to_vec(),
        })
    }

    /// Looks up once what the query admits of the distinct values.
    pub(crate) fn admission(&self, query: &Query) -> Admission {
        let filter = &query.filter;
        if filter.is_empty() && query.locale.is_none() {
            return Admission { tables: None };
        }
        let tables = &self.tables;
        let of_path = |path: &RepoPath| filter.admits_path(path.as_str());
        let of_locale =
            |locale: &Option<Locale>| query.locale.is_none() || locale.is_none() || *locale == query.locale;
        Admission {
            tables: Some(AdmittedValues {
                paths: (!filter.paths.is_empty()).then(|| tables.paths.iter().map(of_path).collect()),
                kinds: tables.kinds.iter().map(|it| filter.admits_kind(*it)).collect(),
                roles: tables.roles.iter().map(|it| filter.admits_role(*it)).collect(),
                locales: tables.locales.iter().map(of_locale).collect(),
                languages: tables
                    .languages
                    .iter()
                    .map(|it| filter.admits_language(*it))
                    .collect(),
            }),
        }
    }

    /// Whether the query admits the document.
    pub(crate) fn admits(&self, document: u32, admission: &Admission) -> bool {
        let Some(admitted) = &admission.tables else {
            return true;
        };
        let Some(row) = self.row(document) else {
            return false;
        };
        let holds = |table: &[bool], at: usize| table.get(at).copied().unwrap_or(false);
        holds(&admitted.locales, usize::from(row.locale))
            && holds(&admitted.roles, usize::from(row.role))
            && holds(&admitted.kinds, usize::from(row.kind))
            && holds(&admitted.languages, usize::from(row.language))
            && admitted
                .paths
                .as_ref()
                .is_none_or(|paths| holds(paths, row.path as usize))
    }

    /// The document as a candidate, without scores.
    pub(crate) fn candidate(
        &self,
        repository: &RepositoryId,
        commit: &CommitId,
        document: u32,
    ) -> Option<Candidate> {
        let row = self.row(document)?;
        let tables = &self.tables;
        let hit = Hit {
            repository: repository.clone(),
            commit: commit.clone(),
            path: tables.paths.get(row.path as usize)?.clone(),
            start: row.start,
            end: row.end,
            symbol: tables.symbols.get(row.symbol as usize).cloned(),
            kind: tables.kinds.get(usize::from(row.kind)).copied().flatten(),
            language: tables.languages.get(usize::from(row.language)).copied().flatten(),
            role: *tables.roles.get(usize::from(row.role))?,
            page: tables.pages.get(row.page as usize).cloned(),
            section: tables.sections.get(row.section as usize).cloned(),
            locale: tables.locales.get(usize::from(row.locale)).copied().flatten(),
            why: Vec::new(),
            score: 0.0,
        };
        Some(Candidate {
            hit,
            rank: row.rank,
            lexical: None,
            semantic: None,
        })
    }

    /// An estimate of the memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        let paths = self.tables.paths.iter().map(|path| path.as_str().len());
        let symbols = self.tables.symbols.iter().map(String::len);
        self.rows.len() + paths.chain(symbols).map(|length| length + 32).sum::<usize>()
    }

    fn row(&self, document: u32) -> Option<Row> {
        let start = (document as usize).checked_mul(ROW)?;
        Row::read(self.rows.get(start..)?.first_chunk()?)
    }
}

impl Row {
    fn write(&self, rows: &mut Vec<u8>) {
        for number in [
            self.path,
            self.start,
            self.end,
            self.symbol,
            self.page,
            self.section,
            self.rank.to_bits(),
        ] {
            rows.extend_from_slice(&number.to_le_bytes());
        }
        rows.extend_from_slice(&[self.kind, self.role, self.locale, self.language]);
    }

    fn read(bytes: &[u8; ROW]) -> Option<Self> {
        let (numbers, _) = bytes.as_chunks::<4>();
        let [path, start, end, symbol, page, section, rank, bytes] = *numbers.first_chunk::<8>()?;
        let [kind, role, locale, language] = bytes;
        Some(Self {
            path: u32::from_le_bytes(path),
            start: u32::from_le_bytes(start),
            end: u32::from_le_bytes(end),
            symbol: u32::from_le_bytes(symbol),
            page: u32::from_le_bytes(page),
            section: u32::from_le_bytes(section),
            rank: f32::from_le_bytes(rank),
            kind,
            role,
            locale,
            language,
        })
    }
}

/// The place of a value in its table, which takes it up where it is new.
fn number<T: Clone + Eq + std::hash::Hash>(
    value: &T,
    table: &mut Vec<T>,
    places: &mut HashMap<T, u32>,
) -> u32 {
    if let Some(place) = places.get(value) {
        return *place;
    }
    let place = table.len() as u32;
    table.push(value.clone());
    places.insert(value.clone(), place);
    place
}

/// The same for a table of a handful of values.
fn small_number<T: PartialEq>(value: T, table: &mut Vec<T>) -> u8 {
    let place = table.iter().position(|known| *known == value).unwrap_or_else(|| {
        table.push(value);
        table.len() - 1
    });
    u8::try_from(place).unwrap_or(u8::MAX)
}
