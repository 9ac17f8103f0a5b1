//! A small wiki of this very crate, in both languages.

use deepwiki_domain::{
    Locale, RepoPath, Slug,
    page::{
        Block, Citation, Diagram, DiagramKind, Inline, Page, PageLink, Row, Section, Statement, Validity,
    },
    repository::RepositoryStatus,
    source::RepositorySource,
};

use super::Sample;

/// Files of this crate and pages about them.
pub(crate) fn sample() -> Sample {
    let files = [
        ("src/cache.rs", include_str!("../../src/cache.rs")),
        ("src/library.rs", include_str!("../../src/library.rs")),
        ("src/links.rs", include_str!("../../src/links.rs")),
        ("src/router.rs", include_str!("../../src/router.rs")),
    ];
    Sample {
        source: RepositorySource::parse_url("https://github.com/example/deepwiki-api").unwrap(),
        status: RepositoryStatus::Ready,
        files: files
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .to_vec(),
        pages: Locale::ALL.into_iter().flat_map(pages).collect(),
    }
}

pub(crate) fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

pub(crate) fn cite(path: &str, start: u32, end: u32) -> Citation {
    Citation {
        path: RepoPath::new(path).unwrap(),
        start,
        end,
    }
}

/// A sentence in which `backticks` mark code.
pub(crate) fn say(text: &str, citations: &[Citation]) -> Statement {
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    let inline = |(at, piece): (usize, &str)| match at % 2 {
        0 => Inline::Text(piece.to_owned()),
        _ => Inline::Code(piece.to_owned()),
    };
    Statement {
        text: pieces.map(inline).collect(),
        citations: citations.to_vec(),
    }
}

pub(crate) fn section(level: u8, anchor: &str, heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        anchor: slug(anchor),
        heading: say(heading, &[]).text,
        level,
        blocks,
    }
}

fn pages(locale: Locale) -> Vec<Page> {
    let t = |en: &'static str, ja: &'static str| if locale == Locale::En { en } else { ja };
    let overview = Page {
        sections: vec![
            section(2, "opening", "", vec![Block::Paragraph(vec![
                say(t("`router` puts the API, the pages and the assets behind one `Router`.", "`router` は API、ページ、アセットを一つの `Router` にまとめます。"), &[cite("src/router.rs", 74, 100)]),
                say(t("It reads everything through `Library`, which sees the ports alone.", "すべての読み取りは `Library` を通り、`Library` はポートだけを見ます。"), &[cite("src/library.rs", 28, 48)]),
                say(t("`Cache` keeps decoded artefacts, bounded by their weight in bytes.", "`Cache` は復号した成果物を、バイト数の上限つきで保持します。"), &[cite("src/cache.rs", 10, 30)]),
            ])]),
            section(2, "architecture", t("How it hangs together", "全体のつながり"), vec![
                Block::Paragraph(vec![
                    say(t("A request passes `finish`, which adds the security headers and an `ETag`.", "リクエストは `finish` を通り、セキュリティヘッダーと `ETag` が付きます。"), &[cite("src/router.rs", 150, 175), cite("src/router.rs", 25, 50)]),
                    say(t("Links are made by `Links`, so that every address respects the mount path.", "リンクは `Links` が作り、どのアドレスもマウント先のパスを守ります。"), &[cite("src/links.rs", 5, 30)]),
                ]),
                Block::Diagram(0),
                Block::Quote(say(t("Finds what readers ask for: repositories, the published wiki of one, its pages, the lines of its files.", "Finds what readers ask for: repositories, the published wiki of one, its pages, the lines of its files."), &[cite("src/library.rs", 1, 1)])),
            ]),
            section(2, "types", t("Main types", "主な型"), vec![
                Block::Table {
                    header: vec![t("Name", "名前").into(), t("Kind", "種類").into(), t("What it is for", "役割").into()],
                    rows: [("Ports", "struct", t("What the service needs of the outside world.", "外の世界に求めるもの。"), 28_u32), ("Library", "struct", t("Everything that readers can ask for.", "読者が求めるもののすべて。"), 45), ("Edition", "struct", t("A published wiki in one language.", "ある言語で公開された Wiki。"), 52)]
                        .map(|(name, kind, text, line)| Row {
                            cells: vec![vec![Inline::Code(name.into())], vec![Inline::Text(kind.into())], vec![Inline::Text(text.into())]],
                            citations: vec![cite("src/library.rs", line, line + 6)],
                        })
                        .to_vec(),
                },
                Block::Diagram(1),
            ]),
            section(3, "eviction", t("Eviction in `Cache`", "`Cache` の追い出し"), vec![
                Block::Paragraph(vec![say(t("`put` drops the least recently used entries until the rest fits.", "`put` は、収まるまで最も長く使われていない項目から捨てます。"), &[cite("src/cache.rs", 48, 72)])]),
                Block::List { ordered: false, items: vec![
                    vec![say(t("A value heavier than half of the room is not kept.", "全体の半分より重い値は保持しません。"), &[cite("src/cache.rs", 50, 53)])],
                    vec![say(t("The lock survives a panic: `PoisonError::into_inner` takes the value back.", "ロックはパニック後も使えます。`PoisonError::into_inner` が値を取り戻します。"), &[cite("src/cache.rs", 38, 38)])],
                ] },
                Block::Code { language: "rust".into(), text: "/// Values of any type by name, bounded by their estimated size in bytes.\npub(crate) struct Cache {\n    capacity: usize,\n    entries: Mutex<Entries>,\n}".into(), citation: cite("src/cache.rs", 10, 14) },
            ]),
            section(2, "more", t("Where to go on", "次に読むもの"), vec![Block::Links(vec![
                PageLink { slug: slug("requests"), text: t("The way of a request", "リクエストの流れ").into(), note: Some(t("from address to answer", "アドレスから応答まで").into()) },
                PageLink { slug: slug("cache"), text: t("The cache", "キャッシュ").into(), note: None },
            ])]),
        ],
        diagrams: vec![
            Diagram { kind: DiagramKind::ModuleMap, caption: t("Modules and who uses whom", "モジュールとその利用関係").into(), mermaid: MODULES.into() },
            Diagram { kind: DiagramKind::ClassDiagram, caption: t("The main types", "主な型").into(), mermaid: CLASSES.into() },
        ],
        related: vec![slug("requests"), slug("cache")],
        sources: vec![cite("src/router.rs", 1, 200), cite("src/library.rs", 1, 280), cite("src/cache.rs", 1, 90)],
        ..page(locale, 0, "overview", t("The face of DeepWiki", "DeepWiki の画面と API"), t("One router serves the wiki's pages and the REST API, behind API Gateway and locally.", "一つのルーターが、Wiki のページと REST API を API Gateway の背後でも手元でも提供します。"))
    };
    let requests = Page {
        parent: Some(slug("overview")),
        sections: vec![section(
            2,
            "sequence",
            t("Step by step", "順を追って"),
            vec![
                Block::Paragraph(vec![say(
                    t(
                        "`without_prefix` takes the mount path off before a route is chosen.",
                        "`without_prefix` は、経路を選ぶ前にマウント先のパスを取り除きます。",
                    ),
                    &[cite("src/router.rs", 118, 133)],
                )]),
                Block::Diagram(0),
                Block::List {
                    ordered: true,
                    items: vec![
                        vec![say(
                            t(
                                "The address is parsed and checked.",
                                "アドレスを解析して検査します。",
                            ),
                            &[cite("src/router.rs", 118, 133)],
                        )],
                        vec![say(
                            t(
                                "`Library::edition` finds the published wiki.",
                                "`Library::edition` が公開中の Wiki を見つけます。",
                            ),
                            &[cite("src/library.rs", 116, 145)],
                        )],
                    ],
                },
            ],
        )],
        diagrams: vec![Diagram {
            kind: DiagramKind::Sequence,
            caption: t("How a page is answered", "ページが返るまで").into(),
            mermaid: SEQUENCE.into(),
        }],
        related: vec![slug("overview")],
        sources: vec![cite("src/router.rs", 1, 200)],
        ..page(
            locale,
            1,
            "requests",
            t("The way of a request", "リクエストの流れ"),
            t(
                "From the address in the browser to the answer with its headers.",
                "ブラウザーのアドレスから、ヘッダー付きの応答まで。",
            ),
        )
    };
    let cache = Page {
        parent: Some(slug("requests")),
        sections: vec![section(
            2,
            "use",
            t("How it is used", "使われ方"),
            vec![Block::Paragraph(vec![say(
                t(
                    "`Library` asks the `Cache` before it reads an artefact.",
                    "`Library` は成果物を読む前に `Cache` に尋ねます。",
                ),
                &[cite("src/library.rs", 150, 170)],
            )])],
        )],
        sources: vec![cite("src/cache.rs", 1, 90)],
        ..page(
            locale,
            2,
            "cache",
            t("The cache", "キャッシュ"),
            t(
                "Decoded artefacts, kept for a while.",
                "復号した成果物をしばらく保持します。",
            ),
        )
    };
    vec![overview, requests, cache]
}

pub(crate) fn page(locale: Locale, order: u32, name: &str, title: &str, summary: &str) -> Page {
    Page {
        slug: slug(name),
        title: title.into(),
        parent: None,
        order,
        locale,
        summary: summary.into(),
        sections: Vec::new(),
        sources: Vec::new(),
        diagrams: Vec::new(),
        related: Vec::new(),
        writer: "structural 1".into(),
        validity: Validity {
            citations: 12,
            resolved: 12,
            supported: 12,
            ..Validity::default()
        },
    }
}

const MODULES: &str = r#"flowchart LR
  subgraph g0["src/html"]
    m0["article"]
    m1["wiki"]
    m2["search"]
  end
  m3["router"]
  m4["rest"]
  m5["library"]
  m6["cache"]
  m7["links"]
  m8["site"]
  m3 --> m4
  m3 --> m1
  m1 --> m0
  m2 --> m5
  m4 --> m2
  m4 --> m5
  m1 --> m5
  m1 --> m7
  m5 --> m6
  m8 --> m0
  style m5 stroke-width:3px
"#;

const CLASSES: &str = r#"classDiagram
  class t0["Library"] {
    ports
    cache
  }
  class t1["Ports"] {
    repositories
    pages
    artefacts
  }
  class t2["Cache"] {
    capacity
    entries
  }
  class t3["Address"] {
    <<trait>>
  }
  class t4["PageAddress"] {
    links
    edition
  }
  class t5["SiteAddress"] {
    source
  }
  t0 --> t1
  t0 --> t2
  t4 --|> t3
  t5 --|> t3
"#;

const SEQUENCE: &str = r#"sequenceDiagram
  participant p0 as router.rs
  participant p1 as html/wiki.rs
  participant p2 as library.rs
  participant p3 as cache.rs
  p0->>p1: page()
  p1->>p2: edition()
  p1->>p2: page()
  p2->>p3: get()
  p2->>p2: shard()
  p2->>p3: put()
  p1-->>p0: document()
"#;
