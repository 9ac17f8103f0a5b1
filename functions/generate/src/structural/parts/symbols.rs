//! Types, functions and values, one by one.

use deepwiki_domain::{
    Language,
    facts::SymbolKind,
    page::{Block, Inline, Row, Statement},
    plan::{Member, SymbolCard},
};

use crate::structural::{
    phrases::Phrases,
    sentence::{code, link, names, quoted, says, sentence, shortened, text},
};

/// A signature is shown up to this length.
const LONGEST_SIGNATURE: usize = 110;

/// The heading above a type: its name and what it is.
pub(in crate::structural) fn type_heading(phrases: Phrases, card: &SymbolCard) -> Vec<Inline> {
    let kind = phrases.kind(card.kind);
    let kind = phrases.pick(format!(" ({kind})"), format!("（{kind}）"));
    vec![code(&card.name), text(kind)]
}

/// Everything about a type, below its heading: what it is, its members, what it builds on, where it is used.
pub(in crate::structural) fn type_card(phrases: Phrases, card: &SymbolCard) -> Vec<Block> {
    let said = match &card.summary {
        Some(summary) => says(quoted(summary), [card.at.clone()]),
        None => declared(phrases, card),
    };
    let first = [Some(said), extends(phrases, card), variants(phrases, card)];
    let mut blocks = vec![Block::Paragraph(first.into_iter().flatten().collect())];
    if !card.members.is_empty() && !only_names_variants(card) {
        blocks.push(members(phrases, card));
    }
    let more: Vec<Statement> = [builds_on(phrases, card), used(phrases, card)]
        .into_iter()
        .flatten()
        .collect();
    if !more.is_empty() {
        blocks.push(Block::Paragraph(more));
    }
    blocks
}

/// What a definition without documentation is: its declaration.
fn declared(phrases: Phrases, card: &SymbolCard) -> Statement {
    let head = code(shortened(&card.signature, LONGEST_SIGNATURE).unwrap_or_else(|| card.name.clone()));
    let words = phrases.pick(
        vec![text("Declared as "), head.clone(), text(".")],
        vec![text("宣言は "), head, text(" です。")],
    );
    says(words, [card.at.clone()])
}

/// What a type extends or implements, in its language's own word.
fn extends(phrases: Phrases, card: &SymbolCard) -> Option<Statement> {
    if card.supertypes.is_empty() {
        return None;
    }
    let listed = names(phrases, card.supertypes.iter().map(String::as_str));
    let (english, japanese) = match (card.language, card.kind) {
        (Some(Language::Rust), SymbolKind::Trait) => ("It requires ", " を前提とします。"),
        (Some(Language::Rust), _) => ("It implements ", " を実装しています。"),
        (Some(Language::Go), _) => ("It embeds ", " を埋め込んでいます。"),
        _ => ("It extends ", " を継承しています。"),
    };
    let words = phrases.pick(
        sentence([vec![text(english)], listed.clone(), vec![text(".")]]),
        sentence([listed, vec![text(japanese)]]),
    );
    Some(says(words, [card.at.clone()]))
}

/// Whether the members are values of an enumeration of which nothing more is said.
fn only_names_variants(card: &SymbolCard) -> bool {
    let bare = |member: &Member| member.kind == SymbolKind::Variant && member.summary.is_none();
    !card.members.is_empty() && card.members.iter().all(bare)
}

fn variants(phrases: Phrases, card: &SymbolCard) -> Option<Statement> {
    if !only_names_variants(card) {
        return None;
    }
    let listed = names(phrases, card.members.iter().map(|member| member.name.as_str()));
    let words = phrases.pick(
        sentence([vec![text("Its values are ")], listed.clone(), vec![text(".")]]),
        sentence([vec![text("値は ")], listed, vec![text(" です。")]]),
    );
    Some(says(words, card.members.iter().map(|member| member.at.clone())))
}

fn members(phrases: Phrases, card: &SymbolCard) -> Block {
    let header = phrases.pick(["Member", "What it is"], ["メンバー", "説明"]);
    Block::Table {
        header: header.iter().map(|cell| (*cell).to_owned()).collect(),
        rows: card
            .members
            .iter()
            .map(|member| member_row(phrases, member))
            .collect(),
    }
}

fn member_row(phrases: Phrases, member: &Member) -> Row {
    let signature = || shortened(&member.signature, LONGEST_SIGNATURE);
    let what = match &member.summary {
        Some(summary) => quoted(summary),
        None if member.kind == SymbolKind::Variant => vec![text(phrases.kind(member.kind))],
        None => match signature() {
            Some(signature) => vec![code(signature)],
            None => vec![text(phrases.kind(member.kind))],
        },
    };
    Row {
        cells: vec![vec![code(&member.name)], what],
        citations: vec![member.at.clone()],
    }
}

/// A definition's uses of others, each with its line.
fn builds_on(phrases: Phrases, card: &SymbolCard) -> Option<Statement> {
    if card.uses.is_empty() {
        return None;
    }
    let listed = names(phrases, card.uses.iter().map(|used| used.name.as_str()));
    let words = phrases.pick(
        sentence([vec![text("It uses ")], listed.clone(), vec![text(".")]]),
        sentence([listed, vec![text(" を使います。")]]),
    );
    Some(says(words, card.uses.iter().map(|used| used.at.clone())))
}

/// Where a definition is used.
fn used(phrases: Phrases, card: &SymbolCard) -> Option<Statement> {
    if card.users == 0 || card.used_at.is_empty() {
        return None;
    }
    let mut users: Vec<&str> = card
        .used_at
        .iter()
        .filter_map(|used| used.by.as_deref())
        .collect();
    users.dedup();
    let bare = code(card.name.rsplit([':', '.', '#']).next().unwrap_or(&card.name));
    let listed = names(phrases, users.iter().copied());
    let count = card.users;
    let words = match (phrases.is_japanese(), users.is_empty(), count) {
        (false, false, 1) => sentence([vec![bare, text(" is used by ")], listed, vec![text(".")]]),
        (false, true, 1) => vec![bare, text(" is used in one other file.")],
        (false, true, _) => vec![bare, text(format!(" is used in {count} other files."))],
        (false, false, _) => sentence([
            vec![
                bare,
                text(format!(" is used in {count} other files, among others by ")),
            ],
            listed,
            vec![text(".")],
        ]),
        (true, false, 1) => sentence([
            vec![bare, text(" は ")],
            listed,
            vec![text(" から使われています。")],
        ]),
        (true, true, _) => vec![
            bare,
            text(format!(" はほかの {count} ファイルで使われています。")),
        ],
        (true, false, _) => sentence([
            vec![
                bare,
                text(format!(" はほかの {count} ファイルで使われています（")),
            ],
            listed,
            vec![text(" など）。")],
        ]),
    };
    Some(says(words, card.used_at.iter().map(|used| used.at.clone())))
}

/// A function: its head, what it does, what it uses, where it is used.
pub(in crate::structural) fn function(phrases: Phrases, card: &SymbolCard) -> Vec<Statement> {
    let signature = shortened(&card.signature, LONGEST_SIGNATURE).filter(|head| head.contains('('));
    let head = code(signature.unwrap_or_else(|| card.name.clone()));
    let first = match &card.summary {
        Some(summary) => says(
            sentence([vec![head, text(": ")], quoted(summary)]),
            [card.at.clone()],
        ),
        None => says(vec![head, text(size(phrases, card))], [card.body.clone()]),
    };
    [Some(first), builds_on(phrases, card), used(phrases, card)]
        .into_iter()
        .flatten()
        .collect()
}

/// How long a definition is, which is what can be told of one without documentation.
fn size(phrases: Phrases, card: &SymbolCard) -> String {
    match (card.body.lines().count(), phrases.is_japanese()) {
        (1, false) => " (1 line).".to_owned(),
        (lines, false) => format!(" ({lines} lines)."),
        (lines, true) => format!("（{lines} 行）。"),
    }
}

/// A definition in one sentence: what it says of itself, or how it is declared.
pub(in crate::structural) fn short_card(phrases: Phrases, card: &SymbolCard) -> Vec<Statement> {
    let kind = phrases.kind(card.kind);
    let kind = phrases.pick(format!(" ({kind})"), format!("（{kind}）"));
    let value = matches!(card.kind, SymbolKind::Constant | SymbolKind::Variable);
    let declaration = shortened(&card.signature, LONGEST_SIGNATURE).filter(|_| value);
    let mut words = match (&card.summary, declaration) {
        (Some(summary), _) => sentence([vec![code(&card.name), text(format!("{kind}: "))], quoted(summary)]),
        (None, Some(declaration)) => vec![code(declaration), text(kind)],
        (None, None) => vec![code(&card.name), text(kind)],
    };
    if let Some(page) = &card.page {
        words.push(text(phrases.pick(" — see ", " → ")));
        words.push(link(phrases, page));
    }
    vec![says(words, [card.at.clone()])]
}

/// A definition that much rests on.
pub(in crate::structural) fn core(phrases: Phrases, card: &SymbolCard) -> Vec<Statement> {
    let mut statements = short_card(phrases, card);
    statements.extend(used(phrases, card));
    statements
}
