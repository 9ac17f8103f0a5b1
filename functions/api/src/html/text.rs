//! What the pages say, in each language.

use deepwiki_domain::Locale;

/// Every word of the user interface.
pub(crate) struct Text {
    pub(crate) tagline: &'static str,
    pub(crate) repositories: &'static str,
    pub(crate) no_repositories: &'static str,
    pub(crate) all_repositories: &'static str,
    pub(crate) not_built: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) parsing: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) published: &'static str,
    pub(crate) commit: &'static str,
    pub(crate) search: &'static str,
    pub(crate) search_hint: &'static str,
    pub(crate) no_hits: &'static str,
    pub(crate) search_tip: &'static str,
    pub(crate) in_page: &'static str,
    pub(crate) pages: &'static str,
    pub(crate) on_this_page: &'static str,
    pub(crate) breadcrumbs: &'static str,
    pub(crate) language: &'static str,
    pub(crate) theme: &'static str,
    pub(crate) theme_auto: &'static str,
    pub(crate) theme_light: &'static str,
    pub(crate) theme_dark: &'static str,
    pub(crate) previous: &'static str,
    pub(crate) next: &'static str,
    pub(crate) related: &'static str,
    pub(crate) sources: &'static str,
    pub(crate) references: &'static str,
    pub(crate) on_host: &'static str,
    pub(crate) open_file: &'static str,
    pub(crate) close: &'static str,
    pub(crate) diagram_source: &'static str,
    pub(crate) skip: &'static str,
    pub(crate) home: &'static str,
    pub(crate) source: &'static str,
    pub(crate) earlier_lines: &'static str,
    pub(crate) later_lines: &'static str,
    pub(crate) sorry: &'static str,
    pub(crate) more: &'static str,
    pub(crate) export: &'static str,
    pub(crate) masked: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) alone: &'static str,
    pub(crate) ask: &'static str,
    pub(crate) manage: &'static str,
    pub(crate) add: &'static str,
    /// What the script says: a JSON object of its words.
    pub(crate) script: &'static str,
    lines: fn(u32, u32) -> String,
    hits: fn(usize) -> String,
    checked: fn(u32, u32) -> String,
}

impl Text {
    /// The words of a language.
    pub(crate) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &EN,
            Locale::Ja => &JA,
        }
    }

    /// `lines 3–9`
    pub(crate) fn lines(&self, start: u32, end: u32) -> String {
        (self.lines)(start, end)
    }

    /// `12 results`
    pub(crate) fn hits(&self, count: usize) -> String {
        (self.hits)(count)
    }

    /// `41 of 41 citations checked`
    pub(crate) fn checked(&self, resolved: u32, citations: u32) -> String {
        (self.checked)(resolved, citations)
    }
}

/// What a language calls itself.
pub(crate) fn own_name(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "English",
        Locale::Ja => "日本語",
    }
}

const EN: Text = Text {
    tagline: "Every statement cites the lines that it rests on.",
    repositories: "Repositories",
    no_repositories: "No wiki has been built yet. Add a repository.",
    all_repositories: "All repositories",
    not_built: "not built yet",
    ready: "Ready",
    parsing: "Building",
    failed: "Last build failed",
    published: "Published",
    commit: "Commit",
    search: "Search",
    search_hint: "Search code and pages",
    no_hits: "Nothing was found. Try a single name, or fewer words.",
    search_tip: "Names are found whole and in parts: http finds HttpClient and http_client.",
    in_page: "Page",
    pages: "Pages",
    on_this_page: "On this page",
    breadcrumbs: "Breadcrumbs",
    language: "Language",
    theme: "Theme",
    theme_auto: "Auto",
    theme_light: "Light",
    theme_dark: "Dark",
    previous: "Previous",
    next: "Next",
    related: "Related pages",
    sources: "Made from",
    references: "References",
    on_host: "View on host",
    open_file: "Open the file",
    close: "Close",
    diagram_source: "Diagram source",
    skip: "Skip to content",
    home: "Home",
    source: "Source",
    earlier_lines: "Earlier lines",
    later_lines: "Later lines",
    sorry: "That did not work",
    more: "More repositories",
    export: "Export",
    masked: "Secrets found in the text are masked.",
    wrong: "This is wrong",
    alone: "Open alone",
    ask: "Ask",
    manage: "Builds and settings",
    add: "Add a repository",
    script: r#"{"nearer":"Zoom in","farther":"Zoom out","whole":"Whole diagram","failed":"That did not work. Try again.","asking":"Reading the sources…","stop":"Stop","sources":"Cited lines","again":"Ask again","steps":"How it was found","step-search":"Searched","step-plan":"Sub-question","step-read":"Looked into","step-write":"Wrote","removed":"Remove from the history","lost":"The connection was lost; the answer may not be complete.","line":"line","lines":"lines","fresh":"New conversation"}"#,
    lines: |start, end| {
        if start == end {
            format!("line {start}")
        } else {
            format!("lines {start}–{end}")
        }
    },
    hits: |count| {
        if count == 1 {
            "1 result".to_owned()
        } else {
            format!("{count} results")
        }
    },
    checked: |resolved, citations| {
        if resolved == citations {
            format!("all {citations} citations checked")
        } else {
            format!("{resolved} of {citations} citations checked")
        }
    },
};

const JA: Text = Text {
    tagline: "すべての記述に、根拠となる行を示します。",
    repositories: "リポジトリ",
    no_repositories: "Wiki はまだありません。リポジトリを追加してください。",
    all_repositories: "すべてのリポジトリ",
    not_built: "未作成",
    ready: "公開中",
    parsing: "作成中",
    failed: "前回の作成に失敗",
    published: "公開日時",
    commit: "コミット",
    search: "検索",
    search_hint: "コードとページを検索",
    no_hits: "見つかりませんでした。名前を一つだけ、または語を減らしてお試しください。",
    search_tip: "名前は全体でも一部でも見つかります。http で HttpClient や http_client が見つかります。",
    in_page: "ページ",
    pages: "ページ一覧",
    on_this_page: "このページの内容",
    breadcrumbs: "現在の位置",
    language: "言語",
    theme: "配色",
    theme_auto: "自動",
    theme_light: "明",
    theme_dark: "暗",
    previous: "前へ",
    next: "次へ",
    related: "関連ページ",
    sources: "元のファイル",
    references: "出典",
    on_host: "ホストで見る",
    open_file: "ファイルを開く",
    close: "閉じる",
    diagram_source: "図のソース",
    skip: "本文へ移動",
    home: "ホーム",
    source: "ソース",
    earlier_lines: "前の行",
    later_lines: "後の行",
    sorry: "表示できませんでした",
    more: "次のリポジトリ",
    export: "書き出し",
    masked: "文中に見つかった機密情報は伏せてあります。",
    wrong: "この記述は誤り",
    alone: "図だけを開く",
    ask: "質問",
    manage: "作成と設定",
    add: "リポジトリを追加",
    script: r#"{"nearer":"拡大","farther":"縮小","whole":"図の全体","failed":"うまくいきませんでした。もう一度お試しください。","asking":"ソースを読んでいます…","stop":"中止","sources":"根拠の行","again":"もう一度質問する","steps":"調べた手順","step-search":"検索","step-plan":"小さな質問","step-read":"調査","step-write":"執筆","removed":"履歴から削除","lost":"接続が切れました。回答は途中までかもしれません。","line":"行目","lines":"行目","fresh":"新しい質問を始める"}"#,
    lines: |start, end| {
        if start == end {
            format!("{start} 行目")
        } else {
            format!("{start}～{end} 行目")
        }
    },
    hits: |count| format!("{count} 件"),
    checked: |resolved, citations| {
        if resolved == citations {
            format!("出典 {citations} 件をすべて確認済み")
        } else {
            format!("出典 {citations} 件中 {resolved} 件を確認済み")
        }
    },
};
