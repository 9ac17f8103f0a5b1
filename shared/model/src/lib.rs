//! What everything that talks with a language model has in common, whichever model it is.
//!
//! *Architecture invariant:* repository text reaches a model fenced, labelled as data and scanned ([`fence`]), and
//! what comes back is only ever read as statements about cited grounds ([`accept`]). A reply can name no tool, no
//! address and no line that the model was not shown.

mod accept;
mod fence;
mod json;
mod patience;
mod prose;
mod purse;

pub use accept::{Accepted, Claim, Ground, Grounds, Objection, accept};
pub use fence::{Shown, addresses_a_model, fence, scan};
pub use json::read_object;
pub use patience::Patient;
pub use prose::{LinkTarget, inlines};
pub use purse::{Metered, Purse};
