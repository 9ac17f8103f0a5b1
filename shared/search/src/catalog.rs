//! What a generation knows of each document besides its terms: enough for a hit and its ranking, without the
//! text. Fixed-size rows point into tables of distinct values, so that opening it reads only the tables.

use std::collections::HashMap;

use deepwiki_domain::{
    CommitId, Locale, RepoPath, RepositoryId, Slug,
    facts::SymbolKind,
    manifest::Role,
    search::{Document, Hit, ranking::Candidate},
};
use serde::{Deserialize, Serialize};

/// Bytes of a row: path, first line, last line, symbol, page, rank (four each), kind, role, locale, nothing.
const ROW: usize = 28;

/// Stands for "none" where a row points into a table.
const NONE: u32 = u32::MAX;

/// The distinct values.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Tables {
    paths: Vec<RepoPath>,
    symbols: Vec<String>,
    pages: Vec<Slug>,
    kinds: Vec<Option<SymbolKind>>,
    roles: Vec<Role>,
    locales: Vec<Option<Locale>>,
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
    rank: f32,
    kind: u8,
    role: u8,
    locale: u8,
}

impl Catalog {
    /// The catalog of these documents: its tables and its rows.
    pub(crate) fn write(documents: &[Document]) -> serde_json::Result<(Vec<u8>, Vec<u8>)> {
        let mut tables = Tables::default();
        let (mut paths, mut symbols, mut pages) = (HashMap::new(), HashMap::new(), HashMap::new());
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
                rank: document.rank,
                kind: small_number(document.kind, &mut tables.kinds),
                role: small_number(document.role, &mut tables.roles),
                locale: small_number(document.locale, &mut tables.locales),
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

    /// The language of the document's text, where it is a section of a page.
    pub(crate) fn locale(&self, document: u32) -> Option<Locale> {
        let row = self.row(document)?;
        self.tables
            .locales
            .get(usize::from(row.locale))
            .copied()
            .flatten()
    }

    /// The document as a candidate of this score.
    pub(crate) fn candidate(
        &self,
        repository: &RepositoryId,
        commit: &CommitId,
        document: u32,
        score: f32,
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
            page: tables.pages.get(row.page as usize).cloned(),
            locale: tables.locales.get(usize::from(row.locale)).copied().flatten(),
            score,
        };
        Some(Candidate {
            hit,
            kind: tables.kinds.get(usize::from(row.kind)).copied().flatten(),
            role: *tables.roles.get(usize::from(row.role))?,
            rank: row.rank,
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
            self.rank.to_bits(),
        ] {
            rows.extend_from_slice(&number.to_le_bytes());
        }
        rows.extend_from_slice(&[self.kind, self.role, self.locale, 0]);
    }

    fn read(bytes: &[u8; ROW]) -> Option<Self> {
        let (numbers, _) = bytes.as_chunks::<4>();
        let [path, start, end, symbol, page, rank, [kind, role, locale, _]] = *numbers.first_chunk::<7>()?;
        Some(Self {
            path: u32::from_le_bytes(path),
            start: u32::from_le_bytes(start),
            end: u32::from_le_bytes(end),
            symbol: u32::from_le_bytes(symbol),
            page: u32::from_le_bytes(page),
            rank: f32::from_le_bytes(rank),
            kind,
            role,
            locale,
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
