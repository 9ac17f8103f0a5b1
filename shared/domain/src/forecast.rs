//! What a build will take, told before it starts: tokens counted from its own briefs and source, and money by a
//! table of prices. Pure; the counts come from the plan of the commit, the prices from configuration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a model costs, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Tokens sent.
    pub input: f64,
    /// Tokens sent that the provider has kept from an earlier call; as [`Prices::input`] where not stated.
    #[serde(default)]
    pub cached_input: Option<f64>,
    /// Tokens received.
    #[serde(default)]
    pub output: f64,
    /// How many tokens the model makes of a text for each that [`tokens`] counts.
    #[serde(default = "one")]
    pub token_ratio: f64,
}

fn one() -> f64 {
    1.0
}

/// Prices by model. A model that runs on one's own machine needs no entry and costs nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PriceTable(pub BTreeMap<String, Prices>);

impl PriceTable {
    /// The prices of a model: those under its id, else those under the longest name that its id holds
    /// (`claude-sonnet-4-5` stands for every region's and version's profile of it).
    pub fn find(&self, model: &str) -> Option<&Prices> {
        let held = |(name, _): &(&String, &Prices)| !name.is_empty() && model.contains(name.as_str());
        let longest = || self.0.iter().filter(held).max_by_key(|(name, _)| name.len());
        self.0.get(model).or_else(|| longest().map(|(_, prices)| prices))
    }
}

/// What there is to write and to embed, in tokens as [`tokens`] counts them. What an earlier build has left for
/// this one counts in none of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// Pages to write, each language counted.
    pub pages: u32,
    /// What the prompts of all these pages hold of their own: brief and source.
    pub page_tokens: u64,
    /// What the prompt of every page begins with: instructions, glossary. Sent with each page, and kept by providers
    /// that cache.
    pub shared_tokens: u64,
    /// What the replies to these prompts are likely to have, each page answered once.
    #[serde(default)]
    pub reply_tokens: u64,
    /// Chunks and page sections to turn into vectors.
    pub vector_tokens: u64,
}

impl Workload {
    /// Habits where nothing is known of the writer: replies as long as their prompts ask for, and every second page has
    /// some sentences to mend, which takes about a fifth of a reply.
    pub fn usual_habits(&self) -> WriterHabits {
        const CALLS: f64 = 1.5;
        const MENDED: f64 = 0.2;
        let reply = self.reply_tokens as f64 / f64::from(self.pages.max(1));
        WriterHabits {
            calls_per_page: CALLS,
            output_per_call: reply * (1.0 + (CALLS - 1.0) * MENDED) / CALLS,
        }
    }
}

/// How a writer uses its model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WriterHabits {
    /// Calls a page, those included in which it mends what the gate refused; 1 or more.
    pub calls_per_page: f64,
    /// Tokens that it writes in a call.
    pub output_per_call: f64,
}

/// Tokens and money of one use of one model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spend {
    /// Calls to the model.
    pub calls: u64,
    /// Tokens sent, those included that the provider has kept.
    pub input_tokens: u64,
    /// Of these, those that it has kept.
    pub cached_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
    /// What they cost, in US dollars; none where no price is known.
    pub cost_usd: Option<f64>,
}

/// What writing the pages will take.
pub fn writing(work: &Workload, habits: &WriterHabits, prices: Option<&Prices>) -> Spend {
    let ratio = prices.map_or(1.0, |prices| prices.token_ratio);
    let pages = f64::from(work.pages);
    let calls = pages * habits.calls_per_page.max(1.0);
    let shared = work.shared_tokens as f64 * calls;
    let own = work.page_tokens as f64 * habits.calls_per_page.max(1.0);
    // The first call finds nothing kept.
    let kept = (shared - work.shared_tokens as f64).max(0.0);
    spend(
        calls,
        [
            (shared + own) * ratio,
            kept * ratio,
            calls * habits.output_per_call * ratio,
        ],
        prices,
    )
}

/// What turning text into vectors will take, with this many texts a call.
pub fn embedding(work: &Workload, texts: u64, texts_per_call: u64, prices: Option<&Prices>) -> Spend {
    let ratio = prices.map_or(1.0, |prices| prices.token_ratio);
    let calls = texts.div_ceil(texts_per_call.max(1));
    spend(
        calls as f64,
        [work.vector_tokens as f64 * ratio, 0.0, 0.0],
        prices,
    )
}

fn spend(calls: f64, [input, kept, output]: [f64; 3], prices: Option<&Prices>) -> Spend {
    let cost = |prices: &Prices| {
        let kept_price = prices.cached_input.unwrap_or(prices.input);
        ((input - kept) * prices.input + kept * kept_price + output * prices.output) / 1e6
    };
    Spend {
        calls: calls.ceil() as u64,
        input_tokens: input.ceil() as u64,
        cached_tokens: kept.floor() as u64,
        output_tokens: output.ceil() as u64,
        cost_usd: prices.map(cost),
    }
}

/// About how many tokens a model makes of a text, for any mixture of code, prose and Japanese.
///
/// Fitted by least squares to OpenAI's `o200k_base` over 1,200 files of eleven formats and wiki pages of both
/// languages; on as many that it was not fitted to it is 4% off at the median, 12% at the 90th percentile, and 3% over
/// all together. Other vocabularies differ by a factor: [`Prices::token_ratio`].
pub fn tokens(text: &str) -> u64 {
    let mut thousandths = 0_u64;
    let mut in_word = false;
    for c in text.chars() {
        let is_letter = c.is_ascii_alphabetic();
        thousandths += match c {
            _ if is_letter && in_word => 98,
            _ if is_letter => 98 + 621,
            '0'..='9' => 1231,
            '\n' => 1523,
            '\u{3040}'..='\u{30ff}' => 492,
            '\u{3400}'..='\u{9fff}' => 751,
            _ if c.is_ascii_punctuation() => 404,
            _ if c.is_ascii() => 0,
            _ => 606,
        };
        in_word = is_letter;
    }
    thousandths.div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HABITS: WriterHabits = WriterHabits {
        calls_per_page: 1.5,
        output_per_call: 1_000.0,
    };

    fn prices(input: f64, cached_input: Option<f64>, output: f64) -> Prices {
        Prices {
            input,
            cached_input,
            output,
            token_ratio: 1.0,
        }
    }

    #[test]
    fn money_follows_tokens_and_what_is_kept_costs_its_own_price() {
        let work = Workload {
            pages: 10,
            page_tokens: 40_000,
            shared_tokens: 2_000,
            ..Workload::default()
        };
        let spend = writing(&work, &HABITS, Some(&prices(3.0, Some(0.3), 15.0)));
        assert_eq!((spend.calls, spend.output_tokens), (15, 15_000));
        assert_eq!((spend.input_tokens, spend.cached_tokens), (90_000, 28_000));
        let expected = (62_000.0 * 3.0 + 28_000.0 * 0.3 + 15_000.0 * 15.0) / 1e6;
        assert!((spend.cost_usd.unwrap() - expected).abs() < 1e-9);
        assert_eq!(writing(&work, &HABITS, None).cost_usd, None);
        assert_eq!(writing(&Workload::default(), &HABITS, None), Spend::default());
    }

    #[test]
    fn a_model_is_found_by_its_id_or_the_longest_name_in_it() {
        let table = PriceTable(BTreeMap::from([
            ("claude".to_owned(), prices(1.0, None, 0.0)),
            ("claude-sonnet".to_owned(), prices(2.0, None, 0.0)),
        ]));
        let input = |model: &str| table.find(model).map(|prices| prices.input);
        assert_eq!(input("claude"), Some(1.0));
        assert_eq!(input("jp.anthropic.claude-sonnet-v1:0"), Some(2.0));
        assert_eq!(input("llama"), None);
    }

    #[test]
    fn counts_are_near_a_real_vocabulary() {
        // The second number is what `o200k_base` makes of the text.
        for (text, real) in [
            (
                "pub fn read(path: &Path) -> Result<Vec<u8>> {\n    std::fs::read(path)\n}\n",
                24,
            ),
            (
                "The quick brown fox jumps over the lazy dog, and nobody minds.\n",
                14,
            ),
            ("この関数はファイルを読み込み、その内容を返します。\n", 15),
        ] {
            let ours = tokens(text);
            assert!(
                ours.abs_diff(real) * 100 <= real * 30,
                "{ours} for {real}: {text}"
            );
        }
    }

    proptest! {
        #[test]
        fn more_text_has_no_fewer_tokens(a in "\\PC*", b in "\\PC*") {
            let both = tokens(&format!("{a}\n{b}"));
            prop_assert!(both >= tokens(&a).max(tokens(&b)));
        }

        #[test]
        fn more_work_costs_no_less(pages in 0_u32..1000, own in 0_u64..1_000_000, more in 0_u64..1000) {
            let work = |page_tokens| Workload { pages, page_tokens, ..Workload::default() };
            let price = prices(3.0, None, 15.0);
            let cost = |own| writing(&work(own), &HABITS, Some(&price)).cost_usd;
            prop_assert!(cost(own + more) >= cost(own));
        }
    }
}
