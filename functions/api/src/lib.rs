//! The face of the service: one router serves the wiki's pages and the REST API, behind API Gateway and
//! locally.
//!
//! *Architecture invariant:* handlers see ports alone. Everything that a reader can ask for is found by
//! [`library`], which is the one place that decides who may see which repository.

mod cache;
mod compress;
mod diagram;
mod html;
mod identity;
mod library;
mod links;
mod mcp;
mod problem;
mod reading;
mod rest;
mod router;
mod site;

pub use deepwiki_webhook::SigningKeys;
pub use identity::{Identity, TokenDoor};
pub use library::Ports;
pub use mcp::serve_mcp;
pub use problem::Problem;
pub use reading::Reading;
pub use router::{Settings, openapi, router};
pub use site::{export_site, llms_txt};
