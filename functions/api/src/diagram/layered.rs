//! Where boxes go: in layers along one axis ("main"), ordered across it ("cross") so that few arrows cross and
//! most are nearly straight (Sugiyama's method).
#![expect(
    clippy::indexing_slicing,
    reason = "every index is made here, of vectors that are made here with the same length"
)]

const LAYER_GAP: f32 = 52.0;
const BOX_GAP: f32 = 18.0;
const SWEEPS: usize = 12;
const MOST_PORTS: usize = 4;

/// The extent of a box along both axes.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) main: f32,
    pub(super) cross: f32,
}

/// A place along both axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) main: f32,
    pub(super) cross: f32,
}

/// Where everything goes.
pub(super) struct Layout {
    /// The corner of each box that is nearest to the origin.
    pub(super) corners: Vec<Point>,
    /// The points that each link passes, from the earlier layer to the later.
    pub(super) routes: Vec<Vec<Point>>,
    /// Whether a link runs against the layers, so that its route begins at its end.
    pub(super) is_reversed: Vec<bool>,
    pub(super) size: Size,
}

/// Lays out boxes of these sizes with these links between different boxes.
pub(super) fn layout(sizes: &[Size], links: &[(usize, usize)]) -> Layout {
    let is_reversed = break_cycles(sizes.len(), links);
    let forward: Vec<(usize, usize)> = links
        .iter()
        .zip(&is_reversed)
        .map(|(&(from, to), reversed)| if *reversed { (to, from) } else { (from, to) })
        .collect();
    let mut plan = Plan::new(sizes, &forward);
    plan.order();
    let centres = plan.align();
    plan.place(&centres, is_reversed)
}

/// Finds the links that close a cycle, to be drawn the other way round.
fn break_cycles(count: usize, links: &[(usize, usize)]) -> Vec<bool> {
    fn visit(node: usize, links: &[(usize, usize)], state: &mut [u8], reversed: &mut [bool]) {
        state[node] = 1;
        for (at, &(from, to)) in links.iter().enumerate() {
            if from != node {
                continue;
            }
            match state[to] {
                0 => visit(to, links, state, reversed),
                1 => reversed[at] = true,
                _ => {}
            }
        }
        state[node] = 2;
    }
    let (mut state, mut reversed) = (vec![0; count], vec![false; links.len()]);
    for node in 0..count {
        if state[node] == 0 {
            visit(node, links, &mut state, &mut reversed);
        }
    }
    reversed
}

/// Boxes, and the bends of long links, in layers.
struct Plan {
    /// Sizes of boxes, then of bends.
    sizes: Vec<Size>,
    boxes: usize,
    layers: Vec<Vec<usize>>,
    /// For each link, what it passes: its first box, its bends, its last box.
    chains: Vec<Vec<usize>>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

impl Plan {
    fn new(sizes: &[Size], links: &[(usize, usize)]) -> Self {
        let ranks = ranks(sizes.len(), links);
        let depth = ranks.iter().max().map_or(0, |deepest| deepest + 1);
        let mut layers = vec![Vec::new(); depth];
        for (node, rank) in ranks.iter().enumerate() {
            layers[*rank].push(node);
        }
        let mut all = sizes.to_vec();
        let mut chains = Vec::new();
        for &(from, to) in links {
            let mut chain = vec![from];
            for layer in &mut layers[ranks[from] + 1..ranks[to]] {
                layer.push(all.len());
                chain.push(all.len());
                all.push(Size {
                    main: 0.0,
                    cross: 6.0,
                });
            }
            chain.push(to);
            chains.push(chain);
        }
        let (mut before, mut after) = (vec![Vec::new(); all.len()], vec![Vec::new(); all.len()]);
        for step in chains.iter().flat_map(|chain| chain.windows(2)) {
            after[step[0]].push(step[1]);
            before[step[1]].push(step[0]);
        }
        Self {
            sizes: all,
            boxes: sizes.len(),
            layers,
            chains,
            before,
            after,
        }
    }

    /// Orders each layer by where its neighbours are, back and forth; the order with the fewest crossings stays.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let places = self.places();
            let is_down = sweep % 2 == 0;
            let mut places = places;
            let depth = self.layers.len();
            for step in 1..depth {
                let at = if is_down { step } else { depth - 1 - step };
                let neighbours = if is_down { &self.before } else { &self.after };
                let weight = |node: &usize| {
                    let near = &neighbours[*node];
                    let sum: f32 = near.iter().map(|other| places[*other]).sum();
                    if near.is_empty() {
                        places[*node]
                    } else {
                        sum / near.len() as f32
                    }
                };
                let mut layer = self.layers[at].clone();
                layer.sort_by(|a, b| weight(a).total_cmp(&weight(b)));
                for (place, node) in layer.iter().enumerate() {
                    places[*node] = place as f32;
                }
                self.layers[at] = layer;
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    fn places(&self) -> Vec<f32> {
        let mut places = vec![0.0; self.sizes.len()];
        for layer in &self.layers {
            for (place, node) in layer.iter().enumerate() {
                places[*node] = place as f32;
            }
        }
        places
    }

    fn crossings(&self) -> usize {
        let places = self.places();
        let mut crossings = 0;
        for layer in &self.layers {
            let steps: Vec<(f32, f32)> = layer
                .iter()
                .flat_map(|node| {
                    self.after[*node]
                        .iter()
                        .map(|next| (places[*node], places[*next]))
                })
                .collect();
            for (at, a) in steps.iter().enumerate() {
                crossings += steps[at + 1..]
                    .iter()
                    .filter(|b| (a.0 - b.0) * (a.1 - b.1) < 0.0)
                    .count();
            }
        }
        crossings
    }

    /// Centres across the layers: as near to the neighbours' as the room allows.
    fn align(&self) -> Vec<f32> {
        let mut centres = vec![0.0; self.sizes.len()];
        for layer in &self.layers {
            let mut next = 0.0;
            for node in layer {
                centres[*node] = next + self.sizes[*node].cross / 2.0;
                next += self.sizes[*node].cross + BOX_GAP;
            }
            layer.iter().for_each(|node| centres[*node] -= next / 2.0);
        }
        for sweep in 0..2 * SWEEPS {
            let mut layers: Vec<&Vec<usize>> = self.layers.iter().collect();
            if sweep % 2 == 1 {
                layers.reverse();
            }
            for layer in layers {
                self.settle(layer, &mut centres);
            }
        }
        centres
    }

    /// Moves a layer's centres towards those of all neighbours. Two ways to keep the distances, one that yields
    /// upwards and one that yields downwards, are averaged, which keeps them too.
    fn settle(&self, layer: &[usize], centres: &mut [f32]) {
        let wish = |node: usize| {
            let near = self.before[node].iter().chain(&self.after[node]);
            let (sum, count) = near.fold((0.0, 0), |(sum, count), other| (sum + centres[*other], count + 1));
            if count == 0 {
                centres[node]
            } else {
                sum / count as f32
            }
        };
        let mut down: Vec<f32> = layer.iter().map(|node| wish(*node)).collect();
        let mut up = down.clone();
        let distance =
            |at: usize| (self.sizes[layer[at]].cross + self.sizes[layer[at + 1]].cross) / 2.0 + BOX_GAP;
        for at in 1..layer.len() {
            down[at] = down[at].max(down[at - 1] + distance(at - 1));
        }
        for at in (0..layer.len().saturating_sub(1)).rev() {
            up[at] = up[at].min(up[at + 1] - distance(at));
        }
        for (at, node) in layer.iter().enumerate() {
            centres[*node] = (down[at] + up[at]) / 2.0;
        }
    }

    fn place(&self, centres: &[f32], is_reversed: Vec<bool>) -> Layout {
        let top = |node: usize| centres[node] - self.sizes[node].cross / 2.0;
        let first = (0..self.sizes.len()).map(top).fold(f32::INFINITY, f32::min);
        let last = (0..self.sizes.len())
            .map(|node| top(node) + self.sizes[node].cross)
            .fold(first, f32::max);
        let (mut mains, mut layer_of) = (vec![0.0; self.sizes.len()], vec![(0.0, 0.0); self.sizes.len()]);
        let mut main = 0.0;
        for layer in &self.layers {
            let widest = layer
                .iter()
                .map(|node| self.sizes[*node].main)
                .fold(0.0, f32::max);
            for node in layer {
                mains[*node] = main + (widest - self.sizes[*node].main) / 2.0;
                layer_of[*node] = (main, main + widest);
            }
            main += widest + LAYER_GAP;
        }
        let corner = |node: usize| Point {
            main: mains[node],
            cross: top(node) - first,
        };
        let route = |chain: &Vec<usize>| {
            let (start, end) = (chain[0], chain[chain.len() - 1]);
            let leaves = Point {
                main: mains[start] + self.sizes[start].main,
                cross: centres[start] - first + self.port(start, chain[1], &self.after[start], centres),
            };
            let arrives = Point {
                main: mains[end],
                cross: centres[end] - first
                    + self.port(end, chain[chain.len() - 2], &self.before[end], centres),
            };
            // A bend runs straight along its whole layer, so that it stays clear of the boxes beside it.
            let bends = chain[1..chain.len() - 1].iter().flat_map(|bend| {
                let (from, to) = layer_of[*bend];
                [from, to].map(|main| Point {
                    main,
                    cross: centres[*bend] - first,
                })
            });
            std::iter::once(leaves).chain(bends).chain([arrives]).collect()
        };
        Layout {
            corners: (0..self.boxes).map(corner).collect(),
            routes: self.chains.iter().map(route).collect(),
            is_reversed,
            size: Size {
                main: (main - LAYER_GAP).max(0.0),
                cross: last - first,
            },
        }
    }

    /// How far from the middle of a box's side a link meets it: the links of a side stand in the order of what
    /// they lead to, but many of them meet in one point.
    fn port(&self, node: usize, towards: usize, near: &[usize], centres: &[f32]) -> f32 {
        let place = near
            .iter()
            .filter(|other| centres[**other] < centres[towards])
            .count();
        let room = (self.sizes[node].cross - 14.0).max(0.0) / near.len().max(1) as f32;
        if near.len() > MOST_PORTS {
            return 0.0;
        }
        (place as f32 - (near.len() as f32 - 1.0) / 2.0) * room.min(11.0)
    }
}

/// The layer of each box: after all that link to it, and no further from what it links to than needed.
fn ranks(count: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let mut ranks = vec![0; count];
    for _ in 0..count {
        for &(from, to) in links {
            ranks[to] = ranks[to].max(ranks[from] + 1);
        }
    }
    for node in 0..count {
        let is_start = links.iter().all(|link| link.1 != node);
        let nearest = links
            .iter()
            .filter(|link| link.0 == node)
            .map(|link| ranks[link.1])
            .min();
        if let Some(nearest) = nearest.filter(|_| is_start) {
            ranks[node] = nearest - 1;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn boxes_never_overlap_and_links_meet_their_boxes(
            sizes in proptest::collection::vec((20.0..120.0_f32, 20.0..80.0_f32), 1..14),
            pairs in proptest::collection::vec((0..14_usize, 0..14_usize), 0..26),
        ) {
            let sizes: Vec<Size> = sizes.into_iter().map(|(main, cross)| Size { main, cross }).collect();
            let inside = |&(from, to): &(usize, usize)| from != to && from < sizes.len() && to < sizes.len();
            let links: Vec<(usize, usize)> = pairs.into_iter().filter(inside).collect();
            let layout = layout(&sizes, &links);
            for (at, a) in layout.corners.iter().enumerate() {
                prop_assert!(a.main >= 0.0 && a.main + sizes[at].main <= layout.size.main + 0.1);
                prop_assert!(a.cross >= -0.1 && a.cross + sizes[at].cross <= layout.size.cross + 0.1);
                for (other, b) in layout.corners.iter().enumerate().skip(at + 1) {
                    let apart = a.main + sizes[at].main <= b.main || b.main + sizes[other].main <= a.main
                        || a.cross + sizes[at].cross <= b.cross || b.cross + sizes[other].cross <= a.cross;
                    prop_assert!(apart, "{at} and {other} overlap");
                }
            }
            for ((route, reversed), &(from, to)) in layout.routes.iter().zip(&layout.is_reversed).zip(&links) {
                let (first, last) = if *reversed { (to, from) } else { (from, to) };
                let meets = |node: usize, point: &Point| {
                    let corner = layout.corners[node];
                    (corner.cross..=corner.cross + sizes[node].cross).contains(&point.cross)
                };
                prop_assert!(meets(first, &route[0]) && meets(last, &route[route.len() - 1]));
                prop_assert!(route[0].main < route[route.len() - 1].main);
            }
        }
    }
}
