//! Draws diagrams as SVG without a script and without inline styles: the style sheet gives them their colours,
//! light and dark. Understood is the part of Mermaid that the planner writes: flowcharts of boxes, class diagrams,
//! sequences. Anything else is shown as its source.

mod boxes;
mod layered;
mod parse;
mod sequence;

use maud::{Markup, html};

use parse::Drawing;

/// The picture of this Mermaid text, for readers who see and, as `name`, for those who do not.
pub(crate) fn svg(mermaid: &str, name: &str) -> Option<Markup> {
    match parse::parse(mermaid)? {
        Drawing::Boxes(graph) => Some(boxes::draw(&graph, name)),
        Drawing::Sequence(sequence) => Some(sequence::draw(&sequence, name)),
    }
}

/// What is broader, in pixels, cannot be read where it is made as narrow as a column beside source.
const BROAD: f32 = 640.0;

/// Room around a drawing.
const MARGIN: f32 = 8.0;

/// Whatever is inside, as a picture of this size.
fn picture(width: f32, height: f32, name: &str, inside: &Markup) -> Markup {
    let (width, height) = ((width + 2.0 * MARGIN).ceil(), (height + 2.0 * MARGIN).ceil());
    html! {
        svg .broad[width > BROAD] viewBox=(format!("{} {} {width} {height}", -MARGIN, -MARGIN)) width=(width) height=(height)
            role="img" aria-label=(name) {
            (inside)
        }
    }
}

/// About how wide a text is. East Asian characters are as wide as they are high.
fn text_width(text: &str, size: f32) -> f32 {
    let widths = text.chars().map(|c| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' => 0.36,
        'm' | 'w' | 'M' | 'W' => 0.92,
        c if c.is_ascii_uppercase() => 0.72,
        c if c.is_ascii() => 0.6,
        _ => 1.04,
    });
    widths.sum::<f32>() * size
}

/// A number of pixels for an attribute.
fn px(value: f32) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_planner_draws_becomes_a_picture() {
        let flow = "flowchart LR\n  subgraph g0[\"src\"]\n    m0[\"net\"]\n    m1[\"日本\"]\n  end\n  m2[\"cli\"]\n  m2 --> m0\n  m0 --> m1\n  m1 --> m2\n  style m0 stroke-width:3px\n";
        let class = "classDiagram\n  class t0[\"Store\"] {\n    <<trait>>\n  }\n  class t1[\"Disk\"] {\n    root\n    size\n  }\n  t1 --|> t0\n  t0 --> t1\n";
        let sequence = "sequenceDiagram\n  participant p0 as main.rs\n  participant p1 as net.rs\n  p0->>p1: open()\n  p1-->>p0: Conn\n  p1->>p1: retry()\n";
        for (text, words, lines) in [
            (flow, vec!["net", "日本", "cli", "src"], 3),
            (class, vec!["Store", "trait", "Disk", "root", "size"], 2),
            (
                sequence,
                vec!["main.rs", "net.rs", "open()", "Conn", "retry()"],
                3,
            ),
        ] {
            let svg = svg(text, "name").map(|svg| svg.into_string()).unwrap_or_default();
            for word in words {
                assert!(svg.contains(&format!(">{word}</text>")), "{word} in {svg}");
            }
            assert_eq!(svg.matches("class=\"edge").count(), lines, "{svg}");
            assert!(
                !svg.contains("NaN") && !svg.contains("style=") && !svg.contains(" id="),
                "{svg}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_left_as_text() {
        let many: String = (0..100).map(|at| format!("  a{at} --> b{at}\n")).collect();
        for text in [
            "",
            "pie\n  \"a\": 1",
            "flowchart LR\n  click a \"javascript:x\"\n",
            "flowchart LR\n  a[\"x\"] -.- b[\"y\"]\n",
            "classDiagram\n  class A {\n",
            "sequenceDiagram\n  loop x\n  end\n",
            &format!("flowchart LR\n{many}"),
        ] {
            assert!(svg(text, "name").is_none(), "{text}");
        }
    }
}
