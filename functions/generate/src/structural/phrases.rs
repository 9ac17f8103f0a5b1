//! The writer's words: titles, headings, captions and short phrases, both languages side by side.

use deepwiki_domain::{
    Locale,
    facts::SymbolKind,
    page::{DiagramKind, Inline},
    plan::{BriefSection, Picture, Title},
};

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrases {
    pub(super) locale: Locale,
}

impl Phrases {
    /// The one of the two that is in this language.
    pub(super) fn pick<T>(self, english: T, japanese: T) -> T {
        match self.locale {
            Locale::En => english,
            Locale::Ja => japanese,
        }
    }

    pub(super) fn is_japanese(self) -> bool {
        self.locale == Locale::Ja
    }

    /// What joins two names of a list.
    pub(super) fn joint(self, last: bool) -> &'static str {
        match (self.locale, last) {
            (Locale::En, true) => " and ",
            (Locale::En, false) => ", ",
            (Locale::Ja, _) => "、",
        }
    }

    pub(super) fn title(self, title: &Title) -> String {
        match title {
            Title::Overview(name) => self.pick(format!("{name}: overview"), format!("{name} の概要")),
            Title::Package(name) | Title::Module(name) | Title::Given(name) => name.clone(),
            Title::Architecture => self.pick("Architecture", "アーキテクチャ").to_owned(),
            Title::EntryPoints => self
                .pick("Entry points and flows", "エントリーポイントと処理の流れ")
                .to_owned(),
            Title::PublicApi => self.pick("Public API", "公開 API").to_owned(),
            Title::DataModel => self.pick("Data model", "データモデル").to_owned(),
            Title::Configuration => self.pick("Configuration", "設定").to_owned(),
            Title::BuildAndRun => self
                .pick("Build, run and release", "ビルド・実行・リリース")
                .to_owned(),
            Title::Tests => self.pick("Tests", "テスト").to_owned(),
            Title::Glossary => self.pick("Glossary", "用語集").to_owned(),
        }
    }

    /// What a page is for, where its subject does not say it itself.
    pub(super) fn summary(self, title: &Title) -> Option<&'static str> {
        let (english, japanese) = match title {
            Title::Overview(_) | Title::Package(_) | Title::Module(_) | Title::Given(_) => return None,
            Title::Architecture => (
                "How the parts fit together, and what the code rests on.",
                "各部分の関係と、コードの土台となる定義。",
            ),
            Title::EntryPoints => (
                "Where execution starts and what it reaches.",
                "実行の起点と、そこから呼び出されるもの。",
            ),
            Title::PublicApi => ("What others can call and use.", "外部から呼び出せるもの。"),
            Title::DataModel => (
                "The main types and how they hang together.",
                "主な型と、その関係。",
            ),
            Title::Configuration => (
                "Environment variables, options and files that set it up.",
                "環境変数・オプション・設定ファイル。",
            ),
            Title::BuildAndRun => (
                "How to build, run, check and ship it.",
                "ビルド・実行・検査・リリースの方法。",
            ),
            Title::Tests => ("What is tested, and where.", "何がどこでテストされているか。"),
            Title::Glossary => (
                "The words that the code uses for its things.",
                "コードで使われている用語。",
            ),
        };
        Some(self.pick(english, japanese))
    }

    /// The heading of a section; empty for the opening of a page.
    pub(super) fn heading(self, section: &BriefSection) -> Vec<Inline> {
        let (english, japanese) = match section {
            BriefSection::Purpose { .. } | BriefSection::Picture(_) => return Vec::new(),
            BriefSection::Guide(_) => ("What the README explains", "README の内容"),
            BriefSection::Parts(_) => ("Parts", "構成"),
            BriefSection::Types(_) => ("Types", "主な型"),
            BriefSection::Functions(_) => ("Functions", "主な関数"),
            BriefSection::Values(_) => ("Also worth knowing", "そのほかの定義"),
            BriefSection::UsedBy(_) => ("Who uses it", "利用元"),
            BriefSection::Uses(_) => ("What it uses", "利用するモジュール"),
            BriefSection::Ties(_) => ("How the modules use each other", "モジュール間の依存関係"),
            BriefSection::Layers(_) => ("Top and base", "最上位と土台"),
            BriefSection::More(_) => ("More modules", "そのほかのモジュール"),
            BriefSection::PublicTypes(_) => ("Public types", "公開されている型"),
            BriefSection::PublicFunctions(_) => ("Public functions and values", "公開されている関数と値"),
            BriefSection::Files(_) => ("Files", "ファイル"),
            BriefSection::Core(_) => ("What most of the code rests on", "コードの土台となる定義"),
            BriefSection::Cycles(_) => ("Modules that use each other", "相互に依存するモジュール"),
            BriefSection::Dependencies(_) => ("External dependencies", "外部の依存パッケージ"),
            BriefSection::EntryPoints(_) => ("Where execution starts", "実行の起点"),
            BriefSection::Routes(_) => ("HTTP routes", "HTTP ルート"),
            BriefSection::Commands(_) => ("Commands", "コマンド"),
            BriefSection::Flags(_) => ("Command line options", "コマンドラインオプション"),
            BriefSection::Environment(_) => ("Environment variables", "環境変数"),
            BriefSection::ConfigFiles(_) => ("Configuration files", "設定ファイル"),
            BriefSection::Standard(_) => ("Standard commands", "標準コマンド"),
            BriefSection::Scripts(_) => ("Commands for developers", "開発者向けコマンド"),
            BriefSection::Automation(_) => ("Automation and packaging", "自動化とパッケージング"),
            BriefSection::Tests(_) => ("Tests", "テスト"),
            BriefSection::Terms(_) => ("Terms", "用語"),
        };
        vec![Inline::Text(self.pick(english, japanese).to_owned())]
    }

    /// The heading of a diagram that stands apart; empty where it belongs to the section before it.
    pub(super) fn diagram_heading(self, kind: DiagramKind) -> Vec<Inline> {
        match kind {
            DiagramKind::ClassDiagram => {
                vec![Inline::Text(
                    self.pick("How the types hang together", "型どうしの関係")
                        .to_owned(),
                )]
            }
            DiagramKind::ModuleMap | DiagramKind::Sequence | DiagramKind::RepositoryMap => Vec::new(),
        }
    }

    pub(super) fn caption(self, picture: &Picture) -> String {
        let subject = &picture.subject;
        match (picture.kind, subject.is_empty()) {
            (DiagramKind::ModuleMap, true) => {
                self.pick("Module map".to_owned(), "モジュールの関係図".to_owned())
            }
            (DiagramKind::ModuleMap, false) => self.pick(
                format!("What surrounds {subject}"),
                format!("{subject} の周辺モジュール"),
            ),
            (DiagramKind::ClassDiagram, true) => {
                self.pick("Types and their ties".to_owned(), "型の関係図".to_owned())
            }
            (DiagramKind::ClassDiagram, false) => {
                self.pick(format!("Types of {subject}"), format!("{subject} の型の関係図"))
            }
            (DiagramKind::Sequence, _) => self.pick(
                format!("What {subject} calls"),
                format!("{subject} の呼び出しの流れ"),
            ),
            (DiagramKind::RepositoryMap, _) => self.pick(
                "Which repository uses which".to_owned(),
                "リポジトリの依存関係図".to_owned(),
            ),
        }
    }

    /// What a definition is, in a word.
    pub(super) fn kind(self, kind: SymbolKind) -> &'static str {
        let (english, japanese) = match kind {
            SymbolKind::Module => ("module", "モジュール"),
            SymbolKind::Class => ("class", "クラス"),
            SymbolKind::Struct => ("struct", "構造体"),
            SymbolKind::Enum => ("enum", "列挙型"),
            SymbolKind::Variant => ("variant", "バリアント"),
            SymbolKind::Trait => ("trait", "トレイト"),
            SymbolKind::Interface => ("interface", "インターフェイス"),
            SymbolKind::Type => ("type", "型"),
            SymbolKind::Function => ("function", "関数"),
            SymbolKind::Method => ("method", "メソッド"),
            SymbolKind::Field => ("field", "フィールド"),
            SymbolKind::Constant => ("constant", "定数"),
            SymbolKind::Variable => ("variable", "変数"),
            SymbolKind::Macro => ("macro", "マクロ"),
            SymbolKind::Implementation => ("implementation", "実装"),
            SymbolKind::Section => ("section", "節"),
            SymbolKind::Entry => ("entry", "項目"),
        };
        self.pick(english, japanese)
    }

    /// What a package system calls itself.
    pub(super) fn system(self, system: &str) -> &'static str {
        match system {
            "cargo" => "Cargo",
            "npm" => "npm",
            "python" => "Python",
            "go" => "Go",
            "maven" => "Maven",
            "gradle" => "Gradle",
            "composer" => "Composer",
            "gem" => "Ruby",
            "nuget" => ".NET",
            "cmake" => "CMake",
            _ => self.pick("software", "ソフトウェア"),
        }
    }

    /// What a configuration file is for.
    pub(super) fn automation(self, kind: &str) -> Option<&'static str> {
        let (english, japanese) = match kind {
            "github-actions" => ("a GitHub Actions workflow", "GitHub Actions のワークフロー"),
            "gitlab-ci" => ("a GitLab CI pipeline", "GitLab CI のパイプライン"),
            "circleci" => ("a CircleCI pipeline", "CircleCI のパイプライン"),
            "codebuild" => ("an AWS CodeBuild specification", "AWS CodeBuild のビルド仕様"),
            "travis" => ("a Travis CI build", "Travis CI のビルド"),
            "jenkins" => ("a Jenkins pipeline", "Jenkins のパイプライン"),
            "azure-pipelines" => ("an Azure pipeline", "Azure Pipelines のパイプライン"),
            "dockerfile" => ("a container image", "コンテナイメージ"),
            "compose" => (
                "a set of containers for Docker Compose",
                "Docker Compose のコンテナ構成",
            ),
            "sam" => ("an AWS SAM application", "AWS SAM アプリケーション"),
            "test-runner" => ("a test run", "テスト実行"),
            "pre-commit" => ("the checks before each commit", "コミット前の検査"),
            "helm" => ("a Helm chart", "Helm チャート"),
            _ => return None,
        };
        Some(self.pick(english, japanese))
    }
}
