"""A client of nccod's API for tests, which holds every answer against the OpenAPI document that nccod
serves: status, content type and schema. Keys and tokens of applications.

    client = rest.Client(nccod, key="k1")
    status, body = client.get("/v1/calls")
"""
import base64
import http.client
import json
import os
import re
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse
import uuid

import jsonschema


class Description:
    """An OpenAPI document, and whether answers are as it says."""

    def __init__(self, document):
        self.document = document
        self.paths = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$"), path)
                      for path in document["paths"]]

    def operations(self):
        """(method, path, operation) of all."""
        return [(method.upper(), path, operation)
                for path, row in self.document["paths"].items()
                for method, operation in row.items()]

    def operation(self, method, path):
        if path.startswith(("/v1/", "/v3/")):
            path = "/api" + path
        for pattern, name in self.paths:
            if pattern.match(path):
                row = self.document["paths"][name]
                return row.get("get" if method == "HEAD" else method.lower())
        return None

    def check(self, method, path, status, kind, body):
        """Fails unless the document has such an answer. What it knows no path for is a problem."""
        operation = self.operation(method, path)
        kind = (kind or "").partition(";")[0]
        if operation is None:
            assert status in (404, 405), f"{method} {path}: {status} of an unknown operation"
            expected = {"content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"}}}}
        else:
            answers = operation["responses"]
            # A part of a file is a file, too.
            expected = answers.get(str(200 if status == 206 else status))
            if expected is None:
                assert status >= 400, f"{method} {path}: {status} is not described"
                expected = answers["default"]
        content = expected.get("content", {})
        if not content:
            assert not body, f"{method} {path}: {status} has a body, {body!r}"
            return
        assert kind in content, f"{method} {path}: {status} has type {kind}, not {list(content)}"
        if method != "HEAD" and "schema" in content[kind]:
            schema = dict(content[kind]["schema"], components=self.document["components"])
            jsonschema.Draft202012Validator(schema).validate(json.loads(body))


class Client:
    """Requests with a key, a token, or as they are."""
    _descriptions, _lock = {}, threading.Lock()

    def __init__(self, nccod, key=None, base=None, context=None, source=None):
        self.base, self.source = base or nccod.url(""), source and (source, 0)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.context = context
        with self._lock:
            if nccod not in self._descriptions:
                raw = self.raw("GET", "/api/v1/openapi.json")
                self._descriptions[nccod] = Description(json.loads(raw[2]))
            self.description = self._descriptions[nccod]

    def raw(self, method, path, body=None, **headers):
        """Status, headers in lower case, bytes; nothing is checked."""
        url = urllib.parse.urlparse(self.base)
        if url.scheme == "https":
            connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=10,
                                                     context=self.context)
        else:
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10,
                                                    source_address=self.source)
        try:
            connection.request(method, path, body, {
                **self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def ask(self, method, path, body=None, **headers):
        """Status and body: JSON where it is, else bytes. The answer is as described."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content_Type", "application/json")
        status, fields, raw = self.raw(method, path, body, **headers)
        kind = fields.get("content-type")
        self.description.check(method, path.partition("?")[0], status, kind, raw)
        return status, json.loads(raw) if raw and kind and "json" in kind else raw

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)


# Tokens as the SDKs make them

def _part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


class Application:
    """The key pair of an application: in files, made by openssl."""

    def __init__(self, name, folder):
        self.name = name
        self.private = os.path.join(folder, f"{name}.key")
        self.public = os.path.join(folder, f"{name}.pub")
        subprocess.run(["openssl", "genrsa", "-out", self.private, "2048"], check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "rsa", "-in", self.private, "-pubout", "-out", self.public],
                       check=True, stderr=subprocess.DEVNULL)

    def token(self, header=None, **claims):
        now = int(time.time())
        claims = {"application_id": self.name, "iat": now, "exp": now + 900,
                  "jti": str(uuid.uuid4()), **claims}
        claims = {k: v for k, v in claims.items() if v is not None}
        signed = _part(header or {"alg": "RS256", "typ": "JWT"}) + b"." + _part(claims)
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.private],
                              input=signed, check=True, stdout=subprocess.PIPE)
        return (signed + b"." + _part(done.stdout)).decode()


# Certificates

class Certificate:
    """A certificate for 127.0.0.1 that is its own authority; renew() makes another."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="nccod-tls-")
        self.file = os.path.join(self._folder.name, "cert.pem")
        self.key = os.path.join(self._folder.name, "key.pem")
        self.renew()

    def renew(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        f"/CN=nccod {uuid.uuid4()}", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", self.key, "-out", self.file], check=True,
                       stderr=subprocess.DEVNULL)

    def context(self, least=None, most=None):
        context = ssl.create_default_context(cafile=self.file)
        if most:
            context.maximum_version = most
        if least:
            context.minimum_version = least
        return context

    def close(self):
        self._folder.cleanup()
