//! Reads things.
//! Two lines.

use std::{collections::HashMap, fmt::{self, Display as Show}};
pub use crate::net::*;
use self::inner as other;
mod net;
mod inner {
    use super::*;
    pub(crate) fn helper() -> u32 { 1 }
}

/// A parser.
///
/// More.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Parser<'a, T: Display> {
    /// The text.
    pub text: &'a str,
    rest: Vec<T>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Get one.
    GetOne { #[arg(long, default_value = "x")] name: String },
    Put(u8),
}

impl<'a, T: Display> Parser<'a, T> {
    /// Makes one.
    #[must_use]
    /// Second.
    pub fn new(text: &'a str, options: &Options) -> Result<Self, fmt::Error> {
        let home = std::env::var("HOME").unwrap_or_default();
        let x = helper(text).run::<u8>()?;
        if x > 1 && options.deep { self::inner::helper(); }
        for i in 0..MAX { println!("{} {}", i, crate::net::count(x)); }
        match x { Some(y) if y > 0 => Foo::Bar(y), MAX => z(), _ => Parser { text, rest: vec![other::make()] } }
    }
}

impl<T> fmt::Display for Parser<'_, T> where T: Display {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.rest.iter().map(|r| r.go()).collect::<Vec<_>>() }
}

pub const MAX: usize = 10;
static NAME: &str = "x";
pub trait Run: Send + base::Walk { fn run(&self) -> u8; fn two() { } type Out; }
macro_rules! my { ($x:expr) => { helper($x) } }

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        mod unix;
        pub fn open() -> Parser { unix::open() }
    } else {
        pub fn open() {}
    }
}
cfg_net! {
    pub struct Socket { fd: u8 }
    impl Socket { pub fn fd(&self) -> u8 { self.fd } }
}

fn main() { let app = Router::new().route("/users/{id}", get(show)); }

#[cfg(test)]
mod tests {
    #[test]
    fn works() { assert_eq!(super::helper(), 1); }
}
