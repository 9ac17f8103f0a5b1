//! The text of a page. Everything is made from structure: no markup of a repository is ever parsed.

use std::collections::HashMap;

use deepwiki_domain::{
    Slug,
    markdown::plain_text,
    page::{Block, Citation, Diagram, Inline, Page, PageLink, Row, Section, Statement},
};
use maud::{Markup, html};

use super::{Text, clean};
use crate::diagram::svg;

/// Where the links of an article lead.
pub(crate) trait Address {
    /// Another page.
    fn page(&self, slug: &Slug) -> String;
    /// The address of a part of this page, without `#`.
    fn anchor(&self, anchor: &str) -> String;
    /// The cited lines, beside the text where that is possible.
    fn lines(&self, at: &Citation) -> Option<String>;
    /// The cited lines as a page of their own.
    fn source(&self, at: &Citation) -> Option<String>;
    /// A form to say what is wrong with a statement, by its place among all of the page, rows of tables included.
    fn wrong(&self, _statement: usize) -> Option<String> {
        None
    }
    /// A diagram of this page alone, by its place among them.
    fn diagram(&self, _at: u32) -> Option<String> {
        None
    }
    /// Where a name leads that these lines are cited for: the wiki of another repository that provides it.
    fn elsewhere(&self, _name: &str, _citations: &[Citation]) -> Option<String> {
        None
    }
}

/// An article and the citations in it, in the order of their numbers.
pub(crate) fn article(page: &Page, text: &Text, address: &dyn Address) -> Markup {
    let mut writer = Writer {
        page,
        text,
        address,
        numbers: HashMap::new(),
        cited: Vec::new(),
        said: 0,
    };
    let sections: Vec<Markup> = page
        .sections
        .iter()
        .map(|section| writer.section(section))
        .collect();
    html! {
        @for section in &sections { (section) }
        (writer.references())
    }
}

/// The headings of a page as links into it.
pub(crate) fn contents(page: &Page, address: &dyn Address) -> Markup {
    let headed = || {
        page.sections
            .iter()
            .filter(|section| !plain_text(&section.heading).is_empty())
    };
    html! {
        ul {
            @for section in headed() {
                li .(level_class(section)) {
                    a href={ "#" (address.anchor(section.anchor.as_str())) } { (clean(&plain_text(&section.heading))) }
                }
            }
        }
    }
}

fn level_class(section: &Section) -> &'static str {
    if section.level > 2 { "deep" } else { "top" }
}

struct Writer<'a> {
    page: &'a Page,
    text: &'a Text,
    address: &'a dyn Address,
    numbers: HashMap<&'a Citation, usize>,
    cited: Vec<&'a Citation>,
    said: usize,
}

impl<'a> Writer<'a> {
    fn section(&mut self, section: &'a Section) -> Markup {
        let anchor = self.address.anchor(section.anchor.as_str());
        let heading = self.inlines(&section.heading, &[]);
        let has_heading = !plain_text(&section.heading).is_empty();
        let blocks: Vec<Markup> = section.blocks.iter().map(|block| self.block(block)).collect();
        html! {
            section {
                @if has_heading && section.level > 2 {
                    h3 id=(anchor) { (heading) a .anchor href={ "#" (anchor) } aria-hidden="true" tabindex="-1" { "#" } }
                } @else if has_heading {
                    h2 id=(anchor) { (heading) a .anchor href={ "#" (anchor) } aria-hidden="true" tabindex="-1" { "#" } }
                }
                @for block in &blocks { (block) }
            }
        }
    }

    fn block(&mut self, block: &'a Block) -> Markup {
        match block {
            Block::Paragraph(statements) => html! { p { (self.sentences(statements)) } },
            Block::List { ordered, items } => {
                let items: Vec<Markup> = items.iter().map(|item| self.sentences(item)).collect();
                html! {
                    @if *ordered {
                        ol { @for item in &items { li { (item) } } }
                    } @else {
                        ul { @for item in &items { li { (item) } } }
                    }
                }
            }
            Block::Table { header, rows } => self.table(header, rows),
            Block::Code {
                language,
                text,
                citation,
            } => self.code(language, text, citation),
            Block::Quote(statement) => html! { blockquote { p { (self.statement(statement)) } } },
            Block::Diagram(at) => match self.page.diagrams.get(*at as usize) {
                Some(diagram) => self.figure(diagram, self.address.diagram(*at)),
                None => html! {},
            },
            Block::Links(links) => self.links(links),
        }
    }

    fn sentences(&mut self, statements: &'a [Statement]) -> Markup {
        let sentences: Vec<(Markup, bool)> = statements
            .iter()
            .map(|statement| (self.statement(statement), statement.ends_wide()))
            .collect();
        html! { @for (sentence, ends_wide) in &sentences { (sentence) @if !ends_wide { " " } } }
    }

    fn statement(&mut self, statement: &'a Statement) -> Markup {
        let words = self.inlines(&statement.text, &statement.citations);
        html! { span .said { (words) (self.marks(&statement.citations)) } }
    }

    /// A quiet way to say that the statement just written is wrong; nothing where it cites nothing.
    fn flag(&mut self, citations: &[Citation]) -> Markup {
        let at = self.said;
        self.said += 1;
        let form = self.address.wrong(at).filter(|_| !citations.is_empty());
        html! {
            @if let Some(form) = form {
                a .flag href=(form) rel="nofollow" title=(self.text.wrong) aria-label=(self.text.wrong) {}
            }
        }
    }

    fn inlines(&self, text: &[Inline], citations: &[Citation]) -> Markup {
        html! {
            @for inline in text {
                @match inline {
                    Inline::Text(words) => { (clean(words)) }
                    Inline::Code(words) => {
                        @match self.address.elsewhere(words, citations) {
                            Some(address) => a href=(address) { code { (clean(words)) } },
                            None => code { (clean(words)) },
                        }
                    }
                    Inline::Strong(words) => { strong { (clean(words)) } }
                    Inline::Page(link) => { a href=(self.address.page(&link.slug)) { (link_words(link)) } }
                }
            }
        }
    }

    /// Numbers that lead to the cited lines, and the flag; a place cited twice keeps its number.
    fn marks(&mut self, citations: &'a [Citation]) -> Markup {
        let marks: Vec<Markup> = citations.iter().map(|citation| self.mark(citation)).collect();
        let flag = self.flag(citations);
        html! {
            @if !marks.is_empty() {
                sup .cites { @for mark in &marks { (mark) } (flag) }
            }
        }
    }

    fn mark(&mut self, citation: &'a Citation) -> Markup {
        let next = self.cited.len() + 1;
        let number = *self.numbers.entry(citation).or_insert(next);
        if number == next {
            self.cited.push(citation);
        }
        let place = format!(
            "{}, {}",
            clean(citation.path.as_str()),
            self.text.lines(citation.start, citation.end)
        );
        let to_list = || format!("#{}", self.address.anchor(&format!("ref-{number}")));
        let address = self.address.lines(citation).unwrap_or_else(to_list);
        html! { a .cite href=(address) title=(place) aria-label=(format!("[{number}] {place}")) { (number) } }
    }

    fn table(&mut self, header: &[String], rows: &'a [Row]) -> Markup {
        let rows: Vec<Markup> = rows.iter().map(|row| self.row(row)).collect();
        html! {
            div .wide tabindex="0" role="region" aria-label=(header.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ")) {
                table {
                    thead { tr { @for name in header { th scope="col" { (clean(name)) } } } }
                    tbody { @for row in &rows { (row) } }
                }
            }
        }
    }

    fn row(&mut self, row: &'a Row) -> Markup {
        let marks = self.marks(&row.citations);
        let last = row.cells.len().saturating_sub(1);
        html! {
            tr {
                @for (at, cell) in row.cells.iter().enumerate() {
                    td { (self.inlines(cell, &row.citations)) @if at == last { (marks) } }
                }
            }
        }
    }

    fn code(&mut self, language: &str, text: &str, citation: &'a Citation) -> Markup {
        let mark = self.mark(citation);
        html! {
            figure .listing {
                figcaption {
                    span .path { (clean(citation.path.as_str())) }
                    span .range { (self.text.lines(citation.start, citation.end)) }
                    sup .cites { (mark) }
                    @if !language.is_empty() { span .lang { (clean(language)) } }
                }
                pre tabindex="0" { code { (clean(text)) } }
            }
        }
    }

    /// A diagram as a picture with its source below, or as its source alone.
    fn figure(&self, diagram: &Diagram, alone: Option<String>) -> Markup {
        let (source, caption) = (clean(&diagram.mermaid), clean(&diagram.caption));
        html! {
            figure .diagram {
                @match svg(&source, &caption) {
                    Some(picture) => {
                        div .canvas tabindex="0" role="region" aria-label=(caption) { (picture) }
                        figcaption { (caption) @if let Some(alone) = &alone { " " a href=(alone) { (self.text.alone) } } }
                        details {
                            summary { (self.text.diagram_source) }
                            pre tabindex="0" { code { (source) } }
                        }
                    }
                    None => {
                        pre tabindex="0" aria-label=(self.text.diagram_source) { code { (source) } }
                        figcaption { (caption) }
                    }
                }
            }
        }
    }

    fn links(&self, links: &[PageLink]) -> Markup {
        html! {
            ul .pages {
                @for link in links {
                    li {
                        a href=(self.address.page(&link.slug)) { (link_words(link)) }
                        @if let Some(note) = &link.note { span .note { (clean(note)) } }
                    }
                }
            }
        }
    }

    fn references(&self) -> Markup {
        if self.cited.is_empty() {
            return html! {};
        }
        html! {
            section .references {
                h2 id=(self.address.anchor("references")) { (self.text.references) }
                ol {
                    @for (at, citation) in self.cited.iter().enumerate() {
                        li id=(self.address.anchor(&format!("ref-{}", at + 1))) {
                            @let place = html! {
                                span .path { (clean(citation.path.as_str())) }
                                span .range { (self.text.lines(citation.start, citation.end)) }
                            };
                            @match self.address.source(citation) {
                                Some(address) => a href=(address) { (place) },
                                None => (place),
                            }
                        }
                    }
                }
            }
        }
    }
}

fn link_words(link: &PageLink) -> String {
    if link.text.trim().is_empty() {
        link.slug.to_string()
    } else {
        clean(&link.text)
    }
}
