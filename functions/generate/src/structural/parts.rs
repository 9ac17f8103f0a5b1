//! Card by card, the sentences of a page. Every sentence names something that its lines bear.

use deepwiki_domain::{
    facts::SymbolKind,
    page::{Block, Inline, Row, Statement},
    plan::{
        ConfigCard, DependencyCard, EntryCard, FileCard, Heading, Member, NamedPlace, PackageCard, Part,
        Quotation, ScriptCard, SymbolCard, SymbolRef, TestCard, Usage,
    },
};

use super::{
    phrases::Phrases,
    sentence::{code, link, names, quoted, says, sentence, text},
};

/// A signature longer than this is left to the source.
const LONGEST_SIGNATURE: usize = 110;

/// What the subject says of itself, and what it defines.
pub(super) fn purpose(
    phrases: Phrases,
    package: Option<&PackageCard>,
    quotes: &[Quotation],
    defines: &[SymbolRef],
) -> Vec<Block> {
    let mut blocks = Vec::new();
    blocks.extend(quotes.first().map(quotation));
    blocks.extend(package.map(|package| Block::Paragraph(package_card(phrases, package))));
    blocks.extend(quotes.iter().skip(1).map(quotation));
    if !defines.is_empty() {
        blocks.push(Block::Paragraph(vec![defined(phrases, defines)]));
    }
    blocks
}

fn quotation(quote: &Quotation) -> Block {
    Block::Quote(says(quoted(&quote.text), [quote.at.clone()]))
}

fn package_card(phrases: Phrases, card: &PackageCard) -> Vec<Statement> {
    let system = phrases.system(&card.system);
    let mut words = vec![code(&card.name)];
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
    } else {
        let article = if system.starts_with('n') { "an" } else { "a" };
        words.push(text(format!(" is {article} {system} package")));
        if let Some(version) = &card.version {
            words.push(text(format!(", version {version}")));
        }
        if let Some(license) = &card.license {
            words.push(text(format!(", licensed as {license}")));
        }
        words.push(text("."));
    }
    let mut statements = vec![says(words, [card.at.clone()])];
    if let Some(description) = &card.description {
        let description = description.trim_end_matches(['.', '。']);
        let words = phrases.pick(
            sentence([
                vec![
                    text("The manifest of "),
                    code(&card.name),
                    text(" describes it: “"),
                ],
                quoted(description),
                vec![text("”.")],
            ]),
            sentence([
                vec![code(&card.name), text(" のマニフェストの説明は「")],
                quoted(description),
                vec![text("」です。")],
            ]),
        );
        statements.push(says(words, [card.at.clone()]));
    }
    statements
}

fn defined(phrases: Phrases, defines: &[SymbolRef]) -> Statement {
    let listed = names(phrases, defines.iter().map(|symbol| symbol.name.as_str()));
    let words = phrases.pick(
        sentence([vec![text("It defines ")], listed.clone(), vec![text(".")]]),
        sentence([listed, vec![text(" を定義しています。")]]),
    );
    says(words, defines.iter().map(|symbol| symbol.at.clone()))
}

pub(super) fn guide(_: Phrases, heading: &Heading) -> Vec<Statement> {
    let mut words = vec![Inline::Strong(heading.title.clone())];
    if let Some(first) = &heading.text {
        words.push(text(": "));
        words.extend(quoted(first));
    }
    vec![says(words, [heading.at.clone()])]
}

pub(super) fn part(phrases: Phrases, part: &Part) -> Vec<Statement> {
    let mut statements = Vec::new();
    if let Some(purpose) = &part.purpose {
        let words = sentence([vec![link(phrases, &part.page), text(": ")], quoted(&purpose.text)]);
        statements.push(says(words, [purpose.at.clone()]));
    }
    if !part.defines.is_empty() {
        let listed = names(phrases, part.defines.iter().map(|symbol| symbol.name.as_str()));
        let at = part.defines.iter().map(|symbol| symbol.at.clone());
        let words = match (part.purpose.is_some(), phrases.is_japanese()) {
            (true, false) => sentence([vec![text("It defines ")], listed, vec![text(".")]]),
            (true, true) => sentence([listed, vec![text(" を定義しています。")]]),
            (false, false) => sentence([
                vec![link(phrases, &part.page), text(" defines ")],
                listed,
                vec![text(".")],
            ]),
            (false, true) => sentence([
                vec![link(phrases, &part.page), text(" は ")],
                listed,
                vec![text(" を定義しています。")],
            ]),
        };
        statements.push(says(words, at));
    }
    statements
}

/// Everything about a type: what it is, its members, what it builds on, where it is used.
pub(super) fn type_card(phrases: Phrases, card: &SymbolCard) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph(introduction(phrases, card))];
    if !card.members.is_empty() {
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

fn introduction(phrases: Phrases, card: &SymbolCard) -> Vec<Statement> {
    let kind = phrases.kind(card.kind);
    let mut statements = match &card.summary {
        Some(summary) => {
            let head = phrases.pick(format!(" ({kind}): "), format!("（{kind}）: "));
            vec![says(
                sentence([vec![code(&card.name), text(head)], quoted(summary)]),
                [card.at.clone()],
            )]
        }
        None => {
            let words = phrases.pick(
                vec![
                    code(&card.name),
                    text(format!(" is {}.", phrases.a_kind(card.kind))),
                ],
                vec![code(&card.name), text(format!(" は{kind}です。"))],
            );
            vec![says(words, [card.body.clone()])]
        }
    };
    if !card.supertypes.is_empty() {
        let listed = names(phrases, card.supertypes.iter().map(String::as_str));
        let words = phrases.pick(
            sentence([
                vec![code(&card.name), text(" builds on the type ")],
                listed.clone(),
                vec![text(".")],
            ]),
            sentence([
                vec![code(&card.name), text(" は型 ")],
                listed,
                vec![text(" を基にしています。")],
            ]),
        );
        statements.push(says(words, [card.at.clone()]));
    }
    statements
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
    let what = match &member.summary {
        Some(summary) => quoted(summary),
        None if member.kind == SymbolKind::Variant => vec![text(phrases.kind(member.kind))],
        None if member.signature.len() <= LONGEST_SIGNATURE => vec![code(&member.signature)],
        None => vec![text(phrases.kind(member.kind))],
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
        sentence([vec![text("内部で ")], listed, vec![text(" を使います。")]]),
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
    let bare = card.name.rsplit([':', '.', '#']).next().unwrap_or(&card.name);
    let listed = names(phrases, users.iter().copied());
    let words = match (phrases.is_japanese(), users.is_empty()) {
        (false, true) => vec![code(bare), text(format!(" is used in {}.", files(card.users)))],
        (false, false) => sentence([
            vec![
                code(bare),
                text(format!(" is used in {}, among others by ", files(card.users))),
            ],
            listed,
            vec![text(".")],
        ]),
        (true, true) => vec![
            code(bare),
            text(format!(" は他の {} ファイルで使われています。", card.users)),
        ],
        (true, false) => sentence([
            vec![
                code(bare),
                text(format!(" は他の {} ファイルで使われています（", card.users)),
            ],
            listed,
            vec![text(" など）。")],
        ]),
    };
    Some(says(words, card.used_at.iter().map(|used| used.at.clone())))
}

fn files(count: u32) -> String {
    if count == 1 {
        "one other file".to_owned()
    } else {
        format!("{count} other files")
    }
}

/// A function: its head, what it does, what it uses, where it is used.
pub(super) fn function(phrases: Phrases, card: &SymbolCard) -> Vec<Statement> {
    let short = card.signature.len() <= LONGEST_SIGNATURE && card.signature.contains('(');
    let head = code(if short { &card.signature } else { &card.name });
    let first = match &card.summary {
        Some(summary) => says(
            sentence([vec![head, text(": ")], quoted(summary)]),
            [card.at.clone()],
        ),
        None => {
            let end = phrases.pick(
                format!(" is {}.", phrases.a_kind(card.kind)),
                format!(" は{}です。", phrases.kind(card.kind)),
            );
            says(vec![head, text(end)], [card.body.clone()])
        }
    };
    [Some(first), builds_on(phrases, card), used(phrases, card)]
        .into_iter()
        .flatten()
        .collect()
}

/// A definition in one sentence.
pub(super) fn short_card(phrases: Phrases, card: &SymbolCard) -> Vec<Statement> {
    let mut statement = match introduction(phrases, card).into_iter().next() {
        Some(statement) => statement,
        None => return Vec::new(),
    };
    if let Some(page) = &card.page {
        statement.text.push(text(phrases.pick(" — see ", " → ")));
        statement.text.push(link(phrases, page));
    }
    vec![statement]
}

/// A definition that much rests on.
pub(super) fn core(phrases: Phrases, card: &SymbolCard) -> Vec<Statement> {
    let mut statements = short_card(phrases, card);
    statements.extend(used(phrases, card));
    statements
}

pub(super) fn used_by(phrases: Phrases, usage: &Usage) -> Vec<Statement> {
    let listed = names(phrases, usage.names.iter().map(|(name, _)| name.as_str()));
    let words = phrases.pick(
        sentence([
            vec![link(phrases, &usage.from.page), text(" uses ")],
            listed.clone(),
            vec![text(".")],
        ]),
        sentence([
            vec![link(phrases, &usage.from.page), text(" が ")],
            listed,
            vec![text(" を使います。")],
        ]),
    );
    vec![says(words, usage.names.iter().map(|(_, at)| at.clone()))]
}

pub(super) fn uses(phrases: Phrases, usage: &Usage) -> Vec<Statement> {
    let listed = names(phrases, usage.names.iter().map(|(name, _)| name.as_str()));
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
    vec![says(words, usage.names.iter().map(|(_, at)| at.clone()))]
}

pub(super) fn cycle(phrases: Phrases, pair: &[Usage]) -> Vec<Statement> {
    pair.iter().flat_map(|usage| uses(phrases, usage)).collect()
}

pub(super) fn file(phrases: Phrases, card: &FileCard) -> Vec<Statement> {
    let mut statements = Vec::new();
    let path = code(card.path.as_str());
    if let Some(purpose) = &card.purpose {
        let words = sentence([vec![path.clone(), text(": ")], quoted(&purpose.text)]);
        statements.push(says(words, [purpose.at.clone()]));
    }
    if !card.defines.is_empty() {
        let listed = names(phrases, card.defines.iter().map(|symbol| symbol.name.as_str()));
        let first = card.purpose.is_none();
        let words = match (first, phrases.is_japanese()) {
            (true, false) => sentence([vec![path, text(" defines ")], listed, vec![text(".")]]),
            (false, false) => sentence([vec![text("It defines ")], listed, vec![text(".")]]),
            (true, true) => sentence([
                vec![path, text(" は ")],
                listed,
                vec![text(" を定義しています。")],
            ]),
            (false, true) => sentence([listed, vec![text(" を定義しています。")]]),
        };
        statements.push(says(words, card.defines.iter().map(|symbol| symbol.at.clone())));
    }
    statements
}

pub(super) fn dependencies(phrases: Phrases, cards: &[DependencyCard]) -> Block {
    let header = phrases.pick(
        ["Package", "Version", "Use"],
        ["パッケージ", "バージョン", "用途"],
    );
    let row = |card: &DependencyCard| {
        let users = match (card.users, phrases.is_japanese()) {
            (0, false) => "—".to_owned(),
            (0, true) => "—".to_owned(),
            (1, false) => "imported in one file".to_owned(),
            (n, false) => format!("imported in {n} files"),
            (n, true) => format!("{n} ファイルでインポート"),
        };
        let users = match (card.dev, phrases.is_japanese()) {
            (false, _) => users,
            (true, false) => format!("{users}; development only"),
            (true, true) => format!("{users}（開発時のみ）"),
        };
        let version = card.requirement.clone().unwrap_or_else(|| "—".to_owned());
        Row {
            cells: vec![vec![code(&card.name)], vec![text(version)], vec![text(users)]],
            citations: vec![card.at.clone()],
        }
    };
    Block::Table {
        header: header.iter().map(|cell| (*cell).to_owned()).collect(),
        rows: cards.iter().map(row).collect(),
    }
}

pub(super) fn entry(phrases: Phrases, card: &EntryCard) -> Vec<Statement> {
    let path = code(card.path.as_str());
    let mut words = phrases.pick(
        vec![
            code(&card.name),
            text(" in "),
            path.clone(),
            text(" is where execution starts"),
        ],
        vec![
            path,
            text(" の "),
            code(&card.name),
            text(" から実行が始まります"),
        ],
    );
    words.push(text(phrases.pick(".", "。")));
    let mut statements = vec![says(words, [card.at.clone()])];
    if let Some(summary) = &card.summary {
        statements.push(says(quoted(&summary.text), [summary.at.clone()]));
    }
    if !card.calls.is_empty() {
        let listed = names(phrases, card.calls.iter().map(|(callee, _)| callee.name.as_str()));
        let words = phrases.pick(
            sentence([
                vec![text("It calls, in this order, ")],
                listed.clone(),
                vec![text(".")],
            ]),
            sentence([listed, vec![text(" の順に呼び出します。")]]),
        );
        statements.push(says(words, card.calls.iter().map(|(_, at)| at.clone())));
    }
    statements
}

pub(super) fn route(place: &NamedPlace) -> Vec<Statement> {
    let mut words = Vec::new();
    if let Some(method) = &place.detail {
        words.extend([Inline::Strong(method.to_uppercase()), text(" ")]);
    }
    words.push(code(&place.name));
    vec![says(words, place.at.iter().cloned())]
}

fn within(phrases: Phrases, place: &NamedPlace, words: &mut Vec<Inline>) {
    match &place.within {
        Some(within) => words.extend(phrases.pick(
            vec![text(", in "), code(within), text(".")],
            vec![text("（"), code(within), text(" 内）")],
        )),
        None => words.push(text(phrases.pick(".", "。"))),
    }
}

/// A command or option, with what the code says of it.
pub(super) fn named(phrases: Phrases, place: &NamedPlace) -> Vec<Statement> {
    let mut words = vec![code(&place.name)];
    match &place.detail {
        Some(detail) => {
            words.push(text(": "));
            words.extend(quoted(detail));
        }
        None => within(phrases, place, &mut words),
    }
    vec![says(words, place.at.iter().cloned())]
}

pub(super) fn environment(phrases: Phrases, place: &NamedPlace) -> Vec<Statement> {
    let name = code(&place.name);
    let words = match &place.within {
        Some(within) => phrases.pick(
            vec![name.clone(), text(" is read in "), code(within), text(".")],
            vec![name, text(" は "), code(within), text(" で読み取られます。")],
        ),
        None => phrases.pick(
            vec![name.clone(), text(" is read here.")],
            vec![name, text(" はここで読み取られます。")],
        ),
    };
    vec![says(words, place.at.iter().cloned())]
}

pub(super) fn config(phrases: Phrases, card: &ConfigCard) -> Vec<Statement> {
    let mut statements = Vec::new();
    let path = code(card.path.as_str());
    if !card.entries.is_empty() {
        let listed = names(phrases, card.entries.iter().map(|(name, _)| name.as_str()));
        let words = match (phrases.automation(&card.kind), phrases.is_japanese()) {
            (Some(kind), false) => sentence([
                vec![path, text(format!(" defines {kind}, with "))],
                listed,
                vec![text(".")],
            ]),
            (Some(kind), true) => sentence([
                vec![path, text(format!(" は{kind}で、"))],
                listed,
                vec![text(" を含みます。")],
            ]),
            (None, false) => sentence([vec![path, text(" sets ")], listed, vec![text(".")]]),
            (None, true) => sentence([vec![path, text(" は ")], listed, vec![text(" を設定します。")]]),
        };
        statements.push(says(words, card.entries.iter().map(|(_, at)| at.clone())));
    }
    if let Some(purpose) = &card.purpose {
        let head = if statements.is_empty() {
            vec![code(card.path.as_str()), text(": ")]
        } else {
            Vec::new()
        };
        statements.push(says(
            sentence([head, quoted(&purpose.text)]),
            [purpose.at.clone()],
        ));
    }
    statements
}

pub(super) fn script(phrases: Phrases, card: &ScriptCard) -> Vec<Statement> {
    // The words before the script's own name (`npm run`) need not stand in the repository.
    let run = match card
        .run
        .strip_suffix(card.name.as_str())
        .map(str::trim_end)
        .filter(|before| !before.is_empty())
    {
        Some(before) => vec![text(format!("{before} ")), code(&card.name)],
        None => vec![code(&card.name)],
    };
    let end = match &card.command {
        Some(command) if card.run.starts_with("make ") => sentence([vec![text(": ")], quoted(command)]),
        Some(command) => phrases.pick(
            vec![text(" runs "), code(command), text(".")],
            vec![text(" は "), code(command), text(" を実行します。")],
        ),
        None => vec![text(phrases.pick(
            " is a target of the build file.",
            " はビルドファイルのターゲットです。",
        ))],
    };
    vec![says(sentence([run, end]), [card.at.clone()])]
}

pub(super) fn test(phrases: Phrases, card: &TestCard) -> Vec<Statement> {
    let mut statements = Vec::new();
    let path = code(card.path.as_str());
    if !card.tests.is_empty() {
        let listed = names(phrases, card.tests.iter().map(|test| test.name.as_str()));
        let all = usize::try_from(card.count).unwrap_or(usize::MAX) == card.tests.len();
        let words = match (phrases.is_japanese(), all) {
            (false, true) => sentence([vec![path, text(" tests ")], listed, vec![text(".")]]),
            (false, false) => sentence([
                vec![path, text(format!(" has {} tests, among them ", card.count))],
                listed,
                vec![text(".")],
            ]),
            (true, true) => sentence([vec![path, text(" のテストは ")], listed, vec![text(" です。")]]),
            (true, false) => sentence([
                vec![path, text(format!(" には {} 件のテストがあります（", card.count))],
                listed,
                vec![text(" など）。")],
            ]),
        };
        statements.push(says(words, card.tests.iter().map(|test| test.at.clone())));
    }
    if !card.covers.is_empty() {
        let listed = names(phrases, card.covers.iter().map(|(name, _)| name.as_str()));
        let head = if statements.is_empty() {
            vec![code(card.path.as_str()), text(" ")]
        } else {
            Vec::new()
        };
        let words = match (phrases.is_japanese(), head.is_empty()) {
            (false, true) => sentence([vec![text("It exercises ")], listed, vec![text(".")]]),
            (false, false) => sentence([head, vec![text("exercises ")], listed, vec![text(".")]]),
            (true, true) => sentence([listed, vec![text(" を検証します。")]]),
            (true, false) => sentence([head, vec![text("は ")], listed, vec![text(" を検証します。")]]),
        };
        let mut statement = says(words, card.covers.iter().map(|(_, at)| at.clone()));
        if let Some(page) = &card.page {
            statement.text.push(text(phrases.pick(" See ", " → ")));
            statement.text.push(link(phrases, page));
        }
        statements.push(statement);
    }
    statements
}
