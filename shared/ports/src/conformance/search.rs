//! [`SearchIndex`]: finds what is there, only where it was asked to look, whatever is typed.

use std::time::{Duration, Instant};

use deepwiki_domain::{
    ErrorKind, Language, Locale, RepoPath, Slug,
    facts::SymbolKind,
    manifest::Role,
    search::{
        Document, Filter, Hit, LONGEST_QUERY, MOST_HITS, Query, QueryVector, Reason,
        vector::{quantize, text_of},
    },
};

use super::{commit, naughty::NAUGHTY, new_repository, unique};
use crate::{SearchIndex, index::Searchable};

/// How long a service may take until what was built can be found.
const SETTLES_WITHIN: Duration = Duration::from_secs(90);

/// What a [`SearchIndex`] must find, and not find.
pub async fn search_index(index: &dyn SearchIndex) {
    let here = build(index, documents("alpha")).await;
    let there = build(index, documents("beta")).await;
    let empty = build(index, Vec::new()).await;
    settle(index, &here, "alpha").await;
    settle(index, &there, "beta").await;

    finds_names_in_any_spelling(index, &here).await;
    tells_what_it_found(index, &here).await;
    finds_japanese(index, &here).await;
    keeps_to_the_locale(index, &here).await;
    looks_only_where_it_may(index, &here, &there).await;
    keeps_to_the_filter(index, &here).await;
    tells_why(index, &here).await;
    keeps_to_the_limit(index, &[here.clone(), there.clone()]).await;
    answers_the_same_twice(index, &[here.clone(), there.clone()]).await;
    let nowhere = hits(index, &[], &query("parse_header")).await;
    assert_eq!(nowhere, [], "no generation, no hits");
    let nothing = hits(index, &[empty], &query("parse_header")).await;
    assert_eq!(nothing, [], "a repository without documents has an index too");
    keeps_what_it_is_told_to(index).await;
}

/// How a [`SearchIndex`] must bear what people and programs type.
pub async fn search_index_refuses(index: &dyn SearchIndex) {
    let here = build(index, documents("gamma")).await;
    settle(index, &here, "gamma").await;
    for text in [
        "",
        "   ",
        "\u{0}\u{7}\u{1b}",
        "()\"*?",
        "。、",
        "\u{200b}\u{feff}",
    ] {
        let hits = hits(index, std::slice::from_ref(&here), &query(text)).await;
        assert_eq!(hits, [], "{text:?} holds no word");
    }
    for text in NAUGHTY {
        let started = Instant::now();
        let answer = index.search(std::slice::from_ref(&here), &query(text)).await;
        assert!(answer.is_ok(), "{text:?} is text like any other: {answer:?}");
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{text:?} takes too long"
        );
    }
    let longest = "header "
        .repeat(LONGEST_QUERY)
        .chars()
        .take(LONGEST_QUERY)
        .collect::<String>();
    let hits = hits(index, std::slice::from_ref(&here), &query(&longest)).await;
    assert!(!hits.is_empty(), "the longest query is answered");
    for text in [
        format!("{longest}r"),
        "x".repeat(1 << 20),
        "日".repeat(LONGEST_QUERY + 1),
    ] {
        let error = index
            .search(std::slice::from_ref(&here), &query(&text))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "longer than the longest query");
    }
    let many: String = (0..LONGEST_QUERY / 2)
        .map(|i| if i % 2 == 0 { "a " } else { "b " })
        .collect();
    assert!(
        index.search(&[here], &query(&many)).await.is_ok(),
        "many short words"
    );
}

async fn keeps_what_it_is_told_to(index: &dyn SearchIndex) {
    let repository = new_repository();
    let mut generations = Vec::new();
    for mark in ["zeta", "eta"] {
        let commit = commit(&unique());
        let generation = index
            .build(&repository, &commit, documents(mark), None)
            .await
            .unwrap();
        generations.push(Searchable {
            repository: repository.clone(),
            commit,
            generation,
        });
    }
    let newest = generations.pop().unwrap();
    settle(index, &newest, "eta").await;
    for _ in 0..2 {
        index
            .retain(&repository, std::slice::from_ref(&newest.generation))
            .await
            .unwrap();
    }
    best(index, &newest, "HeaderParser").await;
    index.retain(&new_repository(), &[]).await.unwrap();
}

async fn finds_names_in_any_spelling(index: &dyn SearchIndex, here: &Searchable) {
    for text in ["HeaderParser", "headerparser", "header parser", "HEADER_PARSER"] {
        let best = best(index, here, text).await;
        assert_eq!(best.symbol.as_deref(), Some("net::HeaderParser"), "for {text:?}");
    }
    for text in ["parse_header", "parseHeader", "parse header"] {
        let best = best(index, here, text).await;
        assert_eq!(best.symbol.as_deref(), Some("net::parse_header"), "for {text:?}");
    }
    let by_path = best(index, here, "src/store/ledger.py").await;
    assert_eq!(by_path.path.as_str(), "src/store/ledger.py");
    let by_file_name = best(index, here, "ledger.py").await;
    assert_eq!(by_file_name.path.as_str(), "src/store/ledger.py");
    let by_text = best(index, here, "settlement").await;
    assert_eq!(by_text.path.as_str(), "src/store/ledger.py");
    let inflected = best(index, here, "retries connections").await;
    assert_eq!(
        inflected.page.as_ref().map(Slug::as_str),
        Some("net"),
        "prose is found by its stems"
    );
    let none = hits(index, std::slice::from_ref(here), &query("qqqzzzxxxyyy")).await;
    assert_eq!(none, [], "what is nowhere is not found");
}

async fn tells_what_it_found(index: &dyn SearchIndex, here: &Searchable) {
    let hit = best(index, here, "HeaderParser").await;
    assert_eq!(
        (hit.repository, hit.commit),
        (here.repository.clone(), here.commit.clone())
    );
    assert_eq!(
        (hit.path.as_str(), hit.start, hit.end),
        ("src/net/header.rs", 10, 42)
    );
    assert_eq!(
        (hit.page.as_ref().map(Slug::as_str), hit.locale),
        (Some("net"), None)
    );
    assert!(hit.score.is_finite());
}

async fn finds_japanese(index: &dyn SearchIndex, here: &Searchable) {
    for text in ["再接続", "接続が切れたとき", "待"] {
        let hit = best(index, here, text).await;
        assert_eq!(
            (hit.page.as_ref().map(Slug::as_str), hit.locale),
            (Some("net"), Some(Locale::Ja)),
            "for {text}"
        );
    }
}

async fn keeps_to_the_locale(index: &dyn SearchIndex, here: &Searchable) {
    for locale in Locale::ALL {
        let query = Query {
            locale: Some(locale),
            ..query("header 接続")
        };
        let hits = hits(index, std::slice::from_ref(here), &query).await;
        assert!(
            hits.iter().any(|hit| hit.locale == Some(locale)),
            "pages in the language"
        );
        assert!(
            hits.iter().all(|hit| hit.locale.is_none_or(|it| it == locale)),
            "none in another"
        );
        assert!(
            hits.iter().any(|hit| hit.locale.is_none()),
            "source has no language of its own"
        );
    }
}

async fn looks_only_where_it_may(index: &dyn SearchIndex, here: &Searchable, there: &Searchable) {
    let both = [here.clone(), there.clone()];
    let of_there = hits(index, &both, &query("marker_beta")).await;
    assert_eq!(
        of_there.first().map(|hit| &hit.repository),
        Some(&there.repository)
    );
    let everywhere = hits(index, &both, &query("HeaderParser")).await;
    for one in &both {
        assert!(
            everywhere
                .iter()
                .any(|hit| hit.repository == one.repository && hit.commit == one.commit)
        );
    }
    let only_here = hits(
        index,
        std::slice::from_ref(here),
        &query("HeaderParser marker_beta"),
    )
    .await;
    assert!(!only_here.is_empty());
    assert!(
        only_here.iter().all(|hit| hit.repository == here.repository),
        "the other is never seen"
    );
}

async fn keeps_to_the_filter(index: &dyn SearchIndex, here: &Searchable) {
    let paths = |filter: Filter| async move {
        let query = Query {
            filter,
            limit: MOST_HITS,
            ..query("header parser settlement connection filler")
        };
        let hits = hits(index, std::slice::from_ref(here), &query).await;
        assert!(!hits.is_empty(), "for {:?}", query.filter);
        hits
    };
    let filter = Filter::default;
    for pattern in ["src/net", "./src/net/", "src/net/*.rs", "*/net/*"] {
        let hits = paths(Filter {
            paths: vec![pattern.to_owned()],
            ..filter()
        });
        assert!(
            hits.await
                .iter()
                .all(|hit| hit.path.as_str().starts_with("src/net/")),
            "for {pattern}"
        );
    }
    let python = paths(Filter {
        languages: vec![Language::Python],
        ..filter()
    });
    assert!(
        python
            .await
            .iter()
            .all(|hit| hit.language == Some(Language::Python))
    );
    let docs = paths(Filter {
        roles: vec![Role::Doc],
        ..filter()
    });
    assert!(docs.await.iter().all(|hit| hit.role == Role::Doc));
    let types = paths(Filter {
        kinds: vec![SymbolKind::Struct, SymbolKind::Class],
        ..filter()
    });
    assert!(types.await.iter().all(|hit| hit.kind == Some(SymbolKind::Struct)));
    let none = Query {
        filter: Filter {
            paths: vec!["nowhere/*".to_owned()],
            ..filter()
        },
        ..query("header")
    };
    assert_eq!(
        hits(index, std::slice::from_ref(here), &none).await,
        [],
        "nothing is there"
    );
}

async fn tells_why(index: &dyn SearchIndex, here: &Searchable) {
    let why = async |text: &str| best(index, here, text).await.why;
    assert_eq!(why("HeaderParser").await.first(), Some(&Reason::Name));
    assert_eq!(why("src/store/ledger.py").await.first(), Some(&Reason::Path));
    assert_eq!(why("settlement").await, [Reason::Words]);
}

/// What a [`SearchIndex`] must do with vectors: compare those of one model, and none of two.
pub async fn search_index_by_meaning(index: &dyn SearchIndex) {
    let model = "toy-2";
    let mut documents = documents("delta");
    for document in &mut documents {
        let about_ledgers = text_of(document).contains("ledger");
        document.vector = quantize(if about_ledgers { &[0.9, 0.1] } else { &[0.1, 0.9] });
        // Which of all that means something else comes along is for the index to say; that it is a definition, or much
        // used, must not count here.
        (document.rank, document.symbol, document.kind) = (0.0, None, None);
    }
    let repository = new_repository();
    let commit = commit(&unique());
    let generation = index
        .build(&repository, &commit, documents, Some(model))
        .await
        .unwrap();
    let here = Searchable {
        repository,
        commit,
        generation,
    };
    settle(index, &here, "delta").await;
    let without = build(index, self::documents("epsilon")).await;
    settle(index, &without, "epsilon").await;

    let ask = |model: &str, values: &[f32]| Query {
        vector: Some(QueryVector {
            model: model.to_owned(),
            values: values.to_vec(),
        }),
        ..query("帳簿への記入")
    };
    let both = [here.clone(), without.clone()];
    let found = index.search(&both, &ask(model, &[1.0, 0.0])).await.unwrap();
    assert!(found.semantic);
    let first = found.hits.first().unwrap();
    assert_eq!(
        (first.path.as_str(), first.why.as_slice()),
        ("src/store/ledger.py", [Reason::Meaning].as_slice()),
        "what means the same is found without a common word"
    );
    assert!(
        found.hits.iter().all(|hit| hit.repository == here.repository),
        "what has no vectors is found by words alone"
    );
    for (model, values) in [("toy-3", &[1.0, 0.0][..]), (model, &[1.0]), (model, &[0.0, 0.0])] {
        let found = index.search(&both, &ask(model, values)).await.unwrap();
        assert_eq!(found.hits, [], "{model} {values:?} compares with nothing");
    }
    let nowhere = Query {
        filter: Filter {
            paths: vec!["src/net".to_owned()],
            ..Filter::default()
        },
        ..ask(model, &[1.0, 0.0])
    };
    let found = index.search(&both, &nowhere).await.unwrap();
    assert!(
        !found.hits.is_empty()
            && found
                .hits
                .iter()
                .all(|hit| hit.path.as_str().starts_with("src/net/"))
    );
}

async fn keeps_to_the_limit(index: &dyn SearchIndex, generations: &[Searchable]) {
    for limit in [0, 1, 3, MOST_HITS, usize::MAX] {
        let query = Query {
            limit,
            ..query("filler")
        };
        let hits = hits(index, generations, &query).await;
        assert_eq!(
            hits.len(),
            limit.min(MOST_HITS),
            "of more than {MOST_HITS} that match"
        );
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score), "best first");
    }
}

async fn answers_the_same_twice(index: &dyn SearchIndex, generations: &[Searchable]) {
    for text in ["filler", "header", "接続"] {
        let once = hits(index, generations, &query(text)).await;
        let twice = hits(index, generations, &query(text)).await;
        assert_eq!(once, twice, "for {text:?}");
    }
}

async fn build(index: &dyn SearchIndex, documents: Vec<Document>) -> Searchable {
    let repository = new_repository();
    let commit = commit(&unique());
    let generation = index.build(&repository, &commit, documents, None).await.unwrap();
    Searchable {
        repository,
        commit,
        generation,
    }
}

/// Waits until the generation answers, as services that refresh their indexes now and then need it.
async fn settle(index: &dyn SearchIndex, searchable: &Searchable, mark: &str) {
    let started = Instant::now();
    let query = query(&format!("marker_{mark}"));
    while hits(index, std::slice::from_ref(searchable), &query)
        .await
        .is_empty()
    {
        assert!(started.elapsed() < SETTLES_WITHIN, "what was built is not found");
        std::thread::sleep(Duration::from_millis(200));
    }
}

async fn hits(index: &dyn SearchIndex, generations: &[Searchable], query: &Query) -> Vec<Hit> {
    index.search(generations, query).await.unwrap().hits
}

async fn best(index: &dyn SearchIndex, here: &Searchable, text: &str) -> Hit {
    let hits = hits(index, std::slice::from_ref(here), &query(text)).await;
    hits.into_iter()
        .next()
        .unwrap_or_else(|| panic!("{text:?} is not found"))
}

fn query(text: &str) -> Query {
    Query::new(text)
}

/// A small repository; `mark` stands in it as `marker_<mark>`.
fn documents(mark: &str) -> Vec<Document> {
    let source = |path: &str, start, end, text: &str| Document {
        path: RepoPath::new(path).unwrap(),
        start,
        end,
        symbol: None,
        kind: None,
        language: Language::of(path.rsplit('/').next().unwrap(), ""),
        role: Role::Source,
        page: None,
        section: None,
        locale: None,
        text: text.to_owned(),
        vector: None,
        rank: 0.0,
    };
    let section = |locale, path: &str, start, end, text: &str| Document {
        page: Some(Slug::from_text("net")),
        section: Some(Slug::from_text("lost connections")),
        language: None,
        role: Role::Doc,
        locale: Some(locale),
        ..source(path, start, end, text)
    };
    let mut documents = vec![
        Document {
            symbol: Some("net::HeaderParser".to_owned()),
            kind: Some(SymbolKind::Struct),
            page: Some(Slug::from_text("net")),
            rank: 0.8,
            ..source(
                "src/net/header.rs",
                10,
                42,
                "pub struct HeaderParser { limit: usize }",
            )
        },
        Document {
            symbol: Some("net::parse_header".to_owned()),
            kind: Some(SymbolKind::Function),
            rank: 0.5,
            ..source(
                "src/net/header.rs",
                44,
                80,
                "pub fn parse_header(line: &str) -> Header { split(line) }",
            )
        },
        source(
            "src/net/client.rs",
            1,
            30,
            "let header = parse_header(line)?; HeaderParser::default()",
        ),
        source(
            "src/store/ledger.py",
            1,
            20,
            "def book(entry):\n    settlement = entry.amount",
        ),
        source(
            "src/marker.rs",
            1,
            3,
            &format!("const MARK: &str = \"marker_{mark}\";"),
        ),
        section(
            Locale::En,
            "src/net/retry.rs",
            5,
            25,
            "A client that loses its connection retries with a growing delay. The header is sent again.",
        ),
        section(
            Locale::Ja,
            "src/net/retry.rs",
            5,
            25,
            "接続が切れたときは、待ち時間を延ばしながら再接続する。",
        ),
    ];
    documents.extend((0..120).map(|i| {
        source(
            &format!("src/generated/f{i}.rs"),
            1,
            5,
            &format!("fn filler_{i}() {{ filler({i}) }}"),
        )
    }));
    documents
}
