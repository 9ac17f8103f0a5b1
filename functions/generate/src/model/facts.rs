//! A brief as facts for a model: a line each, under a name by which it can be cited. No line number is among them, so
//! that the prompt of a page stays the same when its code only moves.

use deepwiki_domain::{
    page::{Citation, DiagramKind},
    plan::{
        BriefSection, ConfigCard, EntryCard, FileCard, NamedPlace, PageBrief, Part, SymbolCard, SymbolRef,
        TestCard, Title, Usage,
    },
};
use deepwiki_model::{Ground, Grounds, scan};

/// Facts of one section, members of one type, names in one list.
const MOST_PER_SECTION: usize = 16;
const MOST_MEMBERS: usize = 8;
const MOST_NAMES: usize = 6;

/// The longest quotation and signature, in characters.
const LONGEST_QUOTE: usize = 400;
const LONGEST_SIGNATURE: usize = 200;

/// What a page can be made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// One a line, `F1 …`, under the headings of their sections.
    pub(super) text: String,
    /// The same, for what cites them.
    pub(super) grounds: Grounds,
    /// The diagrams that the page will show, `D1 …`.
    pub(super) diagrams: String,
    /// Other pages that may be linked.
    pub(super) neighbours: Vec<deepwiki_domain::plan::PageRef>,
    /// Definitions whose text tells most, most important first.
    pub(super) telling: Vec<Citation>,
    count: usize,
    budget: u64,
    anonymous: bool,
}

impl Facts {
    /// The facts of a brief, in its order, until they fill the budget.
    pub(super) fn of(brief: &PageBrief, budget: u64) -> Self {
        let mut facts = Self {
            budget,
            ..Self::default()
        };
        for section in &brief.sections {
            facts.section(section);
        }
        facts.neighbours.extend(brief.related.iter().cloned());
        facts.neighbours.sort_by(|a, b| a.slug.cmp(&b.slug));
        facts.neighbours.dedup_by(|a, b| a.slug == b.slug);
        facts
    }

    /// The facts of a brief for the repository's card, where nothing is cited: without names.
    pub(super) fn listed(brief: &PageBrief, budget: u64) -> String {
        let mut facts = Self {
            budget,
            anonymous: true,
            ..Self::default()
        };
        for section in &brief.sections {
            facts.section(section);
        }
        facts.text
    }

    /// Whether there is enough to write about.
    pub(super) fn are_enough(&self) -> bool {
        self.count >= 2
    }

    fn section(&mut self, section: &BriefSection) {
        match section {
            BriefSection::Purpose {
                package,
                quotes,
                defines,
                ..
            } => {
                if let Some(card) = package {
                    let licence = card
                        .license
                        .as_deref()
                        .map(|it| format!(", licence {it}"))
                        .unwrap_or_default();
                    let text = format!("package `{}` ({}){licence}", card.name, card.system);
                    self.fact(
                        &with_summary(text, card.description.as_deref()),
                        [card.at.clone()],
                    );
                }
                for quote in quotes {
                    self.fact(
                        &format!("it says of itself: “{}”", short(&quote.text)),
                        [quote.at.clone()],
                    );
                }
                self.defines("it", defines);
            }
            BriefSection::Guide(items) => self.each("README", items, |facts, item| {
                let text = format!("section “{}”", item.title);
                facts.fact(&with_summary(text, item.text.as_deref()), [item.at.clone()]);
            }),
            BriefSection::Parts(items) => self.each("Parts", items, Self::part),
            BriefSection::PublicTypes(items) => self.each("Public types", items, Self::card),
            BriefSection::PublicFunctions(items) => self.each("Public functions", items, Self::card),
            BriefSection::More(pages) => self.neighbours.extend(pages.iter().cloned()),
            // The order of the modules is drawn and told by the structural section.
            BriefSection::Layers(_) => {}
            BriefSection::Types(items) => self.each("Types", items, Self::card_with_body),
            BriefSection::Functions(items) => self.each("Functions", items, Self::card_with_body),
            BriefSection::Values(items) => self.each("Other definitions", items, Self::card),
            BriefSection::Core(items) => self.each("What most of the code rests on", items, Self::card),
            BriefSection::Terms(items) => self.each("Terms", items, Self::card),
            BriefSection::UsedBy(items) => self.each("Who uses it", items, Self::usage),
            BriefSection::Uses(items) => self.each("What it uses", items, Self::usage),
            BriefSection::Ties(items) => self.each("Uses between modules", items, Self::usage),
            BriefSection::Cycles(items) => self.each("Circles of modules", items, |facts, pair| {
                pair.iter().for_each(|usage| facts.usage(usage));
            }),
            BriefSection::Files(items) => self.each("Files", items, Self::file),
            BriefSection::Dependencies(items) => self.each("Dependencies", items, |facts, item| {
                let dev = if item.dev {
                    " for tests and builds only"
                } else {
                    ""
                };
                facts.fact(&format!("depends on `{}`{dev}", item.name), [item.at.clone()]);
            }),
            BriefSection::EntryPoints(items) => self.each("Where execution starts", items, Self::entry),
            BriefSection::Routes(items) => {
                self.each("HTTP routes", items, |facts, it| facts.place("route", it))
            }
            BriefSection::Commands(items) => {
                self.each("Commands", items, |facts, it| facts.place("command", it))
            }
            BriefSection::Flags(items) => self.each("Options", items, |facts, it| facts.place("option", it)),
            BriefSection::Environment(items) => {
                self.each("Environment", items, |facts, it| {
                    facts.place("environment variable", it)
                });
            }
            BriefSection::ConfigFiles(items) => self.each("Configuration files", items, Self::config),
            BriefSection::Automation(items) => self.each("Automation", items, Self::config),
            BriefSection::Standard(items) => self.each("Standard commands", items, |facts, item| {
                let steps = item.steps.iter().map(|(_, command)| format!("`{command}`"));
                let steps: Vec<String> = steps.collect();
                facts.fact(
                    &format!("{} names `{}`; usual: {}", item.path, item.name, steps.join(", ")),
                    [item.at.clone()],
                );
            }),
            BriefSection::Scripts(items) => self.each("Commands for developers", items, |facts, item| {
                let runs = item
                    .command
                    .as_deref()
                    .map(|it| format!(" runs `{}`", short(it)))
                    .unwrap_or_default();
                facts.fact(
                    &format!("`{}` (`{}`){runs}", item.run, item.name),
                    [item.at.clone()],
                );
            }),
            BriefSection::Tests(items) => self.each("Tests", items, Self::test),
            BriefSection::Picture(picture) => {
                let number = self.diagrams.lines().count() + 1;
                let kind = match picture.kind {
                    DiagramKind::ModuleMap => "modules and who uses whom",
                    DiagramKind::ClassDiagram => "types and how they hang together",
                    DiagramKind::Sequence => "what is called in which order",
                    DiagramKind::RepositoryMap => "which repository uses which",
                };
                self.diagrams
                    .push_str(&format!("D{number} {kind} {}\n", picture.subject));
            }
        }
    }

    /// A heading, and a fact or some an item.
    fn each<T>(&mut self, heading: &str, items: &[T], mut add: impl FnMut(&mut Self, &T)) {
        let (length, count) = (self.text.len(), self.count);
        self.text.push_str(&format!("# {heading}\n"));
        for item in items.iter().take(MOST_PER_SECTION) {
            add(self, item);
        }
        if self.count == count {
            self.text.truncate(length);
        }
    }

    /// A fact with its lines. Words of the repository that address a model are left out with the fact that bears them.
    fn fact(&mut self, text: &str, at: impl IntoIterator<Item = Citation>) {
        let at: Vec<Citation> = at.into_iter().take(MOST_NAMES).collect();
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = scan(&folded);
        let cost = deepwiki_domain::forecast::tokens(&folded) + 3;
        if at.is_empty() || !shown.withheld.is_empty() || cost > self.budget {
            return;
        }
        self.budget -= cost;
        self.count += 1;
        let name = format!("F{}", self.count);
        let bullet = if self.anonymous { "-" } else { &name };
        self.text.push_str(&format!("{bullet} {}\n", shown.text));
        let ground = Ground {
            text: shown.text,
            at,
            excerpt: None,
        };
        self.grounds.add(name, ground);
    }

    fn defines(&mut self, whose: &str, symbols: &[SymbolRef]) {
        if symbols.is_empty() {
            return;
        }
        let names = list(symbols.iter().map(|symbol| symbol.name.as_str()));
        self.fact(
            &format!("{whose} defines {names}"),
            symbols.iter().map(|symbol| symbol.at.clone()),
        );
    }

    fn part(&mut self, part: &Part) {
        self.neighbours.push(part.page.clone());
        let whose = format!("part [[{}]] `{}`", part.page.slug, part.path);
        if let Some(purpose) = &part.purpose {
            self.fact(
                &format!("{whose}: {}", short(&purpose.text)),
                [purpose.at.clone()],
            );
        }
        self.defines(&whose, &part.defines);
    }

    fn card_with_body(&mut self, card: &SymbolCard) {
        self.card(card);
        self.telling.push(card.body.clone());
        for member in card.members.iter().take(MOST_MEMBERS) {
            let text = format!(
                "`{}` has `{}`: `{}`",
                card.name,
                member.name,
                signature(&member.signature)
            );
            self.fact(
                &with_summary(text, member.summary.as_deref()),
                [member.at.clone()],
            );
        }
        if !card.uses.is_empty() {
            let names = list(card.uses.iter().map(|used| used.name.as_str()));
            self.fact(
                &format!("`{}` uses {names}", card.name),
                card.uses.iter().map(|used| used.at.clone()),
            );
        }
        let users: Vec<&str> = card
            .used_at
            .iter()
            .filter_map(|used| used.by.as_deref())
            .collect();
        if !users.is_empty() {
            let at = card
                .used_at
                .iter()
                .filter(|used| used.by.is_some())
                .map(|used| used.at.clone());
            let bare = card.name.rsplit([':', '.', '#']).next().unwrap_or(&card.name);
            self.fact(&format!("`{bare}` is used by {}", list(users.into_iter())), at);
        }
    }

    fn card(&mut self, card: &SymbolCard) {
        let kind = format!("{:?}", card.kind).to_lowercase();
        let parents = if card.supertypes.is_empty() {
            String::new()
        } else {
            format!(", builds on {}", list(card.supertypes.iter().map(String::as_str)))
        };
        let text = format!(
            "{kind} `{}`: `{}`{parents}",
            card.name,
            signature(&card.signature)
        );
        let at = if card.summary.is_some() {
            &card.at
        } else {
            &card.body
        };
        self.fact(&with_summary(text, card.summary.as_deref()), [at.clone()]);
    }

    fn usage(&mut self, usage: &Usage) {
        let (from, to) = (&usage.from, &usage.to);
        self.neighbours.extend([from.page.clone(), to.page.clone()]);
        let names = list(usage.names.iter().map(|(name, _)| name.as_str()));
        let text = format!(
            "[[{}]] `{}` uses {names} of [[{}]] `{}`",
            from.page.slug, from.path, to.page.slug, to.path
        );
        self.fact(&text, usage.names.iter().map(|(_, at)| at.clone()));
    }

    fn file(&mut self, file: &FileCard) {
        self.neighbours.extend(file.page.clone());
        if let Some(purpose) = &file.purpose {
            self.fact(
                &format!("file `{}`: {}", file.path, short(&purpose.text)),
                [purpose.at.clone()],
            );
        }
        self.defines(&format!("file `{}`", file.path), &file.defines);
    }

    fn entry(&mut self, entry: &EntryCard) {
        self.neighbours.extend(entry.page.clone());
        self.telling.push(entry.at.clone());
        let text = format!("`{}` in `{}` starts a program", entry.name, entry.path);
        let summary = entry.summary.as_ref().map(|summary| summary.text.as_str());
        self.fact(&with_summary(text, summary), [entry.at.clone()]);
        if !entry.calls.is_empty() {
            let names = list(entry.calls.iter().map(|(called, _)| called.name.as_str()));
            self.fact(
                &format!("`{}` calls in this order {names}", entry.name),
                entry.calls.iter().map(|(_, at)| at.clone()),
            );
        }
    }

    fn place(&mut self, kind: &str, place: &NamedPlace) {
        let within = place
            .within
            .as_deref()
            .map(|it| format!(" in `{it}`"))
            .unwrap_or_default();
        let text = format!("{kind} `{}`{within}", place.name);
        self.fact(
            &with_summary(text, place.detail.as_deref()),
            place.at.iter().cloned(),
        );
    }

    fn config(&mut self, card: &ConfigCard) {
        let names = list(card.entries.iter().map(|(name, _)| name.as_str()));
        if let Some(purpose) = &card.purpose {
            self.fact(
                &format!("file `{}`: {}", card.path, short(&purpose.text)),
                [purpose.at.clone()],
            );
        }
        if !card.entries.is_empty() {
            let at = card.entries.iter().map(|(_, at)| at.clone());
            self.fact(&format!("file `{}` ({}) has {names}", card.path, card.kind), at);
        }
    }

    fn test(&mut self, test: &TestCard) {
        self.neighbours.extend(test.page.clone());
        if !test.tests.is_empty() {
            let names = list(test.tests.iter().map(|it| it.name.as_str()));
            self.fact(
                &format!("`{}` has the tests {names}", test.path),
                test.tests.iter().map(|it| it.at.clone()),
            );
        }
        if !test.covers.is_empty() {
            let names = list(test.covers.iter().map(|(name, _)| name.as_str()));
            self.fact(
                &format!("`{}` exercises {names}", test.path),
                test.covers.iter().map(|(_, at)| at.clone()),
            );
        }
    }
}

/// What a page is about, for the prompt.
pub(super) fn subject(title: &Title) -> String {
    match title {
        Title::Overview(name) => {
            format!("overview of the repository {name}: what it is, for whom, how to begin")
        }
        Title::Architecture => {
            "architecture: how the parts work together and what the code rests on".to_owned()
        }
        Title::Package(name) => format!("package {name}"),
        Title::Module(name) => format!("module {name}"),
        Title::EntryPoints => "entry points: where execution starts and what it reaches".to_owned(),
        Title::PublicApi => "public API: what others can call".to_owned(),
        Title::DataModel => "data model: the main types and how they hang together".to_owned(),
        Title::Configuration => "configuration: environment variables, options, files".to_owned(),
        Title::BuildAndRun => "how to build, run, check and ship it".to_owned(),
        Title::Tests => "tests: what is tested, and where".to_owned(),
        Title::Glossary => "glossary: the words that the code uses for its things".to_owned(),
        Title::Given(title) => title.clone(),
    }
}

fn with_summary(text: String, summary: Option<&str>) -> String {
    match summary {
        Some(summary) => format!("{text} — “{}”", short(summary)),
        None => text,
    }
}

/// The first names of a list in code style; as many as have their lines cited.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn short(text: &str) -> String {
    cut(text, LONGEST_QUOTE)
}

fn signature(text: &str) -> String {
    cut(text, LONGEST_SIGNATURE)
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
