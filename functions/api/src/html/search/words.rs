//! What the search page says, in each language.

use deepwiki_domain::{Locale, facts::SymbolKind, manifest::Role, search::Reason};

pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) any_code: &'static str,
    pub(super) role: &'static str,
    pub(super) any_role: &'static str,
    pub(super) kind: &'static str,
    pub(super) any_kind: &'static str,
    pub(super) path: &'static str,
    pub(super) path_hint: &'static str,
    pub(super) keys: &'static str,
    pub(super) by_words: &'static str,
    pub(super) by_meaning: &'static str,
    pub(super) ask_instead: &'static str,
    pub(super) why: &'static str,
    locale: Locale,
}

impl Words {
    pub(super) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &EN,
            Locale::Ja => &JA,
        }
    }

    /// Why something was found.
    pub(super) fn reason(&self, reason: Reason) -> &'static str {
        match (self.locale, reason) {
            (Locale::En, Reason::Name) => "has that name",
            (Locale::En, Reason::Path) => "has that path",
            (Locale::En, Reason::Words) => "has those words",
            (Locale::En, Reason::Meaning) => "similar in meaning",
            (Locale::Ja, Reason::Name) => "名前が一致",
            (Locale::Ja, Reason::Path) => "パスが一致",
            (Locale::Ja, Reason::Words) => "語が一致",
            (Locale::Ja, Reason::Meaning) => "意味が近い",
        }
    }

    /// What a file is for.
    pub(super) fn role(&self, role: Role) -> &'static str {
        match (self.locale, role) {
            (Locale::En, Role::Source) => "Source",
            (Locale::En, Role::Test) => "Tests",
            (Locale::En, Role::Doc) => "Documents",
            (Locale::En, Role::Config) => "Configuration",
            (Locale::En, Role::Example) => "Examples",
            (Locale::En, Role::Generated) => "Generated",
            (Locale::En, Role::Vendored) => "Vendored",
            (Locale::Ja, Role::Source) => "ソース",
            (Locale::Ja, Role::Test) => "テスト",
            (Locale::Ja, Role::Doc) => "文書",
            (Locale::Ja, Role::Config) => "設定",
            (Locale::Ja, Role::Example) => "例",
            (Locale::Ja, Role::Generated) => "生成物",
            (Locale::Ja, Role::Vendored) => "取り込み",
        }
    }

    /// What a definition is.
    pub(super) fn kind(&self, kind: SymbolKind) -> &'static str {
        if self.locale == Locale::En {
            return kind.name();
        }
        match kind {
            SymbolKind::Module => "モジュール",
            SymbolKind::Class => "クラス",
            SymbolKind::Struct => "構造体",
            SymbolKind::Enum => "列挙型",
            SymbolKind::Variant => "列挙値",
            SymbolKind::Trait => "トレイト",
            SymbolKind::Interface => "インターフェース",
            SymbolKind::Type => "型",
            SymbolKind::Function => "関数",
            SymbolKind::Method => "メソッド",
            SymbolKind::Field => "フィールド",
            SymbolKind::Constant => "定数",
            SymbolKind::Variable => "変数",
            SymbolKind::Macro => "マクロ",
            SymbolKind::Implementation => "実装",
            SymbolKind::Section => "見出し",
            SymbolKind::Entry => "項目",
        }
    }
}

const EN: Words = Words {
    code: "Language",
    any_code: "Any language",
    role: "Files",
    any_role: "All files",
    kind: "Definitions",
    any_kind: "Anything",
    path: "Path",
    path_hint: "src/net, *.rs",
    keys: "Keys: / to search, ↓ ↑ or j k from result to result, Enter to open.",
    by_words: "by words",
    by_meaning: "by words and meaning",
    ask_instead: "Ask this as a question",
    why: "Why it was found",
    locale: Locale::En,
};

const JA: Words = Words {
    code: "言語",
    any_code: "すべての言語",
    role: "ファイル",
    any_role: "すべてのファイル",
    kind: "定義",
    any_kind: "すべて",
    path: "パス",
    path_hint: "src/net、*.rs",
    keys: "キー：/ で検索、↓ ↑ または j k で移動、Enter で開く。",
    by_words: "語による検索",
    by_meaning: "語と意味による検索",
    ask_instead: "質問として尋ねる",
    why: "見つかった理由",
    locale: Locale::Ja,
};
