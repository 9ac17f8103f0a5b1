//! What paths say about files, by the conventions of GitHub's linguist and of common tools.

use deepwiki_domain::{Language, RepoPath, manifest::Role};

/// Folders of installed dependencies: never read, however small.
const INSTALLED: &[&str] = &[
    "node_modules",
    "bower_components",
    "jspm_packages",
    "Pods",
    "__pycache__",
    ".yarn",
];

/// Folders of other people's code, by linguist: read for names where small.
const VENDORED: &[&str] = &[
    "vendor",
    "vendors",
    "third_party",
    "third-party",
    "thirdparty",
    "3rdparty",
    "3rd_party",
    "3rd-party",
    "extern",
    "external",
    "externals",
    "Godeps",
    "Carthage",
    "deps",
];

/// The folder of dependencies that holds this file, with a `/` at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependency<'a> {
    /// Never read.
    Installed(&'a str),
    /// Read where small.
    Vendored(&'a str),
}

/// Looks for the outermost folder of dependencies above a file.
pub(crate) fn dependency_folder(path: &str) -> Option<Dependency<'_>> {
    let mut start = 0;
    while let Some(length) = path.get(start..)?.find('/') {
        let name = path.get(start..start + length)?;
        let folder = path.get(..=start + length)?;
        if INSTALLED.contains(&name) {
            return Some(Dependency::Installed(folder));
        }
        // `deps` and `external` deeper down are as often names of modules.
        let only_at_top = matches!(name, "deps" | "extern" | "external" | "externals");
        if VENDORED.contains(&name) && (start == 0 || !only_at_top) {
            return Some(Dependency::Vendored(folder));
        }
        start += length + 1;
    }
    None
}

/// Files that hold keys or credentials, told by name. `.env` files are looked into first.
pub(crate) fn is_secret_file(path: &RepoPath) -> bool {
    const NAMES: &[&str] = &[
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".netrc",
        "_netrc",
        ".pgpass",
        ".git-credentials",
        ".pypirc",
        ".htpasswd",
        ".dockercfg",
        ".vault-token",
        "credentials",
        "credentials.json",
        "master.key",
        "terraform.tfstate",
        "terraform.tfstate.backup",
    ];
    const EXTENSIONS: &[&str] = &[
        "pem", "p12", "pfx", "jks", "keystore", "kdbx", "ppk", "pkcs12", "tfstate", "ovpn",
    ];
    let name = path.file_name().to_ascii_lowercase();
    let extension = path.extension().map(str::to_ascii_lowercase);
    NAMES.contains(&name.as_str())
        || extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
        || path.as_str().ends_with(".docker/config.json")
}

/// `.env` and its variants, but not the examples that people copy from.
pub(crate) fn is_env_file(name: &str) -> bool {
    let is_example = ["example", "sample", "template", "dist", "defaults"]
        .iter()
        .any(|word| name.contains(word));
    (name == ".env" || name.starts_with(".env.") || name.ends_with(".env")) && !is_example
}

/// Lock files, minified files and source maps: made by tools and not worth reading.
pub(crate) fn is_tool_output(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "Cargo.lock",
        "poetry.lock",
        "Pipfile.lock",
        "uv.lock",
        "pdm.lock",
        "pixi.lock",
        "Gemfile.lock",
        "composer.lock",
        "go.sum",
        "go.work.sum",
        "mix.lock",
        "rebar.lock",
        "pubspec.lock",
        "Podfile.lock",
        "flake.lock",
        "gradle.lockfile",
        "Package.resolved",
        "packages.lock.json",
        "deno.lock",
        "paket.lock",
        ".terraform.lock.hcl",
        "Cartfile.resolved",
        "cabal.project.freeze",
        "stack.yaml.lock",
        "MODULE.bazel.lock",
        "project.assets.json",
        "renv.lock",
        "Chart.lock",
        "conan.lock",
        ".pnp.cjs",
        ".pnp.loader.mjs",
    ];
    const ENDINGS: &[&str] = &[
        ".min.js", ".min.mjs", ".min.css", "-min.js", ".js.map", ".mjs.map", ".css.map", ".ts.map",
    ];
    NAMES.contains(&name) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Formats that are never text, so that their content need not be fetched to see it.
pub(crate) fn is_binary_format(extension: &str) -> bool {
    const EXTENSIONS: &[&str] = &[
        "png",
        "jpg",
        "jpeg",
        "gif",
        "bmp",
        "ico",
        "icns",
        "webp",
        "avif",
        "tif",
        "tiff",
        "psd",
        "pdf",
        "zip",
        "gz",
        "tgz",
        "bz2",
        "xz",
        "zst",
        "7z",
        "rar",
        "tar",
        "jar",
        "war",
        "ear",
        "class",
        "pyc",
        "pyo",
        "so",
        "dylib",
        "dll",
        "exe",
        "o",
        "a",
        "lib",
        "obj",
        "wasm",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "eot",
        "mp3",
        "mp4",
        "m4a",
        "wav",
        "ogg",
        "flac",
        "avi",
        "mov",
        "mkv",
        "webm",
        "sqlite",
        "sqlite3",
        "db",
        "parquet",
        "npy",
        "npz",
        "pkl",
        "onnx",
        "safetensors",
        "gguf",
        "docx",
        "xlsx",
        "pptx",
        "odt",
        "ods",
        "apk",
        "ipa",
        "dmg",
        "iso",
        "deb",
        "rpm",
        "whl",
        "nupkg",
        "glb",
        "fbx",
        "blend",
        "mo",
        "pdb",
    ];
    EXTENSIONS.contains(&extension)
}

/// Files that a generator names so.
pub(crate) fn has_generated_name(name: &str) -> bool {
    const ENDINGS: &[&str] = &[
        ".pb.go",
        ".pb.gw.go",
        ".pb.cc",
        ".pb.h",
        "_pb2.py",
        "_pb2.pyi",
        "_pb2_grpc.py",
        "_pb.js",
        "_pb.d.ts",
        "_grpc_pb.js",
        ".pb.dart",
        ".g.dart",
        ".freezed.dart",
        ".designer.cs",
        ".g.cs",
        ".g.i.cs",
        "_generated.go",
        ".generated.ts",
        ".generated.cs",
        ".gen.go",
        "_gen.go",
        "_string.go",
        ".snap",
        ".xcworkspacedata",
        ".pbxproj",
    ];
    let name = name.to_ascii_lowercase();
    name.starts_with("zz_generated.") || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Package manifests. Packaging tools rewrite them and say so, but they still tell what a repository is.
pub(crate) fn is_manifest(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "Cargo.toml",
        "package.json",
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "go.mod",
        "pom.xml",
        "composer.json",
        "build.gradle",
        "build.gradle.kts",
    ];
    NAMES.contains(&name) || name.ends_with(".gemspec")
}

/// What a file is for by its path and language, where nothing else has told.
pub(crate) fn role(path: &RepoPath, language: Option<Language>) -> Role {
    let name = path.file_name();
    let folder = telling_folder(path.folder());
    let parts: Vec<String> = folder.split('/').map(str::to_ascii_lowercase).collect();
    let within = |names: &[&str]| parts.iter().any(|part| names.contains(&part.as_str()));
    let is_prose = matches!(
        language,
        Some(Language::Markdown | Language::Rst | Language::Text)
    );
    if within(TEST_FOLDERS) || is_test_name(name) || (within(&["spec", "specs"]) && !is_prose) {
        Role::Test
    } else if CONFIG_NAMES.contains(&name) {
        Role::Config
    } else if is_prose || within(DOC_FOLDERS) {
        Role::Doc
    } else if within(EXAMPLE_FOLDERS) {
        Role::Example
    } else if name.starts_with('.') || within(CONFIG_FOLDERS) || is_config(name, language) {
        Role::Config
    } else {
        Role::Source
    }
}

const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "__mocks__",
    "__snapshots__",
    "testdata",
    "test-data",
    "test_data",
    "fixtures",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    "e2e",
    "cypress",
    "testsuite",
    "unittests",
    "integration-tests",
];
const DOC_FOLDERS: &[&str] = &["doc", "docs", "documentation", "javadoc", "groovydoc", "man"];
const EXAMPLE_FOLDERS: &[&str] = &[
    "example",
    "examples",
    "_examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "tutorial",
    "tutorials",
];
const CONFIG_FOLDERS: &[&str] = &[
    ".github",
    ".gitlab",
    ".circleci",
    ".vscode",
    ".idea",
    ".cargo",
    ".devcontainer",
    ".husky",
    ".config",
];

/// The part of a folder whose names tell a purpose: below `src/main/java` they are package names, and
/// `com.example.demo` is the usual one.
fn telling_folder(folder: &str) -> &str {
    match folder.find("src/main/") {
        Some(at) if at == 0 || folder.as_bytes().get(at - 1) == Some(&b'/') => {
            folder.get(..at).unwrap_or_default()
        }
        _ => folder,
    }
}

fn is_test_name(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let camel = matches!(
        extension,
        "java" | "kt" | "scala" | "cs" | "php" | "swift" | "groovy" | "dart"
    );
    let ends = |endings: &[&str]| {
        endings
            .iter()
            .any(|ending| stem.ends_with(ending) && stem.len() > ending.len())
    };
    stem.starts_with("test_")
        || matches!(stem, "test" | "tests" | "conftest")
        || ends(&[
            "_test", "_tests", "_spec", ".test", ".tests", ".spec", ".bench", "-test", "-spec", ".e2e", ".cy",
        ])
        || (camel && ends(&["Test", "Tests", "Spec", "TestCase", "IT"]))
}

const CONFIG_NAMES: &[&str] = &[
    "setup.py",
    "noxfile.py",
    "fabfile.py",
    "gulpfile.js",
    "Gruntfile.js",
    "Rakefile",
    "Gemfile",
    "Vagrantfile",
    "Podfile",
    "Procfile",
    "BUILD",
    "WORKSPACE",
    "go.mod",
    "go.work",
    "requirements.txt",
    "mix.exs",
    "build.sbt",
    "Package.swift",
    "SConstruct",
    "meson.build",
    "CODEOWNERS",
];

fn is_config(name: &str, language: Option<Language>) -> bool {
    const ENDINGS: &[&str] = &[
        ".config.js",
        ".config.ts",
        ".config.mjs",
        ".config.cjs",
        ".config.mts",
        ".gradle",
        ".gradle.kts",
        ".gemspec",
        ".bzl",
        ".bazel",
    ];
    use Language::{Cmake, Dockerfile, Ini, Json, Make, Nix, Toml, Xml, Yaml};
    let by_language = matches!(
        language,
        Some(Cmake | Dockerfile | Ini | Json | Make | Nix | Toml | Xml | Yaml)
    );
    by_language || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_roles() {
        for (path, wanted) in [
            ("src/lib.rs", Role::Source),
            ("tests/it.rs", Role::Test),
            ("pkg/server_test.go", Role::Test),
            ("src/app.spec.ts", Role::Test),
            ("spec/models/user.rb", Role::Test),
            ("spec/protocol.md", Role::Doc),
            ("src/main/java/com/example/demo/App.java", Role::Source),
            ("src/main/java/com/example/AppTest.java", Role::Test),
            ("src/test/java/com/example/App.java", Role::Test),
            ("examples/hello.rs", Role::Example),
            ("README.md", Role::Doc),
            ("docs/conf.py", Role::Doc),
            ("Cargo.toml", Role::Config),
            ("requirements.txt", Role::Config),
            (".github/workflows/ci.yml", Role::Config),
            (".gitignore", Role::Config),
            ("vite.config.ts", Role::Config),
            ("infra/main.tf", Role::Source),
            ("latest.py", Role::Source),
            ("src/contest.py", Role::Source),
        ] {
            let path = RepoPath::new(path).unwrap();
            let language = Language::of(path.file_name(), "");
            assert_eq!(role(&path, language), wanted, "{path}");
        }
    }

    #[test]
    fn dependencies_are_found_by_their_folder() {
        use Dependency::{Installed, Vendored};
        for (path, folder) in [
            ("a/node_modules/b/c.js", Some(Installed("a/node_modules/"))),
            ("vendor/x/node_modules/y.js", Some(Vendored("vendor/"))),
            ("a/third_party/x.c", Some(Vendored("a/third_party/"))),
            ("deps/x.c", Some(Vendored("deps/"))),
            ("src/deps/x.rs", None),
            ("src/vendor.rs", None),
            ("vendor", None),
        ] {
            assert_eq!(dependency_folder(path), folder, "{path}");
        }
    }

    #[test]
    fn secret_files_are_told_by_name() {
        for path in [
            "a/id_rsa",
            "tls/server.pem",
            ".aws/credentials",
            "x.tfstate",
            ".docker/config.json",
        ] {
            assert!(is_secret_file(&RepoPath::new(path).unwrap()), "{path}");
        }
        for path in ["id_rsa.pub", "src/credentials.rs", "keys.md"] {
            assert!(!is_secret_file(&RepoPath::new(path).unwrap()), "{path}");
        }
        assert!(is_env_file(".env") && is_env_file(".env.production") && !is_env_file(".env.example"));
        assert!(!is_env_file("environment.ts"));
    }
}
