//! Pages as GitHub-flavoured Markdown. A page is structure; what a repository says stays words in the result:
//! it never becomes a link, an image, HTML or any other markup. Headings are addressed as GitHub does it, by
//! their text; no HTML is used.

mod anchor;
mod escape;

use std::collections::BTreeMap;

use crate::{
    Locale, Slug,
    page::{Block, Citation, Diagram, Inline, Page, PageLink, Row, Section, Statement},
    wiki::{CitedStatement, WikiDiagram, WikiPage},
};

pub use escape::is_disruptive;

/// Gives the address at which cited lines can be read, where there is one.
pub type Link<'a> = &'a dyn Fn(&Citation) -> Option<String>;

/// The titles of a wiki's pages, for links that lead to them.
pub type Titles = BTreeMap<Slug, String>;

/// Gives the address of another page.
type PageTarget<'a> = &'a dyn Fn(&Slug) -> String;

/// Where links lead.
#[derive(Clone, Copy)]
struct Targets<'a> {
    lines: Link<'a>,
    page: PageTarget<'a>,
}

/// The titles of these pages.
pub fn titles(pages: &[Page]) -> Titles {
    let titles = pages.iter().map(|page| (page.slug.clone(), page.title.clone()));
    titles.collect()
}

/// A page as Markdown. Other pages are linked as `<slug>.md`, by their titles where these are known.
pub fn page(page: &Page, titles: &Titles, link: Link<'_>) -> String {
    render(
        page,
        titles,
        Targets {
            lines: link,
            page: &file_name,
        },
    )
}

/// All pages as one document, linked by their headings.
pub fn document(pages: &[Page], link: Link<'_>) -> String {
    let anchors = anchor::of_pages(pages);
    let titles = titles(pages);
    let target = |slug: &Slug| match anchors.get(slug) {
        Some(anchor) => format!("#{anchor}"),
        None => file_name(slug),
    };
    let pages = pages.iter().map(|page| {
        render(
            page,
            &titles,
            Targets {
                lines: link,
                page: &target,
            },
        )
    });
    pages.collect::<Vec<_>>().join("\n")
}

fn file_name(slug: &Slug) -> String {
    format!("{slug}.md")
}

fn render(page: &Page, titles: &Titles, to: Targets<'_>) -> String {
    let mut out = format!("# {}\n", title(page));
    for part in &page.sections {
        section(&mut out, page, part, to);
    }
    let (sources, related) = list_headings(page.locale);
    if !page.sources.is_empty() {
        paragraph(&mut out, &format!("## {sources}"));
        let sources = page
            .sources
            .iter()
            .map(|source| format!("- {}", cite(source, to.lines)));
        paragraph(&mut out, &sources.collect::<Vec<_>>().join("\n"));
    }
    if !page.related.is_empty() {
        paragraph(&mut out, &format!("## {related}"));
        let related = page.related.iter().map(|slug| {
            let title = titles.get(slug).map_or(slug.as_str(), String::as_str);
            format!("- {}", page_link(title, slug, to.page))
        });
        paragraph(&mut out, &related.collect::<Vec<_>>().join("\n"));
    }
    out
}

/// What stands above the files that a page was made from, and above its related pages.
fn list_headings(locale: Locale) -> (&'static str, &'static str) {
    match locale {
        Locale::En => ("Sources", "Related pages"),
        Locale::Ja => ("出典", "関連ページ"),
    }
}

/// A page as the export holds it, with one entry for every citation of every statement, table row, quote and
/// code block.
pub fn wiki_page(page: &Page, titles: &Titles, link: Link<'_>) -> WikiPage {
    let mut citations = Vec::new();
    let mut note = |statement: String, cited: &[Citation]| {
        citations.extend(cited.iter().map(|citation| CitedStatement {
            statement: statement.clone(),
            citation: citation.clone(),
        }));
    };
    for block in page.sections.iter().flat_map(|section| &section.blocks) {
        match block {
            Block::Paragraph(statements) => {
                statements
                    .iter()
                    .for_each(|s| note(statement_text(s), &s.citations));
            }
            Block::List { items, .. } => {
                items
                    .iter()
                    .flatten()
                    .for_each(|s| note(statement_text(s), &s.citations));
            }
            Block::Table { rows, .. } => rows.iter().for_each(|row| note(row_text(row), &row.citations)),
            Block::Code { text, citation, .. } => note(code_text(text), std::slice::from_ref(citation)),
            Block::Quote(s) => note(statement_text(s), &s.citations),
            Block::Diagram(_) | Block::Links(_) => {}
        }
    }
    WikiPage {
        slug: page.slug.clone(),
        title: page.title.clone(),
        parent: page.parent.clone(),
        order: page.order,
        summary: page.summary.clone(),
        markdown: self::page(page, titles, link),
        sources: page.sources.clone(),
        citations,
        diagrams: page
            .diagrams
            .iter()
            .map(|diagram| WikiDiagram {
                kind: diagram.kind,
                mermaid: diagram.mermaid.clone(),
            })
            .collect(),
        related: page.related.clone(),
    }
}

/// A sentence as it stands in the Markdown, without its citations.
pub fn statement_text(statement: &Statement) -> String {
    sentence(statement, &file_name)
}

/// A table row as it stands in the Markdown, without the outer bars and its citations.
pub fn row_text(row: &Row) -> String {
    cells(row, &file_name)
}

/// The words alone, for titles and lists of contents in other formats.
pub fn plain_text(text: &[Inline]) -> String {
    let words = text.iter().map(|inline| match inline {
        Inline::Text(words) | Inline::Code(words) | Inline::Strong(words) => words.as_str(),
        Inline::Page(link) => &link.text,
    });
    escape::one_line(&words.collect::<String>()).trim().to_owned()
}

/// Plain words as one line of Markdown that shows exactly these words.
pub fn escaped_line(text: &str) -> String {
    line(text)
}

fn title(page: &Page) -> String {
    let title = line(&page.title);
    if title.is_empty() {
        line(page.slug.as_str())
    } else {
        title
    }
}

fn section(out: &mut String, page: &Page, section: &Section, to: Targets<'_>) {
    let heading = inlines(&section.heading, false, to.page);
    if !heading.trim().is_empty() {
        let marks = "#".repeat(usize::from(section.level.clamp(2, 6)));
        paragraph(out, &format!("{marks} {}", heading.trim()));
    }
    for block in &section.blocks {
        let text = match block {
            Block::Paragraph(statements) => sentences(statements, to),
            Block::List { ordered, items } => list(*ordered, items, to),
            Block::Table { header, rows } => table(header, rows, to),
            Block::Code {
                language,
                text,
                citation,
            } => {
                format!(
                    "{}\n\n{}",
                    fenced(language, &code_text(text)),
                    cite(citation, to.lines)
                )
            }
            Block::Quote(statement) => format!("> {}", cited(statement, to)),
            Block::Diagram(at) => page.diagrams.get(*at as usize).map(diagram).unwrap_or_default(),
            Block::Links(links) => links
                .iter()
                .map(|link| link_item(link, to))
                .collect::<Vec<_>>()
                .join("\n"),
        };
        paragraph(out, &text);
    }
}

/// Appends a block after an empty line; nothing for an empty one.
fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        out.push('\n');
        out.push_str(text);
        out.push('\n');
    }
}

fn sentences(statements: &[Statement], to: Targets<'_>) -> String {
    let mut out = String::new();
    for (at, statement) in statements.iter().enumerate() {
        out.push_str(&cited(statement, to));
        if at + 1 < statements.len() && !statement.ends_wide() {
            out.push(' ');
        }
    }
    out
}

fn list(ordered: bool, items: &[Vec<Statement>], to: Targets<'_>) -> String {
    let items = items.iter().enumerate().map(|(at, item)| {
        let mark = if ordered {
            format!("{}.", at + 1)
        } else {
            "-".to_owned()
        };
        format!("{mark} {}", sentences(item, to))
    });
    items.collect::<Vec<_>>().join("\n")
}

fn table(header: &[String], rows: &[Row], to: Targets<'_>) -> String {
    if header.is_empty() {
        return String::new();
    }
    let names: Vec<String> = header.iter().map(|name| line(name)).collect();
    let mut lines = vec![
        format!("| {} |", names.join(" | ")),
        format!("|{}", " --- |".repeat(header.len())),
    ];
    lines.extend(rows.iter().map(|row| {
        format!(
            "| {}{} |",
            cells(row, to.page),
            citations(&row.citations, to.lines)
        )
    }));
    lines.join("\n")
}

fn diagram(diagram: &Diagram) -> String {
    let caption = line(&diagram.caption);
    let caption = if caption.is_empty() {
        caption
    } else {
        format!("\n\n*{caption}*")
    };
    format!("{}{caption}", fenced("mermaid", &code_text(&diagram.mermaid)))
}

fn fenced(language: &str, text: &str) -> String {
    let is_name_char = |c: &char| c.is_ascii_alphanumeric() || "+#._-".contains(*c);
    let language: String = language.chars().filter(is_name_char).collect();
    let fence = "`".repeat(escape::longest_run(text, '`').max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

fn code_text(text: &str) -> String {
    escape::verbatim(text).trim_end_matches('\n').to_owned()
}

fn link_item(link: &PageLink, to: Targets<'_>) -> String {
    let note = link.note.as_deref().map(line).filter(|note| !note.is_empty());
    let note = note.map(|note| format!(" — {note}")).unwrap_or_default();
    format!("- {}{note}", page_link(&link.text, &link.slug, to.page))
}

fn page_link(text: &str, slug: &Slug, page: PageTarget<'_>) -> String {
    let text = line(text);
    let text = if text.is_empty() {
        line(slug.as_str())
    } else {
        text
    };
    format!("[{text}]({})", page(slug))
}

fn cited(statement: &Statement, to: Targets<'_>) -> String {
    let sentence = sentence(statement, to.page);
    if !statement.ends_wide() || statement.citations.is_empty() {
        return format!("{sentence}{}", citations(&statement.citations, to.lines));
    }
    // Japanese sets brackets of full width around them, and no space anywhere.
    let cited = statement
        .citations
        .iter()
        .map(|citation| cite(citation, to.lines));
    format!("{sentence}（{}）", cited.collect::<Vec<_>>().join("、"))
}

fn sentence(statement: &Statement, page: PageTarget<'_>) -> String {
    escape::guard_line_start(inlines(&statement.text, false, page).trim().to_owned())
}

fn cells(row: &Row, page: PageTarget<'_>) -> String {
    let cells = row
        .cells
        .iter()
        .map(|cell| inlines(cell, true, page).trim().to_owned());
    cells.collect::<Vec<_>>().join(" | ")
}

fn citations(citations: &[Citation], link: Link<'_>) -> String {
    citations
        .iter()
        .map(|citation| format!(" {}", cite(citation, link)))
        .collect()
}

/// `[path:start-end](address)`. Without an address the brackets are just brackets: a page defines no link
/// references, and no text of a repository can.
fn cite(citation: &Citation, link: Link<'_>) -> String {
    let text = line(&citation.to_string());
    match link(citation).as_deref().and_then(destination) {
        Some(address) => format!("[{text}]({address})"),
        None => format!("[{text}]"),
    }
}

/// An address as it can stand between the parentheses of a link; none unless it is a web address or a path.
fn destination(address: &str) -> Option<String> {
    let scheme = address.split(['/', '?', '#']).next().unwrap_or_default();
    if scheme.contains(':') && !matches!(scheme, "http:" | "https:") {
        return None;
    }
    let mut safe = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'!' | b'#'..=b'\'' | b'*'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~' => {
                safe.push(char::from(byte));
            }
            _ => safe.push_str(&format!("%{byte:02X}")),
        }
    }
    (!safe.is_empty()).then_some(safe)
}

/// Plain words as one escaped line.
fn line(text: &str) -> String {
    escape::guard_line_start(escape::words(escape::one_line(text).trim()))
}

fn inlines(text: &[Inline], in_table: bool, page: PageTarget<'_>) -> String {
    let mut out = String::new();
    // Neighbouring words are escaped together: an address may be spread over them.
    let mut plain = String::new();
    for inline in text {
        let marked = match inline {
            Inline::Text(_) => None,
            Inline::Strong(words) => strong(words),
            Inline::Code(code) => Some(escape::code(code, in_table)),
            Inline::Page(link) => Some(page_link(&link.text, &link.slug, page)),
        };
        match (marked, inline) {
            (Some(marked), _) => {
                append(
                    &mut out,
                    &escape::words(&escape::one_line(&std::mem::take(&mut plain))),
                );
                append(&mut out, &marked);
            }
            (None, Inline::Text(words) | Inline::Strong(words)) => plain.push_str(words),
            (None, _) => {}
        }
    }
    append(&mut out, &escape::words(&escape::one_line(&plain)));
    out
}

/// Appends a piece, apart from a code span or emphasis before it that it would run into.
fn append(out: &mut String, piece: &str) {
    let last = out.chars().next_back();
    if matches!(last, Some('`' | '*')) && piece.chars().next() == last {
        out.push(' ');
    }
    out.push_str(piece);
}

/// Emphasis works beside any neighbour, Japanese text above all, only where letters or digits stand at both
/// ends; other words go without.
fn strong(words: &str) -> Option<String> {
    let words = line(words);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    (is_letter(words.chars().next()) && is_letter(words.chars().next_back())).then(|| format!("**{words}**"))
}

#[cfg(test)]
mod tests;
