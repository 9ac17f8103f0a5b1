//! The first page: what the repository is and for whom, what it is made of, where to read on.

use deepwiki_domain::{
    RepoPath,
    facts::{Lines, Stated},
    graph::FileId,
    page::Citation,
    plan::{BriefSection, Heading, PackageCard, PageRef, Part, Quotation, Snippet, Title, Usage},
};

use super::{Draft, Material, architecture, entries, modules, page, source_files};
use crate::{diagrams, prose};

/// The parts that the first page tells of; the others are named below them.
const PARTS: usize = 12;

/// What the repository is, for whom, and where to read on.
pub(crate) fn overview(material: &Material<'_>) -> Draft {
    let cards = material.cards();
    let mut draft = Draft::new(
        "overview",
        Title::Overview(material.manifest.repository.name().to_owned()),
    );
    let readme = material.readmes.get("");
    let everything: Vec<FileId> = source_files(material).collect();
    let quotes = readme
        .and_then(|(file, passages)| Some(opening(&material.model.file(*file)?.path, passages)))
        .unwrap_or_default();
    let opened: String = quotes.iter().map(|quote| quote.text.as_str()).collect();
    let package = main_package(material, &quotes);
    let silent = quotes.is_empty() && package.is_none();
    draft.sections.push(BriefSection::Purpose {
        package,
        quotes,
        main: None,
        defines: if silent {
            cards.defines(&everything, 4)
        } else {
            Vec::new()
        },
    });
    draft.sections.extend(map(material).map(BriefSection::Picture));
    let (parts, more) = top_parts(material);
    draft.add(parts, BriefSection::Parts);
    draft.add(more, BriefSection::More);
    draft.add(
        entries::all(material).into_iter().take(3).collect(),
        BriefSection::EntryPoints,
    );
    draft.add(architecture::core(material, 5), BriefSection::Core);
    if let Some((file, passages)) = readme {
        draft.add(
            guide(material, *file, passages, |_| true)
                .into_iter()
                .filter(|heading| heading.text.as_ref().is_some_and(|text| !opened.contains(text)))
                .map(|heading| Heading {
                    code: None,
                    ..heading
                })
                .take(8)
                .collect(),
            BriefSection::Guide,
        );
    }
    draft.rests_on(
        material,
        readme
            .map(|(file, _)| *file)
            .into_iter()
            .chain(material.packages.values().copied())
            .chain(everything),
    );
    draft.related = vec![
        page("architecture", Title::Architecture),
        page("entry-points", Title::EntryPoints),
        page("public-api", Title::PublicApi),
        page("build-and-run", Title::BuildAndRun),
    ];
    draft
}

/// A small map of the main parts; the whole one stands on the page about the architecture.
fn map(material: &Material<'_>) -> Option<deepwiki_domain::plan::Picture> {
    let usages: Vec<&Usage> = material.usages.values().collect();
    let coarse = architecture::coarse(material);
    let drawn: Vec<&Usage> = if coarse.len() >= 3 {
        coarse.values().collect()
    } else {
        usages
    };
    (drawn.len() >= 3)
        .then(|| diagrams::module_map(material.modules, &drawn, None, diagrams::FEW_BOXES))
        .flatten()
}

/// The weightiest modules at the top of the tree in its order (or below, where the top is a single one), and the
/// pages of the others.
fn top_parts(material: &Material<'_>) -> (Vec<Part>, Vec<PageRef>) {
    let top: Vec<usize> = material.modules.children(None).map(|(at, _)| at).collect();
    let parts: Vec<usize> = match top.as_slice() {
        [only] => {
            let below = material.modules.children(Some(*only)).map(|(at, _)| at);
            std::iter::once(*only).chain(below).collect()
        }
        _ => top,
    };
    // A folder that only holds packages, such as `crates`, is told by what it holds.
    let parts: Vec<usize> = parts.into_iter().flat_map(|at| opened(material, at)).collect();
    let weight = |module: usize| -> f64 {
        let files = material.modules.all_files(module);
        files.iter().map(|file| material.model.ranks.file(*file)).sum()
    };
    let mut weighed: Vec<(f64, usize)> = parts.iter().map(|at| (weight(*at), *at)).collect();
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let chosen: Vec<usize> = weighed.iter().take(PARTS).map(|(_, at)| *at).collect();
    let (told, left): (Vec<usize>, Vec<usize>) = parts.into_iter().partition(|at| chosen.contains(at));
    let told = told
        .into_iter()
        .filter_map(|at| modules::part(material, at))
        .collect();
    let left = left
        .into_iter()
        .filter_map(|at| material.modules.get(at))
        .map(|module| module.page())
        .collect();
    (told, left)
}

/// A module, or what lies right below it where it is no more than their folder.
fn opened(material: &Material<'_>, at: usize) -> Vec<usize> {
    let below: Vec<usize> = material.modules.children(Some(at)).map(|(at, _)| at).collect();
    let holds_only = material
        .modules
        .get(at)
        .is_some_and(|module| !module.path.is_empty() && module.files.is_empty());
    if holds_only && below.len() >= 3 {
        below
    } else {
        vec![at]
    }
}

/// The paragraphs of a README that say what the repository is: those before its second heading and its first example,
/// unless they only speak of the document itself or lead to something. One that says what the subject is may lead to
/// an example too.
fn opening(readme: &RepoPath, passages: &[prose::Passage]) -> Vec<Quotation> {
    let tells = |passage: &prose::Passage| passage.level == 0 && tells_of_the_subject(&passage.text);
    let leads = |passage: &prose::Passage| passage.text.trim_end().ends_with(':');
    let first = passages
        .iter()
        .position(|passage| tells(passage) && passage.text.len() > 40)
        .or_else(|| {
            passages
                .iter()
                .position(|passage| tells(passage) && !leads(passage))
        })
        .unwrap_or(passages.len());
    passages
        .iter()
        .enumerate()
        .skip(first)
        .take_while(|(_, passage)| passage.level == 0)
        .filter(|(at, passage)| tells(passage) && (*at == first || !leads(passage)))
        .take(3)
        .map(|(_, passage)| Quotation {
            text: passage.text.trim_end_matches([':', ' ']).to_owned(),
            at: Citation::new(readme, passage.lines),
        })
        .collect()
}

fn tells_of_the_subject(text: &str) -> bool {
    const OTHERS: [&str; 12] = [
        "this readme",
        "this document",
        "this file",
        "code of conduct",
        "license",
        "licence",
        "sponsor",
        "donat",
        "table of contents",
        "changelog",
        "read this in",
        "mailing list",
    ];
    let lower = text.to_lowercase();
    let start: String = lower.chars().take(80).collect();
    !OTHERS.iter().any(|other| start.contains(other))
}

/// The README's sections about something, each with its first sentence and short code.
pub(crate) fn guide(
    material: &Material<'_>,
    file: FileId,
    passages: &[prose::Passage],
    about: impl Fn(&str) -> bool,
) -> Vec<Heading> {
    let Some(facts) = material.model.file(file) else {
        return Vec::new();
    };
    let headings = passages.iter().enumerate().filter(|(_, passage)| {
        (2..=3).contains(&passage.level)
            && !is_formality(&passage.text)
            && about(&passage.text.to_lowercase())
    });
    headings
        .map(|(at, heading)| {
            let below = passages.get(at + 1..).unwrap_or_default();
            let below: Vec<&prose::Passage> = below
                .iter()
                .take_while(|passage| passage.level == 0 || passage.level == prose::CODE)
                .take(4)
                .collect();
            let text = below.iter().find(|passage| passage.level == 0);
            let code = below.iter().find(|passage| passage.level == prose::CODE);
            Heading {
                title: heading
                    .text
                    .replace('`', "")
                    .trim_end_matches([':', ' '])
                    .to_owned(),
                text: text.and_then(|text| prose::first_sentence(&text.text)),
                at: Citation::new(
                    &facts.path,
                    Lines {
                        start: heading.lines.start,
                        end: text.map_or(heading.lines.end, |text| text.lines.end),
                    },
                ),
                code: code.map(|code| Snippet {
                    language: code.language.clone(),
                    text: code.text.clone(),
                    at: Citation::new(&facts.path, code.lines),
                }),
            }
        })
        .collect()
}

/// Headings below which nothing stands that tells of the code.
fn is_formality(heading: &str) -> bool {
    const FORMALITIES: [&str; 20] = [
        "contents",
        "license",
        "licence",
        "licensing",
        "sponsor",
        "donat",
        "backers",
        "people",
        "authors",
        "credits",
        "acknowledg",
        "thanks",
        "badge",
        "contact",
        "code of conduct",
        "changelog",
        "who is using",
        "star history",
        "ライセンス",
        "目次",
    ];
    let heading = heading.to_lowercase();
    FORMALITIES.iter().any(|formality| heading.contains(formality))
}

/// The card of the package at the top, or of the only one, without a description that the quotations repeat.
fn main_package(material: &Material<'_>, quotes: &[Quotation]) -> Option<PackageCard> {
    let only = material
        .packages
        .keys()
        .next()
        .filter(|_| material.packages.len() == 1);
    let card = package_card(material, "").or_else(|| package_card(material, only?))?;
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let said: String = quotes.iter().map(|quote| letters(&quote.text)).collect();
    let description = card
        .description
        .filter(|description| !said.contains(&letters(description)));
    Some(PackageCard { description, ..card })
}

/// What the manifest of a folder says of its package.
pub(crate) fn package_card(material: &Material<'_>, folder: &str) -> Option<PackageCard> {
    let facts = material.model.file(*material.packages.get(folder)?)?;
    let package = facts.manifest.as_ref()?;
    let name = package.name.as_ref()?;
    let stated = [&package.version, &package.description, &package.license];
    // One range that holds the name and what stands near it; what stands far off is left to its own page.
    let near = |line: u32| line.abs_diff(name.line) <= 30 && line <= facts.lines;
    let lines = stated
        .iter()
        .filter_map(|stated| stated.as_ref())
        .map(|stated| stated.line)
        .filter(|line| near(*line));
    let (start, end) = lines.fold((name.line, name.line), |(start, end), line| {
        (start.min(line), end.max(line))
    });
    let value = |stated: &Option<Stated>| {
        let stated = stated.as_ref().filter(|stated| near(stated.line))?;
        let value = stated.value.split_whitespace().collect::<Vec<_>>().join(" ");
        (!value.is_empty()).then_some(value)
    };
    Some(PackageCard {
        system: package.system.clone(),
        name: name.value.clone(),
        version: value(&package.version),
        description: value(&package.description),
        license: value(&package.license),
        at: Citation::new(&facts.path, Lines { start, end }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_says_what_it_is_and_ends_at_the_first_example() {
        let quoted = |readme: &str| -> Vec<String> {
            let path = RepoPath::new("README.md").unwrap();
            let quotes = opening(&path, &prose::passages(readme));
            quotes.into_iter().map(|quote| quote.text).collect()
        };
        assert_eq!(
            quoted(
                "# Song\n\nSong is a language for quickly creating web applications with little effort:\n\n\
                 ```ruby\nget '/'\n```\n\nInstall it:\n\nWhat you change takes effect only after a restart of the server.\n"
            ),
            ["Song is a language for quickly creating web applications with little effort"]
        );
        assert_eq!(
            quoted(
                "# Song\n\nA small web framework that does one thing well.\n\nIt has no dependencies at all.\n\nFor instance:\n\n## Use\n\nCall it.\n"
            ),
            [
                "A small web framework that does one thing well.",
                "It has no dependencies at all."
            ]
        );
        assert_eq!(
            quoted("# Song\n\nInstall it:\n\nRun it.\n"),
            ["Run it."],
            "what only leads says nothing"
        );
    }
}
