//! The writer of this deployment, and who pays for it: every page is written from what its build has left to spend, and
//! what it took is noted whether it came to be or not.

use std::sync::Arc;

use deepwiki_aws::{BedrockModel, Config, DynamoJobs, MeteredModel, client::SdkConfig};
use deepwiki_domain::BuildId;
use deepwiki_generate::Writer;
use deepwiki_model::{Metered, Patient, Purse};
use deepwiki_ports::{LanguageModel, Result, Spending};

/// Attempts of one call to the model. Throttles pass within a minute or two, and a page that the state machine asks
/// for again would pay for its first calls again.
const ATTEMPTS: u32 = 6;

pub(crate) struct PaidWriter {
    writer: Writer,
    model: Option<Arc<dyn LanguageModel>>,
    spending: DynamoJobs,
    budget_usd: Option<f64>,
}

impl PaidWriter {
    pub(crate) fn new(sdk: &SdkConfig, config: &Config) -> Self {
        let model = config.writer.clone().map(|card| {
            let model = Arc::new(MeteredModel::new(BedrockModel::new(sdk, card)));
            Arc::new(Patient::new(model, ATTEMPTS)) as Arc<dyn LanguageModel>
        });
        Self {
            writer: model.clone().map_or(Writer::Structural, Writer::with_model),
            model,
            spending: DynamoJobs::new(sdk, &config.jobs_table),
            budget_usd: config.budget_usd,
        }
    }

    /// Has a page written. Pages of a build that are written at the same moment do not see what the others are about to
    /// spend: a budget is passed by what these cost at most.
    pub(crate) async fn write<T>(
        &self,
        build: &BuildId,
        write: impl AsyncFn(Writer) -> Result<T>,
    ) -> Result<T> {
        let Some(model) = &self.model else {
            return write(self.writer.clone()).await;
        };
        let left = match self.budget_usd {
            Some(budget) => Some((budget - self.spending.spent(build).await?.usd).max(0.0)),
            None => None,
        };
        let purse = Arc::new(Purse::new(left));
        let metered = Metered::new(Arc::clone(model), Arc::clone(&purse))?;
        let written = write(self.writer.through(Arc::new(metered))).await;
        let spent = purse.spent();
        if spent.calls > 0 {
            let entry = format!("{:016x}", fastrand::u64(..));
            self.spending.add(build, &entry, &spent).await?;
        }
        written
    }
}
