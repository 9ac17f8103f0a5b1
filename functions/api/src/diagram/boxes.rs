//! Draws boxes and arrows: modules, types.

use maud::{Markup, html};

use super::{
    layered::{self, Layout, Point, Size},
    parse::{Arrow, Graph, Node},
    picture, px, text_width,
};

const LABEL: f32 = 14.0;
const SMALL: f32 = 11.5;
const LINE: f32 = 19.0;
const PAD: f32 = 14.0;

/// The boxes in layers, arrows behind them.
pub(super) fn draw(graph: &Graph, name: &str) -> Markup {
    let arrows: Vec<&Arrow> = graph
        .arrows
        .iter()
        .filter(|arrow| arrow.from != arrow.to)
        .collect();
    let sizes: Vec<(f32, f32)> = graph.boxes.iter().map(size).collect();
    let along = |&(width, height): &(f32, f32)| match graph.is_vertical {
        true => Size {
            main: height,
            cross: width,
        },
        false => Size {
            main: width,
            cross: height,
        },
    };
    // What is inherited from stands before what inherits.
    let ends = |arrow: &&Arrow| {
        if arrow.is_inheritance {
            (arrow.to, arrow.from)
        } else {
            (arrow.from, arrow.to)
        }
    };
    let links: Vec<(usize, usize)> = arrows.iter().map(ends).collect();
    let layout = layered::layout(&sizes.iter().map(along).collect::<Vec<_>>(), &links);
    let turn = |point: Point| match graph.is_vertical {
        true => (point.cross, point.main),
        false => (point.main, point.cross),
    };
    let (width, height) = turn(Point {
        main: layout.size.main,
        cross: layout.size.cross,
    });
    let inside = html! {
        @for (at, arrow) in arrows.iter().enumerate() { (edge(&layout, at, arrow, graph.is_vertical)) }
        @for ((node, corner), size) in graph.boxes.iter().zip(&layout.corners).zip(&sizes) {
            (boxed(node, turn(*corner), *size))
        }
    };
    picture(width, height, name, &inside)
}

fn size(node: &Node) -> (f32, f32) {
    let fields = node.fields.iter().map(|field| text_width(field, SMALL + 1.0));
    let above = node.above.iter().map(|above| text_width(above, SMALL));
    let widest = fields.chain(above).fold(text_width(&node.label, LABEL), f32::max);
    let head = if node.above.is_some() { 2.2 } else { 1.0 };
    let fields = if node.fields.is_empty() {
        0.0
    } else {
        node.fields.len() as f32 * (LINE - 1.0) + 14.0
    };
    ((widest + 2.0 * PAD).max(64.0), head * LINE + 15.0 + fields)
}

fn boxed(node: &Node, (x, y): (f32, f32), (width, height): (f32, f32)) -> Markup {
    let middle = px(x + width / 2.0);
    let label = y + if node.above.is_some() { 2.2 * LINE } else { LINE } + 2.5;
    let divider = label + 12.0;
    html! {
        g .node.bold[node.is_bold] {
            rect x=(px(x)) y=(px(y)) width=(px(width)) height=(px(height)) rx="7" {}
            @if let Some(above) = &node.above {
                text .above x=(middle) y=(px(y + LINE)) text-anchor="middle" font-size=(SMALL) { (above) }
            }
            text x=(middle) y=(px(label)) text-anchor="middle" font-size=(LABEL) { (node.label) }
            @if !node.fields.is_empty() {
                path .divider d=(format!("M{} {}H{}", px(x), px(divider), px(x + width))) {}
                @for (at, field) in node.fields.iter().enumerate() {
                    text .field x=(px(x + PAD)) y=(px(divider + (LINE - 1.0) * (at as f32 + 1.0))) font-size=(SMALL + 1.0) { (field) }
                }
            }
        }
    }
}

fn edge(layout: &Layout, at: usize, arrow: &Arrow, is_vertical: bool) -> Markup {
    let (Some(route), Some(reversed)) = (layout.routes.get(at), layout.is_reversed.get(at)) else {
        return html! {};
    };
    // Inheritance was laid out the other way round.
    let head_is_first = *reversed != arrow.is_inheritance;
    let (Some(first), Some(last)) = (route.first(), route.last()) else {
        return html! {};
    };
    let show = |main: f32, cross: f32| match is_vertical {
        true => format!("{} {}", px(cross), px(main)),
        false => format!("{} {}", px(main), px(cross)),
    };
    let mut path = format!("M{}", show(first.main, first.cross));
    for (a, b) in route.iter().zip(route.iter().skip(1)) {
        let middle = (a.main + b.main) / 2.0;
        let curve = [
            show(middle, a.cross),
            show(middle, b.cross),
            show(b.main, b.cross),
        ];
        path.push_str(&format!("C{}", curve.join(" ")));
    }
    let (tip, back) = if head_is_first { (first, 9.0) } else { (last, -9.0) };
    let head = [
        show(tip.main, tip.cross),
        show(tip.main + back, tip.cross - 4.5),
        show(tip.main + back, tip.cross + 4.5),
    ];
    html! {
        path .edge d=(path) {}
        polygon .head.hollow[arrow.is_inheritance] points=(head.join(" ")) {}
    }
}
