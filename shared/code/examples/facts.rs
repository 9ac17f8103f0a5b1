//! Prints the facts of files: `cargo run -p deepwiki-code --example facts -- src/lib.rs …`

#![expect(clippy::print_stdout, reason = "a tool for developers")]

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        let facts = support::read(path.trim_start_matches(['/', '.']), &text);
        support::check(&text, &facts);
        println!("=== {path}\n{}", support::render(&facts));
    }
    Ok(())
}
