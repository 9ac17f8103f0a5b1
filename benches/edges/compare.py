"""Compares the edges between files that the resolver finds with those in a compiler's index.

usage: compare.py INDEX EDGES.jsonl [--prefix FOLDER/] [--show N]

INDEX comes from scip-typescript, scip-python or `rust-analyzer scip` (.scip), or from the programs in go/ and java/ (.jsonl);
EDGES.jsonl from the example `edges`.
A file-level edge of an index: a file holds a reference to a symbol that another file of the index defines.
"""

import argparse
import collections
import json


def fields(data):
    """The fields of a protobuf message: (number, value), where a value is an integer or bytes."""
    at, end = 0, len(data)
    while at < end:
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            length = {1: 8, 5: 4}[kind]
            value, at = data[at : at + length], at + length
        yield key >> 3, value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def documents(index):
    """Of each document of an index: its path, and (symbol, whether it is defined here, line) for each occurrence."""
    for number, document in fields(index):
        if number != 2:
            continue
        path, found = "", []
        for number, value in fields(document):
            if number == 1:
                path = value.decode()
            elif number == 2:
                symbol, roles, line = "", 0, 0
                for number, part in fields(value):
                    if number == 1:
                        line = varint(part, 0)[0] + 1
                    elif number == 2:
                        symbol = part.decode()
                    elif number == 3:
                        roles = part
                if not symbol.startswith("local "):
                    found.append((symbol, bool(roles & 1), line))
        yield path, found


def compiler_edges(path, prefix):
    """Edges between files: {(from, to): [an example of a symbol, its line]}; and the files."""
    if path.endswith(".jsonl"):
        with open(path) as lines:
            listed = [json.loads(line) for line in lines]
        files = {prefix + entry["file"] for entry in listed if "file" in entry}
        return {(prefix + entry["from"], prefix + entry["to"]): [] for entry in listed if "from" in entry}, files
    with open(path, "rb") as file:
        index = list(documents(file.read()))
    defined = collections.defaultdict(set)
    for document, found in index:
        for symbol, is_definition, _ in found:
            if is_definition:
                defined[symbol].add(document)
    edges, files = {}, set()
    for document, found in index:
        files.add(prefix + document)
        for symbol, is_definition, line in found:
            targets = defined.get(symbol, ())
            # `declare module "./x"` makes scip-typescript give the file that says so for all uses of `./x`.
            if '/`"' in symbol:
                continue
            # A symbol that several files define (a namespace, a merged declaration) says of none that it is used.
            if not is_definition and len(targets) == 1:
                target = next(iter(targets))
                if target != document:
                    edges.setdefault((prefix + document, prefix + target), []).append((symbol, line))
    return edges, files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("edges")
    parser.add_argument("--prefix", default="", help="the index's folder, within that of the edges")
    parser.add_argument("--show", type=int, default=0, help="print so many edges that differ")
    options = parser.parse_args()
    expected, files = compiler_edges(options.index, options.prefix)
    found = {}
    with open(options.edges) as lines:
        for line in lines:
            edge = json.loads(line)
            if edge["from"] in files and edge["to"] in files:
                found.setdefault((edge["from"], edge["to"]), []).append(edge["certainty"])
    for name, keep in [("certain", lambda kinds: kinds != ["guess"]), ("all", lambda kinds: True)]:
        ours = {edge for edge, kinds in found.items() if keep(kinds)}
        if name == "all" and len(ours) == len({edge for edge, kinds in found.items() if kinds != ["guess"]}):
            continue
        right = len(ours & expected.keys())
        precision = right / max(len(ours), 1)
        recall = right / max(len(expected), 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(
            f"{name:8} files {len(files)} compiler {len(expected)} ours {len(ours)} "
            f"precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}"
        )
    wrong = collections.Counter()
    for edge, kinds in found.items():
        for kind in set(kinds):
            wrong[kind, edge in expected] += 1
    print("  ".join(f"{kind} {wrong[kind, True]}/{wrong[kind, True] + wrong[kind, False]}" for kind in sorted({k for k, _ in wrong})))
    if options.show:
        for edge in sorted(set(found) - expected.keys())[: options.show]:
            print("not in the index:", *edge, found[edge])
        missed = sorted(expected.keys() - found.keys())
        for edge in missed[:: max(1, len(missed) // options.show)][: options.show]:
            print("missed:", *edge, expected[edge][:2])


if __name__ == "__main__":
    main()
