//! What a page says is read back with a real Markdown parser: it must hold the page's structure and no other.

use comrak::{
    Arena, Options,
    nodes::{AstNode, NodeValue},
    parse_document,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{
    RepoPath,
    page::{DiagramKind, Validity},
};

const HOSTILE: &[&str] = &[
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- ",
    "https://evil.example/a_b?c=(d)",
    "www.evil.example",
    "www",
    ".evil.example",
    "someone@evil.example",
    "mailto:a@b.example",
    "[x]: http://evil.example",
    "[x][y]",
    "[^1]",
    "[ ] ",
    "http",
    "://evil",
    "&lt;b&gt;",
    "&#60;",
    "`",
    "``",
    "```\n",
    "~~~",
    "~~x~~",
    "**x**",
    "*",
    "__init__",
    "_x_",
    "snake_case",
    "a__b",
    "\\",
    "\\|",
    "|",
    " | --- |\n",
    "\n\n# x\n",
    "#",
    "\n---\n",
    "\n===\n",
    "- ",
    "1. ",
    "> ",
    "!",
    "$x$",
    "\u{202e}",
    "\u{0}",
    "\t",
    "    ",
    "日本語。",
    "「x」",
    "é",
    "@",
    "a",
    "^",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![3 => select(HOSTILE).prop_map(str::to_owned), 1 => any::<String>()];
    vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn slug() -> impl Strategy<Value = Slug> {
    "[a-z0-9][a-z0-9_-]{0,8}".prop_map(|slug| Slug::new(slug).unwrap())
}

fn page_links() -> impl Strategy<Value = PageLink> {
    (slug(), hostile(), option::of(hostile())).prop_map(|(slug, text, note)| PageLink { slug, text, note })
}

fn text() -> impl Strategy<Value = Vec<Inline>> {
    let inline = prop_oneof![
        3 => hostile().prop_map(Inline::Text),
        2 => hostile().prop_map(Inline::Code),
        1 => hostile().prop_map(Inline::Strong),
        1 => page_links().prop_map(Inline::Page),
    ];
    vec(inline, 0..5)
}

fn citation() -> impl Strategy<Value = Citation> {
    hostile().prop_map(|path| Citation {
        path: RepoPath::new(path).unwrap_or_else(|_| RepoPath::new("src/_a [b](c).rs").unwrap()),
        start: 1,
        end: 2,
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    (text(), vec(citation(), 0..3)).prop_map(|(text, citations)| Statement { text, citations })
}

fn block() -> impl Strategy<Value = Block> {
    let row = (vec(text(), 2), vec(citation(), 0..2)).prop_map(|(cells, citations)| Row { cells, citations });
    prop_oneof![
        vec(statement(), 1..3).prop_map(Block::Paragraph),
        (any::<bool>(), vec(vec(statement(), 1..3), 1..3))
            .prop_map(|(ordered, items)| Block::List { ordered, items }),
        (vec(hostile(), 2), vec(row, 0..3)).prop_map(|(header, rows)| Block::Table { header, rows }),
        (hostile(), hostile(), citation()).prop_map(|(language, text, citation)| Block::Code {
            language,
            text,
            citation
        }),
        statement().prop_map(Block::Quote),
        Just(Block::Diagram(0)),
        vec(page_links(), 1..3).prop_map(Block::Links),
    ]
}

fn pages() -> impl Strategy<Value = Page> {
    let section = (text(), 0..8_u8, vec(block(), 0..4)).prop_map(|(heading, level, blocks)| Section {
        anchor: Slug::new("part").unwrap(),
        heading,
        level,
        blocks,
    });
    let diagram = (hostile(), hostile()).prop_map(|(caption, mermaid)| Diagram {
        kind: DiagramKind::ModuleMap,
        caption,
        mermaid,
    });
    (
        hostile(),
        hostile(),
        vec(section, 0..3),
        vec(citation(), 0..2),
        diagram,
        vec(slug(), 0..2),
    )
        .prop_map(|(title, summary, sections, sources, diagram, related)| Page {
            slug: Slug::new("page").unwrap(),
            title,
            parent: None,
            order: 0,
            locale: Locale::En,
            summary,
            sections,
            sources,
            diagrams: vec![diagram],
            related,
            writer: String::new(),
            validity: Validity::default(),
        })
}

/// What a document is made of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    headings: usize,
    links: Vec<String>,
    code: Vec<String>,
    fences: Vec<String>,
    table_rows: usize,
    /// Anything that our pages never hold: HTML, images, footnotes, rules, check boxes, struck text.
    foreign: Vec<String>,
    /// All words without white space.
    words: String,
}

fn read(markdown: &str) -> Parts {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.alerts = true;
    let arena = Arena::new();
    let mut parts = Parts::default();
    visit(parse_document(&arena, markdown, &options), &mut parts);
    parts.words.retain(|c| !c.is_whitespace());
    parts
}

fn visit<'a>(node: &'a AstNode<'a>, parts: &mut Parts) {
    match &node.data.borrow().value {
        NodeValue::Heading(_) => parts.headings += 1,
        NodeValue::Link(link) => parts.links.push(link.url.clone()),
        NodeValue::Code(code) => {
            parts.code.push(code.literal.clone());
            parts.words.push_str(&code.literal);
        }
        NodeValue::CodeBlock(block) => parts.fences.push(block.literal.clone()),
        NodeValue::Text(text) => parts.words.push_str(text),
        NodeValue::TableRow(_) => parts.table_rows += 1,
        NodeValue::Document
        | NodeValue::Paragraph
        | NodeValue::List(_)
        | NodeValue::Item(_)
        | NodeValue::BlockQuote
        | NodeValue::Table(_)
        | NodeValue::TableCell
        | NodeValue::Strong
        | NodeValue::Emph => {}
        other => parts.foreign.push(format!("{other:?}")),
    }
    node.children().for_each(|child| visit(child, parts));
}

fn shown(text: &str) -> String {
    escape::one_line(text)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect()
}

fn address(citation: &Citation) -> Option<String> {
    let plain = citation
        .path
        .as_str()
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/._".contains(&b));
    plain.then(|| format!("https://host.example/{}#L{}", citation.path, citation.start))
}

/// The links, headings, rows and fences that the page has, counted from its structure.
fn expected(page: &Page) -> (usize, Vec<String>, usize, Vec<String>) {
    let mut headings = 1 + usize::from(!page.sources.is_empty()) + usize::from(!page.related.is_empty());
    let (mut links, mut rows, mut fences) = (Vec::new(), 0, Vec::new());
    let texts = |text: &[Inline], links: &mut Vec<String>| {
        for inline in text {
            if let Inline::Page(link) = inline {
                links.push(format!("{}.md", link.slug));
            }
        }
    };
    let mut blocks_of = |section: &Section, links: &mut Vec<String>| {
        let cite = |citations: &[Citation], links: &mut Vec<String>| {
            links.extend(citations.iter().filter_map(address))
        };
        let say = |s: &Statement, links: &mut Vec<String>| {
            texts(&s.text, links);
            cite(&s.citations, links);
        };
        for block in &section.blocks {
            match block {
                Block::Paragraph(statements) => statements.iter().for_each(|s| say(s, links)),
                Block::List { items, .. } => items.iter().flatten().for_each(|s| say(s, links)),
                Block::Table { rows: all, .. } => {
                    rows += 1 + all.len();
                    for row in all {
                        row.cells.iter().for_each(|cell| texts(cell, links));
                        cite(&row.citations, links);
                    }
                }
                Block::Code { text, citation, .. } => {
                    fences.push(format!("{}\n", code_text(text)));
                    cite(std::slice::from_ref(citation), links);
                }
                Block::Quote(s) => say(s, links),
                Block::Diagram(_) => fences.push(format!("{}\n", code_text(&page.diagrams[0].mermaid))),
                Block::Links(all) => links.extend(all.iter().map(|link| format!("{}.md", link.slug))),
            }
        }
    };
    for section in &page.sections {
        texts(&section.heading, &mut links);
        headings += usize::from(!inlines(&section.heading, false, &file_name).trim().is_empty());
        blocks_of(section, &mut links);
    }
    links.extend(page.sources.iter().filter_map(address));
    links.extend(page.related.iter().map(|slug| format!("{slug}.md")));
    (headings, links, rows, fences)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_reads_back_with_its_own_structure_and_no_other(page in pages()) {
        let markdown = super::page(&page, &Titles::new(), &address);
        let parts = read(&markdown);
        let (headings, links, rows, fences) = expected(&page);
        prop_assert_eq!(&parts.foreign, &Vec::<String>::new(), "in\n{}", markdown);
        prop_assert_eq!(parts.headings, headings, "in\n{}", markdown);
        prop_assert_eq!(parts.links, links, "in\n{}", markdown);
        prop_assert_eq!(parts.table_rows, rows, "in\n{}", markdown);
        prop_assert_eq!(parts.fences, fences, "in\n{}", markdown);
    }

    #[test]
    fn a_sentence_reads_back_word_for_word(statement in statement()) {
        let parts = read(&statement_text(&statement));
        let words: String = statement.text.iter().map(|inline| match inline {
            Inline::Page(link) if shown(&link.text).is_empty() => link.slug.to_string(),
            Inline::Page(link) => shown(&link.text),
            Inline::Text(words) | Inline::Code(words) | Inline::Strong(words) => shown(words),
        }).collect();
        prop_assert_eq!(&parts.words, &words);
        let code = statement.text.iter().filter_map(|inline| match inline {
            Inline::Code(code) if !shown(code).is_empty() => Some(escape::one_line(code)),
            _ => None,
        });
        let mut found = parts.code.iter();
        for code in code {
            prop_assert!(found.any(|literal| *literal == code), "{:?} of {:?}", code, statement_text(&statement));
        }
    }

    #[test]
    fn every_citation_of_the_export_belongs_to_a_sentence_of_its_markdown(page in pages()) {
        let export = wiki_page(&page, &Titles::new(), &|_| None);
        for cited in &export.citations {
            prop_assert!(export.markdown.contains(&cited.statement), "{:?} in\n{}", cited.statement, export.markdown);
        }
    }
}

#[test]
fn a_page_reads_well_as_plain_text() {
    let citation = |path: &str, start, end| Citation {
        path: RepoPath::new(path).unwrap(),
        start,
        end,
    };
    let page = Page {
        slug: Slug::new("net").unwrap(),
        title: "The network layer".into(),
        parent: None,
        order: 1,
        locale: Locale::En,
        summary: "Opens connections & keeps them.".into(),
        sections: vec![Section {
            anchor: Slug::new("parts").unwrap(),
            heading: vec![Inline::Text("Parts of ".into()), Inline::Code("net".into())],
            level: 2,
            blocks: vec![
                Block::Paragraph(vec![Statement {
                    text: vec![
                        Inline::Code("open_all".into()),
                        Inline::Text(
                            " calls back_off() and never <b>blocks</b>; see https://a.example.".into(),
                        ),
                    ],
                    citations: vec![citation("src/net.rs", 3, 9)],
                }]),
                Block::Table {
                    header: vec!["Name".into(), "Type".into()],
                    rows: vec![Row {
                        cells: vec![
                            vec![Inline::Code("a|b".into())],
                            vec![Inline::Text("x | y".into())],
                        ],
                        citations: vec![citation("a b.rs", 1, 1)],
                    }],
                },
            ],
        }],
        sources: vec![citation("src/net.rs", 1, 40)],
        diagrams: Vec::new(),
        related: vec![Slug::new("tls").unwrap()],
        writer: String::new(),
        validity: Validity::default(),
    };
    let link = |c: &Citation| (c.path.as_str() == "src/net.rs").then(|| format!("https://h.example/{c}"));
    let expected = "\
# The network layer

## Parts of `net`

`open_all` calls back_off() and never \\<b>blocks\\</b>; see `https://a.example`. [src/net.rs:3-9](https://h.example/src/net.rs:3-9)

| Name | Type |
| --- | --- |
| `a\\|b` | x \\| y [a b.rs:1-1] |

## Sources

- [src/net.rs:1-40](https://h.example/src/net.rs:1-40)

## Related pages

- [TLS \\[secure\\]](tls.md)
";
    let titles = Titles::from([(Slug::new("tls").unwrap(), "TLS [secure]".to_owned())]);
    assert_eq!(super::page(&page, &titles, &link), expected);
}

#[test]
fn pages_of_one_document_are_linked_by_their_headings() {
    let page = |slug: &str, title: &str, to: &str| Page {
        slug: Slug::new(slug).unwrap(),
        title: title.into(),
        parent: None,
        order: 0,
        locale: Locale::En,
        summary: String::new(),
        sections: Vec::new(),
        sources: Vec::new(),
        diagrams: Vec::new(),
        related: vec![Slug::new(to).unwrap()],
        writer: String::new(),
        validity: Validity::default(),
    };
    let pages = [page("net", "The Net", "tls"), page("tls", "The Net", "absent")];
    let expected = "\
# The Net

## Related pages

- [The Net](#the-net-1)

# The Net

## Related pages

- [absent](absent.md)
";
    assert_eq!(document(&pages, &|_| None), expected);
}

#[test]
fn japanese_sentences_follow_each_other_without_spaces() {
    let says = |text: &str, lines: &[u32]| Statement {
        text: vec![Inline::Text(text.into())],
        citations: lines
            .iter()
            .map(|line| Citation {
                path: RepoPath::new("a.rs").unwrap(),
                start: *line,
                end: *line,
            })
            .collect(),
    };
    let to = Targets {
        lines: &|at| (at.start == 1).then(|| "https://h.example/a".to_owned()),
        page: &file_name,
    };
    let said = [
        says("接続を開きます。", &[1, 2]),
        says("(net) は部品です。", &[2]),
        says("Opens it.", &[2]),
        says("In English.", &[]),
        says("終わりです。", &[]),
        says("以上。", &[]),
    ];
    assert_eq!(
        sentences(&said, to),
        "接続を開きます。（[a.rs:1-1](https://h.example/a)、[a.rs:2-2]）(net) は部品です。（[a.rs:2-2]）\
         Opens it. [a.rs:2-2] In English. 終わりです。以上。"
    );
}
