//! The environment of a function, read once and checked as a whole.

use deepwiki_domain::{Locale, forecast::PriceTable, model::ModelCard, source::GitHosts};

/// What `template.yaml` tells a function. Read by [`Config::from_environment`].
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Records of repositories and their leases.
    pub repositories_table: String,
    /// Records of builds.
    pub jobs_table: String,
    /// Lists of pages.
    pub pages_table: String,
    /// Which events were dealt with.
    pub ledger_table: String,
    /// Content-addressed artefacts.
    pub artefacts_bucket: String,
    /// What readers are shown, in the same form.
    pub wiki_bucket: String,
    /// What is handed out for a while; none where answers are not limited.
    pub temp_bucket: Option<String>,
    /// The FIFO queue of builds.
    pub builds_queue_url: String,
    /// The bus on which every way in meets.
    pub bus_name: String,
    /// The state machine `wiki-build`; where an alias is deployed, the alias.
    pub state_machine_arn: String,
    /// The languages of a repository that registers itself by a push.
    pub locales: Vec<Locale>,
    /// Who makes the vectors; none where search goes by words alone.
    pub embedder: Option<TitanSettings>,
    /// Where search generations are kept and searched.
    pub search: SearchBackend,
    /// The Git hosts that repositories may come from.
    pub git_hosts: GitHosts,
    /// The secret that holds the token for github.com; none where GitHub is read as the public does.
    pub github_credential_arn: Option<String>,
    /// The secret that holds the keys by which webhooks are signed.
    pub webhook_keys_arn: Option<String>,
    /// The model of Bedrock that writes the pages; none where they are written from the code alone.
    pub writer: Option<ModelCard>,
    /// The model of Bedrock that answers questions; none where answers are extracts.
    pub answerer: Option<ModelCard>,
    /// The most that the models of one build may cost, in US dollars.
    pub budget_usd: Option<f64>,
    /// Stands in for `https://git-codecommit.<region>.amazonaws.com`, in tests alone.
    pub codecommit_endpoint: Option<String>,
    /// Stands in for `https://github.com`, in tests alone.
    pub github_endpoint: Option<String>,
}

/// Which of the Titan models makes the vectors, and of what length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitanSettings {
    /// The model's id on Bedrock.
    pub model: String,
    /// Numbers in a vector: 1024, 512 or 256.
    pub dimensions: usize,
}

/// Where search generations are kept and searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchBackend {
    /// As artefacts beside the wiki, opened by the function that searches.
    Embedded,
    /// In a collection of OpenSearch Serverless, at this endpoint.
    OpenSearch {
        /// `https://<id>.<region>.aoss.amazonaws.com`.
        endpoint: String,
    },
}

/// Everything that is wrong with the environment, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidConfig(Vec<String>);

impl std::fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the function's environment is wrong: {}", self.0.join("; "))
    }
}

impl std::error::Error for InvalidConfig {}

impl Config {
    /// Reads the process's environment; tells all that is wrong with it at once.
    pub fn from_environment() -> Result<Self, InvalidConfig> {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidConfig> {
        let mut reader = Reader {
            variable: &variable,
            problems: Vec::new(),
        };
        let config = Self {
            repositories_table: reader.text("REPOSITORIES_TABLE"),
            jobs_table: reader.text("JOBS_TABLE"),
            pages_table: reader.text("PAGES_TABLE"),
            ledger_table: reader.text("LEDGER_TABLE"),
            artefacts_bucket: reader.text("ARTEFACTS_BUCKET"),
            wiki_bucket: reader.text("WIKI_BUCKET"),
            temp_bucket: reader.optional("TEMP_BUCKET"),
            builds_queue_url: reader.text("BUILDS_QUEUE_URL"),
            bus_name: reader.text("BUS_NAME"),
            state_machine_arn: reader.text("STATE_MACHINE_ARN"),
            locales: reader.locales("LOCALES"),
            embedder: reader.embedder(),
            search: reader.search(),
            git_hosts: reader.git_hosts("GIT_HOSTS"),
            github_credential_arn: reader.optional("GITHUB_CREDENTIAL_ARN"),
            webhook_keys_arn: reader.optional("WEBHOOK_KEYS_ARN"),
            writer: reader.writer(),
            answerer: reader.model("ANSWER_MODEL_ID"),
            budget_usd: reader.dollars("BUILD_BUDGET_USD"),
            codecommit_endpoint: reader.base_url("CODECOMMIT_ENDPOINT"),
            github_endpoint: reader.base_url("GITHUB_ENDPOINT"),
        };
        if reader.problems.is_empty() {
            Ok(config)
        } else {
            Err(InvalidConfig(reader.problems))
        }
    }
}

/// Reads variables and collects what is wrong with them.
struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// A variable that is set; an empty one counts as not set.
    fn optional(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn text(&mut self, name: &str) -> String {
        let value = self.optional(name);
        if value.is_none() {
            self.problems.push(format!("{name} is not set"));
        }
        value.unwrap_or_default()
    }

    fn locales(&mut self, name: &str) -> Vec<Locale> {
        let parsed: Result<Vec<Locale>, String> = self
            .text(name)
            .split(',')
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
            .map(str::parse)
            .collect();
        parsed.unwrap_or_else(|problem| {
            self.problems.push(format!("{name}: {problem}"));
            Vec::new()
        })
    }

    /// The model that the pages are written by, where one is to.
    fn writer(&mut self) -> Option<ModelCard> {
        self.one_of("WRITER", &["structural", "bedrock"]);
        if self.optional("WRITER").as_deref() != Some("bedrock") {
            return None;
        }
        let card = self.model("MODEL_ID");
        if card.is_none() {
            self.problems
                .push("MODEL_ID is not set: WRITER is bedrock".to_owned());
        }
        card
    }

    /// The card of the model that a variable names, with the prices that are configured for it.
    fn model(&mut self, name: &str) -> Option<ModelCard> {
        let card = ModelCard::of(&self.optional(name)?);
        let prices = self.prices();
        let own = prices.find(&card.id).copied();
        Some(ModelCard {
            prices: own.or(card.prices),
            ..card
        })
    }

    /// `MODEL_PRICES`: a JSON object of prices by the name of a model.
    fn prices(&mut self) -> PriceTable {
        let text = self.optional("MODEL_PRICES").unwrap_or_else(|| "{}".to_owned());
        serde_json::from_str(&text).unwrap_or_else(|_| {
            let problem = "MODEL_PRICES must be a JSON object as in {\"claude-sonnet-4-5\": {\"input\": 3.3, \"output\": 16.5}}";
            self.problems.push(problem.to_owned());
            PriceTable::default()
        })
    }

    /// An amount of money; none where it is not set or 0.
    fn dollars(&mut self, name: &str) -> Option<f64> {
        let amount = self.optional(name)?.parse().ok();
        match amount.filter(|amount: &f64| amount.is_finite() && *amount >= 0.0) {
            Some(amount) => (amount > 0.0).then_some(amount),
            None => {
                self.problems
                    .push(format!("{name} must be an amount of US dollars"));
                None
            }
        }
    }

    fn one_of(&mut self, name: &str, known: &[&str]) {
        let value = self.text(name);
        if !value.is_empty() && !known.contains(&value.as_str()) {
            self.problems
                .push(format!("{name} must be one of {}", known.join(", ")));
        }
    }

    fn embedder(&mut self) -> Option<TitanSettings> {
        self.one_of("EMBEDDER", &["none", "titan"]);
        if self.optional("EMBEDDER").as_deref() != Some("titan") {
            return None;
        }
        let dimensions = self.text("EMBEDDING_DIMENSIONS");
        self.one_of("EMBEDDING_DIMENSIONS", &["1024", "512", "256"]);
        Some(TitanSettings {
            model: self.text("EMBEDDING_MODEL"),
            dimensions: dimensions.parse().unwrap_or_default(),
        })
    }

    fn search(&mut self) -> SearchBackend {
        self.one_of("SEARCH_BACKEND", &["embedded", "opensearch"]);
        if self.optional("SEARCH_BACKEND").as_deref() != Some("opensearch") {
            return SearchBackend::Embedded;
        }
        self.text("SEARCH_ENDPOINT");
        SearchBackend::OpenSearch {
            endpoint: self.base_url("SEARCH_ENDPOINT").unwrap_or_default(),
        }
    }

    fn git_hosts(&mut self, name: &str) -> GitHosts {
        let parsed = self.optional(name).unwrap_or_default().parse();
        parsed.unwrap_or_else(|problem| {
            self.problems.push(format!("{name}: {problem}"));
            GitHosts::any()
        })
    }

    fn base_url(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name)?;
        if !value.starts_with("http://") && !value.starts_with("https://") {
            self.problems
                .push(format!("{name} must begin with http:// or https://"));
        }
        Some(value.trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(name: &str) -> Option<String> {
        let value = match name {
            "LOCALES" => "en, ja",
            "WRITER" => "structural",
            "EMBEDDER" => "none",
            "SEARCH_BACKEND" => "embedded",
            "GIT_HOSTS" => "github.com,*.example.com",
            "CODECOMMIT_ENDPOINT" | "GITHUB_ENDPOINT" | "WEBHOOK_KEYS_ARN" => "",
            "MODEL_ID" | "ANSWER_MODEL_ID" | "MODEL_PRICES" | "BUILD_BUDGET_USD" => "",
            _ => "name",
        };
        Some(value.to_owned())
    }

    #[test]
    fn a_model_is_configured_by_its_name_and_its_prices() {
        let read = |budget: &'static str| {
            Config::read(|name| match name {
                "WRITER" => Some("bedrock".to_owned()),
                "MODEL_ID" => Some("jp.anthropic.claude-sonnet-4-5-20250929-v1:0".to_owned()),
                "MODEL_PRICES" => Some(r#"{"claude-sonnet-4-5": {"input": 3.3, "output": 16.5}}"#.to_owned()),
                "BUILD_BUDGET_USD" => Some(budget.to_owned()),
                _ => complete(name),
            })
        };
        let config = read("2.5").unwrap();
        let writer = config.writer.unwrap();
        assert_eq!(writer.prices.unwrap().input, 3.3);
        assert_eq!(
            (writer.top_p(), config.budget_usd, config.answerer),
            (None, Some(2.5), None)
        );
        assert_eq!(read("0").unwrap().budget_usd, None);
        assert!(read("much").unwrap_err().to_string().contains("BUILD_BUDGET_USD"));
        let unnamed = Config::read(|name| match name {
            "WRITER" => Some("bedrock".to_owned()),
            _ => complete(name),
        });
        assert!(unnamed.unwrap_err().to_string().contains("MODEL_ID"));
        assert_eq!(Config::read(complete).unwrap().writer, None);
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = Config::read(complete).unwrap();
        assert_eq!(config.locales, Locale::ALL);
        assert_eq!(
            (config.codecommit_endpoint, config.webhook_keys_arn),
            (None, None)
        );
        assert_ne!(config.git_hosts, GitHosts::any());
        assert_eq!(config.pages_table, "name");
    }

    #[test]
    fn a_model_and_a_collection_are_read_where_they_are_chosen() {
        let config = Config::read(complete).unwrap();
        assert_eq!((config.embedder, config.search), (None, SearchBackend::Embedded));
        let chosen = |name: &str| match name {
            "EMBEDDER" => Some("titan".to_owned()),
            "EMBEDDING_MODEL" => Some("amazon.titan-embed-text-v2:0".to_owned()),
            "EMBEDDING_DIMENSIONS" => Some("512".to_owned()),
            "SEARCH_BACKEND" => Some("opensearch".to_owned()),
            "SEARCH_ENDPOINT" => Some("https://x.ap-northeast-1.aoss.amazonaws.com/".to_owned()),
            _ => complete(name),
        };
        let config = Config::read(chosen).unwrap();
        assert_eq!(config.embedder.map(|it| it.dimensions), Some(512));
        let endpoint = "https://x.ap-northeast-1.aoss.amazonaws.com".to_owned();
        assert_eq!(config.search, SearchBackend::OpenSearch { endpoint });
        let unusual = |name: &str| match name {
            "EMBEDDING_DIMENSIONS" => Some("384".to_owned()),
            "EMBEDDING_MODEL" | "SEARCH_ENDPOINT" => None,
            _ => chosen(name),
        };
        let problems = Config::read(unusual).unwrap_err().to_string();
        for name in ["EMBEDDING_DIMENSIONS", "EMBEDDING_MODEL", "SEARCH_ENDPOINT"] {
            assert!(problems.contains(name), "{name} is missing in: {problems}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let problems = Config::read(|name| match name {
            "JOBS_TABLE" => None,
            "PAGES_TABLE" => Some(String::new()),
            "LOCALES" => Some("en,fr".to_owned()),
            "SEARCH_BACKEND" => Some("elastic".to_owned()),
            "CODECOMMIT_ENDPOINT" => Some("file:///etc".to_owned()),
            "GIT_HOSTS" => Some("everywhere".to_owned()),
            _ => complete(name),
        })
        .unwrap_err()
        .to_string();
        for name in [
            "JOBS_TABLE",
            "PAGES_TABLE",
            "LOCALES",
            "SEARCH_BACKEND",
            "CODECOMMIT_ENDPOINT",
            "GIT_HOSTS",
        ] {
            assert!(problems.contains(name), "{name} is missing in: {problems}");
        }
        assert!(!problems.contains("LEDGER_TABLE"), "{problems}");
    }
}
