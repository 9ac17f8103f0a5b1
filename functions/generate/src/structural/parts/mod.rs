//! Card by card, the sentences of a page. Every sentence names something that its lines bear.

mod project;
mod subject;
mod symbols;

pub(super) use project::{config, dependencies, entry, environment, named, route, scripts, standard, test};
pub(super) use subject::{
    cycle, file, guide, guide_with_code, layer, more, part, purpose, used_by, uses, uses_of,
};
pub(super) use symbols::{core, function, short_card, type_card, type_heading};
