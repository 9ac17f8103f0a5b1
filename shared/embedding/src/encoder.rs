//! The encoder: BERT's layers (Devlin et al. 2019) over the pieces of one text, and the mean of what comes out.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, Axis, s};

use crate::file::{ModelFile, Sizes};

/// The weights, unpacked but for the table of pieces, of which a text uses a few rows.
pub(crate) struct Encoder {
    file: ModelFile,
    positions: Array2<f32>,
    kind: Array1<f32>,
    entry: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    joined: Linear,
    after_attention: Norm,
    wide: Linear,
    narrow: Linear,
    after_inner: Norm,
}

/// Weights as rows of outputs, so that the product is with their transpose.
struct Linear {
    weights: Array2<f32>,
    bias: Array1<f32>,
}

struct Norm {
    scale: Array1<f32>,
    shift: Array1<f32>,
    epsilon: f32,
}

impl Encoder {
    /// Unpacks the weights of a file; none where one is missing.
    pub(crate) fn new(file: ModelFile) -> Option<Self> {
        let sizes = file.sizes;
        let positions = file.plain("emb.pos", sizes.positions * sizes.hidden)?;
        let layers: Option<Vec<Layer>> = (0..sizes.layers).map(|at| Layer::new(&file, at)).collect();
        Some(Self {
            positions: Array2::from_shape_vec((sizes.positions, sizes.hidden), positions).ok()?,
            kind: Array1::from_vec(file.plain("emb.type", sizes.hidden)?),
            entry: Norm::new(&file, "emb.ln")?,
            layers: layers?,
            file,
        })
    }

    /// The sizes of the model.
    pub(crate) fn sizes(&self) -> Sizes {
        self.file.sizes
    }

    /// The direction of a text of these pieces, of length 1. None where it has none.
    pub(crate) fn encode(&self, pieces: &[u32]) -> Option<Vec<f32>> {
        let sizes = self.sizes();
        let mut rows = Vec::with_capacity(pieces.len() * sizes.hidden);
        for piece in pieces {
            self.file
                .row("emb.word", *piece as usize, sizes.hidden, &mut rows)?;
        }
        let mut states = Array2::from_shape_vec((pieces.len(), sizes.hidden), rows).ok()?;
        states += &self.positions.slice(s![..pieces.len().min(sizes.positions), ..]);
        states += &self.kind;
        self.entry.apply(&mut states);
        for layer in &self.layers {
            states = layer.apply(states, sizes.heads);
        }
        let mean = states.mean_axis(Axis(0))?;
        let length = mean.dot(&mean).sqrt();
        (length.is_finite() && length > 0.0).then(|| (mean / length).to_vec())
    }
}

impl Layer {
    fn new(file: &ModelFile, at: usize) -> Option<Self> {
        let Sizes { hidden, inner, .. } = file.sizes;
        let linear =
            |name: &str, outputs, inputs| Linear::new(file, &format!("l{at}.{name}"), outputs, inputs);
        Some(Self {
            query: linear("q", hidden, hidden)?,
            key: linear("k", hidden, hidden)?,
            value: linear("v", hidden, hidden)?,
            joined: linear("ao", hidden, hidden)?,
            after_attention: Norm::new(file, &format!("l{at}.aln"))?,
            wide: linear("fi", inner, hidden)?,
            narrow: linear("fo", hidden, inner)?,
            after_inner: Norm::new(file, &format!("l{at}.oln"))?,
        })
    }

    fn apply(&self, states: Array2<f32>, heads: usize) -> Array2<f32> {
        let attended = self.attention(&states, heads);
        let mut states = states + self.joined.apply(&attended);
        self.after_attention.apply(&mut states);
        let mut wide = self.wide.apply(&states);
        wide.mapv_inplace(gelu);
        states += &self.narrow.apply(&wide);
        self.after_inner.apply(&mut states);
        states
    }

    fn attention(&self, states: &Array2<f32>, heads: usize) -> Array2<f32> {
        let (query, key, value) = (
            self.query.apply(states),
            self.key.apply(states),
            self.value.apply(states),
        );
        let width = states.ncols() / heads;
        let scale = 1.0 / (width as f32).sqrt();
        let mut attended = Array2::zeros(states.raw_dim());
        for head in 0..heads {
            let part = s![.., head * width..(head + 1) * width];
            let mut shares = query.slice(part).dot(&key.slice(part).t()) * scale;
            shares.rows_mut().into_iter().for_each(softmax);
            attended.slice_mut(part).assign(&shares.dot(&value.slice(part)));
        }
        attended
    }
}

impl Linear {
    fn new(file: &ModelFile, name: &str, outputs: usize, inputs: usize) -> Option<Self> {
        let weights = file.matrix(&format!("{name}.w"), outputs, inputs)?;
        Some(Self {
            weights: Array2::from_shape_vec((outputs, inputs), weights).ok()?,
            bias: Array1::from_vec(file.plain(&format!("{name}.b"), outputs)?),
        })
    }

    fn apply(&self, states: &Array2<f32>) -> Array2<f32> {
        let transposed: ArrayView2<'_, f32> = self.weights.t();
        states.dot(&transposed) + &self.bias
    }
}

impl Norm {
    fn new(file: &ModelFile, name: &str) -> Option<Self> {
        let Sizes { hidden, epsilon, .. } = file.sizes;
        Some(Self {
            scale: Array1::from_vec(file.plain(&format!("{name}.w"), hidden)?),
            shift: Array1::from_vec(file.plain(&format!("{name}.b"), hidden)?),
            epsilon,
        })
    }

    fn apply(&self, states: &mut Array2<f32>) {
        for mut row in states.rows_mut() {
            let count = row.len() as f32;
            let mean = row.sum() / count;
            row -= mean;
            let deviation = (row.dot(&row) / count + self.epsilon).sqrt();
            row /= deviation;
            row *= &self.scale;
            row += &self.shift;
        }
    }
}

fn softmax(mut row: ArrayViewMut1<'_, f32>) {
    let largest = row.iter().copied().fold(f32::MIN, f32::max);
    row.mapv_inplace(|value| (value - largest).exp());
    let sum = row.sum();
    row /= sum;
}

/// `x * Φ(x)`, with the error function by Abramowitz and Stegun 7.1.26 (off by 1.5e-7 at most).
fn gelu(x: f32) -> f32 {
    let at = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * at);
    let polynomial =
        ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let erf = (1.0 - polynomial * (-at * at).exp()).copysign(x);
    0.5 * x * (1.0 + erf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_activation_is_that_of_the_definition() {
        for (x, y) in [
            (0.0, 0.0),
            (1.0, 0.841_344_7),
            (-1.0, -0.158_655_25),
            (3.0, 2.995_950_3),
            (-6.0, 0.0),
        ] {
            assert!((gelu(x) - y).abs() < 1e-5, "{x}: {}", gelu(x));
        }
    }

    #[test]
    fn shares_add_up_to_one_whatever_the_size() {
        let mut row = Array1::from_vec(vec![1000.0, 1000.0, -1000.0]);
        softmax(row.view_mut());
        assert_eq!(row.to_vec(), [0.5, 0.5, 0.0]);
    }
}
