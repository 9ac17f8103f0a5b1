use super::*;
use proptest::prelude::*;

fn facts(path: &str, text: &str) -> PackageFacts {
    read(&RepoPath::new(path).unwrap(), text).unwrap()
}

/// One line a fact, so that a test can state all of them.
fn render(facts: &PackageFacts) -> String {
    let mut lines = Vec::new();
    let one = |what: &str, stated: &Stated| format!("{} {what} {}", stated.line, stated.value);
    let single = [
        ("name", &facts.name),
        ("version", &facts.version),
        ("description", &facts.description),
        ("license", &facts.license),
    ];
    lines.extend(
        single
            .iter()
            .filter_map(|(what, value)| Some(one(what, value.as_ref()?))),
    );
    lines.extend(facts.members.iter().map(|member| one("member", member)));
    lines.extend(facts.entries.iter().map(|entry| one("entry", entry)));
    lines.extend(
        facts
            .commands
            .iter()
            .map(|(name, to)| format!("{} -> {to}", one("command", name))),
    );
    lines.extend(facts.dependencies.iter().map(|dependency| {
        let wanted = dependency.requirement.as_deref().unwrap_or("-");
        let path = dependency
            .path
            .as_deref()
            .map(|path| format!(" at {path}"))
            .unwrap_or_default();
        let dev = if dependency.dev { " dev" } else { "" };
        format!(
            "{} needs {} {wanted}{path}{dev}",
            dependency.line, dependency.name
        )
    }));
    lines.join("\n")
}

#[test]
fn cargo_manifests_are_read_with_their_lines() {
    let text = r#"[package]
name = "demo"
version.workspace = true
license = "MIT"

[lib]
path = "lib/demo.rs"

[[bin]]
name = "tool"

[workspace]
members = [
    "a",
    "crates/*",
]

[dependencies]
serde = { version = "1", features = ["derive"] }
mine = { package = "other-name", path = "../other" }
log.workspace = true

[dependencies.regex]
version = "1.5"

[target.'cfg(unix)'.dev-dependencies]
nix = "0.30"
"#;
    insta::assert_snapshot!(render(&facts("Cargo.toml", text)), @r"
    2 name demo
    4 license MIT
    14 member a
    15 member crates/*
    7 entry lib/demo.rs
    10 command tool -> src/bin/tool.rs
    19 needs serde 1
    20 needs other-name - at ../other
    21 needs log -
    23 needs regex 1.5
    27 needs nix 0.30 dev
    ");
}

#[test]
fn a_broken_manifest_still_tells_what_is_well_formed() {
    let text = "[package]\nname = \"demo\"\nversion = \n\n[dependencies]\nserde = \"1\"\n";
    let facts = facts("Cargo.toml", text);
    assert_eq!(facts.name, Some(stated("demo", 2)));
    assert_eq!(facts.dependencies.len(), 1);
    let text = "{\n  \"name\": \"demo\",\n  \"dependencies\": {\n    \"a\": \"1\",\n    \"b\": ";
    let facts = self::facts("package.json", text);
    assert_eq!(facts.name, Some(stated("demo", 2)));
    assert_eq!(facts.dependencies.len(), 1);
}

#[test]
fn npm_manifests_are_read_with_their_lines() {
    let text = r#"{
  "name": "@scope/demo",
  "version": "1.0.0",
  "workspaces": ["packages/*", "apps/web"],
  "bin": "./cli.js",
  "main": "./dist/index.js",
  "exports": {
    ".": { "import": "./dist/index.mjs", "require": "./dist/index.js" },
    "./sub": "./dist/sub.js"
  },
  "scripts": {
    "build": "tsc -p ."
  },
  "dependencies": { "left": "^1.0.0",
    "right": "file:../right" },
  "devDependencies": {
    "jest": "30"
  }
}"#;
    insta::assert_snapshot!(render(&facts("package.json", text)), @r"
    2 name @scope/demo
    3 version 1.0.0
    4 member packages/*
    4 member apps/web
    6 entry ./dist/index.js
    8 entry ./dist/index.mjs
    9 entry ./dist/sub.js
    12 command build -> tsc -p .
    5 command demo -> ./cli.js
    14 needs left ^1.0.0
    15 needs right file:../right at ../right
    17 needs jest 30 dev
    ");
}

#[test]
fn typescript_settings_tell_aliases() {
    let text = "{\n  // comments are allowed\n  \"extends\": \"../tsconfig.base.json\",\n  \"compilerOptions\": {\n    \
                \"baseUrl\": \"./src\", /* and\n these */\n    \"paths\": {\n      \"@app/*\": [\"app/*\"],\n    },\n  },\n}";
    insta::assert_snapshot!(render(&facts("web/tsconfig.json", text)), @r"
    3 member ../tsconfig.base.json
    5 entry ./src
    8 needs @app/* - at app/*
    ");
}

#[test]
fn python_manifests_are_read_with_their_lines() {
    let text = r#"[project]
name = "demo"
license = { text = "MIT" }
dependencies = [
    "httpx[http2]>=0.27,<1 ; python_version > '3.8'",
    "mine @ https://example.com/mine.zip",
]

[project.optional-dependencies]
test = ["pytest"]
fast = ["orjson~=3.0"]

[project.scripts]
demo = "demo.cli:main"

[dependency-groups]
lint = ["ruff", {include-group = "test"}]

[tool.poetry.dependencies]
python = "^3.9"
click = { version = "^8", optional = true }

[tool.poetry.group.dev.dependencies]
mypy = "*"
"#;
    insta::assert_snapshot!(render(&facts("pyproject.toml", text)), @r"
    2 name demo
    3 license MIT
    14 command demo -> demo.cli:main
    5 needs httpx >=0.27,<1
    6 needs mine @ https://example.com/mine.zip
    10 needs pytest - dev
    11 needs orjson ~=3.0
    17 needs ruff - dev
    21 needs click ^8
    24 needs mypy * dev
    ");
    let text = "[metadata]\nname = demo\n[options]\ninstall_requires =\n    attrs>=21\n    six\n\n[options.entry_points]\n\
                console_scripts =\n    demo = demo:main\n";
    insta::assert_snapshot!(render(&facts("setup.cfg", text)), @r"
    2 name demo
    10 command demo -> demo:main
    5 needs attrs >=21
    6 needs six -
    ");
    let text = "# pinned\n-r base.txt\nflask==3.0.0 \\\n    --hash=sha256:abc\ngit+https://example.com/x\n";
    insta::assert_snapshot!(render(&facts("requirements/dev.txt", text)), @"3 needs flask ==3.0.0 dev");
}

#[test]
fn other_manifests_are_read_with_their_lines() {
    let text = "module example.com/demo\n\ngo 1.22\n\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgithub.com/c/d v0.1.0 // indirect\n)\n\
                require golang.org/x/net v0.2.0\nreplace github.com/a/b => ../b\n";
    insta::assert_snapshot!(render(&facts("go.mod", text)), @r"
    1 name example.com/demo
    6 needs github.com/a/b v1.2.3 at ../b
    9 needs golang.org/x/net v0.2.0
    ");
    let text = "<?xml version=\"1.0\"?>\n<!-- <name> -->\n<project>\n<groupId>org.demo</groupId>\n<artifactId>core</artifactId>\n\
                <dependencies>\n<dependency>\n<groupId>junit</groupId>\n<artifactId>junit</artifactId>\n<scope>test</scope>\n\
                <exclusions><exclusion><groupId>x</groupId></exclusion></exclusions>\n</dependency>\n</dependencies>\n</project>";
    insta::assert_snapshot!(render(&facts("pom.xml", text)), @r"
    5 name org.demo:core
    9 needs junit:junit - dev
    ");
    let text = "plugins { id 'java' }\nversion = '1.0'\ndependencies {\n  implementation \"org.a:b:1.2\"\n  \
                testImplementation(project(\":core:util\"))\n}\n";
    insta::assert_snapshot!(render(&facts("build.gradle", text)), @r"
    2 version 1.0
    4 needs org.a:b 1.2
    5 needs :core:util - at core/util dev
    ");
    let text = "source 'https://example.com'\ngem 'rails', '~> 7.0'\ngroup :test do\n  gem \"rspec\"\nend\ngem 'x', path: './x'\n";
    insta::assert_snapshot!(render(&facts("Gemfile", text)), @r"
    2 needs rails ~> 7.0
    4 needs rspec - dev
    6 needs x - at ./x
    ");
    let text = "Gem::Specification.new do |s|\n  s.name = 'demo'\n  s.add_development_dependency 'rake', '>= 1'\nend\n";
    insta::assert_snapshot!(render(&facts("demo.gemspec", text)), @r"
    2 name demo
    3 needs rake >= 1 dev
    ");
    let text = "<Project Sdk=\"x\">\n<ItemGroup>\n<PackageReference Include=\"A.B\" Version=\"1.0\" />\n\
                <ProjectReference Include=\"..\\Core\\Core.csproj\" />\n</ItemGroup></Project>";
    insta::assert_snapshot!(render(&facts("src/App.csproj", text)), @r"
    1 name App
    3 needs A.B 1.0
    4 needs Core - at ../Core/Core.csproj
    ");
    let text = "# project(no)\nproject(Demo VERSION 1.2\n  LANGUAGES CXX)\nfind_package(Boost 1.80 REQUIRED)\nadd_executable(app main.cpp)\n";
    insta::assert_snapshot!(render(&facts("CMakeLists.txt", text)), @r"
    2 name Demo
    2 version 1.2
    5 command app -> main.cpp
    4 needs Boost 1.80
    ");
    let text = "{\"name\": \"a/b\",\n\"require\": {\"php\": \">=8\",\n\"c/d\": \"^1\"},\n\"autoload\": {\"psr-4\": {\"A\\\\B\\\\\": \"src/\"}}}";
    insta::assert_snapshot!(render(&facts("composer.json", text)), @r"
    1 name a/b
    4 entry src/
    3 needs c/d ^1
    ");
    let text = "packages:\n  - 'packages/*'\n  - tools\ncatalog:\n  - not-this\n";
    insta::assert_snapshot!(render(&facts("pnpm-workspace.yaml", text)), @r"
    2 member packages/*
    3 member tools
    ");
}

#[test]
fn files_that_are_no_manifests_are_not_read() {
    for path in ["src/main.rs", "docs/package.json.md", "txt", "notes.txt"] {
        assert_eq!(
            read(&RepoPath::new(path).unwrap(), "name = 'x'\n{\"name\":\"x\"}"),
            None
        );
    }
    assert_eq!(read(&RepoPath::new("package.json").unwrap(), "[]"), None);
}

const KINDS: &[&str] = &[
    "Cargo.toml",
    "package.json",
    "tsconfig.json",
    "pyproject.toml",
    "setup.cfg",
    "requirements.txt",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "composer.json",
    "Gemfile",
    "a.gemspec",
    "a.csproj",
    "CMakeLists.txt",
    "pnpm-workspace.yaml",
];

proptest! {
    #[test]
    fn no_text_makes_a_reader_fail_or_state_lines_that_are_not_there(
        kind in 0..KINDS.len(),
        pieces in prop::collection::vec(
            prop_oneof![
                "\\PC{0,12}",
                prop::sample::select(vec![
                    "\n", "{", "}", "[", "]", "\"", "'", ":", "=", ",", "<a>", "</a>", "<", "name", "dependencies", "(", ")",
                    "project", "/*", "*/", "//", "\\u12", "\\", "日本", "- ", "gem ", "module ", "require", " ", "\r\n",
                ]).prop_map(str::to_owned),
            ],
            0..60,
        ),
    ) {
        let text = pieces.concat();
        let lines = u32::try_from(text.lines().count().max(1)).unwrap();
        if let Some(facts) = read(&RepoPath::new(KINDS[kind]).unwrap(), &text) {
            for dependency in &facts.dependencies {
                prop_assert!((1..=lines).contains(&dependency.line));
            }
            for stated in facts.members.iter().chain(&facts.entries).chain(facts.name.as_ref()) {
                prop_assert!((1..=lines).contains(&stated.line));
            }
        }
    }
}

#[test]
fn deep_nesting_ends() {
    for kind in KINDS {
        for piece in ["[", "{\"a\":", "a = [", "<a>", "a(", "a.", "{"] {
            read(&RepoPath::new(*kind).unwrap(), &piece.repeat(20_000));
        }
    }
}
