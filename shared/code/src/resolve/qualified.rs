//! Names with something before them: `net::Parser::new`, `self.pool.get()`.

use deepwiki_domain::{
    facts::{Reference, ReferenceKind, SymbolKind},
    graph::Certainty,
};

use super::{
    lookup::{Found, View, Walk},
    places, signature,
    tree::{Base, Entity, Family, MOST_NESTED, is_type},
    uses::Finder,
};

/// How a value's type came to be known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    /// It is written: a type, a module.
    Named,
    /// It follows from the declaration of a value.
    Typed,
}

impl<'a> Finder<'_, 'a> {
    /// Follows a qualified name as far as it leads.
    pub(super) fn qualified(&mut self, reference: &'a Reference, scope: Option<u32>) {
        let Some((mut found, mut receiver, taken)) = self.start(reference, scope) else {
            self.open.push((reference, scope));
            return;
        };
        let mut passed = vec![found];
        let rest = reference.qualifier.get(taken..).unwrap_or_default();
        let mut is_whole = true;
        for (index, part) in rest
            .iter()
            .map(|part| part.as_str())
            .chain([reference.name.as_str()])
            .enumerate()
        {
            let is_last = index == rest.len();
            let Some((next, how)) = self.further(found, part, is_last, reference.kind) else {
                is_whole = false;
                break;
            };
            if how == Receiver::Typed {
                receiver = how;
            }
            found = next;
            passed.push(found);
        }
        let certainty = if receiver == Receiver::Typed {
            Certainty::Member
        } else {
            Certainty::Qualified
        };
        if is_whole {
            passed.pop();
            self.add(scope, found.entity, reference.kind, certainty, reference.line);
        }
        // `options.x`, where a module happens to be called like a variable: only what is in the module can tell.
        if !is_whole && matches!(found.entity, Entity::Module(_)) && !self.modules_are_values() {
            return;
        }
        for (index, found) in passed
            .into_iter()
            .enumerate()
            .filter(|_| receiver == Receiver::Named)
        {
            let certainty = if index == 0 {
                self.certainty(found)
            } else {
                Certainty::Qualified
            };
            self.add(
                scope,
                found.entity,
                ReferenceKind::Value,
                certainty,
                reference.line,
            );
        }
        if !is_whole && found.entity != Entity::External && !matches!(found.entity, Entity::Module(_)) {
            self.open.push((reference, scope));
        }
    }

    /// What the first parts of a qualifier stand for, how that is known, and how many parts were taken.
    fn start(&mut self, reference: &'a Reference, scope: Option<u32>) -> Option<(Found, Receiver, usize)> {
        let first = reference.qualifier.first()?.as_str();
        let around = scope.and_then(|scope| self.repo.type_around(scope));
        let of_type = |symbol: Option<u32>| Some((Found::here(Entity::Symbol(symbol?)), Receiver::Typed, 1));
        match first {
            "" => {
                let second = reference.qualifier.get(1)?;
                return self
                    .repo
                    .crate_named(second)
                    .map(|found| (found, Receiver::Named, 2));
            }
            "self" | "cls" | "this" | "Self" | "static" | "$this" | "@" => {
                let found = of_type(around);
                if self.family != Family::Rust || found.is_some() && first == "Self" {
                    return found;
                }
                return found
                    .filter(|_| !self.is_path_of_module(reference))
                    .or_else(|| self.rust_path(reference, scope));
            }
            "crate" | "$crate" => return self.rust_path(reference, scope),
            "super" if self.family == Family::Rust => return self.rust_path(reference, scope),
            "super" | "super()" | "base" | "parent" => {
                return of_type(self.repo.parents.get(&around?)?.first().copied());
            }
            _ => {}
        }
        let name = plain_part(first);
        if let Some(typed) = self.parameter(scope, name) {
            return of_type(Some(typed));
        }
        let kind = if name.len() < first.len() {
            ReferenceKind::Call
        } else {
            ReferenceKind::Value
        };
        if let Some(found) = self.look_up(scope, name, kind) {
            return Some(self.called(found, first).unwrap_or((found, Receiver::Named, 1)));
        }
        match self.family {
            Family::Rust => self
                .repo
                .crate_named(name)
                .map(|found| (found, Receiver::Named, 1)),
            Family::Include => self.past_namespaces(reference, scope),
            _ => None,
        }
    }

    /// Namespaces of C++ are not places: what they hold is known by its own name.
    fn past_namespaces(
        &mut self,
        reference: &'a Reference,
        scope: Option<u32>,
    ) -> Option<(Found, Receiver, usize)> {
        let rest = reference.qualifier.iter().enumerate().skip(1);
        for (at, part) in rest {
            if let Some(found) = self.look_up(scope, plain_part(part), ReferenceKind::Value) {
                return Some((found, Receiver::Named, at + 1));
            }
        }
        None
    }

    /// The type that a call gives back, where a part of a qualifier is one.
    fn called(&self, found: Found, part: &str) -> Option<(Found, Receiver, usize)> {
        let Entity::Symbol(symbol) = found.entity else {
            return None;
        };
        if !part.ends_with("()") || is_type(self.repo.kind(symbol)) {
            return None;
        }
        let of = self.repo.type_of(symbol, &mut Walk::new(ReferenceKind::Type))?;
        Some((Found::here(Entity::Symbol(of)), Receiver::Typed, 1))
    }

    /// `self::a::b` in Rust, which looks like `self.a.b`: a path if `a` is something in the module.
    fn is_path_of_module(&self, reference: &Reference) -> bool {
        let Some(second) = reference.qualifier.get(1) else {
            return false;
        };
        let module = self.repo.file_module.get(self.file as usize);
        module
            .and_then(|module| self.repo.module(*module))
            .is_some_and(|place| place.children.contains_key(second.as_str()))
    }

    fn rust_path(&self, reference: &'a Reference, scope: Option<u32>) -> Option<(Found, Receiver, usize)> {
        let module = match scope {
            Some(symbol) => *self.repo.inside.get(symbol as usize)?,
            None => *self.repo.home.get(self.file as usize)?,
        };
        let parts: Vec<&str> = reference.qualifier.iter().map(|part| part.as_str()).collect();
        match places::rust::start(self.repo, module, &parts) {
            (Base::At(entity), taken) => Some((Found::here(entity), Receiver::Named, taken)),
            (Base::Lexical, _) => None,
        }
    }

    /// The type of a parameter of a function around.
    fn parameter(&mut self, scope: Option<u32>, name: &'a str) -> Option<u32> {
        let scope = scope?;
        if let Some(known) = self.parameters.get(&(scope, name)) {
            return *known;
        }
        let found = self.parameter_around(scope, name);
        self.parameters.insert((scope, name), found);
        found
    }

    fn parameter_around(&self, scope: u32, name: &str) -> Option<u32> {
        let mut around = Some(scope);
        for _ in 0..MOST_NESTED {
            let symbol = around?;
            let definition = self.repo.definition(symbol)?;
            if matches!(definition.kind, SymbolKind::Function | SymbolKind::Method)
                && let Some(written) = signature::parameter_type(self.family, definition, name)
            {
                return self
                    .repo
                    .type_named(written, symbol, &mut Walk::new(ReferenceKind::Type));
            }
            around = self.repo.container(symbol);
        }
        None
    }

    /// One part further, and how that is known.
    fn further(
        &self,
        from: Found,
        part: &'a str,
        is_last: bool,
        kind: ReferenceKind,
    ) -> Option<(Found, Receiver)> {
        let name = plain_part(part);
        let is_call = name.len() < part.len();
        let want = if is_last {
            kind
        } else if is_call {
            ReferenceKind::Call
        } else {
            ReferenceKind::Value
        };
        let mut walk = Walk::new(want);
        let view = if is_last { View::Outside } else { View::Through };
        let found = self.repo.enter(from, name, view, &mut walk)?;
        let typed = match from.entity {
            Entity::Symbol(symbol) if !is_type(self.repo.kind(symbol)) => Receiver::Typed,
            _ => Receiver::Named,
        };
        if !is_last && let Some((value, how, _)) = self.called(found, part) {
            return Some((value, how));
        }
        Some((found, typed))
    }
}

/// A part of a qualifier without the brackets behind it.
fn plain_part(part: &str) -> &str {
    part.strip_suffix("()")
        .or_else(|| part.strip_suffix("[]"))
        .unwrap_or(part)
}
