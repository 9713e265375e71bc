"""AWS as a machine sees it: the metadata service, Secrets Manager, CloudFormation, and the address of a wait condition.

They are on the loopback interface. A request whose signature is not the one that AWS's own library makes is refused, and so is one
that this library's description of the service does not have.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = {"AccessKeyId": "AKID", "SecretAccessKey": "the+key/of=it", "Token": "the-token"}
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pw-AbCdEf"
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
METADATA = {
    "instance-id": "i-0123456789abcdef0",
    "iam/security-credentials/": "role-of-it",
    "iam/security-credentials/role-of-it": json.dumps(KEYS),
    "tags/instance/bpc:member": "t-0",
    "tags/instance/bpc:volume:data": "vol-0123456789abcdef0",
    "tags/instance/bpc:stack": STACK,
    "tags/instance/bpc:signal": "WaitTX0",
}
NOBODY = f"<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack:{STACK} is in UPDATE_COMPLETE state and can not be signaled</Message></Error></ErrorResponse>"


class Amazon(ThreadingHTTPServer):
    """`told`: (content type, body) that came to the wait condition's address; `signals`: what came to CloudFormation.

    `answers` are (code, text) of CloudFormation's answers, `codes` those of the wait condition, in order; the last stays.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[tuple[str | None, bytes]] = []
        self.signals: list[dict[str, str]] = []
        self.codes = [200]
        self.answers = [(200, "<SignalResourceResponse/>")]
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def here(self, program: str) -> str:
        """A program of a machine with these addresses in the place of AWS's."""
        return program.replace("http://169.254.169.254/", self.url).replace('f"https://{host}/"', f'"{self.url}"')


@contextmanager
def amazon() -> Iterator[Amazon]:
    with Amazon() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def following(answers: list[Any]) -> Any:
    return answers.pop(0) if len(answers) > 1 else answers[0]


class Handler(BaseHTTPRequestHandler):
    server: Amazon

    def do_PUT(self) -> None:
        if self.path.startswith("/latest/api/token"):
            return self.answer("a-token")
        self.server.told.append((self.headers["Content-Type"], self.body()))
        return self.answer("", following(self.server.codes))

    def do_GET(self) -> None:
        assert self.headers["X-aws-ec2-metadata-token"] == "a-token", "version 2 of the service wants a token"
        self.answer(METADATA[self.path.removeprefix("/latest/meta-data/")])

    def do_POST(self) -> None:
        body = self.body()
        if "x-amz-target" in self.headers:
            return self.secrets(body)
        given = dict(parse_qsl(body.decode(), strict_parsing=True))
        if not self.signed("cloudformation", ("content-type", "x-amz-security-token"), body):
            return self.answer("SignatureDoesNotMatch", 403)
        assert given == as_the_library_says(given)
        self.server.signals.append(given)
        code, text = following(self.server.answers)
        return self.answer(text, code)

    def secrets(self, body: bytes) -> None:
        if not self.signed("secretsmanager", ("content-type", "x-amz-security-token", "x-amz-target"), body):
            return self.answer("SignatureDoesNotMatch", 403)
        assert json.loads(body) == {"SecretId": SECRET}
        return self.answer(json.dumps({"ARN": SECRET, "SecretString": "s3cret"}))

    def signed(self, service: str, names: tuple[str, ...], body: bytes) -> bool:
        """Whether the signature is the one that AWS's own library makes for the same request."""
        host = f"{service}.eu-west-1.amazonaws.com"
        request = AWSRequest("POST", f"https://{host}/", {n: self.headers[n] for n in names}, body)
        credentials = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"])
        signer = SigV4Auth(credentials, service, "eu-west-1")
        request.context["timestamp"] = self.headers["x-amz-date"]
        request.headers["X-Amz-Date"] = self.headers["x-amz-date"]
        request.headers["host"] = host
        canonical = signer.canonical_request(request)
        signature = signer.signature(signer.string_to_sign(request, canonical), request)
        return self.headers["authorization"].endswith(f"Signature={signature}")

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, text: str, code: int = 200) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests look at what was heard."""


def as_the_library_says(given: dict[str, str]) -> dict[str, Any]:
    """The same request as AWS's own library makes it, of its description of the operation: it refuses what that does not have."""
    model = botocore.session.get_session().get_service_model("cloudformation").operation_model(given["Action"])
    parameters = {name: value for name, value in given.items() if name not in ("Action", "Version")}
    assert parameters["Status"] in model.input_shape.members["Status"].enum
    assert set(model.input_shape.required_members) <= set(parameters)
    made = create_serializer("query").serialize_to_request(parameters, model)
    return made["body"]
