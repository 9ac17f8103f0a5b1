"""How fast `deepwiki serve` answers: pages at a steady rate, start-up and memory. Run it with a release build, on a data
folder that holds a wiki: `python3 benches/service/run.py target/release/deepwiki DATA [REPOSITORY]`."""

import asyncio
import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

RATE = 200
SECONDS = 20
CONNECTIONS = 16


def serve(command, data):
    begun = time.perf_counter()
    process = subprocess.Popen([command, "--data", data, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True)
    url = process.stderr.readline().strip()
    urllib.request.urlopen(f"{url}/healthz").close()
    return process, url, (time.perf_counter() - begun) * 1000


def resident(process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def pages(url, repository):
    answer = json.load(urllib.request.urlopen(f"{url}/repos"))
    ids = [it["id"] for it in answer["repositories"] if it["published"] and repository in (None, it["id"])]
    wiki = json.load(urllib.request.urlopen(f"{url}/repos/{ids[0]}/wiki"))
    return [f"/wiki/{ids[0]}/{page['slug']}" for page in wiki["pages"]]


async def read(reader) -> int:
    """Reads one answer; gives its size."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head[:200]
    length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])
    await reader.readexactly(length)
    return len(head) + length


async def load(host, port, paths):
    """Asks at the rate, whether answers come or not; a request counts from when it was due."""
    times, sizes, due = [], [], asyncio.Queue()

    async def connection():
        reader, writer = await asyncio.open_connection(host, port)
        while True:
            item = await due.get()
            if item is None:
                writer.close()
                return
            at, path = item
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nAccept-Encoding: gzip, br\r\n\r\n".encode()
            )
            sizes.append(await read(reader))
            times.append((time.perf_counter() - at) * 1000)

    workers = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for number in range(RATE * SECONDS):
        at = begun + number / RATE
        await asyncio.sleep(max(0, at - time.perf_counter()))
        due.put_nowait((max(at, time.perf_counter()), paths[number % len(paths)]))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return sorted(times), sizes


def main():
    command, data, *repository = sys.argv[1:]
    starts = []
    for _ in range(5):
        process, _, took = serve(command, data)
        starts.append(took)
        idle = resident(process)
        process.terminate()
        process.wait()
    print(f"start to the first answer: {min(starts):.0f} ms (best of 5); idle: {idle:.0f} MB")
    process, url, _ = serve(command, data)
    try:
        paths = pages(url, *repository or [None])
        host, port = url.removeprefix("http://").split(":")
        for path in paths:
            urllib.request.urlopen(url + path).close()
        times, sizes = asyncio.run(load(host, int(port), paths))
        at = lambda part: times[int(len(times) * part)]
        print(
            f"{len(paths)} pages, {len(times)} requests at {RATE} a second: median {at(0.5):.1f} ms, p95 {at(0.95):.1f} ms, "
            f"p99 {at(0.99):.1f} ms; largest answer {max(sizes) / 1000:.0f} kB; then {resident(process):.0f} MB"
        )
    finally:
        process.terminate()
        process.wait()


main()
