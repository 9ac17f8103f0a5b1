//! Definitions.

use std::ops::Range;

use deepwiki_domain::facts::{Definition, Doc, SymbolKind};
use tree_sitter::Node;

use super::{
    LONGEST_NAME, Lead, Reader, Scope, docs,
    spec::{Head, Shape},
};

/// The longest signature, in bytes.
const LONGEST_SIGNATURE: usize = 300;

impl<'t> Reader<'t> {
    /// Notes a definition; the nodes inside this one are in its scope. False if it is none after all.
    pub(crate) fn define(&mut self, node: Node<'_>, head: Head) -> bool {
        let lead = self.take_lead(node);
        let bytes = self.tight(node.byte_range());
        if let Some(index) = head.continues {
            return self.continue_definition(index, bytes.end, head);
        }
        let text = self.slice(bytes.clone());
        let name = match &head.called {
            Some(name) => name.clone(),
            None => self.slice(head.name.clone()).to_owned(),
        };
        let name = name.trim();
        if name.is_empty() || name.len() > LONGEST_NAME {
            return false;
        }
        let start = lead
            .as_ref()
            .map_or(bytes.start, |lead| lead.start.min(bytes.start));
        let head_start = match &lead {
            Some(lead) if lead.in_signature => start,
            _ => bytes.start,
        };
        let first_word = head_start + annotations(self.slice(head_start..head.name.start.max(head_start)));
        let container = self.scopes.last().map(|scope| scope.kind);
        let shape = Shape {
            kind: member_kind(head.kind, container),
            name,
            lead: self.slice(start..first_word),
            before_name: self.slice(first_word..head.name.start.max(first_word)),
            text,
            start: bytes.start,
            container,
        };
        let spec = self.grammar.spec;
        let docstring = head.docstring.or_else(|| self.next_doc.take());
        let end = head
            .body
            .unwrap_or(bytes.end)
            .clamp(first_word, bytes.end.max(first_word));
        let definition = Definition {
            name: name.to_owned(),
            kind: shape.kind,
            lines: self.lines.range(start, bytes.end),
            name_line: self.line(head.name.start.clamp(start, bytes.end)),
            signature: signature(self.slice(first_word..end)),
            doc: self.doc_of(start, bytes.start, docstring),
            container: self.scope(),
            owner: head.owner.or_else(|| self.owner_around()),
            supertypes: Vec::new(),
            visibility: (spec.visibility)(self, &shape),
            complexity: u32::from(matches!(shape.kind, SymbolKind::Function | SymbolKind::Method)),
            is_test: (spec.is_test)(self, &shape),
        };
        let Ok(index) = u32::try_from(self.facts.definitions.len()) else {
            return false;
        };
        self.facts.definitions.push(definition);
        self.scopes.push(Scope {
            definition: index,
            kind: shape.kind,
            name: head.name,
            inherits: head.inherits,
            bound: self.bound_in_order.len(),
            section: None,
        });
        (spec.defined)(self, &shape, index);
        true
    }

    /// Extends a definition to a byte, and opens its scope again.
    fn continue_definition(&mut self, index: u32, end: usize, head: Head) -> bool {
        let last = self.line(end.saturating_sub(1));
        let Some(definition) = self.facts.definitions.get_mut(index as usize) else {
            return false;
        };
        definition.lines.end = definition.lines.end.max(last);
        self.scopes.push(Scope {
            definition: index,
            kind: definition.kind,
            name: head.name,
            inherits: head.inherits,
            bound: self.bound_in_order.len(),
            section: None,
        });
        true
    }

    /// A definition that has nothing inside: the next node is not in its scope.
    pub(crate) fn define_leaf(&mut self, node: Node<'_>, head: Head) {
        if self.define(node, head) {
            self.scopes.pop();
        }
    }

    /// A field that a method gives to its object: it belongs to the class around. False if that has it already, or
    /// if there is no class.
    pub(crate) fn define_beside(&mut self, node: Node<'_>, head: Head) -> bool {
        let Some(method) = self.scopes.pop() else {
            return false;
        };
        let name = self.slice(head.name.clone());
        let own = head.name.start.saturating_sub(node.start_byte());
        let is_new = self.scope_kind() == Some(SymbolKind::Class) && !self.is_defined_here(name);
        let is_defined = is_new && self.define(node, head);
        if is_defined {
            self.scopes.pop();
            // Of `self.name: int` the reader of the class wants `name: int`.
            if let Some(field) = self.facts.definitions.last_mut()
                && let Some(bare) = field.signature.get(own..).filter(|it| it.starts_with(name))
            {
                field.signature = bare.to_owned();
            }
        }
        self.scopes.push(method);
        is_defined
    }

    /// A range without white space at its end: some grammars count the line break to the node.
    fn tight(&self, bytes: Range<usize>) -> Range<usize> {
        let length = self.slice(bytes.clone()).trim_end().len();
        bytes.start..bytes.start + length
    }

    fn take_lead(&mut self, node: Node<'_>) -> Option<Lead> {
        let depth = self.frames.len();
        self.lead.take_if(|lead| match lead.depth {
            Some(at) => at == depth,
            None => (lead.start..=lead.end).contains(&node.start_byte()),
        })
    }

    fn owner_around(&self) -> Option<String> {
        let scope = self.scopes.last()?;
        if scope.kind != SymbolKind::Implementation {
            return None;
        }
        self.facts
            .definitions
            .get(scope.definition as usize)?
            .owner
            .clone()
    }

    /// The docstring, or the comment above the definition, or that between its attributes and itself.
    fn doc_of(&self, start: usize, own: usize, docstring: Option<Range<usize>>) -> Option<Doc> {
        if let Some(range) = docstring {
            return docs::docstring(
                self.slice(range.clone()),
                self.lines.range(range.start, range.end),
            );
        }
        let style = &self.grammar.spec.style;
        let first = self.line(start);
        let around = self
            .scope()
            .and_then(|scope| self.facts.definitions.get(scope as usize));
        if around.is_some_and(|around| around.name_line == first || around.lines.start == first) {
            return None;
        }
        docs::above(self.text, self.lines, style, first, 1).or_else(|| {
            let line = self.line(own);
            (line > first)
                .then(|| docs::above(self.text, self.lines, style, line, first + 1))
                .flatten()
        })
    }
}

/// A function in a type is a method, a variable in a type is a field.
fn member_kind(kind: SymbolKind, container: Option<SymbolKind>) -> SymbolKind {
    use SymbolKind::{
        Class, Enum, Field, Function, Implementation, Interface, Method, Struct, Trait, Variable,
    };
    let in_type = matches!(
        container,
        Some(Class | Struct | Enum | Trait | Interface | Implementation)
    );
    match kind {
        Function if in_type => Method,
        Variable if in_type => Field,
        _ => kind,
    }
}

/// The head of a definition on one line.
fn signature(text: &str) -> String {
    let mut folded = docs::fold(docs::cut(text, LONGEST_SIGNATURE * 4));
    let length = docs::cut(&folded, LONGEST_SIGNATURE).len();
    folded.truncate(length);
    let end = folded.trim_end_matches([' ', '{', ':', ';', ',', '=']).len();
    // `def f():` loses its colon, but an operator's name or a type's last word is left alone.
    if end > 0 {
        folded.truncate(end);
    }
    folded
}

/// How many bytes of annotations (`@A(…)`, `[A]`, `#[A]`) a definition begins with.
pub(super) fn annotations(text: &str) -> usize {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start();
        let after = if let Some(name) = trimmed.strip_prefix('@')
            && !name.starts_with("interface")
        {
            let end = name
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | ':')))
                .unwrap_or(name.len());
            skip_brackets(name.get(end..).unwrap_or(""))
        } else if trimmed.starts_with('[') || trimmed.starts_with("#[") {
            skip_brackets(trimmed.trim_start_matches('#'))
        } else {
            return text.len() - trimmed.len();
        };
        if after.len() >= trimmed.len() {
            return text.len() - trimmed.len();
        }
        rest = after;
    }
}

/// What follows a group of brackets, if the text begins with one.
pub(super) fn skip_brackets(text: &str) -> &str {
    let mut depth = 0usize;
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if quote.is_some() => quote = quote.filter(|&open| open != byte),
            b'"' if depth > 0 => quote = Some(byte),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(at + 1..).unwrap_or("");
                }
            }
            _ if depth == 0 => return text,
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_no_part_of_a_signature() {
        let after = |text: &'static str| &text[annotations(text)..];
        assert_eq!(after("@Override public void "), "public void ");
        assert_eq!(after("@A(x = \"(\") @b.C\n static int "), "static int ");
        assert_eq!(after("[Fact, Trait(\"a\")] public void "), "public void ");
        assert_eq!(after("@interface "), "@interface ");
        assert_eq!(after("fn "), "fn ");
    }

    #[test]
    fn a_signature_is_short_and_on_one_line() {
        assert_eq!(signature("def f(a,\n      b):\n"), "def f(a, b)");
        let long = signature(&format!("fn f({})", "日".repeat(200)));
        assert!(long.len() <= LONGEST_SIGNATURE && long.starts_with("fn f(日"));
    }
}
