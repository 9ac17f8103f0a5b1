//! The structural writer: pages from the facts of a brief alone, in either language, the same every time.

mod parts;
mod phrases;
mod sentence;

use deepwiki_domain::{
    Locale, Slug,
    page::{Block, Diagram, Inline, Page, Section, Statement, Validity},
    plan::{BriefSection, EntryCard, PageBrief, Picture, Title},
};

use self::phrases::Phrases;

/// The writer's name and version. Any change to what it writes needs a new version, which makes every page anew.
pub(crate) const WRITER: &str = "structural-6";

/// Writes a page. Nothing is checked here; the gate does that.
pub(crate) fn write(brief: &PageBrief, locale: Locale) -> Page {
    let phrases = Phrases { locale };
    let mut draft = PageDraft {
        phrases,
        title: &brief.title,
        sections: Vec::new(),
        diagrams: Vec::new(),
    };
    for section in &brief.sections {
        draft.add(section);
    }
    Page {
        slug: brief.slug.clone(),
        title: phrases.title(&brief.title),
        parent: brief.parent.clone(),
        order: brief.order,
        locale,
        summary: phrases.summary(&brief.title).unwrap_or_default().to_owned(),
        sections: draft.sections,
        sources: brief.sources.clone(),
        diagrams: draft.diagrams,
        related: brief.related.iter().map(|page| page.slug.clone()).collect(),
        writer: WRITER.to_owned(),
        validity: Validity::default(),
    }
}

/// A page's title in a language.
pub(crate) fn title(title: &Title, locale: Locale) -> String {
    Phrases { locale }.title(title)
}

/// A page under construction.
struct PageDraft<'a> {
    phrases: Phrases,
    title: &'a Title,
    sections: Vec<Section>,
    diagrams: Vec<Diagram>,
}

impl PageDraft<'_> {
    fn add(&mut self, section: &BriefSection) {
        let phrases = self.phrases;
        let heading = phrases.heading(section);
        match section {
            BriefSection::Purpose {
                package,
                quotes,
                main,
                defines,
            } => {
                let subject = match self.title {
                    Title::Overview(name) => name.clone(),
                    title => phrases.title(title),
                };
                let blocks = parts::purpose(
                    phrases,
                    &subject,
                    package.as_ref(),
                    quotes,
                    main.as_deref(),
                    defines,
                );
                self.push("purpose", Vec::new(), 2, blocks);
            }
            BriefSection::Picture(picture) => self.picture(picture),
            BriefSection::Guide(items) if items.iter().any(|item| item.code.is_some()) => {
                self.push("guide", heading, 2, parts::guide_with_code(items));
            }
            BriefSection::Guide(items) => self.list("guide", heading, items, parts::guide),
            BriefSection::More(pages) => {
                self.push("more", heading, 2, vec![parts::more(phrases, pages)]);
            }
            BriefSection::Layers(items) => {
                self.list("layers", heading, items, |card| parts::layer(phrases, card))
            }
            BriefSection::Parts(items) => {
                self.list("parts", heading, items, |item| parts::part(phrases, item))
            }
            BriefSection::Types(items) => {
                self.push("types", heading, 2, Vec::new());
                for card in items {
                    let anchor = format!("type-{}", card.name);
                    self.push(
                        &anchor,
                        parts::type_heading(phrases, card),
                        3,
                        parts::type_card(phrases, card),
                    );
                }
            }
            BriefSection::Functions(items) => {
                self.list("functions", heading, items, |card| parts::function(phrases, card));
            }
            BriefSection::Values(items) => {
                self.list("values", heading, items, |card| parts::short_card(phrases, card))
            }
            BriefSection::PublicTypes(items) => self.list("public-types", heading, items, |card| {
                parts::short_card(phrases, card)
            }),
            BriefSection::PublicFunctions(items) => self.list("public-functions", heading, items, |card| {
                parts::short_card(phrases, card)
            }),
            BriefSection::Terms(items) => {
                self.list("terms", heading, items, |card| parts::short_card(phrases, card))
            }
            BriefSection::Core(items) => self.list("core", heading, items, |card| parts::core(phrases, card)),
            BriefSection::UsedBy(items) => {
                self.list("used-by", heading, items, |usage| parts::used_by(phrases, usage))
            }
            BriefSection::Uses(items) => {
                self.list("uses", heading, items, |usage| parts::uses_of(phrases, usage))
            }
            BriefSection::Ties(items) => {
                self.list("ties", heading, items, |usage| parts::uses(phrases, usage))
            }
            BriefSection::Cycles(items) => {
                self.list("cycles", heading, items, |pair| parts::cycle(phrases, pair))
            }
            BriefSection::Files(items) => {
                self.list("files", heading, items, |file| parts::file(phrases, file))
            }
            BriefSection::Dependencies(items) => {
                let table = parts::dependencies(phrases, items);
                self.push("dependencies", heading, 2, vec![table]);
            }
            BriefSection::EntryPoints(items) => {
                let heading = match items.as_slice() {
                    [only] if *self.title == Title::EntryPoints => program(only),
                    _ => heading,
                };
                self.list("entry-points", heading, items, |entry| {
                    parts::entry(phrases, entry)
                });
            }
            BriefSection::Routes(items) => self.list("routes", heading, items, parts::route),
            BriefSection::Commands(items) => {
                self.list("commands", heading, items, |item| parts::named(phrases, item))
            }
            BriefSection::Flags(items) => {
                self.list("options", heading, items, |item| parts::named(phrases, item))
            }
            BriefSection::Environment(items) => {
                self.list("environment", heading, items, |item| {
                    parts::environment(phrases, item)
                });
            }
            BriefSection::ConfigFiles(items) => {
                self.list("files", heading, items, |file| parts::config(phrases, file))
            }
            BriefSection::Automation(items) => {
                self.list("automation", heading, items, |file| parts::config(phrases, file));
            }
            BriefSection::Standard(items) => {
                self.list("standard", heading, items, |card| parts::standard(phrases, card));
            }
            BriefSection::Scripts(items) => {
                let items = parts::scripts(phrases, items);
                self.list("scripts", heading, &items, Clone::clone)
            }
            BriefSection::Tests(items) => {
                self.list("tests", heading, items, |test| parts::test(phrases, test))
            }
        }
    }

    fn list<T>(
        &mut self,
        anchor: &str,
        heading: Vec<Inline>,
        items: &[T],
        item: impl Fn(&T) -> Vec<Statement>,
    ) {
        let items: Vec<Vec<Statement>> = items.iter().map(item).filter(|item| !item.is_empty()).collect();
        if !items.is_empty() {
            self.push(
                anchor,
                heading,
                2,
                vec![Block::List {
                    ordered: false,
                    items,
                }],
            );
        }
    }

    fn push(&mut self, anchor: &str, heading: Vec<Inline>, level: u8, blocks: Vec<Block>) {
        let taken = |anchor: &Slug| self.sections.iter().any(|section| section.anchor == *anchor);
        let anchor = (1u32..)
            .map(|n| {
                Slug::from_text(&if n == 1 {
                    anchor.to_owned()
                } else {
                    format!("{anchor}-{n}")
                })
            })
            .find(|anchor| !taken(anchor));
        if let Some(anchor) = anchor {
            self.sections.push(Section {
                anchor,
                heading,
                level,
                blocks,
            });
        }
    }

    /// A diagram stands at the end of the section before it, or below a heading of its own.
    fn picture(&mut self, picture: &Picture) {
        let Ok(index) = u32::try_from(self.diagrams.len()) else {
            return;
        };
        let caption = self.phrases.caption(picture);
        self.diagrams.push(Diagram {
            kind: picture.kind,
            caption,
            mermaid: picture.mermaid.clone(),
        });
        let own = self.phrases.diagram_heading(picture.kind);
        match self.sections.last_mut().filter(|_| own.is_empty()) {
            Some(section) => section.blocks.push(Block::Diagram(index)),
            None => self.push("diagram", own, 2, vec![Block::Diagram(index)]),
        }
    }
}

/// What a program is called: its command, else its file.
fn program(card: &EntryCard) -> Vec<Inline> {
    let name = match &card.command {
        Some((command, _)) => command.as_str(),
        None => card.path.as_str(),
    };
    vec![Inline::Code(name.to_owned())]
}
