#!/usr/bin/env python3
"""An example web application for nccod: greets, plays a melody, takes digits, says them back.

Only the standard library. See README.md beside this file.
"""
import argparse
import collections
import html
import io
import json
import math
import struct
import sys
import threading
import time
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

MAX_BODY = 1 << 20  # bytes; larger requests are refused
KEPT = 50  # calls and events that the page shows


def make_melody(rate=8000):
    """A short melody as a WAV file, 16 bit mono."""
    samples = []
    for frequency in (523.25, 659.25, 783.99, 1046.5):
        length = rate * 3 // 10
        for n in range(length):
            fade = min(1.0, n / 80, (length - n) / 400)  # no clicks between the notes
            samples.append(int(9000 * fade * math.sin(2 * math.pi * frequency * n / rate)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack("<%dh" % len(samples), *samples))
    return out.getvalue()


def answer_ncco(base):
    """What a new call does. `base` is the URL of this application as nccod sees it."""
    return [
        {"action": "talk", "bargeIn": True,
         "text": "Welcome. Please enter one to four digits, then press the hash key."},
        {"action": "stream", "bargeIn": True, "streamUrl": [base + "/melody.wav"]},
        {"action": "input", "type": ["dtmf"], "eventUrl": [base + "/input"],
         "dtmf": {"maxDigits": 4, "timeOut": 5, "submitOnHash": True}},
    ]


def input_ncco(params):
    """What follows the digits. They are spoken one by one."""
    dtmf = params.get("dtmf")
    digits = dtmf.get("digits") if isinstance(dtmf, dict) else dtmf
    digits = digits if isinstance(digits, str) else ""
    names = {"*": "star", "#": "hash"}
    spoken = " ".join(names.get(d, d) for d in digits)
    text = "You typed %s. Goodbye." % spoken if spoken else "You typed nothing. Goodbye."
    return [{"action": "talk", "text": text}, {"action": "hangup"}]


def describe(event):
    """An event on one line, for people."""
    what = event.get("status") or event.get("type")
    if not what:
        what = next((k for k in ("dtmf", "speech", "recording_url", "payload", "reason")
                     if k in event), "event")
    parts = [str(event.get("timestamp") or time.strftime("%H:%M:%S")), str(what)]
    if event.get("from") or event.get("to"):
        parts.append("%s -> %s" % (event.get("from", "?"), event.get("to", "?")))
    for key in ("direction", "duration", "detail", "reason", "dtmf", "uuid"):
        if event.get(key) not in (None, "") and event[key] != what:
            value = event[key]
            value = value if isinstance(value, str) else json.dumps(value)
            parts.append("%s=%s" % (key, value))
    line = "  ".join(parts)
    return "".join(c if c.isprintable() else "?" for c in line)


class Application:
    """What is shared by all requests: the melody, the log, the last calls and events."""

    def __init__(self, log_path=None, out=sys.stdout):
        self.melody = make_melody()
        self.calls = collections.deque(maxlen=KEPT)
        self.events = collections.deque(maxlen=KEPT)
        self.lock = threading.Lock()
        self.log = open(log_path, "a", encoding="utf-8") if log_path else None
        self.out = out

    def record(self, method, path, params):
        """Appends the request to the log, as one JSON line."""
        line = {"time": time.time(), "method": method, "path": path, "params": params}
        with self.lock:
            if self.log:
                self.log.write(json.dumps(line) + "\n")
                self.log.flush()

    def note(self, kept, line):
        with self.lock:
            kept.appendleft(line)
            print(line, file=self.out, flush=True)

    def page(self):
        with self.lock:
            calls, events = list(self.calls), list(self.events)

        def items(lines):
            return "".join("<li>%s</li>" % html.escape(line) for line in lines) or "<li>none yet"

        return ("<!DOCTYPE html><html lang=en><meta charset=utf-8><title>IVR example</title>"
                "<meta name=viewport content='width=device-width'>"
                "<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;"
                "padding:0 1rem}li{font:14px/1.6 monospace;overflow-wrap:anywhere}</style>"
                "<h1>IVR example</h1><p>Reload for news; the newest come first.</p>"
                "<h2>Calls</h2><ol>%s</ol><h2>Events</h2><ol>%s</ol></html>"
                % (items(calls), items(events)))

    def close(self):
        if self.log:
            self.log.close()


class Handler(BaseHTTPRequestHandler):
    """One request. GET carries parameters in the query, POST in a JSON body."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds without a byte from the client

    def do_GET(self):
        url = urlsplit(self.path)
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        for key, value in params.items():  # nested values come as JSON text
            if value[:1] in ("{", "["):
                try:
                    params[key] = json.loads(value)
                except ValueError:
                    pass
        self.dispatch(url.path, params)

    do_HEAD = do_GET

    def do_POST(self):
        url = urlsplit(self.path)
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True  # the body was not read
            return self.reply(413 if length > 0 else 411, "text/plain", b"bad length\n")
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            return self.reply(400, "text/plain", b"the body must be a JSON object\n")
        params.update(body)
        self.dispatch(url.path, params)

    def dispatch(self, path, params):
        app = self.server.app
        if path in ("/answer", "/event", "/input"):
            app.record(self.command, path, params)
        if path == "/answer":
            app.note(app.calls, "%s  call  %s -> %s  uuid=%s" % (
                time.strftime("%H:%M:%S"), params.get("from", params.get("from_user", "?")),
                params.get("to", "?"), params.get("uuid", "?")))
            self.reply_json(answer_ncco(self.base_url()))
        elif path == "/input":
            app.note(app.events, describe(params))
            self.reply_json(input_ncco(params))
        elif path == "/event":
            app.note(app.events, describe(params))
            self.reply(204)
        elif path == "/melody.wav":
            self.reply(200, "audio/wav", app.melody)
        elif path == "/":
            self.reply(200, "text/html; charset=utf-8", app.page().encode())
        else:
            self.reply(404, "text/plain", b"not found\n")

    def base_url(self):
        """This application as the client reached it, so that it can come back."""
        host, port = self.server.server_address[:2]
        return "http://" + (self.headers.get("Host") or "%s:%d" % (host, port))

    def reply_json(self, value):
        self.reply(200, "application/json", json.dumps(value).encode())

    def reply(self, status, content_type=None, body=b""):
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args):
        pass  # calls and events are printed, not requests


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, app):
        self.app = app
        super().__init__(address, Handler)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description="Example web application for nccod.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="port (%(default)s), 0 for any")
    parser.add_argument("--log", metavar="FILE", help="append each webhook as one JSON line")
    args = parser.parse_args()
    try:
        app = Application(args.log)
        server = Server((args.host, args.port), app)
    except (OSError, OverflowError) as error:
        sys.exit("app.py: %s" % error)
    print("listening on http://%s:%d/" % server.server_address[:2], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    server.server_close()
    app.close()


if __name__ == "__main__":
    main()
