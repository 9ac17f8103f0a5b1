//! What is read from small sources of each language, as snapshots.

mod support;

use support::{check, read, render};

/// Compares the facts of each source with its snapshot, which bears the file's name.
fn snapshot(path: &str, text: &str) {
    let facts = read(path, text);
    check(text, &facts);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(path.replace(['/', '.'], "_"), render(&facts));
    });
}

macro_rules! sources {
    ($($test:ident $path:literal)*) => {
        /// Every source, for the tests that want them all.
        pub const SOURCES: &[(&str, &str)] = &[$(($path, include_str!(concat!("sources/", $path)))),*];
        $(
            #[test]
            fn $test() {
                snapshot($path, include_str!(concat!("sources/", $path)));
            }
        )*
    };
}

sources! {
    c "parse.c"
    cpp "parse.hpp"
    csharp "Parser.cs"
    go "server.go"
    java "Parser.java"
    javascript "lib.js"
    json "package.json"
    kotlin "Parser.kt"
    markdown "guide.md"
    php "Parser.php"
    python "app.py"
    ruby "parser.rb"
    rust "parser.rs"
    toml "settings.toml"
    tsx "view.tsx"
    yaml "ci.yaml"
}

#[test]
fn every_source_is_read_without_errors() {
    for (path, text) in SOURCES {
        assert!(!read(path, text).has_errors, "{path} has errors");
    }
}
