//! Reads the part of Mermaid that the planner writes. A line that is not understood makes the whole not
//! understood: a picture with something missing would lie.

/// The most boxes, arrows and messages that are drawn.
const MOST_BOXES: usize = 60;
const MOST_ARROWS: usize = 150;

/// A diagram that can be drawn.
pub(super) enum Drawing {
    Boxes(Graph),
    Sequence(Sequence),
}

/// Boxes and arrows between them.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) boxes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
    /// Whether it grows downwards rather than to the right.
    pub(super) is_vertical: bool,
}

/// One box.
#[derive(Default)]
pub(super) struct Node {
    id: String,
    pub(super) label: String,
    /// What stands small above the label: the group of a module, the kind of a type.
    pub(super) above: Option<String>,
    pub(super) fields: Vec<String>,
    pub(super) is_bold: bool,
}

/// From one box to another, by their places in the list.
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) is_inheritance: bool,
}

/// Who calls whom, in order.
#[derive(Default)]
pub(super) struct Sequence {
    pub(super) actors: Vec<String>,
    pub(super) messages: Vec<Message>,
}

/// A call or an answer between actors, by their places in the list.
pub(super) struct Message {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) text: String,
    pub(super) is_answer: bool,
}

/// Reads a diagram, if it is one of ours and of a size that can be read.
pub(super) fn parse(mermaid: &str) -> Option<Drawing> {
    let mut lines = mermaid.lines().map(str::trim).filter(|line| !line.is_empty());
    let drawing = match lines.next()? {
        "flowchart LR" | "graph LR" => Drawing::Boxes(flowchart(lines, false)?),
        "flowchart TD" | "flowchart TB" | "graph TD" => Drawing::Boxes(flowchart(lines, true)?),
        "classDiagram" => Drawing::Boxes(classes(lines)?),
        "sequenceDiagram" => Drawing::Sequence(sequence(lines)?),
        _ => return None,
    };
    let (boxes, arrows) = match &drawing {
        Drawing::Boxes(graph) => (graph.boxes.len(), graph.arrows.len()),
        Drawing::Sequence(sequence) => (sequence.actors.len(), sequence.messages.len()),
    };
    ((1..=MOST_BOXES).contains(&boxes) && arrows <= MOST_ARROWS).then_some(drawing)
}

fn flowchart<'a>(lines: impl Iterator<Item = &'a str>, is_vertical: bool) -> Option<Graph> {
    let mut graph = Graph {
        is_vertical,
        ..Graph::default()
    };
    let mut group: Option<String> = None;
    for line in lines {
        if let Some(rest) = line.strip_prefix("subgraph ") {
            group = Some(named(rest)?.1);
        } else if line == "end" {
            group.take()?;
        } else if let Some(rest) = line.strip_prefix("style ") {
            let id = rest.strip_suffix(" stroke-width:3px")?;
            graph.boxes.iter_mut().find(|node| node.id == id)?.is_bold = true;
        } else if let Some((from, to)) = line.split_once(" --> ") {
            let (from, to) = (
                graph.place(from, group.as_deref())?,
                graph.place(to, group.as_deref())?,
            );
            graph.arrows.push(Arrow {
                from,
                to,
                is_inheritance: false,
            });
        } else {
            graph.place(line, group.as_deref())?;
        }
    }
    group.is_none().then_some(graph)
}

fn classes<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<Graph> {
    let mut graph = Graph {
        is_vertical: true,
        ..Graph::default()
    };
    while let Some(line) = lines.next() {
        if let Some(head) = line.strip_prefix("class ") {
            let at = graph.place(head.strip_suffix('{').unwrap_or(head).trim(), None)?;
            if !head.ends_with('{') {
                continue;
            }
            let node = graph.boxes.get_mut(at)?;
            loop {
                match lines.next()? {
                    "}" => break,
                    line => match line.strip_prefix("<<").and_then(|line| line.strip_suffix(">>")) {
                        Some(kind) => node.above = Some(kind.to_owned()),
                        None => node.fields.push(line.to_owned()),
                    },
                }
            }
        } else {
            let is_inheritance = line.contains(" --|> ");
            let (from, to) = line.split_once(if is_inheritance { " --|> " } else { " --> " })?;
            let (from, to) = (graph.place(from, None)?, graph.place(to, None)?);
            graph.arrows.push(Arrow {
                from,
                to,
                is_inheritance,
            });
        }
    }
    Some(graph)
}

fn sequence<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Sequence> {
    let mut sequence = Sequence::default();
    let mut ids: Vec<&str> = Vec::new();
    for line in lines {
        if let Some(rest) = line.strip_prefix("participant ") {
            let (id, name) = rest.split_once(" as ").unwrap_or((rest, rest));
            ids.push(is_id(id).then_some(id)?);
            sequence.actors.push(name.trim().to_owned());
            continue;
        }
        let (ends, text) = line.split_once(": ")?;
        let is_answer = ends.contains("-->>");
        let (from, to) = ends.split_once(if is_answer { "-->>" } else { "->>" })?;
        let at = |id: &str| ids.iter().position(|other| *other == id);
        let (from, to) = (at(from)?, at(to)?);
        sequence.messages.push(Message {
            from,
            to,
            text: text.trim().to_owned(),
            is_answer,
        });
    }
    Some(sequence)
}

impl Graph {
    /// The place of the box that `id` or `id["label"]` names; a new one where there is none.
    fn place(&mut self, text: &str, group: Option<&str>) -> Option<usize> {
        let (id, label) = named(text)?;
        if let Some(at) = self.boxes.iter().position(|node| node.id == id) {
            return Some(at);
        }
        let above = group.map(str::to_owned);
        self.boxes.push(Node {
            id,
            label,
            above,
            ..Node::default()
        });
        Some(self.boxes.len() - 1)
    }
}

/// `id["label"]` or `id`, which is its own label.
fn named(text: &str) -> Option<(String, String)> {
    let (id, label) = match text.split_once("[\"") {
        Some((id, rest)) => (id, rest.strip_suffix("\"]").filter(|label| !label.contains('"'))?),
        None => (text, text),
    };
    is_id(id).then(|| (id.to_owned(), label.to_owned()))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
