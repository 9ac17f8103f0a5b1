#!/bin/sh
# Measures edges between files against compilers' indexes; see README.md.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
typescript="rxjs@7.8.2 mobx@6.15.0 effect@3.19.0"
python="rich==14.2.0 flask==3.1.2 jinja2==3.1.6 click==8.3.0 httpx==0.28.1"
rust="comrak@0.59.0 h2@0.4.20 axum@0.8.9 hyper@1.12.0 tokio@1.54.1"

mkdir -p "$work/tools" "$work/indexes"
cd "$work"
echo '[]' > environment.json
echo '{"cargo": {"features": "all"}}' > features.json
if [ ! -d tools/node_modules ]; then
    npm install --silent --prefix tools @sourcegraph/scip-typescript@0.4.0 @sourcegraph/scip-python@0.6.6
fi
(cd "$here/../.." && cargo build --quiet --release -p deepwiki-code --example edges)
edges=$(cd "$here/../.." && cargo metadata --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/examples/edges

# measure NAME FOLDER [PREFIX]
measure() {
    echo "$1"
    "$edges" "$2" > "indexes/$1.jsonl"
    index=indexes/$1.scip
    [ -f "$index" ] || index=indexes/$1.index.jsonl
    python3 "$here/compare.py" "$index" "indexes/$1.jsonl" --prefix "${3:-}"
}

for package in $typescript; do
    if [ ! -d "$package" ]; then
        rm -rf fetch
        mkdir -p fetch/all fetch/part
        tar xzf "$(npm pack --silent "$package")" -C fetch/all --strip-components=1
        mv fetch/all/src fetch/all/package.json fetch/part
        find fetch/part -name 'tsconfig*.json' -delete
        cat > fetch/part/tsconfig.json <<'JSON'
{"compilerOptions": {"target": "es2022", "module": "esnext", "moduleResolution": "bundler", "strict": true, "types": [],
 "skipLibCheck": true, "allowImportingTsExtensions": true, "noEmit": true}, "include": ["src"]}
JSON
        mv fetch/part "$package"
    fi
    [ -f "indexes/$package.scip" ] ||
        (cd "$package" && ../tools/node_modules/.bin/scip-typescript index --output "../indexes/$package.scip" > /dev/null)
    measure "$package" "$package"
done

for package in $python; do
    if [ ! -d "$package" ]; then
        rm -rf fetch
        mkdir -p fetch/all
        pip download --quiet --no-deps --no-binary :all: --dest fetch "$package"
        tar xzf fetch/*.tar.gz -C fetch/all --strip-components=1
        mv fetch/all "$package"
    fi
    # The index knows no source folder but the one that it is made in.
    source=$package
    prefix=
    if [ -d "$package/src" ]; then source=$package/src prefix=src/; fi
    [ -f "indexes/$package.scip" ] || (cd "$source" && "$work/tools/node_modules/.bin/scip-python" index . \
        --project-name measured --project-version 1 --environment "$work/environment.json" \
        --output "$work/indexes/$package.scip" > /dev/null 2>&1)
    measure "$package" "$package" "$prefix"
done

for name in cobra gin caddy; do
    command -v go > /dev/null || { echo "go is not installed: Go is left out"; break; }
    python3 "$here/../corpora.py" "$work" --only "$name" > /dev/null
    [ -f "indexes/$name.index.jsonl" ] ||
        CGO_ENABLED=0 go run "$here/go/main.go" "$name" > "indexes/$name.index.jsonl"
    measure "$name" "$name"
done
for name in jackson-databind commons-io; do
    command -v java > /dev/null || { echo "no Java compiler is installed: Java is left out"; break; }
    python3 "$here/../corpora.py" "$work" --only "$name" > /dev/null
    [ -f "indexes/$name.index.jsonl" ] || java "$here/java/Edges.java" "$name" > "indexes/$name.index.jsonl"
    measure "$name" "$name"
done

command -v rust-analyzer > /dev/null || { echo "rust-analyzer is not installed: Rust is left out"; exit 0; }
for package in $rust; do
    if [ ! -d "$package" ]; then
        name=${package%@*} version=${package#*@}
        rm -rf fetch vendor
        mkdir -p fetch/src
        printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s = "=%s"\n' \
            "$name" "$version" > fetch/Cargo.toml
        : > fetch/src/lib.rs
        cargo vendor --quiet --manifest-path fetch/Cargo.toml --versioned-dirs vendor > /dev/null
        cp -r "vendor/$name-$version" "$package"
        rm -rf vendor fetch "$package/Cargo.lock"
        printf '\n[workspace]\n' >> "$package/Cargo.toml"
    fi
    [ -f "indexes/$package.scip" ] || (cd "$package" &&
        rust-analyzer scip . --config-path "$work/features.json" --output "$work/indexes/$package.scip" > /dev/null 2>&1)
    measure "$package" "$package"
done
