//! Packages that are not part of the repository.

use deepwiki_domain::facts::Import;

use super::{manifests::Manifests, places, tree::Family};

const PYTHON: &str = "\
    abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii \
    bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys \
    compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses \
    dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno \
    faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass \
    gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect \
    io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math \
    mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers \
    opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib \
    poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue \
    quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex \
    shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants \
    sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog \
    tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize \
    tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu \
    uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile \
    zipimport zlib zoneinfo";

const NODE: &str = "\
    assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns \
    domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring \
    readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads \
    zlib";

/// Whether the first part of an import names the language's own library.
pub(super) fn is_standard(family: Family, first: &str) -> bool {
    let listed = |list: &str| list.split(' ').any(|name| name == first);
    match family {
        Family::Rust => matches!(first, "std" | "core" | "alloc" | "proc_macro" | "test"),
        Family::Python => listed(PYTHON),
        Family::Script => first.starts_with("node:") || listed(NODE),
        Family::Go => !first.contains('.'),
        Family::Jvm => matches!(first, "java" | "javax" | "kotlin" | "scala" | "jdk" | "sun"),
        Family::DotNet => first == "System",
        Family::Named => matches!(
            first,
            "Foundation" | "UIKit" | "SwiftUI" | "Prelude" | "Data" | "Control"
        ),
        Family::Include | Family::Php | Family::Ruby | Family::Files => false,
    }
}

/// The package behind an import that leads out of the repository: as the nearest manifest calls it, else as the
/// import does. None for the language's own library, and where an import says nothing of packages.
pub(super) fn package(
    manifests: &Manifests<'_>,
    family: Family,
    folder: &str,
    import: &Import,
) -> Option<String> {
    let joined = import.path.join("/");
    let first = import.path.first()?.as_str();
    let (system, called) = match family {
        Family::Rust => ("cargo", first),
        Family::Python => ("python", first),
        Family::Script => ("npm", places::script::package_name(&joined).0),
        Family::Go => ("go", joined.as_str()),
        Family::Ruby => ("gem", joined.as_str()),
        Family::Jvm => return jvm_package(manifests, folder, &import.path),
        Family::Files => ("", joined.strip_prefix("package:")?.split('/').next()?),
        Family::DotNet | Family::Php | Family::Include | Family::Named => {
            return declared(manifests, family, folder, &import.path);
        }
    };
    if called.is_empty() || called.starts_with(['.', '/', '#', '~']) || is_standard(family, called) {
        return None;
    }
    if matches!(called, "crate" | "self" | "super") {
        return None;
    }
    let normal = normalised(called);
    let stated = manifests
        .nearest(system, folder)
        .into_iter()
        .chain(manifests.of_system(system));
    let mut names = stated
        .flat_map(|manifest| &manifest.facts.dependencies)
        .map(|dependency| &dependency.name);
    let stated = names.find(|name| match family {
        Family::Go => called
            .strip_prefix(name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        _ => normalised(name) == normal,
    });
    Some(stated.map_or_else(|| called.to_owned(), Clone::clone))
}

/// A Maven or Gradle dependency `group:artefact` whose group begins the imported package.
fn jvm_package(manifests: &Manifests<'_>, folder: &str, path: &[String]) -> Option<String> {
    let written = path.join(".");
    let first = written.split('.').next()?;
    if is_standard(Family::Jvm, first) {
        return None;
    }
    let mut best: Option<&str> = None;
    for system in ["maven", "gradle"] {
        let manifest = manifests.nearest(system, folder);
        for dependency in manifest
            .into_iter()
            .flat_map(|manifest| &manifest.facts.dependencies)
        {
            let group = dependency.name.split(':').next().unwrap_or_default();
            if !group.is_empty()
                && starts_with_parts(&written, group, '.')
                && best.is_none_or(|best| best.len() < dependency.name.len())
            {
                best = Some(&dependency.name);
            }
        }
    }
    best.map(str::to_owned)
}

/// A declared dependency whose name begins the imported one.
fn declared(manifests: &Manifests<'_>, family: Family, folder: &str, path: &[String]) -> Option<String> {
    let system = match family {
        Family::DotNet => "nuget",
        Family::Php => "composer",
        _ => return None,
    };
    let written = path.join(".").replace('\\', ".").to_lowercase();
    let manifest = manifests.nearest(system, folder)?;
    let names = manifest
        .facts
        .dependencies
        .iter()
        .map(|dependency| dependency.name.as_str());
    names
        .filter(|name| {
            let normal = name.to_lowercase().replace('/', ".");
            starts_with_parts(&written, &normal, '.')
        })
        .max_by_key(|name| name.len())
        .map(str::to_owned)
}

fn starts_with_parts(text: &str, start: &str, separator: char) -> bool {
    text.strip_prefix(start)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
}

/// Registries take `-`, `_` and `.`, and letters of either case, for the same.
fn normalised(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}
