//! What developers and operators ask: dependencies, programs, options, settings, commands, tests.

use deepwiki_domain::{
    page::{Block, Inline, Row, Statement},
    plan::{
        BuildCard, BuildGround, BuildStep, ConfigCard, DependencyCard, EntryCard, NamedPlace, ScriptCard,
        TestCard,
    },
};

use crate::structural::{
    phrases::Phrases,
    sentence::{code, link, names, quoted, says, sentence, text},
};

pub(in crate::structural) fn dependencies(phrases: Phrases, cards: &[DependencyCard]) -> Block {
    let header = phrases.pick(
        ["Package", "Version", "Use"],
        ["パッケージ", "バージョン", "用途"],
    );
    let row = |card: &DependencyCard| {
        let users = match (card.users, card.dev, phrases.is_japanese()) {
            (0, false, _) => "—".to_owned(),
            (0, true, false) => "development only".to_owned(),
            (0, true, true) => "開発時のみ".to_owned(),
            (1, false, false) => "imported in one file".to_owned(),
            (1, true, false) => "imported in one file, development only".to_owned(),
            (n, false, false) => format!("imported in {n} files"),
            (n, true, false) => format!("imported in {n} files, development only"),
            (n, false, true) => format!("{n} ファイルでインポート"),
            (n, true, true) => format!("{n} ファイルでインポート（開発時のみ）"),
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

/// Where a program starts, and its main steps.
pub(in crate::structural) fn entry(phrases: Phrases, card: &EntryCard) -> Vec<Statement> {
    let mut statements = vec![start(phrases, card)];
    if let Some(summary) = &card.summary {
        statements.push(says(quoted(&summary.text), [summary.at.clone()]));
    }
    if !card.calls.is_empty() {
        let listed = names(phrases, card.calls.iter().map(|(callee, _)| callee.name.as_str()));
        let one = card.calls.len() == 1;
        let (before, after) = match (phrases.is_japanese(), one) {
            (false, true) => ("It calls ", "."),
            (false, false) => ("Its main steps are, in this order, ", "."),
            (true, true) => ("", " を呼び出します。"),
            (true, false) => ("主な処理は順に ", " です。"),
        };
        let words = sentence([vec![text(before)], listed, vec![text(after)]]);
        statements.push(says(words, card.calls.iter().map(|(_, at)| at.clone())));
    }
    statements
}

fn start(phrases: Phrases, card: &EntryCard) -> Statement {
    let (path, name) = (code(card.path.as_str()), code(&card.name));
    let Some((command, declared)) = &card.command else {
        let words = phrases.pick(
            vec![
                name.clone(),
                text(" in "),
                path.clone(),
                text(" is where execution starts."),
            ],
            vec![path, text(" の "), name, text(" から実行が始まります。")],
        );
        return says(words, [card.at.clone()]);
    };
    let command = code(command);
    let words = phrases.pick(
        vec![
            text("The command "),
            command.clone(),
            text(" starts "),
            name.clone(),
            text(" in "),
            path.clone(),
            text("."),
        ],
        vec![
            text("コマンド "),
            command,
            text(" は "),
            path,
            text(" の "),
            name,
            text(" を実行します。"),
        ],
    );
    says(words, [declared.clone(), card.at.clone()])
}

/// A route: its method, its path, what answers it.
pub(in crate::structural) fn route(place: &NamedPlace) -> Vec<Statement> {
    let mut words = Vec::new();
    if let Some(method) = &place.detail {
        words.extend([Inline::Strong(method.to_uppercase()), text(" ")]);
    }
    words.push(code(&place.name));
    if let Some(within) = &place.within {
        words.extend([text(" → "), code(within)]);
    }
    vec![says(words, place.at.iter().cloned())]
}

/// A command or option, with what the code says of it.
pub(in crate::structural) fn named(phrases: Phrases, place: &NamedPlace) -> Vec<Statement> {
    let mut words = vec![code(&place.name)];
    match (&place.detail, &place.within) {
        (Some(detail), _) => {
            words.push(text(": "));
            words.extend(quoted(detail));
        }
        (None, Some(within)) => words.extend(phrases.pick(
            vec![text(" ("), code(within), text(")")],
            vec![text("（"), code(within), text("）")],
        )),
        (None, None) => {}
    }
    vec![says(words, place.at.iter().cloned())]
}

/// An environment variable and who reads it.
pub(in crate::structural) fn environment(phrases: Phrases, place: &NamedPlace) -> Vec<Statement> {
    let name = code(&place.name);
    let reader = match &place.within {
        Some(within) => Some(code(within)),
        None => place.at.first().map(|at| code(at.path.as_str())),
    };
    let Some(reader) = reader else { return Vec::new() };
    let words = phrases.pick(
        vec![name.clone(), text(" is read in "), reader.clone(), text(".")],
        vec![name, text(" は "), reader, text(" で読み取られます。")],
    );
    vec![says(words, place.at.iter().cloned())]
}

pub(in crate::structural) fn config(phrases: Phrases, card: &ConfigCard) -> Vec<Statement> {
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

/// How a build system does its usual work. The commands are no names of the repository.
pub(in crate::structural) fn standard(phrases: Phrases, card: &BuildCard) -> Vec<Statement> {
    let japanese = phrases.is_japanese();
    let ground = match (card.ground, japanese) {
        (BuildGround::Declares, false) => "declares",
        (BuildGround::Requires, false) => "requires",
        (BuildGround::Configures, false) => "configures",
        (BuildGround::Declares, true) => "を定義しています",
        (BuildGround::Requires, true) => "を必要とします",
        (BuildGround::Configures, true) => "を設定しています",
    };
    let (path, name) = (code(card.path.as_str()), code(&card.name));
    let mut words = phrases.pick(
        vec![
            path.clone(),
            text(format!(" {ground} ")),
            name.clone(),
            text(": "),
        ],
        vec![path, text(" は "), name, text(format!(" {ground}。"))],
    );
    match card.path.folder() {
        "" => {}
        folder if japanese => words.extend([code(folder), text(" フォルダーで、")]),
        folder => words.extend([text("in "), code(folder), text(", ")]),
    }
    for (at, (step, command)) in card.steps.iter().enumerate() {
        let last = at + 1 == card.steps.len();
        if at > 0 {
            words.push(text(phrases.pick(if last { " and " } else { ", " }, "、")));
        }
        words.push(Inline::Strong(command.clone()));
        words.push(text(match (step, japanese) {
            (BuildStep::Fetch, false) => " installs the dependencies",
            (BuildStep::Install, false) => " installs the project",
            (BuildStep::Build, false) => " builds the project",
            (BuildStep::Test, false) => " runs the tests",
            (BuildStep::Fetch, true) => " で依存パッケージをインストールし",
            (BuildStep::Install, true) => " でインストールし",
            (BuildStep::Build, true) => " でビルドし",
            (BuildStep::Test, true) => " でテストし",
        }));
    }
    words.push(text(phrases.pick(".", "ます。")));
    vec![says(words, [card.at.clone()])]
}

/// Commands of the repository; those of a build file of which nothing is said come together.
pub(in crate::structural) fn scripts(phrases: Phrases, cards: &[ScriptCard]) -> Vec<Vec<Statement>> {
    let (told, bare): (Vec<&ScriptCard>, Vec<&ScriptCard>) =
        cards.iter().partition(|card| card.command.is_some());
    let mut items: Vec<Vec<Statement>> = told.into_iter().map(|card| script(phrases, card)).collect();
    let files: std::collections::BTreeSet<&str> = bare.iter().map(|card| card.at.path.as_str()).collect();
    for file in files {
        let targets = bare.iter().filter(|card| card.at.path.as_str() == file);
        let listed = names(phrases, targets.clone().map(|card| card.name.as_str()));
        let words = phrases.pick(
            sentence([
                vec![code(file), text(" has the targets ")],
                listed.clone(),
                vec![text(".")],
            ]),
            sentence([
                vec![code(file), text(" には ")],
                listed,
                vec![text(" のターゲットがあります。")],
            ]),
        );
        items.push(vec![says(words, targets.map(|card| card.at.clone()))]);
    }
    items
}

fn script(phrases: Phrases, card: &ScriptCard) -> Vec<Statement> {
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
    let command = card.command.as_deref().unwrap_or_default();
    let end = if card.run.starts_with("make ") {
        sentence([vec![text(": ")], quoted(command)])
    } else {
        phrases.pick(
            vec![text(" runs "), code(command), text(".")],
            vec![text(" は "), code(command), text(" を実行します。")],
        )
    };
    vec![says(sentence([run, end]), [card.at.clone()])]
}

/// A file of tests: some of them, and what they cover.
pub(in crate::structural) fn test(phrases: Phrases, card: &TestCard) -> Vec<Statement> {
    let path = code(card.path.as_str());
    let mut statements = Vec::new();
    if !card.tests.is_empty() {
        let listed = names(phrases, card.tests.iter().map(|test| test.name.as_str()));
        let all = usize::try_from(card.count).unwrap_or(usize::MAX) == card.tests.len();
        let words = match (phrases.is_japanese(), all) {
            (false, true) => sentence([vec![path.clone(), text(" tests ")], listed, vec![text(".")]]),
            (false, false) => sentence([
                vec![
                    path.clone(),
                    text(format!(" has {} tests, among them ", card.count)),
                ],
                listed,
                vec![text(".")],
            ]),
            (true, true) => sentence([
                vec![path.clone(), text(" のテストは ")],
                listed,
                vec![text(" です。")],
            ]),
            (true, false) => sentence([
                vec![
                    path.clone(),
                    text(format!(" には {} 件のテストがあります（", card.count)),
                ],
                listed,
                vec![text(" など）。")],
            ]),
        };
        statements.push(says(words, card.tests.iter().map(|test| test.at.clone())));
    }
    if !card.covers.is_empty() {
        statements.push(covered(phrases, card, path));
    }
    statements
}

/// What tests cover; the first sentence of a card that lists none of them.
fn covered(phrases: Phrases, card: &TestCard, path: Inline) -> Statement {
    let listed = names(phrases, card.covers.iter().map(|(name, _)| name.as_str()));
    let count = match (card.count, phrases.is_japanese()) {
        (0, _) => String::new(),
        (1, false) => " (1 test)".to_owned(),
        (n, false) => format!(" ({n} tests)"),
        (n, true) => format!("（テスト {n} 件）"),
    };
    let words = match (phrases.is_japanese(), card.tests.is_empty()) {
        (false, false) => sentence([vec![text("It exercises ")], listed, vec![text(".")]]),
        (false, true) => sentence([
            vec![path, text(format!("{count} exercises "))],
            listed,
            vec![text(".")],
        ]),
        (true, false) => sentence([listed, vec![text(" を検証します。")]]),
        (true, true) => sentence([
            vec![
                path,
                text(if count.is_empty() {
                    " は ".to_owned()
                } else {
                    format!("{count}は ")
                }),
            ],
            listed,
            vec![text(" を検証します。")],
        ]),
    };
    let mut statement = says(words, card.covers.iter().map(|(_, at)| at.clone()));
    if let Some(page) = &card.page {
        statement.text.push(text(phrases.pick(" See ", " → ")));
        statement.text.push(link(phrases, page));
    }
    statement
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{
        Locale, RepoPath, Slug,
        facts::Lines,
        gate::{self, Evidence},
        page::Citation,
    };

    use super::*;

    /// A manifest of one line, and nothing that a build system's own commands would be found in.
    struct Manifest;

    impl Evidence for Manifest {
        fn line_count(&self, _: &RepoPath) -> Option<u32> {
            Some(1)
        }
        fn text(&self, _: &RepoPath, _: Lines) -> Option<&str> {
            Some("name = demo")
        }
        fn has_name(&self, name: &str) -> bool {
            ["name", "demo"].contains(&name)
        }
        fn has_path(&self, path: &str) -> bool {
            ["Cargo.toml", "net/pom.xml", "net"].contains(&path)
        }
        fn has_page(&self, _: &Slug) -> bool {
            false
        }
    }

    #[test]
    fn standard_commands_rest_on_the_manifest_in_both_languages() {
        let card = |path: &str, ground, steps: &[(BuildStep, &str)]| BuildCard {
            path: RepoPath::new(path).unwrap(),
            ground,
            name: "demo".to_owned(),
            steps: steps
                .iter()
                .map(|(step, command)| (*step, (*command).to_owned()))
                .collect(),
            at: Citation {
                path: RepoPath::new(path).unwrap(),
                start: 1,
                end: 1,
            },
        };
        let said = |card: &BuildCard, locale| {
            let mut statements = standard(Phrases { locale }, card);
            let statement = gate::check(statements.remove(0), &Manifest).unwrap();
            gate::plain(&statement.text)
        };
        let cargo = card(
            "Cargo.toml",
            BuildGround::Declares,
            &[(BuildStep::Build, "cargo build"), (BuildStep::Test, "cargo test")],
        );
        assert_eq!(
            said(&cargo, Locale::En),
            "Cargo.toml declares demo: cargo build builds the project and cargo test runs the tests."
        );
        assert_eq!(
            said(&cargo, Locale::Ja),
            "Cargo.toml は demo を定義しています。cargo build でビルドし、cargo test でテストします。"
        );
        let below = card(
            "net/pom.xml",
            BuildGround::Requires,
            &[(BuildStep::Build, "mvn package")],
        );
        assert_eq!(
            said(&below, Locale::En),
            "net/pom.xml requires demo: in net, mvn package builds the project."
        );
        assert_eq!(
            said(&below, Locale::Ja),
            "net/pom.xml は demo を必要とします。net フォルダーで、mvn package でビルドします。"
        );
    }
}
