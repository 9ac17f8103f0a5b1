//! Types that are in play where a member of an unknown value is used.
//!
//! Without types of local variables, `x.send()` says nothing of `x`. But where a function names, makes or is given
//! values of few types, and one member of that name is among theirs, that is the one that is meant.

use super::{
    lookup::Walk,
    tree::{Entity, Map, Repo, is_type},
};
use deepwiki_domain::facts::ReferenceKind;

/// Members that values of the languages' own types have as well.
const COMMON: &[&str] = &[
    "add",
    "all",
    "any",
    "append",
    "apply",
    "as_bytes",
    "as_mut",
    "as_ref",
    "as_str",
    "bind",
    "borrow",
    "call",
    "catch",
    "chars",
    "clear",
    "clone",
    "close",
    "collect",
    "concat",
    "contains",
    "copy",
    "count",
    "data",
    "decode",
    "delete",
    "drain",
    "each",
    "encode",
    "ends_with",
    "entries",
    "entry",
    "err",
    "error",
    "exists",
    "extend",
    "fill",
    "filter",
    "find",
    "first",
    "flush",
    "fmt",
    "forEach",
    "format",
    "from",
    "get",
    "get_mut",
    "group",
    "has",
    "id",
    "includes",
    "index",
    "indexOf",
    "insert",
    "into",
    "is_empty",
    "is_none",
    "is_some",
    "items",
    "iter",
    "iter_mut",
    "join",
    "key",
    "keys",
    "kind",
    "last",
    "len",
    "length",
    "lines",
    "lock",
    "log",
    "lower",
    "map",
    "match",
    "message",
    "name",
    "new",
    "next",
    "ok",
    "open",
    "parse",
    "path",
    "pop",
    "push",
    "push_str",
    "put",
    "read",
    "reduce",
    "remove",
    "replace",
    "reset",
    "resize",
    "resolve",
    "reverse",
    "run",
    "search",
    "send",
    "set",
    "shift",
    "size",
    "slice",
    "some",
    "sort",
    "splice",
    "split",
    "start",
    "starts_with",
    "state",
    "strip",
    "swap",
    "take",
    "test",
    "text",
    "then",
    "toString",
    "to_owned",
    "to_string",
    "trim",
    "type",
    "unwrap",
    "update",
    "upper",
    "value",
    "values",
    "wait",
    "width",
    "with",
    "write",
];

/// The types that each scope of a file has to do with.
#[derive(Debug, Default)]
pub(super) struct Play {
    of_scopes: Map<Option<u32>, Vec<u32>>,
    /// The types of what was noted before.
    known: Map<u32, Option<u32>>,
}

/// The most types that a scope is said to have to do with; beyond, a name says too little.
const MOST: usize = 32;

impl Play {
    /// Notes what a use in a scope leads to.
    pub(super) fn note(&mut self, repo: &Repo<'_>, scope: Option<u32>, entity: Entity) {
        let Entity::Symbol(symbol) = entity else { return };
        let type_of = || {
            if is_type(repo.kind(symbol)) {
                Some(symbol)
            } else {
                repo.type_of(symbol, &mut Walk::new(ReferenceKind::Type))
            }
        };
        let Some(of) = *self.known.entry(symbol).or_insert_with(type_of) else {
            return;
        };
        let types = self.of_scopes.entry(scope).or_default();
        if types.len() < MOST && !types.contains(&of) {
            types.push(of);
        }
    }

    /// The one member of this name that a value in a scope can have.
    pub(super) fn member(
        &self,
        repo: &Repo<'_>,
        scope: Option<u32>,
        name: &str,
        want: ReferenceKind,
    ) -> Option<u32> {
        if COMMON.binary_search(&name).is_ok() {
            return None;
        }
        let mut found = None;
        for of in self.of_scopes.get(&scope)? {
            let Some(member) = repo.member(*of, name, &mut Walk::new(want)) else {
                continue;
            };
            if found.is_some_and(|found| found != member) {
                return None;
            }
            found = Some(member);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn common_names_are_sorted() {
        assert!(super::COMMON.is_sorted());
    }
}
