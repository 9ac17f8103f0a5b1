//! Small pieces for this crate's tests.

use deepwiki_domain::facts::{Definition, Lines, SymbolKind, Visibility};

/// A public function on these lines.
pub(crate) fn definition(name: &str, start: u32, end: u32) -> Definition {
    Definition {
        name: name.to_owned(),
        kind: SymbolKind::Function,
        lines: Lines { start, end },
        name_line: start,
        signature: format!("pub fn {name}()"),
        doc: None,
        container: None,
        owner: None,
        supertypes: vec![],
        visibility: Visibility::Public,
        complexity: 1,
        is_test: false,
    }
}
