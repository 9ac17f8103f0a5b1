"""Runs ministack with two stand-ins for what it cannot have on a loopback. Started by loopback.py with the Python
that has ministack.

Events of a source `aws.*`, which AWS's own services alone may put: `POST /` on EVENTS_PORT with an event as
EventBridge delivers it. TLS: it checks policies (AUTH) but listens in plain HTTP, so that every policy which wants TLS
would refuse everything; requests count as secure here, and tests/infra proves that the policies are there."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from ministack.app import main
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import eventbridge


class Emit(BaseHTTPRequestHandler):
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        set_request_account_id(event["account"])
        set_request_region(event["region"])
        entry = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": event["resources"],
        }
        _, _, body = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else body.encode())

    def log_message(self, *_):
        pass


EvalContext.secure_transport = property(lambda self: True, lambda self, value: None)
server = HTTPServer(("127.0.0.1", int(os.environ["EVENTS_PORT"])), Emit)
threading.Thread(target=server.serve_forever, daemon=True).start()
main()
