//! From definitions and edges to the cards of a brief.

use std::collections::{BTreeMap, BTreeSet};

use deepwiki_domain::{
    facts::{Definition, FileFacts, Lines, SymbolKind, Visibility},
    graph::{Certainty, Edge, FileId, Node, SymbolId},
    manifest::Role,
    page::Citation,
    plan::{FileCard, Member, PageRef, Quotation, SymbolCard, SymbolRef, Usage, Use},
};

use crate::{
    model::{Model, is_type},
    modules::Modules,
    prose,
};

/// How much of a kind a card shows at most.
const MEMBERS: usize = 10;
/// The most members of a type with very many.
const MOST_MEMBERS: usize = 16;
const USES: usize = 5;
const NAMES: usize = 4;

/// One use of a module by another.
struct ModuleUse {
    /// The using and the used module.
    pair: (usize, usize),
    /// What is used, where it has a name worth telling, and how much it is worth.
    name: Option<String>,
    worth: f64,
    at: Citation,
}

/// Makes cards of one repository.
#[derive(Clone, Copy)]
pub(crate) struct Cards<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) modules: &'a Modules,
}

impl<'a> Cards<'a> {
    /// The page that tells of a file.
    pub(crate) fn page_of(&self, file: FileId) -> Option<PageRef> {
        Some(self.modules.get(self.modules.home(file)?)?.page())
    }

    /// A definition by name and place.
    pub(crate) fn symbol_ref(&self, symbol: SymbolId) -> Option<SymbolRef> {
        let (file, definition) = self.model.definition(symbol)?;
        Some(SymbolRef {
            name: self.model.qualified_name(symbol),
            kind: definition.kind,
            at: self.model.head(file, definition),
        })
    }

    /// Definitions of these files that are worth naming, the weightiest first.
    pub(crate) fn notable(&self, files: &[FileId], wanted: fn(&Definition) -> bool) -> Vec<SymbolId> {
        let found = files
            .iter()
            .filter_map(|file| Some((*file, self.model.file(*file)?)))
            .flat_map(|(file, facts)| {
                let symbols = self.model.symbols_of(file);
                symbols.filter(|(_, definition)| !is_local(facts, definition))
            })
            .filter(|(symbol, definition)| {
                is_notable(definition)
                    && wanted(definition)
                    && !self.model.has_owner(*symbol)
                    && !self.model.is_test_code(Node::Symbol(*symbol))
            });
        self.model.by_weight(found.map(|(symbol, _)| symbol))
    }

    /// The few names that tell best what these files are about.
    pub(crate) fn defines(&self, files: &[FileId], most: usize) -> Vec<SymbolRef> {
        let mut seen = BTreeSet::new();
        let notable = self
            .notable(files, |_| true)
            .into_iter()
            .filter_map(|symbol| self.symbol_ref(symbol));
        notable
            .filter(|symbol| seen.insert(symbol.name.clone()))
            .take(most)
            .collect()
    }

    /// Everything that a page says of a definition; `here` is the page's own module.
    pub(crate) fn symbol(&self, symbol: SymbolId, here: Option<usize>) -> Option<SymbolCard> {
        let (file, definition) = self.model.definition(symbol)?;
        let (file_id, _) = self.model.graph.definition(symbol)?;
        let home = self.modules.home(file_id);
        Some(SymbolCard {
            name: self.model.qualified_name(symbol),
            kind: definition.kind,
            language: file.language,
            signature: definition.signature.clone(),
            summary: summary(definition),
            at: self.model.head(file, definition),
            body: Citation::new(&file.path, definition.lines),
            users: self.model.users(symbol),
            used_at: self.used_at(symbol),
            uses: self.uses(symbol),
            supertypes: supertypes(definition),
            members: self.members(symbol),
            page: if home == here { None } else { self.page_of(file_id) },
        })
    }

    /// Uses of a definition in other files, tests aside, the best users first, one a file.
    fn used_at(&self, symbol: SymbolId) -> Vec<Use> {
        let mut uses: Vec<(bool, f64, &Edge)> = self
            .model
            .uses_of(Node::Symbol(symbol))
            .filter_map(|edge| {
                let file = self.model.graph.file_of(edge.from)?;
                let source =
                    self.model.file(file)?.role == Role::Source && !self.model.is_test_code(edge.from);
                let nameless = self.user_name(edge.from).is_none();
                source.then(|| (nameless, -self.model.ranks.file(file), edge))
            })
            .collect();
        uses.sort_by(|a, b| {
            a.0.cmp(&b.0)
                .then(a.1.total_cmp(&b.1))
                .then(a.2.from.cmp(&b.2.from))
        });
        let mut files = BTreeSet::new();
        uses.into_iter()
            .filter_map(|(_, _, edge)| {
                let file = self.model.graph.file_of(edge.from)?;
                files.insert(file).then_some(())?;
                Some(Use {
                    by: self.user_name(edge.from),
                    at: self.line_of(file, edge.line)?,
                })
            })
            .take(NAMES)
            .collect()
    }

    fn user_name(&self, node: Node) -> Option<String> {
        match node {
            Node::Symbol(symbol) => {
                let (_, definition) = self.model.definition(symbol)?;
                let nameable = !matches!(
                    definition.kind,
                    SymbolKind::Implementation | SymbolKind::Section | SymbolKind::Entry
                );
                (nameable && is_plain_name(&definition.name)).then(|| self.model.qualified_name(symbol))
            }
            Node::File(_) => None,
        }
    }

    /// What a definition calls or builds on, each with the line where it does.
    fn uses(&self, symbol: SymbolId) -> Vec<SymbolRef> {
        let Some((own_file, _)) = self.model.graph.definition(symbol) else {
            return Vec::new();
        };
        let own: BTreeSet<SymbolId> = self
            .model
            .members_of(symbol)
            .iter()
            .copied()
            .chain([symbol])
            .collect();
        let mut seen = BTreeSet::new();
        let mut found: Vec<(f64, SymbolId, u32, FileId)> = self
            .model
            .uses_by(symbol)
            .into_iter()
            .filter_map(|edge| match edge.to {
                Node::Symbol(to) if !own.contains(&to) && seen.insert(to) => {
                    let (_, definition) = self.model.definition(to)?;
                    let worth = is_notable(definition) && self.model.graph.definition(to)?.0 != own_file;
                    let file = self.model.graph.file_of(edge.from)?;
                    worth.then(|| (self.model.weight(to), to, edge.line, file))
                }
                _ => None,
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found
            .into_iter()
            .filter_map(|(_, to, line, file)| {
                let (_, definition) = self.model.definition(to)?;
                let at = self.line_of(file, line)?;
                Some(SymbolRef {
                    name: definition.name.clone(),
                    kind: definition.kind,
                    at,
                })
            })
            .take(USES)
            .collect()
    }

    /// Fields and variants of a type.
    pub(crate) fn data_members(&self, symbol: SymbolId) -> Vec<Member> {
        self.chosen_members(symbol, |kind| {
            matches!(kind, SymbolKind::Field | SymbolKind::Variant)
        })
    }

    fn members(&self, symbol: SymbolId) -> Vec<Member> {
        self.chosen_members(symbol, |_| true)
    }

    fn chosen_members(&self, symbol: SymbolId, wanted: fn(SymbolKind) -> bool) -> Vec<Member> {
        let members = self.model.members_of(symbol);
        let mut chosen: Vec<(f64, SymbolId)> = members
            .iter()
            .filter_map(|member| {
                let (_, definition) = self.model.definition(*member)?;
                let shown = definition.visibility != Visibility::Private
                    || matches!(definition.kind, SymbolKind::Field | SymbolKind::Variant);
                let protocol = definition.name.starts_with("__")
                    && definition.name != "__init__"
                    && definition.doc.is_none();
                let named = is_plain_name(&definition.name) && !definition.is_test && !protocol;
                (shown && named && wanted(definition.kind)).then(|| (self.member_weight(*member), *member))
            })
            .collect();
        chosen.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        // Length follows weight: the one class that everything hangs on has more to tell.
        chosen.truncate((MEMBERS + chosen.len() / 8).min(MOST_MEMBERS));
        // Readers find their way better in the order of the source.
        chosen.sort_by_key(|(_, member)| *member);
        let mut seen = BTreeSet::new();
        chosen
            .into_iter()
            .filter_map(|(_, member)| {
                let (file, definition) = self.model.definition(member)?;
                seen.insert(definition.name.as_str()).then_some(())?;
                Some(Member {
                    name: definition.name.clone(),
                    kind: definition.kind,
                    signature: definition.signature.clone(),
                    summary: summary(definition),
                    at: self.model.head(file, definition),
                })
            })
            .collect()
    }

    /// How much a member tells of its type: one that leads to much is what the type does, though nobody else calls it.
    fn member_weight(&self, member: SymbolId) -> f64 {
        let leads_to = self.model.calls_from(member).len() as f64;
        self.model.weight(member) + 0.6 * leads_to.ln_1p()
    }

    /// A file's card.
    pub(crate) fn file(&self, id: FileId, here: Option<usize>) -> Option<FileCard> {
        let facts = self.model.file(id)?;
        let home = self.modules.home(id);
        Some(FileCard {
            path: facts.path.clone(),
            lines: facts.lines,
            purpose: self.file_purpose(facts),
            defines: self.defines(&[id], NAMES),
            page: if home == here { None } else { self.page_of(id) },
        })
    }

    /// What a file says of itself in its leading comment.
    pub(crate) fn file_purpose(&self, facts: &FileFacts) -> Option<Quotation> {
        let doc = facts.doc.as_ref()?;
        let text = prose::first_sentence(&doc.text).filter(|text| !prose::is_label(text))?;
        Some(Quotation {
            text,
            at: Citation::new(&facts.path, doc.lines),
        })
    }

    /// One line of a file.
    pub(crate) fn line_of(&self, file: FileId, line: u32) -> Option<Citation> {
        let facts = self.model.file(file)?;
        (1..=facts.lines)
            .contains(&line)
            .then(|| Citation::new(&facts.path, Lines::one(line)))
    }

    /// Certain uses between modules, tests aside: (from, to) with the names used. `level` maps a file to the
    /// module that it counts to.
    pub(crate) fn usages(&self, level: impl Fn(FileId) -> Option<usize>) -> BTreeMap<(usize, usize), Usage> {
        type Names = BTreeMap<String, (u32, f64, Citation)>;
        let mut found: BTreeMap<(usize, usize), (u32, Names)> = BTreeMap::new();
        for edge in self
            .model
            .graph
            .edges
            .iter()
            .filter(|edge| edge.certainty.is_certain())
        {
            let Some(ModuleUse {
                pair,
                name,
                worth,
                at,
            }) = self.module_use(edge, &level)
            else {
                continue;
            };
            let (count, names) = found.entry(pair).or_default();
            *count = count.saturating_add(edge.weight);
            if let Some(name) = name {
                let entry = names.entry(name).or_insert((0, worth, at));
                entry.0 = entry.0.saturating_add(edge.weight);
            }
        }
        found
            .into_iter()
            .filter_map(|(pair, (count, names))| Some((pair, self.usage(pair, count, names)?)))
            .collect()
    }

    fn module_use(&self, edge: &Edge, level: &impl Fn(FileId) -> Option<usize>) -> Option<ModuleUse> {
        // `mod x;` puts a file into the tree; it is no use of it.
        if edge.certainty == Certainty::Declaration {
            return None;
        }
        let (from_file, to_file) = (
            self.model.graph.file_of(edge.from)?,
            self.model.graph.file_of(edge.to)?,
        );
        if self.model.file(from_file)?.role != Role::Source || self.model.is_test_code(edge.from) {
            return None;
        }
        let (from, to) = (level(from_file)?, level(to_file)?);
        if from == to {
            return None;
        }
        let at = self.line_of(from_file, edge.line)?;
        let (name, worth) = match edge.to {
            Node::Symbol(symbol) => {
                let (_, definition) = self.model.definition(symbol)?;
                let plain = is_notable(definition) && !self.model.has_owner(symbol);
                (plain.then(|| definition.name.clone()), self.model.weight(symbol))
            }
            Node::File(_) => (None, 0.0),
        };
        Some(ModuleUse {
            pair: (from, to),
            name,
            worth,
            at,
        })
    }

    fn usage(
        &self,
        (from, to): (usize, usize),
        count: u32,
        names: BTreeMap<String, (u32, f64, Citation)>,
    ) -> Option<Usage> {
        let mut names: Vec<(String, (u32, f64, Citation))> = names.into_iter().collect();
        names.sort_by(|(a, x), (b, y)| y.1.total_cmp(&x.1).then(y.0.cmp(&x.0)).then(a.cmp(b)));
        Some(Usage {
            from: self.modules.get(from)?.reference(),
            to: self.modules.get(to)?.reference(),
            names: names
                .into_iter()
                .take(NAMES)
                .map(|(name, (_, _, at))| (name, at))
                .collect(),
            count,
        })
    }
}

fn supertypes(definition: &Definition) -> Vec<String> {
    let mut names: Vec<String> = definition
        .supertypes
        .iter()
        .filter(|name| is_plain_name(name))
        .cloned()
        .collect();
    names.dedup();
    names.truncate(USES);
    names
}

/// What a definition says of itself in a sentence; none where its comment only names a part of the file, or says no
/// more than the name.
pub(crate) fn summary(definition: &Definition) -> Option<String> {
    let said = prose::first_sentence(&definition.doc.as_ref()?.text)?;
    let own = definition.name.to_lowercase();
    let repeats = said
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .all(|word| word.to_lowercase() == own);
    (!repeats && !prose::is_label(&said)).then_some(said)
}

/// Whether a definition stands inside a function, where nobody else can name it.
fn is_local(file: &FileFacts, definition: &Definition) -> bool {
    definition
        .container
        .and_then(|container| file.definitions.get(container as usize))
        .is_some_and(|container| matches!(container.kind, SymbolKind::Function | SymbolKind::Method))
}

/// Whether a definition is one that a reader may want to hear of.
fn is_notable(definition: &Definition) -> bool {
    let kind = is_type(definition.kind)
        || matches!(
            definition.kind,
            SymbolKind::Function
                | SymbolKind::Method
                | SymbolKind::Macro
                | SymbolKind::Constant
                | SymbolKind::Variable
        );
    let of_the_language = definition.name.starts_with("__") && definition.name.ends_with("__");
    kind && !definition.is_test
        && is_plain_name(&definition.name)
        && definition.name.chars().count() > 1
        && !of_the_language
        && !is_type_variable(definition)
}

/// Whether a variable only stands for a type in signatures.
fn is_type_variable(definition: &Definition) -> bool {
    ["TypeVar(", "ParamSpec(", "TypeVarTuple("]
        .iter()
        .any(|maker| definition.signature.contains(maker))
        // A maker that takes several lines is no part of the signature.
        || definition.kind == SymbolKind::Variable && definition.name.starts_with("T_")
}

/// Whether a name is one word of code, fit to stand in code style and in a diagram.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let starts = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    starts
        && name.len() <= 80
        && name != "_"
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}
