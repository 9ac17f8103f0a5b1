//! What a page says of its subject: its own words, its parts, its neighbours.

use deepwiki_domain::{
    page::{Block, Citation, Inline, PageLink, Statement},
    plan::{FileCard, Heading, LayerCard, MainType, PackageCard, PageRef, Part, Quotation, SymbolRef, Usage},
};

use crate::structural::{
    phrases::Phrases,
    sentence::{code, link, names, quoted, says, sentence, text},
};

/// What the subject says of itself, what it centres on, and what it defines.
pub(in crate::structural) fn purpose(
    phrases: Phrases,
    subject: &str,
    package: Option<&PackageCard>,
    quotes: &[Quotation],
    main: Option<&MainType>,
    defines: &[SymbolRef],
) -> Vec<Block> {
    let mut blocks = Vec::new();
    blocks.extend(quotes.first().map(quotation));
    blocks.extend(package.map(|package| Block::Paragraph(vec![package_card(phrases, package)])));
    blocks.extend(quotes.iter().skip(1).map(quotation));
    let named = vec![text(subject)];
    let statements: Vec<Statement> = [
        main.map(|main| centre(phrases, named.clone(), main)),
        defined(phrases, named, main.is_some(), defines),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !statements.is_empty() {
        blocks.push(Block::Paragraph(statements));
    }
    blocks
}

fn quotation(quote: &Quotation) -> Block {
    Block::Quote(says(quoted(&quote.text), [quote.at.clone()]))
}

fn package_card(phrases: Phrases, card: &PackageCard) -> Statement {
    let system = phrases.system(&card.system);
    let mut words = vec![code(&card.name)];
    let description = card
        .description
        .as_deref()
        .map(|said| said.trim_end_matches(['.', '。']));
    if phrases.is_japanese() {
        words.push(text(format!(" は {system} パッケージ")));
        let details: Vec<String> = [
            card.version
                .as_ref()
                .map(|version| format!("バージョン {version}")),
            card.license
                .as_ref()
                .map(|license| format!("ライセンス {license}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        words.push(text(if details.is_empty() {
            "です。".to_owned()
        } else {
            format!("です（{}）。", details.join("、"))
        }));
        if let Some(said) = description {
            words.extend(sentence([
                vec![text("マニフェストでは「")],
                quoted(said),
                vec![text("」と説明されています。")],
            ]));
        }
    } else {
        let article = if system.starts_with('n') { "an" } else { "a" };
        words.push(text(format!(" is {article} {system} package")));
        if let Some(version) = &card.version {
            words.push(text(format!(", version {version}")));
        }
        if let Some(license) = &card.license {
            words.push(text(format!(", licensed as {license}")));
        }
        match description {
            Some(said) => words.extend(sentence([vec![text(": “")], quoted(said), vec![text("”.")]])),
            None => words.push(text(".")),
        }
    }
    says(words, [card.at.clone()])
}

/// The type that a subject centres on, in its own words.
fn centre(phrases: Phrases, subject: Vec<Inline>, main: &MainType) -> Statement {
    let (before, after) = phrases.pick((" centres on ", ": "), (" の中心は ", " です: "));
    let words = sentence([
        subject,
        vec![text(before), code(&main.symbol.name), text(after)],
        quoted(&main.summary),
    ]);
    says(words, [main.symbol.at.clone()])
}

/// What a subject defines; `also` where something of it was named before.
fn defined(phrases: Phrases, subject: Vec<Inline>, also: bool, defines: &[SymbolRef]) -> Option<Statement> {
    if defines.is_empty() {
        return None;
    }
    let listed = names(phrases, defines.iter().map(|symbol| symbol.name.as_str()));
    let words = match (phrases.is_japanese(), also) {
        (false, true) => sentence([vec![text("It also defines ")], listed, vec![text(".")]]),
        (false, false) => sentence([subject, vec![text(" defines ")], listed, vec![text(".")]]),
        (true, true) => sentence([vec![text("ほかに ")], listed, vec![text(" を定義しています。")]]),
        (true, false) => sentence([
            subject,
            vec![text(" は ")],
            listed,
            vec![text(" を定義しています。")],
        ]),
    };
    Some(says(words, defines.iter().map(|symbol| symbol.at.clone())))
}

/// A section of the README in a sentence.
pub(in crate::structural) fn guide(heading: &Heading) -> Vec<Statement> {
    let mut words = vec![Inline::Strong(heading.title.clone())];
    if let Some(first) = &heading.text {
        words.push(text(": "));
        words.extend(quoted(first));
    }
    vec![says(words, [heading.at.clone()])]
}

/// Sections of the README with the commands that they give.
pub(in crate::structural) fn guide_with_code(headings: &[Heading]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for heading in headings {
        blocks.push(Block::Paragraph(guide(heading)));
        blocks.extend(heading.code.as_ref().map(|snippet| Block::Code {
            language: snippet.language.clone().unwrap_or_default(),
            text: snippet.text.clone(),
            citation: snippet.at.clone(),
        }));
    }
    blocks
}

pub(in crate::structural) fn part(phrases: Phrases, part: &Part) -> Vec<Statement> {
    let linked = vec![link(phrases, &part.page)];
    let mut statements = Vec::new();
    if let Some(purpose) = &part.purpose {
        let words = sentence([linked.clone(), vec![text(": ")], quoted(&purpose.text)]);
        statements.push(says(words, [purpose.at.clone()]));
    } else if let Some(main) = &part.main {
        statements.push(centre(phrases, linked.clone(), main));
    }
    let also = part.purpose.is_none() && part.main.is_some();
    let told = part.purpose.is_some();
    let rest = if told {
        listing(phrases, &part.defines)
    } else {
        defined(phrases, linked, also, &part.defines)
    };
    statements.extend(rest);
    statements
}

/// What a part defines, after what it says of itself.
fn listing(phrases: Phrases, defines: &[SymbolRef]) -> Option<Statement> {
    if defines.is_empty() {
        return None;
    }
    let listed = names(phrases, defines.iter().map(|symbol| symbol.name.as_str()));
    let (before, after) = phrases.pick(("It defines ", "."), ("", " を定義しています。"));
    let words = sentence([vec![text(before)], listed, vec![text(after)]]);
    Some(says(words, defines.iter().map(|symbol| symbol.at.clone())))
}

/// Pages of lesser parts.
pub(in crate::structural) fn more(phrases: Phrases, pages: &[PageRef]) -> Block {
    let links = pages.iter().map(|page| PageLink {
        slug: page.slug.clone(),
        text: phrases.title(&page.title),
        note: None,
    });
    Block::Links(links.collect())
}

/// A module at one end of the uses.
pub(in crate::structural) fn layer(phrases: Phrases, card: &LayerCard) -> Vec<Statement> {
    let linked = link(phrases, &card.module.page);
    let listed = names(phrases, card.names.iter().map(|(name, _)| name.as_str()));
    let (users, uses) = (card.users, card.uses);
    let words = match (card.is_base, phrases.is_japanese()) {
        (true, false) => sentence([
            vec![linked, text(format!(" is used by {users} modules, for "))],
            listed,
            vec![text(".")],
        ]),
        (true, true) => sentence([
            vec![linked, text(format!(" は {users} 個のモジュールから利用され、"))],
            listed,
            vec![text(" などが使われています。")],
        ]),
        (false, false) => sentence([
            vec![
                linked,
                text(format!(
                    " stands at the top: no module uses it, and it uses {uses}, for "
                )),
            ],
            listed,
            vec![text(".")],
        ]),
        (false, true) => sentence([
            vec![
                linked,
                text(format!(" は最上位にあり、{uses} 個のモジュールから ")),
            ],
            listed,
            vec![text(" などを使います。")],
        ]),
    };
    vec![says(words, card.names.iter().map(|(_, at)| at.clone()))]
}

fn places(usage: &Usage) -> impl Iterator<Item = Citation> + '_ {
    usage.names.iter().map(|(_, at)| at.clone())
}

fn used_names(phrases: Phrases, usage: &Usage) -> Vec<Inline> {
    names(phrases, usage.names.iter().map(|(name, _)| name.as_str()))
}

/// A user of the page's subject.
pub(in crate::structural) fn used_by(phrases: Phrases, usage: &Usage) -> Vec<Statement> {
    let words = sentence([
        vec![link(phrases, &usage.from.page), text(": ")],
        used_names(phrases, usage),
    ]);
    vec![says(words, places(usage))]
}

/// What the page's subject uses.
pub(in crate::structural) fn uses_of(phrases: Phrases, usage: &Usage) -> Vec<Statement> {
    let words = sentence([
        vec![link(phrases, &usage.to.page), text(": ")],
        used_names(phrases, usage),
    ]);
    vec![says(words, places(usage))]
}

/// A use between two modules.
pub(in crate::structural) fn uses(phrases: Phrases, usage: &Usage) -> Vec<Statement> {
    let listed = used_names(phrases, usage);
    let (from, to) = (link(phrases, &usage.from.page), link(phrases, &usage.to.page));
    let words = phrases.pick(
        sentence([
            vec![from.clone(), text(" uses ")],
            listed.clone(),
            vec![text(" of "), to.clone(), text(".")],
        ]),
        sentence([
            vec![from, text(" は "), to, text(" の ")],
            listed,
            vec![text(" を使います。")],
        ]),
    );
    vec![says(words, places(usage))]
}

/// Two modules that use each other.
pub(in crate::structural) fn cycle(phrases: Phrases, pair: &[Usage]) -> Vec<Statement> {
    let [forth, back] = pair else { return Vec::new() };
    let (one, other) = (link(phrases, &forth.from.page), link(phrases, &forth.to.page));
    let (there, here) = (used_names(phrases, forth), used_names(phrases, back));
    let words = phrases.pick(
        sentence([
            vec![
                one.clone(),
                text(" and "),
                other.clone(),
                text(" use each other: the first needs "),
            ],
            there.clone(),
            vec![text(", the second ")],
            here.clone(),
            vec![text(".")],
        ]),
        sentence([
            vec![one, text(" と "), other, text(" は互いに依存しています。前者は ")],
            there,
            vec![text(" を、後者は ")],
            here,
            vec![text(" を使います。")],
        ]),
    );
    vec![says(words, places(forth).chain(places(back)))]
}

/// A file: what it says of itself and what it defines.
pub(in crate::structural) fn file(phrases: Phrases, card: &FileCard) -> Vec<Statement> {
    let size = match (card.lines, phrases.is_japanese()) {
        (lines, true) => format!("（{lines} 行）"),
        (1, false) => " (1 line)".to_owned(),
        (lines, false) => format!(" ({lines} lines)"),
    };
    let head = vec![code(card.path.as_str()), text(size)];
    let Some(purpose) = &card.purpose else {
        return defined(phrases, head, false, &card.defines).into_iter().collect();
    };
    let words = sentence([head, vec![text(": ")], quoted(&purpose.text)]);
    [
        Some(says(words, [purpose.at.clone()])),
        listing(phrases, &card.defines),
    ]
    .into_iter()
    .flatten()
    .collect()
}
