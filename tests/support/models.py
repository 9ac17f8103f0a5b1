"""A server that stands in for models: Bedrock's Converse and ConverseStream (signatures checked, event streams framed) and
OpenAI's chat completions.

    python -m support.models --record DIR     keeps each request in DIR, and answers from `<name>.reply` where somebody
                                              has put one beside it
"""

import argparse
import hashlib
import hmac
import json
import random
import re
import struct
import threading
import time
import urllib.parse
import zlib
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .writer import Writer

CONVERSE = re.compile(r"/model/([^/]+)/(converse|converse-stream)")


@dataclass
class Faults:
    """The share of calls that go wrong in each way."""

    throttle: float = 0.0
    cut: float = 0.0
    broken: float = 0.0
    stall: float = 0.0
    # How long a stalled stream keeps its connection before it drops it, in seconds.
    silence: float = 0.3


@dataclass
class Call:
    """A request as a model sees it."""

    model: str
    system: str
    text: str
    # What stands before the mark for caching, or before the last message.
    prefix: str
    most: int
    body: dict


class Models(ThreadingHTTPServer):
    """The server; a context manager. `calls` are those that were answered, `seen` all that came. `keys` are the access
    keys with their secrets that may ask Bedrock."""

    daemon_threads = True

    def __init__(self, writer: Writer | None = None, faults: Faults | None = None, record: Path | None = None, keys: dict[str, str] | None = None, port: int = 0):
        super().__init__(("127.0.0.1", port), _handler(self))
        self.writer, self.faults, self.record = writer or Writer(), faults or Faults(), record
        self.keys = keys or {"test": "test"}
        self.lock = threading.Lock()
        self.calls: list[Call] = []
        # How long each request took here, in seconds.
        self.busy: list[float] = []
        self.seen = self.refused = 0
        self.tries: dict[str, int] = {}
        self.kept: set[str] = set()
        self.base = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A client that has read enough hangs up."""

    def dice(self, call: Call) -> random.Random:
        """Chance that depends on the request and on how often it came, not on the order of requests."""
        name = hashlib.sha256(f"{call.system}\0{call.text}".encode()).hexdigest()
        with self.lock:
            self.seen += 1
            self.tries[name] = self.tries.get(name, 0) + 1
            return random.Random(f"{name} {self.tries[name]}")

    def answer(self, call: Call, dice: random.Random) -> tuple[str, dict]:
        """The words, and what they took."""
        if self.record and (given := self.recorded(call)) is not None:
            words = given
        else:
            with self.lock:
                words = self.writer.reply(call.system, call.text, dice)
        with self.lock:
            self.calls.append(call)
            known = call.prefix in self.kept
            self.kept.add(call.prefix)
        whole, prefix = tokens(call.system + call.text), tokens(call.prefix)
        usage = {"input": whole - prefix, "read": prefix if known else 0, "write": 0 if known else prefix, "output": tokens(words)}
        return words, usage

    def recorded(self, call: Call) -> str | None:
        name = hashlib.sha256(json.dumps(call.body, sort_keys=True).encode()).hexdigest()[:16]
        self.record.mkdir(parents=True, exist_ok=True)
        (self.record / f"{name}.json").write_text(json.dumps(call.body, ensure_ascii=False, indent=1))
        reply = self.record / f"{name}.reply"
        return reply.read_text() if reply.is_file() else None


def tokens(text: str) -> int:
    """About what OpenAI's vocabularies make of a text: a word, its camel-case humps and each mark for itself."""
    return len(re.findall(r"[A-Z]?[a-z]{1,8}|[A-Z]+|\d{1,3}|[^\w\s]{1,2}|[^\x00-\x7f]|\n\s*|_", text))


def _handler(server: Models):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            begun = time.monotonic()
            path = self.path.partition("?")[0]
            converse = CONVERSE.fullmatch(path)
            try:
                if path == "/v1/chat/completions":
                    self.openai(_of_openai(json.loads(raw)))
                elif converse and not _is_signed(self, raw, server.keys):
                    server.refused += 1
                    self.refuse(403, "InvalidSignatureException", "the signature does not match")
                elif converse:
                    call = _of_bedrock(urllib.parse.unquote(converse[1]), json.loads(raw))
                    self.bedrock(call, streams=converse[2] == "converse-stream")
                else:
                    self.whole(404, {"message": "no such path"})
            except OSError:
                self.close_connection = True
            finally:
                server.busy.append(time.monotonic() - begun)

        def openai(self, call: Call):
            dice = server.dice(call)
            if dice.random() < server.faults.throttle:
                return self.whole(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
            words, usage = server.answer(call, dice)
            words, end = self.spoil(words, dice)
            self.begin("text/event-stream")
            for piece in pieces(words, dice):
                self.event({"choices": [{"delta": {"content": piece}}]})
            if end is None:
                return self.fall_silent()
            self.event({"choices": [{"delta": {}, "finish_reason": {"end_turn": "stop", "max_tokens": "length"}[end]}]})
            read = usage["input"] + usage["read"] + usage["write"]
            details = {"cached_tokens": usage["read"]}
            self.event({"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": usage["output"], "prompt_tokens_details": details}})
            self.chunk(b"data: [DONE]\n\n")
            self.chunk(b"")

        def bedrock(self, call: Call, streams: bool):
            dice = server.dice(call)
            if dice.random() < server.faults.throttle:
                return self.refuse(429, "ThrottlingException", "Too many requests")
            words, usage = server.answer(call, dice)
            words, end = self.spoil(words, dice)
            account = {"inputTokens": usage["input"], "outputTokens": usage["output"], "totalTokens": sum(usage.values())}
            account |= {"cacheReadInputTokens": usage["read"], "cacheWriteInputTokens": usage["write"]}
            if not streams:
                if end is None:
                    return self.fall_silent()
                message = {"role": "assistant", "content": [{"text": words}]}
                return self.whole(200, {"output": {"message": message}, "stopReason": end, "usage": account, "metrics": {"latencyMs": 1}})
            self.begin("application/vnd.amazon.eventstream")
            self.chunk(framed("messageStart", {"role": "assistant"}))
            for piece in pieces(words, dice):
                self.chunk(framed("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}))
            if end is None:
                return self.fall_silent()
            self.chunk(framed("contentBlockStop", {"contentBlockIndex": 0}))
            self.chunk(framed("messageStop", {"stopReason": end}))
            self.chunk(framed("metadata", {"usage": account, "metrics": {"latencyMs": 1}}))
            self.chunk(b"")

        def spoil(self, words: str, dice: random.Random) -> tuple[str, str | None]:
            """The words as they go out, and how they end; none where they just stop."""
            chance, faults = dice.random(), server.faults
            half = words[: len(words) // 2]
            if chance < faults.cut:
                return half, "max_tokens"
            if chance < faults.cut + faults.broken:
                return half.replace('"', "'") + "} I am sorry, ", "end_turn"
            if chance < faults.cut + faults.broken + faults.stall:
                return half, None
            return words, "end_turn"

        def fall_silent(self):
            time.sleep(server.faults.silence)
            self.close_connection = True

        def begin(self, kind: str):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()

        def event(self, data: dict):
            self.chunk(f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())

        def chunk(self, data: bytes):
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def refuse(self, status: int, kind: str, message: str):
            self.whole(status, {"message": message}, {"x-amzn-ErrorType": kind})

        def whole(self, status: int, body: dict, headers: dict | None = None):
            data = json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(data))} | (headers or {})).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler


def pieces(words: str, dice: random.Random):
    """The words in pieces of uneven length."""
    while words:
        size = dice.randint(1, 400)
        yield words[:size]
        words = words[size:]


def _of_openai(body: dict) -> Call:
    messages = body["messages"]
    assert body["stream"] and (body.get("max_tokens") or body.get("max_completion_tokens")), "a limit is always set"
    system = "".join(message["content"] for message in messages if message["role"] == "system")
    text = "\n".join(message["content"] for message in messages if message["role"] != "system")
    # Providers keep what prompts have in common, without being told: here, all that stands before the page's own part.
    shared = text.partition("The page to write is about:")
    prefix = system + (shared[0] if shared[1] else "")
    return Call(body["model"], system, text, prefix, body.get("max_tokens") or body["max_completion_tokens"], body)


def _of_bedrock(model: str, body: dict) -> Call:
    assert body["inferenceConfig"]["maxTokens"] > 0, "a limit is always set"
    system = "".join(block.get("text", "") for block in body.get("system", []))
    text, prefix = "", ""
    for message in body["messages"]:
        for block in message["content"]:
            if "cachePoint" in block:
                prefix = system + text
            text += block.get("text", "")
    return Call(model, system, text, prefix, body["inferenceConfig"]["maxTokens"], body)


def framed(kind: str, payload: dict) -> bytes:
    """An event as `application/vnd.amazon.eventstream` has it."""
    head = b""
    for name, value in ((":event-type", kind), (":content-type", "application/json"), (":message-type", "event")):
        head += struct.pack(">B", len(name)) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    data = json.dumps(payload, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(data), len(head))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    message = prelude + head + data
    return message + struct.pack(">I", zlib.crc32(message))


def _is_signed(request: BaseHTTPRequestHandler, body: bytes, keys: dict[str, str]) -> bool:
    """Whether the request bears a signature of version 4 by one of these keys."""
    authorization = request.headers.get("Authorization", "")
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/[\w-]+/bedrock/aws4_request), SignedHeaders=([\w;-]+), Signature=(\w+)", authorization)
    if not found:
        return False
    access, scope, names, signature = found.groups()
    # The path is encoded once more than it travels.
    path = urllib.parse.quote(request.path.partition("?")[0], safe="/-_.~")
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";"))
    canonical = f"{request.command}\n{path}\n\n{headers}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    when = request.headers.get("X-Amz-Date", "")
    text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{keys.get(access, '')}".encode()
    for part in scope.split("/") + [text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return access in keys and hmac.compare_digest(key.hex(), signature)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--corrupt", type=float, default=0.0)
    parser.add_argument("--throttle", type=float, default=0.0)
    arguments = parser.parse_args()
    server = Models(Writer(arguments.corrupt), Faults(throttle=arguments.throttle), arguments.record, port=arguments.port)
    print(f"OpenAI: {server.base}/v1   Bedrock: AWS_ENDPOINT_URL_BEDROCK_RUNTIME={server.base}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
