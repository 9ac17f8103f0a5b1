//! Diagrams. Their Mermaid text is the source.

use deepwiki_domain::page::Diagram;
use maud::{Markup, html};

use super::{Text, clean};

/// A diagram with its caption.
pub(super) fn figure(diagram: &Diagram, text: &Text) -> Markup {
    html! {
        figure .diagram {
            pre tabindex="0" aria-label=(text.diagram_source) { code { (clean(&diagram.mermaid)) } }
            @if !diagram.caption.is_empty() { figcaption { (clean(&diagram.caption)) } }
        }
    }
}
