//! The writer that a command line asks for, with its model and what it may spend.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use deepwiki_domain::{forecast::Prices, model::ModelCard};
use deepwiki_generate::Writer;
use deepwiki_model::{Metered, Patient, Purse};
use deepwiki_openai::OpenAiModel;
use deepwiki_ports::LanguageModel;

/// Where a local server listens: Ollama's own default.
const LOCAL_SERVER: &str = "http://localhost:11434/v1";

/// Attempts of one call where pages are written: throttles and faults of a moment pass within a minute or two.
const ATTEMPTS: u32 = 8;

/// Attempts where somebody waits for an answer, and extracts stand in.
const ATTEMPTS_TO_ANSWER: u32 = 2;

/// Who writes pages and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WriterName {
    /// From the code alone: names, comments, README, graph
    Structural,
    /// A model behind any OpenAI-compatible endpoint (Ollama, llama.cpp, vLLM, …); key in OPENAI_API_KEY
    Openai,
    /// A model of Amazon Bedrock, by its inference profile (needs a build with the feature `bedrock`)
    Bedrock,
}

/// Options for what has a model write.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModelOptions {
    /// Who writes
    #[arg(long, value_enum, default_value_t = WriterName::Structural)]
    pub(crate) writer: WriterName,
    /// Model that writes, as its server calls it; the inference profile of Bedrock
    #[arg(long, value_name = "NAME", env = "DEEPWIKI_MODEL")]
    pub(crate) model: Option<String>,
    /// Address of the OpenAI-compatible endpoint
    #[arg(long, value_name = "URL", env = "OPENAI_BASE_URL", default_value = LOCAL_SERVER)]
    pub(crate) base_url: String,
    /// Stop before the model costs more than this; what is written is kept
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(crate) budget: Option<f64>,
    /// What a million tokens cost, read and written, where the model's price is not known
    #[arg(long, value_name = "IN,OUT", value_parser = prices)]
    pub(crate) price: Option<Prices>,
}

/// A writer, and the purse that its model is paid from.
pub(crate) struct Paid {
    pub(crate) writer: Writer,
    pub(crate) purse: Arc<Purse>,
}

impl ModelOptions {
    /// The writer that is asked for.
    pub(crate) async fn writer(&self) -> anyhow::Result<Paid> {
        let purse = self.purse();
        let writer = match self.model(&purse, ATTEMPTS).await? {
            Some(model) => Writer::with_model(model),
            None => Writer::Structural,
        };
        Ok(Paid { writer, purse })
    }

    /// What may be spent.
    fn purse(&self) -> Arc<Purse> {
        Arc::new(Purse::new(self.budget))
    }

    /// The model that composes answers; none where nothing but the code is to be used.
    pub(crate) async fn answerer(&self) -> anyhow::Result<Option<Arc<dyn LanguageModel>>> {
        self.model(&self.purse(), ATTEMPTS_TO_ANSWER).await
    }

    async fn model(
        &self,
        purse: &Arc<Purse>,
        attempts: u32,
    ) -> anyhow::Result<Option<Arc<dyn LanguageModel>>> {
        let model: Arc<dyn LanguageModel> = match self.writer {
            WriterName::Structural => return Ok(None),
            WriterName::Openai => {
                let key = std::env::var("OPENAI_API_KEY").ok().filter(|key| !key.is_empty());
                Arc::new(OpenAiModel::new(self.card()?, &self.base_url, key)?)
            }
            WriterName::Bedrock => bedrock(self.card()?).await?,
        };
        let patient = Arc::new(Patient::new(model, attempts));
        Ok(Some(Arc::new(Metered::new(patient, Arc::clone(purse))?)))
    }

    /// The model that would write, where the writer has one.
    pub(crate) fn card_if_any(&self) -> anyhow::Result<Option<ModelCard>> {
        match self.writer {
            WriterName::Structural => Ok(None),
            WriterName::Openai | WriterName::Bedrock => self.card().map(Some),
        }
    }

    fn card(&self) -> anyhow::Result<ModelCard> {
        let name = self.model.as_deref().filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| anyhow::anyhow!("which model is to write? name it with --model"))?;
        let mut card = ModelCard::of(name);
        card.prices = self.price.or(card.prices);
        Ok(card)
    }
}

/// A model of Bedrock, with the region and the credentials that the AWS tools on this machine use.
#[cfg(feature = "bedrock")]
async fn bedrock(card: ModelCard) -> anyhow::Result<Arc<dyn LanguageModel>> {
    let sdk = deepwiki_aws::client::load().await;
    deepwiki_aws::client::region(&sdk)?;
    Ok(Arc::new(deepwiki_aws::BedrockModel::new(&sdk, card)))
}

#[cfg(not(feature = "bedrock"))]
async fn bedrock(_: ModelCard) -> anyhow::Result<Arc<dyn LanguageModel>> {
    anyhow::bail!(
        "this program was built without Bedrock: build it with `--features bedrock`, or use --writer openai"
    )
}

fn dollars(text: &str) -> Result<f64, String> {
    let amount: f64 = text
        .trim_start_matches('$')
        .parse()
        .map_err(|_| "not an amount of money".to_owned())?;
    let valid = amount.is_finite() && amount > 0.0;
    valid
        .then_some(amount)
        .ok_or_else(|| "must be more than 0".to_owned())
}

fn prices(text: &str) -> Result<Prices, String> {
    let pair = text.split_once(',').and_then(|(input, output)| {
        let price = |text: &str| {
            text.trim()
                .parse()
                .ok()
                .filter(|price: &f64| price.is_finite() && *price >= 0.0)
        };
        Some((price(input)?, price(output)?))
    });
    let (input, output) = pair.ok_or_else(|| "two prices in USD, as in `3,15`".to_owned())?;
    Ok(Prices {
        input,
        cached_input: None,
        output,
        token_ratio: 1.0,
    })
}
