"""Speech vendors on loopback: each looks at a request as its documentation has it, and speaks.

    with vendor.Vendors(tone) as vendors:
        run(vendor.environment("polly", vendors.url), ...)
        assert vendors.faults == []

`answer` decides what is said: a function (handler, body, kind) that writes it. Requests and what
was wrong with them are kept. The speech is the same for all: 16 bit, mono, at the rate asked for.
"""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import re
import socketserver
import struct
import threading
import xml.etree.ElementTree

KEY = "sk-very-secret-key-0123456789"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SPEAK = "{http://www.w3.org/2001/10/synthesis}"


def options(name, url):
    """What [tts.options.NAME] has to say for the fake."""
    return {"openai": {"url": url, "api_key": KEY},
            "google": {"url": url, "api_key": KEY},
            "azure": {"url": url, "api_key": KEY},
            "polly": {"url": url, "region": "eu-west-1", "access_key": "AKIDEXAMPLE",
                      "secret_key": SECRET}}[name]


def environment(name, url, **more):
    return {f"NCCO_OPT_{key.upper()}": value
            for key, value in {**options(name, url), **more}.items()}


def toml(name, url):
    lines = [f'{key} = "{value}"' for key, value in options(name, url).items()]
    return f"[tts.options.{name}]\n" + "\n".join(lines) + "\n"


def wav_header(rate, size=0xffffffff):
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size, b"WAVE", b"fmt ", 16, 1, 1, rate,
                       2 * rate, 2, 16, b"data", size)


def expect(faults, what, got, wanted):
    if got != wanted:
        faults.append(f"{what} is {got!r}, not {wanted!r}")


def signature(request, secret):
    """By the description of the process, step by step; independent of what is tested."""
    authorization = request.headers.get("Authorization", "")
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request,"
                         r" SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})", authorization)
    if not match:
        return "no such header", authorization
    _, day, region, service, names, sent = match.groups()
    headers = "".join(f"{n}:{' '.join(request.headers[n].split())}\n" for n in names.split(";"))
    canonical = "\n".join([request.command, request.path, "", headers, names,
                           hashlib.sha256(request.body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["X-Amz-Date"], scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), sent


def openai(request, faults):
    body = json.loads(request.body)
    expect(faults, "Authorization", request.headers["Authorization"], f"Bearer {KEY}")
    expect(faults, "Content-Type", request.headers["Content-Type"], "application/json")
    expect(faults, "response_format", body["response_format"], "wav")
    for name in ("model", "input", "voice"):
        if not isinstance(body.get(name), str) or not body[name]:
            faults.append(f"no {name}")
    unknown = set(body) - {"model", "input", "voice", "response_format", "speed", "instructions"}
    expect(faults, "unknown members", unknown, set())
    return 24000, "wav", body["input"]


def google(request, faults):
    body = json.loads(request.body)
    expect(faults, "X-Goog-Api-Key", request.headers["X-Goog-Api-Key"], KEY)
    expect(faults, "members", set(body), {"input", "voice", "audioConfig"})
    expect(faults, "audioEncoding", body["audioConfig"]["audioEncoding"], "LINEAR16")
    expect(faults, "inputs", len(body["input"]), 1)
    if not body["voice"].get("languageCode"):
        faults.append("no languageCode")
    return body["audioConfig"].get("sampleRateHertz", 24000), "json", next(
        iter(body["input"].values()))


def azure(request, faults):
    expect(faults, "key", request.headers["Ocp-Apim-Subscription-Key"], KEY)
    expect(faults, "Content-Type", request.headers["Content-Type"], "application/ssml+xml")
    if not request.headers.get("User-Agent"):
        faults.append("no User-Agent")
    form = request.headers["X-Microsoft-OutputFormat"]
    match = re.fullmatch(r"(raw|riff)-(8|16|24|48)khz-16bit-mono-pcm", form)
    root = xml.etree.ElementTree.fromstring(request.body)
    expect(faults, "root", root.tag, SPEAK + "speak")
    expect(faults, "version", root.get("version"), "1.0")
    if not root.get("{http://www.w3.org/XML/1998/namespace}lang"):
        faults.append("no language")
    if root.find(SPEAK + "voice") is None or not root.find(SPEAK + "voice").get("name"):
        faults.append("no voice")
    return int(match[2]) * 1000, "wav" if match[1] == "riff" else "pcm", "".join(root.itertext())


def polly(request, faults):
    body = json.loads(request.body)
    made, sent = signature(request, SECRET)
    expect(faults, "the signature", sent, made)
    sent = datetime.datetime.strptime(request.headers["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    late = abs(datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()
    if late > 300:
        faults.append(f"the date is off by {late} s")
    if not {"content-type", "host", "x-amz-date"} <= set(
            re.search("SignedHeaders=([^,]+)", request.headers["Authorization"])[1].split(";")):
        faults.append("unsigned headers")
    expect(faults, "OutputFormat", body["OutputFormat"], "pcm")
    if body["SampleRate"] not in ("8000", "16000") or body["TextType"] not in ("text", "ssml"):
        faults.append("SampleRate or TextType")
    if body["Engine"] not in ("standard", "neural") or not body["VoiceId"]:
        faults.append("Engine or VoiceId")
    return int(body["SampleRate"]), "pcm", body["Text"]


PATHS = {"/v1/audio/speech": openai, "/v1/text:synthesize": google,
         "/cognitiveservices/v1": azure, "/v1/speech": polly}
TYPES = {"wav": "audio/wav", "json": "application/json; charset=UTF-8", "pcm": "audio/pcm"}


def speak(handler, body, kind):
    """The usual answer: all at once, with its length."""
    refuse(handler, 200, body, TYPES[kind])


def refuse(handler, status, body, kind="application/json", **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """An adapter that goes away is none of our concern."""


class Vendors:
    """speech(rate) gives the samples, as an array of 16 bit."""

    def __init__(self, speech):
        self.speech, self.answer = speech, speak
        self.requests, self.faults, self.texts = [], [], []
        vendors = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.body = self.rfile.read(int(self.headers["Content-Length"]))
                vendors.requests.append(self)
                try:
                    rate, kind, text = PATHS[self.path](self, vendors.faults)
                except Exception as error:  # whatever is wrong with the request, it is told
                    vendors.faults.append(f"{self.path}: {error!r}")
                    raise
                vendors.texts.append(text)
                vendors.answer(self, vendors.sound(rate, kind), kind)

            def log_message(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def sound(self, rate, kind):
        pcm = self.speech(rate).tobytes()
        if kind == "pcm":
            return pcm
        wav = wav_header(rate) + pcm
        if kind == "wav":
            return wav
        return json.dumps({"audioContent": base64.b64encode(wav).decode()}).encode()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
