//! Whatever a text holds, reading it does not fail, and what is read lies within it.

mod support;

use deepwiki_code::read_file;
use deepwiki_domain::Language;
use proptest::prelude::*;
use support::{check, file, read};

/// Reads a text as a file of every language.
fn read_as_all(text: &str) {
    for &language in Language::ALL {
        let mut file = file("some/file", text);
        file.language = Some(language);
        check(text, &read_file(&file));
    }
    check(text, &read("unknown/file", text));
}

/// Pieces that languages are made of, so that random texts get somewhere.
const PIECES: &[&str] = &[
    "fn f",
    "def f",
    "class A",
    "function f",
    "impl A",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ":",
    "::",
    ";",
    ",",
    ".",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "//",
    "///",
    "/*",
    "*/",
    "#",
    "# ",
    "##",
    "--",
    "=",
    "=>",
    "->",
    "use a::b",
    "import x",
    "from . import y",
    "if",
    "else",
    "match x",
    "return",
    "日本語",
    "é",
    "\u{0}",
    "\r",
    "\u{a0}",
    "#[test]",
    "@a",
    "pub ",
    "macro! {",
    "cfg_if! { if #[cfg(a)] {",
    "}}",
    "end",
    "begin",
    "do",
    "module",
    "---",
    "```",
    "key: value",
    "\"key\": 1",
    "[table]",
    "<script>",
    "</script>",
    "<?php",
    "$x",
    "%",
    "!",
    "?",
    "1",
    "0x",
    "\\",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_as_all(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..80)) {
        read_as_all(&pieces.concat());
    }
}

#[test]
fn deep_nesting_is_no_recursion() {
    let opened = ["(", "{", "[", "a{", "mod a{", "f(", "<a>", "use a::{"];
    for open in opened {
        read_as_all(&open.repeat(4_000 / open.len()));
    }
    for path in ["a.rs", "a.py", "a.ts", "a.go", "a.c", "a.json", "a.md"] {
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
            let text = open.repeat(100_000);
            check(&text, &read(path, &text));
            let text = format!("{text}{}", close.repeat(100_000));
            check(&text, &read(path, &text));
        }
    }
}

#[test]
fn a_text_made_to_be_slow_is_stopped() {
    // Lua's scanner looks for the end of a long string from each of these brackets.
    let text = "[".repeat(100_000);
    let start = std::time::Instant::now();
    check(&text, &read("a.lua", &text));
    assert!(start.elapsed() < std::time::Duration::from_secs(60));
}

#[test]
fn functions_within_functions_nest_without_end() {
    let mut text = String::new();
    for depth in 0..400 {
        text.push_str(&" ".repeat(depth));
        text.push_str("def f():\n");
    }
    check(&text, &read("deep.py", &text));
    let text = format!("{}{}", "fn f() {\n".repeat(20_000), "}\n".repeat(20_000));
    check(&text, &read("deep.rs", &text));
}

#[test]
fn one_long_line_is_read() {
    let text = format!("var x = [{}];", "f(1),".repeat(100_000));
    check(&text, &read("bundle.js", &text));
    let text = "a.b".repeat(100_000);
    check(&text, &read("chain.py", &text));
}

#[test]
fn carriage_returns_do_no_harm() {
    let text = "def f():\r\n    \"\"\"Doc.\"\"\"\r\n    return 1\r\n\r\nclass A:\r\n    pass\r\n";
    let facts = read("a.py", text);
    check(text, &facts);
    assert_eq!(facts.definitions.len(), 2);
}

#[test]
fn nothing_is_made_of_nothing() {
    for path in ["a.rs", "a.py", "a.md", "a.json", "a.unknown"] {
        let facts = read(path, "");
        assert_eq!(
            (facts.lines, facts.chunks.len(), facts.definitions.len()),
            (0, 0, 0),
            "{path}"
        );
    }
}
