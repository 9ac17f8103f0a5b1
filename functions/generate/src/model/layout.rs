//! A draft whose claims hold as a page: the repository's own opening, the model's sections, then the structural
//! writer's sections, whose tables and lists a model is not asked for.

use deepwiki_domain::{
    Locale, Slug, gate,
    page::{Block, Inline, Page, Section, Statement},
};

use super::draft::{Draft, DraftSection, SectionKind};

/// Lays out a page. `statement` gives a claim's statement; `structural` is the page of the structural writer.
pub(super) fn page(
    structural: Page,
    draft: &Draft,
    writer: &str,
    statement: impl Fn(&deepwiki_model::Claim) -> Option<Statement>,
) -> Page {
    let mut page = structural;
    page.writer = writer.to_owned();
    let locale = page.locale;
    let summary = draft.summary.as_ref().and_then(&statement);
    let mut written: Vec<Section> = Vec::new();
    if let Some(summary) = &summary {
        page.summary = gate::plain(&summary.text);
        written.push(Section {
            anchor: Slug::from_text("summary"),
            heading: Vec::new(),
            level: 2,
            blocks: vec![Block::Paragraph(vec![summary.clone()])],
        });
    }
    for part in &draft.sections {
        let statements: Vec<Statement> = part.claims.iter().filter_map(&statement).collect();
        add(&mut written, &mut page, part, statements, locale);
    }
    if written.is_empty() {
        return page;
    }
    // The opening of the structural page quotes the repository: it comes second, after what the page is about.
    let opening = page
        .sections
        .iter()
        .take_while(|section| section.heading.is_empty())
        .count();
    let rest = page.sections.split_off(opening);
    let first = std::mem::replace(&mut page.sections, written);
    let after_summary = usize::from(summary.is_some());
    page.sections.splice(after_summary..after_summary, first);
    page.sections.extend(rest);
    page
}

fn add(
    written: &mut Vec<Section>,
    page: &mut Page,
    part: &DraftSection,
    statements: Vec<Statement>,
    locale: Locale,
) {
    if statements.is_empty() {
        return;
    }
    let diagram = part.diagram.and_then(|number| take_diagram(page, number));
    let mut blocks = vec![if part.list {
        Block::List {
            ordered: false,
            items: statements.into_iter().map(|statement| vec![statement]).collect(),
        }
    } else {
        Block::Paragraph(statements)
    }];
    blocks.extend(diagram);
    // A kind that was asked for twice is one section.
    let anchor = Slug::from_text(&format!("about-{}", name(part.kind)));
    match written.iter_mut().find(|section| section.anchor == anchor) {
        Some(section) => section.blocks.extend(blocks),
        None => written.push(Section {
            anchor,
            heading: vec![Inline::Text(heading(part.kind, locale).to_owned())],
            level: 2,
            blocks,
        }),
    }
}

/// Takes a diagram out of the structural sections, for the section that it belongs to.
fn take_diagram(page: &mut Page, number: usize) -> Option<Block> {
    let wanted = Block::Diagram(u32::try_from(number.checked_sub(1)?).ok()?);
    let holder = page
        .sections
        .iter_mut()
        .find(|section| section.blocks.contains(&wanted))?;
    holder.blocks.retain(|block| *block != wanted);
    Some(wanted)
}

fn name(kind: SectionKind) -> &'static str {
    SectionKind::ALL
        .into_iter()
        .find(|(_, known)| *known == kind)
        .map_or("notes", |(name, _)| name)
}

fn heading(kind: SectionKind, locale: Locale) -> &'static str {
    let (english, japanese) = match kind {
        SectionKind::Purpose => ("What it is for", "役割"),
        SectionKind::Design => ("How it is put together", "構造"),
        SectionKind::Flow => ("How it works", "処理の流れ"),
        SectionKind::Usage => ("How to use it", "使い方"),
        SectionKind::Data => ("What it holds", "扱うデータ"),
        SectionKind::Errors => ("Errors and limits", "エラーと制約"),
        SectionKind::Change => ("Where to change it", "変更する箇所"),
        SectionKind::Tests => ("How it is tested", "テストの方法"),
        SectionKind::Notes => ("Worth knowing", "補足"),
    };
    match locale {
        Locale::En => english,
        Locale::Ja => japanese,
    }
}
