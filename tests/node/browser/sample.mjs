// A small program with a README, tests and a configuration: what the browser tests read, search, ask and flag.

export const SAMPLE = {
  "README.md": `# Teapot

Teapot keeps water warm and tells everybody who asks. It retries a lost connection with growing delays.

## Use

    python -m teapot --port 8418

The limit of requests a minute is set by \`TEAPOT_LIMIT\`.
`,
  "pyproject.toml": `[project]
name = "teapot"
version = "1.2.0"
description = "Keeps water warm and tells everybody who asks"
requires-python = ">=3.11"
dependencies = ["httpx>=0.27"]

[project.scripts]
teapot = "teapot.__main__:main"
`,
  "teapot/__init__.py": `"""Keeps water warm and tells everybody who asks."""

from .kettle import Kettle, Water

__all__ = ["Kettle", "Water"]
`,
  "teapot/__main__.py": `"""The command line of the teapot."""

import argparse
import os

from .kettle import Kettle
from .server import serve


def main() -> int:
    """Reads the arguments, heats the kettle, and serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="teapot")
    parser.add_argument("--port", type=int, default=8418)
    arguments = parser.parse_args()
    kettle = Kettle(limit=int(os.environ.get("TEAPOT_LIMIT", "60")))
    kettle.heat(80)
    return serve(kettle, arguments.port)


if __name__ == "__main__":
    raise SystemExit(main())
`,
  "teapot/kettle.py": `"""What holds the water."""

from dataclasses import dataclass


@dataclass
class Water:
    """Water and how warm it is."""

    litres: float
    degrees: float


class Overheated(Exception):
    """The water was to be heated beyond what the kettle bears."""


class Kettle:
    """Holds water and heats it."""

    HOTTEST = 100

    def __init__(self, limit: int = 60):
        self.limit = limit
        self.water = Water(litres=1.5, degrees=20)

    def heat(self, degrees: float) -> Water:
        """Heats the water to this temperature; refuses what is beyond HOTTEST."""
        if degrees > self.HOTTEST:
            raise Overheated(degrees)
        self.water = Water(self.water.litres, degrees)
        return self.water

    def pour(self, litres: float) -> Water:
        """Takes water out of the kettle, at most what it holds."""
        poured = min(litres, self.water.litres)
        self.water = Water(self.water.litres - poured, self.water.degrees)
        return Water(poured, self.water.degrees)
`,
  "teapot/retry.py": `"""Trying again what failed."""

import time


class GivenUp(Exception):
    """It failed as often as it was to be tried."""


def retry(attempt, times: int = 5, first_delay: float = 0.1):
    """Calls attempt until it succeeds, waiting twice as long after each failure.

    接続が失われたときは、待ち時間を倍にしながら再試行する。
    """
    delay = first_delay
    for _ in range(times):
        try:
            return attempt()
        except ConnectionError:
            time.sleep(delay)
            delay *= 2
    raise GivenUp(times)
`,
  "teapot/server.py": `"""Tells over HTTP how warm the water is."""

from http.server import BaseHTTPRequestHandler, HTTPServer

from .kettle import Kettle
from .retry import retry


class Handler(BaseHTTPRequestHandler):
    """Answers each request with the temperature."""

    kettle: Kettle

    def do_GET(self):
        """Answers 418 where there is no water left."""
        water = self.kettle.pour(0)
        self.send_response(200 if self.kettle.water.litres else 418)
        self.end_headers()
        self.wfile.write(f"{water.degrees}".encode())


def serve(kettle: Kettle, port: int) -> int:
    """Serves until it is stopped; a port that is taken is tried again."""
    Handler.kettle = kettle
    server = retry(lambda: HTTPServer(("127.0.0.1", port), Handler))
    server.serve_forever()
    return 0
`,
  "tests/test_kettle.py": `from teapot import Kettle


def test_water_is_heated():
    assert Kettle().heat(80).degrees == 80
`,
};
