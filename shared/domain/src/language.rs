//! Languages of source files, told by file name, extension and `#!` line (the conventions of GitHub's linguist).

use serde::{Deserialize, Serialize};

macro_rules! languages {
    ($($variant:ident $id:literal $name:literal [$($extension:literal)*] [$($file:literal)*] [$($interpreter:literal)*])*) => {
        /// A language of source files. (The language of pages is [`crate::Locale`].)
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the variants are names of languages")]
        pub enum Language {
            $(#[serde(rename = $id)] $variant,)*
        }

        impl Language {
            /// All of them, by id.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// A stable identifier for keys, filters and code fences: `c-sharp`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The name that people use: `C#`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn by_extension(extension: &str) -> Option<Self> {
                $($(if extension == $extension { return Some(Self::$variant); })*)*
                None
            }

            fn by_file_name(name: &str) -> Option<Self> {
                $($(if name == $file { return Some(Self::$variant); })*)*
                None
            }

            fn by_interpreter(interpreter: &str) -> Option<Self> {
                $($(if interpreter == $interpreter { return Some(Self::$variant); })*)*
                None
            }
        }
    };
}

languages! {
    Bash "bash" "Shell" ["sh" "bash" "zsh" "ksh" "bats"] [".bashrc" ".bash_profile" ".profile" ".zshrc"] ["bash" "sh" "zsh" "ksh" "dash"]
    C "c" "C" ["c" "h"] [] []
    Cpp "cpp" "C++" ["cc" "cpp" "cxx" "c++" "hpp" "hh" "hxx" "h++" "ipp" "inl" "cu" "cuh"] [] []
    CSharp "c-sharp" "C#" ["cs" "csx"] [] []
    Cmake "cmake" "CMake" ["cmake"] ["CMakeLists.txt"] []
    Css "css" "CSS" ["css" "scss" "less"] [] []
    Dart "dart" "Dart" ["dart"] [] []
    Dockerfile "dockerfile" "Dockerfile" ["dockerfile"] ["Dockerfile" "Containerfile"] []
    Elixir "elixir" "Elixir" ["ex" "exs"] [] ["elixir"]
    Erlang "erlang" "Erlang" ["erl" "hrl"] [] ["escript"]
    Go "go" "Go" ["go"] [] []
    Groovy "groovy" "Groovy" ["groovy" "gradle"] ["Jenkinsfile"] ["groovy"]
    Haskell "haskell" "Haskell" ["hs"] [] ["runhaskell"]
    Hcl "hcl" "HCL" ["tf" "tfvars" "hcl"] [] []
    Html "html" "HTML" ["html" "htm" "xhtml"] [] []
    Ini "ini" "INI" ["ini" "cfg" "conf" "properties" "editorconfig" "desktop"] [".editorconfig" ".gitconfig"] []
    Java "java" "Java" ["java"] [] []
    JavaScript "javascript" "JavaScript" ["js" "mjs" "cjs" "jsx"] [] ["node" "deno" "bun"]
    Json "json" "JSON" ["json" "jsonc" "json5" "webmanifest" "geojson" "ipynb"] [".babelrc" ".eslintrc" ".prettierrc"] []
    Julia "julia" "Julia" ["jl"] [] ["julia"]
    Kotlin "kotlin" "Kotlin" ["kt" "kts"] [] []
    Lua "lua" "Lua" ["lua"] [] ["lua"]
    Make "make" "Makefile" ["mk" "mak"] ["Makefile" "makefile" "GNUmakefile"] ["make"]
    Markdown "markdown" "Markdown" ["md" "markdown" "mdx" "mkd"] ["README" "CHANGELOG" "CONTRIBUTING"] []
    Nix "nix" "Nix" ["nix"] [] []
    ObjectiveC "objective-c" "Objective-C" ["m" "mm"] [] []
    Ocaml "ocaml" "OCaml" ["ml" "mli"] [] ["ocaml"]
    Perl "perl" "Perl" ["pl" "pm"] [] ["perl"]
    Php "php" "PHP" ["php" "phtml"] [] ["php"]
    PowerShell "powershell" "PowerShell" ["ps1" "psm1" "psd1"] [] ["pwsh"]
    Proto "proto" "Protocol Buffers" ["proto"] [] []
    Python "python" "Python" ["py" "pyi" "pyw" "bzl"] ["SConstruct" "BUILD" "WORKSPACE"] ["python" "python3" "python2" "pypy"]
    R "r" "R" ["r"] [] ["Rscript"]
    Rst "rst" "reStructuredText" ["rst"] [] []
    Ruby "ruby" "Ruby" ["rb" "rake" "gemspec" "ru"] ["Rakefile" "Gemfile" "Vagrantfile" "Podfile"] ["ruby"]
    Rust "rust" "Rust" ["rs"] [] []
    Scala "scala" "Scala" ["scala" "sc" "sbt"] [] ["scala"]
    Sql "sql" "SQL" ["sql"] [] []
    Swift "swift" "Swift" ["swift"] [] ["swift"]
    Text "text" "Text" ["txt" "adoc" "asciidoc" "org" "tex"] ["LICENSE" "NOTICE" "AUTHORS" "COPYING" "CODEOWNERS"] []
    Toml "toml" "TOML" ["toml"] ["Cargo.lock" "Pipfile"] []
    Tsx "tsx" "TSX" ["tsx"] [] []
    TypeScript "typescript" "TypeScript" ["ts" "mts" "cts"] [] []
    Vue "vue" "Vue" ["vue" "svelte"] [] []
    Xml "xml" "XML" ["xml" "xsd" "xsl" "xslt" "svg" "csproj" "props" "targets" "plist" "pom"] [] []
    Yaml "yaml" "YAML" ["yaml" "yml"] [".clang-format" ".clang-tidy"] []
    Zig "zig" "Zig" ["zig" "zon"] [] []
}

impl Language {
    /// The language of this id or name, in any case: `c-sharp`, `C#`.
    pub fn of_name(name: &str) -> Option<Self> {
        let is_it = |it: &&Self| it.id() == name || it.name().eq_ignore_ascii_case(name);
        Self::ALL.iter().find(is_it).copied()
    }

    /// Tells the language of a file. `first_line` is its first line, read only where the name says nothing.
    pub fn of(file_name: &str, first_line: &str) -> Option<Self> {
        let stem_rule = || {
            let (stem, rest) = file_name.split_once('.')?;
            matches!(stem, "Dockerfile" | "Containerfile" | "Makefile" | "Jenkinsfile")
                .then(|| Self::by_file_name(stem))
                .flatten()
                .filter(|_| Self::by_extension(&rest.to_ascii_lowercase()).is_none())
        };
        let extension_rule = || {
            let (stem, extension) = file_name.rsplit_once('.')?;
            if stem.is_empty() {
                None
            } else {
                Self::by_extension(&extension.to_ascii_lowercase())
            }
        };
        Self::by_file_name(file_name)
            .or_else(stem_rule)
            .or_else(extension_rule)
            .or_else(|| Self::of_shebang(first_line))
    }

    fn of_shebang(first_line: &str) -> Option<Self> {
        let mut words = first_line.strip_prefix("#!")?.split_whitespace();
        let program = words.next()?.rsplit('/').next()?;
        let program = if program == "env" {
            words.find(|word| !word.starts_with('-') && !word.contains('='))?
        } else {
            program
        };
        Self::by_interpreter(program).or_else(|| {
            Self::by_interpreter(program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
        })
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_extensions_and_shebangs_tell_the_language() {
        for (file, first, language) in [
            ("lib.rs", "", Some(Language::Rust)),
            ("Makefile", "", Some(Language::Make)),
            ("Dockerfile.dev", "", Some(Language::Dockerfile)),
            ("Makefile.py", "", Some(Language::Python)),
            ("A.TSX", "", Some(Language::Tsx)),
            ("run", "#!/usr/bin/env -S python3.11 -u", Some(Language::Python)),
            ("run", "#!/bin/sh -e", Some(Language::Bash)),
            (".rs", "", None),
            ("data.unknown", "hello", None),
        ] {
            assert_eq!(Language::of(file, first), language, "{file}");
        }
    }
}
