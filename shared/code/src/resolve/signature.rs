//! Types as signatures show them: of a parameter, a field, a variable, and what a function returns.
//!
//! This is no type checker. It reads the one name that matters (`Arc<Mutex<net::Pool>>` says `net::Pool`), and
//! says nothing where the text is not plain.

use deepwiki_domain::facts::{Definition, SymbolKind};

use super::tree::Family;

/// Types that lend their members to what they hold.
const WRAPPERS: &[&str] = &[
    "Annotated",
    "Arc",
    "AsyncGenerator",
    "AsyncIterator",
    "Awaitable",
    "Box",
    "Cell",
    "ClassVar",
    "CompletableFuture",
    "Coroutine",
    "Cow",
    "DeepReadonly",
    "Final",
    "Future",
    "Lazy",
    "LazyLock",
    "Mono",
    "Mutex",
    "NonNullable",
    "Nullable",
    "OnceCell",
    "OnceLock",
    "Option",
    "Optional",
    "Partial",
    "Pin",
    "Promise",
    "Rc",
    "Readonly",
    "Ref",
    "RefCell",
    "RefMut",
    "Required",
    "Result",
    "RwLock",
    "Task",
    "Type",
    "Union",
    "ValueTask",
    "Weak",
    "shared_ptr",
    "type",
    "unique_ptr",
    "weak_ptr",
];
/// Words and marks before a type that do not change what its members are.
const PREFIXES: &[&str] = &[
    "&",
    "*",
    "?",
    "...",
    "(",
    "\"",
    "'",
    "mut ",
    "dyn ",
    "impl ",
    "const ",
    "final ",
    "readonly ",
    "ref ",
    "out ",
    "in ",
    "unsafe ",
    "async ",
    "keyof ",
    "typeof ",
    "vararg ",
    "struct ",
    "enum ",
    "class ",
    "static ",
    "inout ",
    "some ",
    "any ",
    "constexpr ",
    "inline ",
    "virtual ",
    "public ",
    "private ",
    "protected ",
    "internal ",
    "override ",
    "abstract ",
    "sealed ",
    "synchronized ",
    "extern ",
    "suspend ",
    "fun ",
    "val ",
    "var ",
    "let ",
    "lateinit ",
    "explicit ",
];
/// Types that stand for nothing in the repository.
const NOTHING: &[&str] = &["None", "null", "undefined", "void", "unit", "nil"];

/// The type that a definition's signature gives its value, or gives back where it is called.
pub(super) fn declared_type(family: Family, definition: &Definition) -> Option<&str> {
    let signature = definition.signature.as_str();
    let at = find_word(signature, &definition.name)?;
    let (before, after) = (signature.get(..at)?, signature.get(at + definition.name.len()..)?);
    if matches!(definition.kind, SymbolKind::Function | SymbolKind::Method) {
        return returned(family, before, after);
    }
    let after = after.trim_start().trim_start_matches(['?', '!']);
    match family {
        Family::Go => core(after),
        _ if after.starts_with(':') && !after.starts_with("::") => {
            core(after.get(1..)?.trim_start_matches('='))
        }
        _ if after.starts_with('=') && !after.starts_with("=>") => constructed(after.get(1..)?),
        Family::Jvm | Family::Include | Family::DotNet | Family::Php => core_before(before),
        _ if definition.kind == SymbolKind::Type => {
            after.split_once('=').and_then(|(_, aliased)| core(aliased))
        }
        _ => None,
    }
}

fn returned<'d>(family: Family, before: &'d str, after: &'d str) -> Option<&'d str> {
    let after = match after.trim_start().strip_prefix('=') {
        Some(value) if family == Family::Script => value.trim_start().trim_start_matches("async "),
        _ => after,
    };
    let rest = after_parameters(after)?.trim_start();
    if let Some(written) = rest.strip_prefix("->") {
        return core(written);
    }
    match family {
        Family::Script | Family::Php | Family::Jvm if rest.starts_with(':') => {
            let written = rest.get(1..)?.trim_start();
            // `x is Foo` returns a boolean.
            if written.contains(" is ") {
                None
            } else {
                core(written)
            }
        }
        Family::Go => core(rest),
        Family::Jvm | Family::Include | Family::DotNet => core_before(before),
        _ => None,
    }
}

/// The type that a signature gives to one of its parameters.
pub(super) fn parameter_type<'d>(family: Family, definition: &'d Definition, name: &str) -> Option<&'d str> {
    let signature = definition.signature.as_str();
    let end = find_word(signature, &definition.name).map_or(0, |at| at + definition.name.len());
    // Go writes the receiver before the name.
    let start = if family == Family::Go {
        signature.find('(').unwrap_or(end).min(end)
    } else {
        end
    };
    let parameters = signature.get(start..)?;
    let at = find_word(parameters, name)?;
    let (before, after) = (
        parameters.get(..at)?,
        parameters.get(at + name.len()..)?.trim_start(),
    );
    match family {
        Family::Go => match after.strip_prefix(',') {
            // `a, b Type` gives the type once.
            Some(rest) => core(rest.trim_start().split_once(' ')?.1),
            None => core(after),
        },
        Family::Php => core_before(before.strip_suffix('$').unwrap_or(before)),
        _ if after.starts_with([':', '?']) => core(after.trim_start_matches(['?', ':'])),
        Family::Jvm | Family::Include | Family::DotNet => core_before(before),
        _ => None,
    }
}

/// The parts of a written path.
pub(super) fn parts(written: &str) -> impl Iterator<Item = &str> {
    written.split([':', '.', '\\']).filter(|part| !part.is_empty())
}

/// The name that matters in a written type.
fn core(written: &str) -> Option<&str> {
    let mut text = written.trim();
    for _ in 0..12 {
        text = skip_lifetime(text);
        if let Some(rest) = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
            text = rest.trim_start();
            continue;
        }
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '\\' | '$')))
            .unwrap_or(text.len());
        let (path, rest) = (text.get(..end)?.trim_end_matches([':', '.']), text.get(end..)?);
        let last = parts(path).last()?;
        if NOTHING.contains(&last) {
            text = rest.trim_start().strip_prefix('|')?.trim_start();
            continue;
        }
        match rest.strip_prefix(['<', '[']) {
            Some("]") => return None,
            Some(inner) if WRAPPERS.contains(&last) => text = inner.trim_start(),
            // `Foo[]` in languages that write arrays so, and Go's `[]Foo`: the members are the array's.
            Some(inner) if inner.starts_with(']') => return None,
            _ if path.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '\\' | ':')) => {
                return Some(path);
            }
            _ => return None,
        }
    }
    None
}

/// The type that stands right before a name.
fn core_before(before: &str) -> Option<&str> {
    let before = before
        .trim_end()
        .trim_end_matches(['&', '*', '?', '$'])
        .trim_end();
    if before.ends_with(['(', ',', '=', ']', ')', ':', '{', ';']) {
        return None;
    }
    let mut depth = 0_u32;
    let start = before
        .char_indices()
        .rev()
        .find(|(_, c)| {
            match c {
                '>' => depth += 1,
                '<' if depth > 0 => depth -= 1,
                ' ' | ',' | '(' if depth == 0 => return true,
                _ => {}
            }
            false
        })
        .map_or(0, |(at, c)| at + c.len_utf8());
    core(before.get(start..)?)
}

/// What a value is when it is made on the spot: `new Foo(…)`, `Foo(…)`, `Foo::new(…)`.
fn constructed(value: &str) -> Option<&str> {
    let value = value.trim_start();
    let new = value.strip_prefix("new ");
    let text = new.unwrap_or(value).trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '.')))?;
    let (path, rest) = (text.get(..end)?, text.get(end..)?);
    if !rest.starts_with(['(', '<']) {
        return None;
    }
    let path = if new.is_some() {
        path
    } else {
        path.strip_suffix("::new").unwrap_or(path)
    };
    let last = parts(path).last()?;
    (new.is_some() || last.starts_with(char::is_uppercase)).then_some(path)
}

/// What follows the list of parameters.
fn after_parameters(text: &str) -> Option<&str> {
    let mut depth = 0_i32;
    let mut angles = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '<' if depth == 0 => angles += 1,
            '>' if depth == 0 && !text.get(..at)?.ends_with(['-', '=']) => angles -= 1,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 && c == ')' && angles <= 0 {
                    return text.get(at + 1..);
                }
            }
            _ => {}
        }
    }
    None
}

/// What follows Rust's `'a ` or `'a, `. A quoted type of Python (`'Foo'`) is left alone.
fn skip_lifetime(text: &str) -> &str {
    let Some(name) = text.strip_prefix('\'') else {
        return text;
    };
    let end = name
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(name.len());
    match name.get(end..) {
        Some(rest) if rest.starts_with([' ', ',']) => rest.trim_start_matches([' ', ',']),
        _ => text,
    }
}

/// Where a name stands as a word of its own.
fn find_word(text: &str, word: &str) -> Option<usize> {
    if word.is_empty() {
        return None;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .find(|(at, _)| {
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::testing::definition;

    #[test]
    fn the_type_of_a_value_is_read_from_its_declaration() {
        use SymbolKind as K;
        for (family, kind, name, signature, written) in [
            (
                Family::Rust,
                K::Field,
                "pool",
                "pub(crate) pool: Arc<Mutex<net::Pool>>",
                Some("net::Pool"),
            ),
            (
                Family::Rust,
                K::Function,
                "open",
                "pub fn open<F: Fn(A) -> B>(f: F) -> Result<Pool, Error>",
                Some("Pool"),
            ),
            (Family::Rust, K::Function, "close", "fn close(self)", None),
            (
                Family::Python,
                K::Method,
                "get",
                "def get(self, x: int) -> \"Optional[Session]\"",
                Some("Session"),
            ),
            (
                Family::Python,
                K::Variable,
                "app",
                "app = Flask(__name__)",
                Some("Flask"),
            ),
            (
                Family::Script,
                K::Field,
                "pool",
                "private readonly pool?: Pool | undefined",
                Some("Pool"),
            ),
            (
                Family::Script,
                K::Function,
                "f",
                "export const f = async (a: A): Promise<B> =>",
                Some("B"),
            ),
            (
                Family::Script,
                K::Variable,
                "x",
                "const x = new Foo<Bar>()",
                Some("Foo"),
            ),
            (Family::Script, K::Variable, "xs", "const xs: Foo[]", None),
            (
                Family::Go,
                K::Method,
                "Get",
                "func (s *Server) Get(name string) (*Route, error)",
                Some("Route"),
            ),
            (
                Family::Go,
                K::Field,
                "mux",
                "mux *http.ServeMux",
                Some("http.ServeMux"),
            ),
            (
                Family::Jvm,
                K::Method,
                "get",
                "public Optional<Route> get(String name)",
                Some("Route"),
            ),
            (
                Family::Jvm,
                K::Method,
                "get",
                "fun get(name: String): Route?",
                Some("Route"),
            ),
            (
                Family::DotNet,
                K::Method,
                "Get",
                "public async Task<Route> Get(string name)",
                Some("Route"),
            ),
            (
                Family::Include,
                K::Field,
                "next",
                "struct node *next;",
                Some("node"),
            ),
        ] {
            let definition = definition(kind, name, signature);
            assert_eq!(declared_type(family, &definition), written, "{signature}");
        }
    }

    #[test]
    fn the_type_of_a_parameter_is_read_from_the_signature() {
        for (family, signature, written) in [
            (
                Family::Rust,
                "fn f<'a>(a: u8, x: &'a mut Pool<T>) -> A",
                Some("Pool"),
            ),
            (Family::Python, "def f(a, x: Pool | None = None)", Some("Pool")),
            (Family::Python, "def f(a, x)", None),
            (Family::Script, "function f(a: A, x?: Pool)", Some("Pool")),
            (Family::Go, "func f(a, x *Pool) error", Some("Pool")),
            (Family::Go, "func (x *Pool) f(a A) error", Some("Pool")),
            (Family::Go, "func f(x, a *Pool) error", Some("Pool")),
            (Family::Jvm, "void f(final List<A> a, Pool x)", Some("Pool")),
            (Family::Php, "function f(?Pool $x)", Some("Pool")),
            (Family::Include, "int f(const Pool &x)", Some("Pool")),
        ] {
            let definition = definition(SymbolKind::Function, "f", signature);
            assert_eq!(parameter_type(family, &definition, "x"), written, "{signature}");
        }
    }
}
