"""Runs ministack with stand-ins for what it cannot have on a loopback. Started by loopback.py with the Python that has
ministack.

Events of a source `aws.*`, which AWS's own services alone may put: `POST /` on EVENTS_PORT with an event as
EventBridge delivers it. TLS: it checks policies (AUTH) but listens in plain HTTP, so that every policy which wants TLS
would refuse everything; requests count as secure here, and tests/infra proves that the policies are there. Streamed
answers of the REST API: it has none, so that the function's whole answer is taken apart as the gateway does it. What is
called with which right goes to CALLS_FILE, one JSON document a line."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from ministack.app import main
from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import apigateway_v1, eventbridge, lambda_svc


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


def recorded(enforce, calls):
    """Notes who called what, and whether that was refused."""

    def enforced(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refused = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        call = {"key": access_key_id, "action": iam_action, "resource": resource_arn, "allowed": refused is None}
        calls.write(json.dumps(call) + "\n")
        return refused

    return enforced


def without_streaming(reference):
    """The function that an integration names, whichever way it is to answer."""
    return lambda uri: reference(uri.replace("/response-streaming-invocations", "/invocations"))


def taken_apart(answer):
    """A streamed answer is its head in JSON, eight zero bytes, and its body."""

    def shaped(result):
        head, separator, body = str(result.get("body")).partition("\0" * 8)
        if not separator:
            return answer(result)
        return {**json.loads(head), "body": body}, None

    return shaped


iam_evaluator.enforce = recorded(iam_evaluator.enforce, open(os.environ["CALLS_FILE"], "a", buffering=1))
apigateway_v1._extract_lambda_ref_from_integration_uri = without_streaming(
    apigateway_v1._extract_lambda_ref_from_integration_uri
)
lambda_svc.lambda_execute_result_to_api_proxy_response = taken_apart(
    lambda_svc.lambda_execute_result_to_api_proxy_response
)
EvalContext.secure_transport = property(lambda self: True, lambda self, value: None)
server = HTTPServer(("127.0.0.1", int(os.environ["EVENTS_PORT"])), Emit)
threading.Thread(target=server.serve_forever, daemon=True).start()
main()
