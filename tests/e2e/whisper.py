"""A server on loopback with OpenAI's interface for transcriptions, as its documentation has it.

    with whisper.Server() as server:
        run(whisper.environment(server.url), ...)
        assert server.faults == []

`answer` says what is transcribed: a function (fields, pcm) that gives the status and the body.
"""
import array
import email.parser
import email.policy
import http.server
import json
import socketserver
import struct
import threading

KEY = "sk-very-secret-key-0123456789"
FIELDS = {"file", "model", "language", "prompt", "response_format", "temperature",
          "timestamp_granularities[]", "include[]", "chunking_strategy", "stream"}
FORMATS = {"whisper-1": {"json", "text", "srt", "verbose_json", "vtt"},
           "gpt-4o-transcribe": {"json"}, "gpt-4o-mini-transcribe": {"json"}}


def environment(url, **more):
    return {f"NCCO_OPT_{key.upper()}": value
            for key, value in {"url": url, "api_key": KEY, **more}.items()}


def verbose(text, logprob=-0.2, no_speech=0.01, words=None):
    answer = {"task": "transcribe", "language": "english", "duration": 1.5, "text": text,
              "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": text,
                            "tokens": [50364, 2425], "temperature": 0.0, "avg_logprob": logprob,
                            "compression_ratio": 0.9, "no_speech_prob": no_speech}]}
    if words is not None:
        answer["words"] = words
    return 200, json.dumps(answer).encode()


def read_wav(data):
    """(rate, samples) of the plain kind; anything else is an error."""
    riff, size, wave, fmt, fmt_size, pcm, channels, rate, byte_rate, align, bits, tag, length = \
        struct.unpack("<4sI4s4sIHHIIHH4sI", data[:44])
    wanted = (b"RIFF", len(data) - 8, b"WAVE", b"fmt ", 16, 1, 1, 2 * rate, 2, 16, b"data",
              len(data) - 44)
    got = (riff, size, wave, fmt, fmt_size, pcm, channels, byte_rate, align, bits, tag, length)
    if got != wanted:
        raise ValueError(f"WAV header {got}, not {wanted}")
    return rate, array.array("h", data[44:])


class Server:
    def __init__(self):
        self.answer = lambda fields, pcm: verbose("hello")
        self.requests, self.faults = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    fields, rate, pcm = outer.read(self, body)
                except Exception as error:  # whatever is wrong with the request, it is told
                    outer.faults.append(repr(error))
                    raise
                outer.requests.append({**fields, "rate": rate, "samples": len(pcm)})
                status, answer = outer.answer(fields, pcm)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """An adapter that goes away is none of our concern."""

        self._server = Threads(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def read(self, request, body):
        self.expect("path", request.path, "/v1/audio/transcriptions")
        self.expect("Authorization", request.headers["Authorization"], f"Bearer {KEY}")
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        self.expect("Content-Type", message.get_content_type(), "multipart/form-data")
        fields, rate, pcm = {}, 0, None
        for part in message.iter_parts():
            name = part.get_param("name", header="Content-Disposition")
            if name == "file":
                self.expect("file name", part.get_filename(), "speech.wav")
                self.expect("file type", part.get_content_type(), "audio/wav")
                rate, pcm = read_wav(part.get_payload(decode=True))
            else:
                fields.setdefault(name, []).append(part.get_payload(decode=True).decode())
        self.check(fields)
        if pcm is None:
            self.faults.append("no file")
        return fields, rate, pcm

    def check(self, fields):
        self.expect("unknown fields", set(fields) - FIELDS, set())
        model = fields["model"][0]
        form = fields.get("response_format", ["json"])[0]
        if form not in FORMATS[model]:
            self.faults.append(f"{model} has no {form}")
        if "timestamp_granularities[]" in fields and form != "verbose_json":
            self.faults.append("granularities want verbose_json")
        if "include[]" in fields and (model == "whisper-1" or form != "json"):
            self.faults.append("logprobs are not of this model")
        if "language" in fields and len(fields["language"][0]) != 2:
            self.faults.append(f"language {fields['language']}")

    def expect(self, what, got, wanted):
        if got != wanted:
            self.faults.append(f"{what} is {got!r}, not {wanted!r}")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
