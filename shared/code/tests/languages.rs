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
    bash "deploy.sh"
    c "parse.c"
    cmake "CMakeLists.txt"
    cpp "parse.hpp"
    csharp "Parser.cs"
    css "style.css"
    dart "parser.dart"
    dockerfile "Dockerfile"
    elixir "parser.ex"
    go "server.go"
    haskell "Parser.hs"
    hcl "main.tf"
    html "index.html"
    ini "setup.cfg"
    java "Parser.java"
    javascript "lib.js"
    json "package.json"
    julia "parser.jl"
    kotlin "Parser.kt"
    lua "parser.lua"
    makefile "Makefile"
    markdown "guide.md"
    ocaml "parser.ml"
    ocaml_interface "parser.mli"
    php "Parser.php"
    proto "shop.proto"
    python "app.py"
    rst "guide.rst"
    ruby "parser.rb"
    rust "parser.rs"
    scala "Parser.scala"
    sql "schema.sql"
    swift "Parser.swift"
    toml "settings.toml"
    tsx "view.tsx"
    typescript "server.ts"
    yaml "ci.yaml"
    zig "parser.zig"
}

#[test]
fn every_source_is_read_without_errors() {
    for (path, text) in SOURCES {
        assert!(!read(path, text).has_errors, "{path} has errors");
    }
}
