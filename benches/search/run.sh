#!/bin/sh
# Measures retrieval over three packages; see README.md.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
model=$(realpath "$1")
work=${2:-$(mktemp -d)}
mkdir -p "$work/vectors" "$work/django/django" "$work/rxjs/src" "$work/tokio"
cd "$work"
if [ ! -d django/django/db ]; then
    pip download --quiet --no-deps --no-binary :all: --dest . django==5.2.8
    tar xzf django-5.2.8.tar.gz
    for part in core db http template utils; do cp -r "django-5.2.8/django/$part" django/django/; done
fi
if [ ! -d rxjs/src/internal ]; then
    tar xzf "$(npm pack --silent rxjs@7.8.2)"
    cp -r package/src/internal rxjs/src/
fi
cd "$here/../.."
if [ ! -d "$work/tokio/src" ]; then
    tokio=$(cargo metadata --format-version 1 --locked | python3 -c '
import json, os, sys
packages = json.load(sys.stdin)["packages"]
print(next(os.path.dirname(p["manifest_path"]) for p in packages if p["name"] == "tokio"))')
    cp -r "$tokio/src" "$work/tokio/"
fi
cargo run --quiet --release --locked -p deepwiki-bench-search -- "$model" "$work/vectors" \
    "rxjs=$work/rxjs" "tokio=$work/tokio" "django=$work/django"
