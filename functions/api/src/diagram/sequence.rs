//! Draws who calls whom, in order.

use maud::{Markup, html};

use super::{
    parse::{Message, Sequence},
    picture, px, text_width,
};

const NAME: f32 = 13.5;
const TEXT: f32 = 12.5;
const HEAD: f32 = 36.0;
const STEP: f32 = 42.0;

/// Actors above their lifelines, messages from the top down.
pub(super) fn draw(sequence: &Sequence, name: &str) -> Markup {
    let widths: Vec<f32> = sequence
        .actors
        .iter()
        .map(|actor| (text_width(actor, NAME) + 26.0).max(80.0))
        .collect();
    let middles = middles(sequence, &widths);
    let bottom = HEAD + STEP * sequence.messages.len() as f32 + 22.0;
    let right = middles
        .iter()
        .zip(&widths)
        .map(|(middle, width)| middle + width / 2.0);
    let loops = sequence
        .messages
        .iter()
        .filter(|message| message.from == message.to)
        .filter_map(|message| Some(middles.get(message.from)? + 42.0 + text_width(&message.text, TEXT)));
    let width = right.chain(loops).fold(0.0, f32::max);
    let inside = html! {
        @for ((actor, middle), width) in sequence.actors.iter().zip(&middles).zip(&widths) {
            path .lifeline d=(format!("M{} {}V{}", px(*middle), px(HEAD), px(bottom))) {}
            g .node {
                rect x=(px(middle - width / 2.0)) y="0" width=(px(*width)) height=(px(HEAD)) rx="7" {}
                text x=(px(*middle)) y=(px(HEAD / 2.0 + 4.5)) text-anchor="middle" font-size=(NAME) { (actor) }
            }
        }
        @for (at, message) in sequence.messages.iter().enumerate() {
            (arrow(message, &middles, HEAD + STEP * (at as f32 + 1.0)))
        }
    };
    picture(width, bottom, name, &inside)
}

/// The lifelines, as far apart as names and messages need.
fn middles(sequence: &Sequence, widths: &[f32]) -> Vec<f32> {
    let mut middles: Vec<f32> = Vec::new();
    for (at, width) in widths.iter().enumerate() {
        let names = match (
            middles.last(),
            at.checked_sub(1).and_then(|before| widths.get(before)),
        ) {
            (Some(last), Some(before)) => last + (before + width) / 2.0 + 24.0,
            _ => width / 2.0,
        };
        let needs = sequence.messages.iter().filter_map(|message| {
            let (left, right) = (message.from.min(message.to), message.from.max(message.to));
            let room = text_width(&message.text, TEXT) + 28.0;
            let loops = left == right && left + 1 == at;
            if right == at && left < at {
                middles.get(left).map(|middle| middle + room)
            } else if loops {
                middles.get(left).map(|middle| middle + room + 40.0)
            } else {
                None
            }
        });
        middles.push(needs.fold(names, f32::max));
    }
    middles
}

fn arrow(message: &Message, middles: &[f32], y: f32) -> Markup {
    let (Some(&from), Some(&to)) = (middles.get(message.from), middles.get(message.to)) else {
        return html! {};
    };
    if message.from == message.to {
        let loop_path = format!("M{} {}h28v16H{}", px(from), px(y - 8.0), px(from + 1.0));
        return html! {
            path .edge.answer[message.is_answer] d=(loop_path) {}
            (head(from, y + 8.0, 9.0))
            text x=(px(from + 36.0)) y=(px(y + 4.0)) font-size=(TEXT) { (message.text) }
        };
    }
    let back = if to > from { -9.0 } else { 9.0 };
    html! {
        path .edge.answer[message.is_answer] d=(format!("M{} {}H{}", px(from), px(y), px(to))) {}
        (head(to, y, back))
        text x=(px((from + to) / 2.0)) y=(px(y - 7.0)) text-anchor="middle" font-size=(TEXT) { (message.text) }
    }
}

fn head(x: f32, y: f32, back: f32) -> Markup {
    let points = [(x, y), (x + back, y - 4.5), (x + back, y + 4.5)];
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{} {}", px(*x), px(*y)))
        .collect();
    html! { polygon .head points=(points.join(" ")) {} }
}
