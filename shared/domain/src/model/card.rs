//! What each family of models accepts, by the name of the model. Sources: the model cards and the parameter pages of
//! the providers. A model that is newer than the table gets the careful reading: no sampling parameters for a
//! Claude, both for all others, no mark for caching.

use super::{LONGEST_REPLY, TEMPERATURE, TOP_P, Tokens};
use crate::forecast::Prices;

/// A model as requests to it are made.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// The name that goes into requests and keys: a model, an inference profile, or what a local server calls it.
    pub id: String,
    /// Which sampling parameters it takes.
    pub sampling: Sampling,
    /// The most tokens that are asked for in one reply.
    pub max_tokens: u32,
    /// The fewest tokens that a cached prefix must have; none where nothing is to be marked for caching.
    pub cache_from: Option<u64>,
    /// What its tokens cost, where that is known.
    pub prices: Option<Prices>,
}

/// Which sampling parameters a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// Temperature and top-p together.
    Both,
    /// A temperature only: a request with both is refused.
    Temperature,
    /// Neither.
    None,
}

/// A row: models whose name contains this, until an earlier row has matched.
struct Family {
    part: &'static str,
    sampling: Sampling,
    /// The model's own limit on a reply.
    longest: u32,
    cache_from: Option<u64>,
    prices: Option<Prices>,
}

const fn family(
    part: &'static str,
    sampling: Sampling,
    longest: u32,
    cache_from: Option<u64>,
    prices: Option<Prices>,
) -> Family {
    Family {
        part,
        sampling,
        longest,
        cache_from,
        prices,
    }
}

/// US dollars per million tokens at the usual terms: a tenth for what is found in the cache.
const fn price(input: f64, output: f64) -> Prices {
    Prices {
        input,
        cached_input: Some(input * 0.1),
        output,
        token_ratio: 1.2,
    }
}

/// What writing to a cache costs, as a share of the price of reading.
const CACHE_WRITE: f64 = 1.25;

/// Prices are list prices of November 2026, without the surcharge of regional profiles; a configured
/// [`crate::forecast::PriceTable`] overrides them.
const FAMILIES: [Family; 20] = {
    use Sampling::{Both, None as Neither, Temperature};
    [
        family("claude-3-haiku", Both, 4_096, None, Some(price(0.25, 1.25))),
        family(
            "claude-3-5-haiku",
            Both,
            8_192,
            Some(2_048),
            Some(price(0.8, 4.0)),
        ),
        family("claude-3-5-sonnet", Both, 8_192, None, Some(price(3.0, 15.0))),
        family(
            "claude-3-7-sonnet",
            Both,
            64_000,
            Some(1_024),
            Some(price(3.0, 15.0)),
        ),
        family("claude-3-", Both, 4_096, None, None),
        family(
            "claude-haiku-4-5",
            Temperature,
            64_000,
            Some(4_096),
            Some(price(1.0, 5.0)),
        ),
        family(
            "claude-sonnet-4-5",
            Temperature,
            64_000,
            Some(1_024),
            Some(price(3.0, 15.0)),
        ),
        family(
            "claude-sonnet-4-6",
            Temperature,
            64_000,
            Some(1_024),
            Some(price(3.0, 15.0)),
        ),
        family(
            "claude-sonnet-4-2",
            Both,
            64_000,
            Some(1_024),
            Some(price(3.0, 15.0)),
        ),
        family(
            "claude-opus-4-1",
            Temperature,
            32_000,
            Some(1_024),
            Some(price(15.0, 75.0)),
        ),
        family(
            "claude-opus-4-5",
            Temperature,
            64_000,
            Some(4_096),
            Some(price(5.0, 25.0)),
        ),
        family(
            "claude-opus-4-6",
            Temperature,
            64_000,
            Some(4_096),
            Some(price(5.0, 25.0)),
        ),
        family(
            "claude-opus-4-2",
            Both,
            32_000,
            Some(1_024),
            Some(price(15.0, 75.0)),
        ),
        family("claude", Neither, 32_000, Some(4_096), None),
        family("nova-", Both, 5_000, Some(1_024), None),
        family("gpt-5", Neither, 64_000, None, None),
        family("gpt-4", Both, 4_096, None, None),
        family("o3", Neither, 64_000, None, None),
        family("o4", Neither, 64_000, None, None),
        family("", Both, 4_096, None, None),
    ]
};

impl ModelCard {
    /// The card of a model by its name, be it bare, with its provider, or a regional inference profile
    /// (`jp.anthropic.claude-sonnet-4-5-20250929-v1:0`).
    pub fn of(id: &str) -> Self {
        let name = id.to_ascii_lowercase();
        let family = FAMILIES.iter().find(|family| matches(&name, family.part));
        Self {
            id: id.to_owned(),
            sampling: family.map_or(Sampling::Both, |family| family.sampling),
            max_tokens: family.map_or(LONGEST_REPLY, |family| family.longest.min(LONGEST_REPLY)),
            cache_from: family.and_then(|family| family.cache_from),
            prices: family.and_then(|family| family.prices),
        }
    }

    /// The temperature to send, where the model takes one.
    pub fn temperature(&self) -> Option<f32> {
        (self.sampling != Sampling::None).then_some(TEMPERATURE)
    }

    /// The top-p to send: only where the model takes both.
    pub fn top_p(&self) -> Option<f32> {
        (self.sampling == Sampling::Both).then_some(TOP_P)
    }

    /// What the model counts where [`crate::forecast::tokens`] counts so many, rounded up.
    pub fn own_count(&self, tokens: u64) -> u64 {
        let ratio = self.prices.map_or(1.0, |prices| prices.token_ratio);
        (tokens as f64 * ratio).ceil() as u64
    }

    /// What these tokens cost in US dollars; nothing where no price is known, as for a model of one's own.
    pub fn cost(&self, tokens: &Tokens) -> f64 {
        self.prices.map_or(0.0, |prices| {
            let cached = prices.cached_input.unwrap_or(prices.input);
            let million = |count: u64, price: f64| count as f64 * price / 1e6;
            million(tokens.input, prices.input)
                + million(tokens.cache_read, cached)
                + million(tokens.cache_write, prices.input * CACHE_WRITE)
                + million(tokens.output, prices.output)
        })
    }
}

/// Names as short as `o3` match at the beginning of the name alone.
fn matches(name: &str, part: &str) -> bool {
    if part.len() <= 2 {
        name.starts_with(part)
    } else {
        name.contains(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_any_of_its_names() {
        for id in [
            "jp.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/jp.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-sonnet-4-5",
        ] {
            let card = ModelCard::of(id);
            assert_eq!(
                (card.temperature(), card.top_p()),
                (Some(TEMPERATURE), None),
                "{id}"
            );
            assert_eq!((card.max_tokens, card.cache_from), (4096, Some(1024)), "{id}");
        }
    }

    #[test]
    fn each_family_gets_only_what_it_takes() {
        let takes = |id| {
            let card = ModelCard::of(id);
            (card.temperature().is_some(), card.top_p().is_some())
        };
        assert_eq!(takes("anthropic.claude-3-7-sonnet-20250219-v1:0"), (true, true));
        assert_eq!(takes("anthropic.claude-sonnet-4-20250514-v1:0"), (true, true));
        assert_eq!(takes("anthropic.claude-opus-4-7"), (false, false));
        assert_eq!(takes("anthropic.claude-of-tomorrow"), (false, false));
        assert_eq!(takes("qwen3:8b"), (true, true));
        assert_eq!(takes("o3-mini"), (false, false));
        assert_eq!(takes("gpt-oss-20b"), (true, true));
    }

    #[test]
    fn no_reply_is_asked_for_beyond_the_limit() {
        assert!(
            FAMILIES
                .iter()
                .all(|family| ModelCard::of(family.part).max_tokens <= LONGEST_REPLY)
        );
    }

    #[test]
    fn cached_tokens_are_paid_at_their_own_price() {
        let tokens = Tokens {
            input: 1_000_000,
            cache_read: 1_000_000,
            cache_write: 1_000_000,
            output: 1_000_000,
        };
        let cost = ModelCard::of("claude-sonnet-4-5").cost(&tokens);
        assert!((cost - (3.0 + 0.3 + 3.75 + 15.0)).abs() < 1e-9, "{cost}");
        assert_eq!(ModelCard::of("llama3.1:8b").cost(&tokens), 0.0);
    }
}
