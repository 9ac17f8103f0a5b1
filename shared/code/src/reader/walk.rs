//! The walk over a tree.

use deepwiki_domain::facts::{ReferenceKind, SymbolKind};
use tree_sitter::{Node, Tree};

use super::{
    Frame, Lead, Reader,
    grammar::{Action, Class},
    spec::{Below, Head, Rule},
};

impl Reader<'_> {
    /// Visits every node of a tree once, an outer one before those inside it.
    pub(crate) fn walk(&mut self, tree: &Tree) {
        let base = self.frames.len();
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            match self.grammar.class(kind) {
                Class::Token => {}
                Class::BranchToken => self.count_branch(),
                Class::Node => {
                    let (below, frame) = self.enter(node, kind);
                    if below == Below::Read && cursor.goto_first_child() {
                        self.frames.push(frame);
                        continue;
                    }
                    self.leave(frame);
                }
            }
            loop {
                if self.frames.len() > base && cursor.goto_next_sibling() {
                    break;
                }
                if self.frames.len() == base || !cursor.goto_parent() {
                    return;
                }
                if let Some(frame) = self.frames.pop() {
                    self.leave(frame);
                }
            }
        }
    }

    fn enter(&mut self, node: Node<'_>, kind: u16) -> (Below, Frame) {
        let outer = self.frames.last();
        let mut frame = Frame {
            kind,
            context: outer.and_then(|frame| frame.context),
            in_attribute: outer.is_some_and(|frame| frame.in_attribute),
            binds: false,
            opens_scope: false,
        };
        let grammar = self.grammar;
        let Some(action) = grammar.action(kind) else {
            return (Below::Read, frame);
        };
        if action.branch {
            self.count_branch();
        }
        let below = match action.rule {
            Some(rule) => self.apply(rule, action, node, &mut frame),
            None => Below::Read,
        };
        if self.lead.is_some()
            && !matches!(
                action.rule,
                Some(Rule::Attribute | Rule::Wrapper(_) | Rule::Opaque)
            )
        {
            self.drop_lead(node);
        }
        (below, frame)
    }

    fn apply(&mut self, rule: Rule, action: &Action, node: Node<'_>, frame: &mut Frame) -> Below {
        match rule {
            Rule::Name(kind) => {
                self.name(node, kind);
                return Below::Skip;
            }
            Rule::Member => {
                self.member(node);
                return Below::Skip;
            }
            Rule::Opaque => return Below::Skip,
            Rule::Define(kind) => {
                if let Some(head) = Head::of(kind, node) {
                    frame.opens_scope = self.define(node, head);
                    frame.context = None;
                }
            }
            Rule::DefineBy(head) => {
                if let Some(head) = head(self, node) {
                    frame.opens_scope = self.define(node, head);
                    frame.context = None;
                }
            }
            Rule::Context(kind) => frame.context = Some(kind),
            Rule::Typed => {
                if frame.context != Some(ReferenceKind::Inherit) {
                    frame.context = Some(ReferenceKind::Type);
                }
            }
            Rule::Parts(..) => {
                if let Some(range) = range_of(node, &action.types) {
                    self.types = range;
                }
                if let Some(range) = range_of(node, &action.fields) {
                    self.binding = range;
                }
            }
            Rule::Bind(_) => self.begin_binding(action, node, frame),
            Rule::Call(_) => {
                let callee = match action.fields.first() {
                    Some(field) => node.child_by_field_id(field.get()),
                    None => node.child(0),
                };
                if let Some(callee) = callee {
                    self.begin_call(callee);
                }
            }
            Rule::Label(_) => {
                let label = action
                    .fields
                    .first()
                    .and_then(|field| node.child_by_field_id(field.get()));
                if let Some(label) = label {
                    self.skip_name(label);
                }
            }
            Rule::Attribute => {
                frame.in_attribute = true;
                frame.context = None;
                self.begin_lead(node, Some(self.frames.len()), false);
            }
            Rule::Wrapper(in_signature) => self.begin_lead(node, None, in_signature),
            Rule::Hook(hook) => return hook(self, node),
        }
        Below::Read
    }

    fn leave(&mut self, frame: Frame) {
        if !frame.opens_scope {
            return;
        }
        if let Some(scope) = self.scopes.pop() {
            for name in self
                .bound_in_order
                .drain(scope.bound.min(self.bound_in_order.len())..)
            {
                self.bound.remove(&name);
            }
        }
    }

    fn begin_binding(&mut self, action: &Action, node: Node<'_>, frame: &mut Frame) {
        if action.fields.is_empty() {
            frame.binds = true;
            return;
        }
        if let Some(range) = range_of(node, &action.fields) {
            self.binding = range;
        }
    }

    fn begin_lead(&mut self, node: Node<'_>, depth: Option<usize>, in_signature: bool) {
        match &mut self.lead {
            Some(lead) if lead.end >= node.start_byte() || depth.is_some() && lead.depth == depth => {
                lead.end = lead.end.max(node.end_byte());
            }
            _ => {
                self.lead = Some(Lead {
                    start: node.start_byte(),
                    end: node.end_byte(),
                    depth,
                    in_signature,
                });
            }
        }
    }

    /// Notes a node that holds a definition which begins where it begins.
    pub(crate) fn wrap(&mut self, node: Node<'_>, in_signature: bool) {
        self.begin_lead(node, None, in_signature);
    }

    /// A node that belongs to the definition after it, as a type signature does.
    pub(crate) fn lead_to_next(&mut self, node: Node<'_>) {
        self.begin_lead(node, Some(self.frames.len()), true);
    }

    /// A lead ends with the node after it, or with the node that it wraps.
    fn drop_lead(&mut self, node: Node<'_>) {
        let keep = self.lead.as_ref().is_some_and(|lead| match lead.depth {
            Some(depth) => self.frames.len() > depth || !node.is_named() || node.start_byte() < lead.end,
            None => node.start_byte() < lead.end,
        });
        if !keep {
            self.lead = None;
        }
    }

    pub(crate) fn count_branch(&mut self) {
        let function = self
            .scopes
            .iter()
            .rev()
            .find(|scope| matches!(scope.kind, SymbolKind::Function | SymbolKind::Method));
        if let Some(function) = function
            && let Some(definition) = self.facts.definitions.get_mut(function.definition as usize)
        {
            definition.complexity += 1;
        }
    }

    /// How the names at the current place are used, where that is not for the name to say.
    pub(crate) fn context(&self) -> Option<ReferenceKind> {
        self.frames.last()?.context
    }
}

/// From the first of these fields to the last.
fn range_of(node: Node<'_>, fields: &[std::num::NonZeroU16]) -> Option<std::ops::Range<usize>> {
    let mut range: Option<std::ops::Range<usize>> = None;
    for field in fields {
        if let Some(child) = node.child_by_field_id(field.get()) {
            let start = range
                .as_ref()
                .map_or(child.start_byte(), |range| range.start.min(child.start_byte()));
            let end = range
                .as_ref()
                .map_or(child.end_byte(), |range| range.end.max(child.end_byte()));
            range = Some(start..end);
        }
    }
    range
}
