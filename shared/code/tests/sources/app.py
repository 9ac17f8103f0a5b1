#!/usr/bin/env python3
# Copyright me
"""Module doc.

More.
"""
from __future__ import annotations
import os, sys as system
import a.b.c
from . import x
from ..pkg.mod import (y as z, w)
from q import *

MAX_SIZE = 10
default = foo(MAX_SIZE)

class Color(enum.Enum):
    RED = 1

@dataclass(frozen=True)
class Parser(Base, Generic[T], metaclass=Meta):
    """Parses.

       Deep.
    """
    text: str = ""
    size = MAX_SIZE

    def __init__(self, text: Optional[str], *args, n=5, **kw) -> None:
        """Make."""
        self.text = text
        # How often it ran.
        self.runs: int = 0
        self._cache = self.last = {}
        self.other.name = self.runs
        local = helper(text)
        for i in range(n):
            if i and local or text:
                self.run(i).go(local)
        except_ = os.environ["HOME"] + os.environ.get("X") + os.getenv("Y", "z")

    # A comment doc.
    @property
    async def _run(self, i): return [j for j in z(i) if j]

@app.route("/users/<id>", methods=["POST"])
def show(id): return json.dumps({"a": Parser.make(id)})

def test_it():
    parser.add_argument("-o", "--out", help="where to", type=int)

if __name__ == "__main__":
    main()


@click.option(
    "--cert",
    help="The certificate.",
)
def serve(cert):
    return cert
