"""The world around nccod for end-to-end tests: a web application, phones, ears.

Everything is on 127.0.0.1 and on ports that were free a moment ago; everything is ended by the
`with` that began it. Standard library only; phones are baresip and sipp (scripts/deps test).

    with lib.WebApp() as web, lib.Daemon(web) as nccod, lib.Phone() as phone:
        web.script("/answer", [{"action": "stream", "streamUrl": [web.tone("a.wav", 440, 2)]}])
        phone.dial(nccod.uri("15550100"))
        phone.wait_for("terminated", 20)
        samples, rate = phone.heard()
        assert lib.hears(samples, rate, 440)
"""
import array
import concurrent.futures
import contextlib
import glob
import http.server
import io
import itertools
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest
import urllib.parse
import wave

import sip

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.realpath(os.environ.get("BUILD_DIR", "."))
NCCOD = os.path.join(BUILD, "nccod")
RATE = 8000


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_sip_port(host="127.0.0.1"):
    """Free for UDP and for TCP, a moment ago; below what the kernel gives to others meanwhile."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        port = random.randrange(4000, 10000)
        with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
            try:
                udp.bind((host, port))
                tcp.bind((host, port))
                return port
            except OSError:
                continue


def free_phone_port():
    """Of a baresip, which takes the port after it for TLS, and RTP ports far above."""
    while True:
        port, taken = random.randrange(25000, 29000, 2), []
        try:
            for kind, number in itertools.product((socket.SOCK_DGRAM, socket.SOCK_STREAM),
                                                  (port, port + 1)):
                taken.append(socket.socket(socket.AF_INET, kind))
                taken[-1].bind(("127.0.0.1", number))
            return port
        except OSError:
            continue
        finally:
            for probe in taken:
                probe.close()


def wait_until(ready, seconds=10, what="it"):
    """Asks every 20 ms; returns the first true answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ready()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen in {seconds} s")
        time.sleep(0.02)


def listens(port, host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) == 0


# Sound

def sine(hertz, seconds, amplitude=0.4, rate=RATE):
    """16-bit samples."""
    return array.array("h", (int(32767 * amplitude * math.sin(2 * math.pi * hertz * i / rate))
                             for i in range(int(seconds * rate))))


def wav_bytes(samples, rate=RATE):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def wav_channels(path):
    """Samples and rate of each channel. An unfinished header is no obstacle."""
    with wave.open(path, "rb") as file:
        channels, rate = file.getnchannels(), file.getframerate()
        samples = array.array("h", file.readframes(file.getnframes()))
    return [(samples[i::channels], rate) for i in range(channels)]


def wav_read(path):
    """The same of the first channel."""
    return wav_channels(path)[0]


def goertzel(samples, rate, hertz):
    """Share of the power of the samples that is at a frequency, 0 to 1."""
    total = sum(s * s for s in samples)
    if not total:
        return 0.0
    factor, older, old = 2 * math.cos(2 * math.pi * hertz / rate), 0.0, 0.0
    for sample in samples:
        older, old = old, sample + factor * old - older
    power = old * old + older * older - factor * old * older
    return min(1.0, 2 * power / (len(samples) * total))


def spans(samples, rate, hertz, least=0.5, block=0.02, loud=200):
    """Where a tone sounds: [(start, end)] in seconds, in blocks of 20 ms."""
    size, found = int(rate * block), []
    for start in range(0, len(samples) - size + 1, size):
        part = samples[start:start + size]
        if max(part) < loud or goertzel(part, rate, hertz) < least:
            continue
        begin, end = start / rate, (start + size) / rate
        if found and begin - found[-1][1] < 1e-9:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def hears(samples, rate, hertz, seconds=0.2):
    """True when the tone sounds for that long in one piece."""
    return any(end - start >= seconds for start, end in spans(samples, rate, hertz))


# The web application

class WebApp:
    """Answers scripts and keeps every request. web.requests: dicts with method, path, query,
    headers, json, time (monotonic seconds)."""

    def __init__(self):
        self.requests, self._answers, self._changed = [], {}, threading.Condition()
        app = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                app._serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

            def log_message(self, *_):
                """Requests are kept, not printed."""

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256

            def handle_error(self, *_):
                """A client that hangs up is no news; what a test does wrong is."""
                if not isinstance(sys.exc_info()[1], OSError):
                    traceback.print_exc(file=sys.stdout)

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, path, body=b"", kind="application/json", status=200, delay=0, headers=()):
        """What a path answers from now on. body may be a function of the request."""
        self._answers[path] = (body, kind, status, delay, dict(headers))
        return self.url(path)

    def script(self, path, steps, **options):
        return self.answer(path, steps, **options)

    def number(self, number, steps, **options):
        """The script that /answer gives to calls to a number."""
        self.answer(f"/answer {number}", steps, **options)

    def told(self, number, path="/event"):
        """What came to a path about calls to a number, in order: JSON bodies."""
        bodies = [r["json"] or r["query"] for r in list(self.requests) if r["path"] == path]
        uuids = {b["uuid"] for b in bodies if b.get("to") == number}
        talks = {b["conversation_uuid"] for b in bodies if b.get("to") == number}
        return [b for b in bodies if b.get("uuid") in uuids or
                ("uuid" not in b and b.get("conversation_uuid") in talks)]

    def statuses(self, number):
        return [b["status"] for b in self.told(number) if "status" in b]

    def asked(self, number, path="/answer"):
        """The requests to a path about calls to a number."""
        return [r for r in list(self.requests) if r["path"] == path and
                (r["json"] or r["query"]).get("to") == number]

    def sound(self, path, samples, rate=RATE):
        return self.answer(path, wav_bytes(samples, rate), "audio/wav")

    def tone(self, name, hertz, seconds):
        return self.sound("/" + name, sine(hertz, seconds))

    def wait(self, path, count=1, seconds=10):
        """The requests to a path, once there are that many."""
        def those():
            return [r for r in self.requests if r["path"] == path]
        with self._changed:
            if not self._changed.wait_for(lambda: len(those()) >= count, seconds):
                raise AssertionError(f"{len(those())} requests to {path}, not {count}; got "
                                     f"{[r['path'] for r in self.requests]}")
            return those()

    def events(self, path="/event"):
        """The statuses that came, in order."""
        return [r["json"].get("status") for r in self.requests if r["path"] == path and r["json"]]

    def _serve(self, handler):
        url = urllib.parse.urlparse(handler.path)
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        try:
            parsed = json.loads(raw) if raw else None
        except ValueError:
            parsed = None
        request = {"method": handler.command, "path": url.path, "body": raw, "json": parsed,
                   "query": dict(urllib.parse.parse_qsl(url.query)), "time": time.monotonic(),
                   "headers": {k.lower(): v for k, v in handler.headers.items()}}
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        missing = (b"", "text/plain", 204 if "event" in url.path else 404, 0, {})
        called = (parsed if isinstance(parsed, dict) else request["query"]).get("to")
        body, kind, status, delay, headers = self._answers.get(
            f"{url.path} {called}", self._answers.get(url.path, missing))
        if delay:
            time.sleep(delay)
        if callable(body):
            body = body(request)
        if isinstance(body, tuple):  # a function may choose status and headers too
            body, status, headers = body
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        with contextlib.suppress(OSError):  # the caller may have given up
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            if status != 204:
                handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            if handler.command != "HEAD":
                handler.wfile.write(body)


# The daemon

class Process:
    """A program with its output in a file; ended by SIGTERM, or killed after a while."""

    def __init__(self, command, folder, name, stdin=subprocess.DEVNULL, env=None, cwd=None):
        self.log_path = os.path.join(folder, name + ".log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=log, cwd=cwd,
                                            stderr=subprocess.STDOUT, env=env)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, text, seconds=10):
        """Until the log holds what the regular expression says; returns the match."""
        def found():
            match = re.search(text, self.log())
            if not match and self.process.poll() is not None:
                match = re.search(text, self.log())
                if not match:
                    raise AssertionError(f"ended without {text!r}:\n{self.log()[-3000:]}")
            return match
        return wait_until(found, seconds, repr(text))

    def stop(self, seconds=10, signals=1):
        """With several signals each is sent when nccod has seen the one before: signals that wait
        together are one."""
        for i in range(signals):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            if i + 1 < signals:
                with contextlib.suppress(AssertionError):
                    wait_until(lambda: self.process.poll() is not None or "draining" in self.log(),
                               5)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            stacks = self.stacks()
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"had to be killed:\n{self.log()[-3000:]}\n{stacks}") from None

    def stacks(self):
        """Where its threads are, if there is a gdb to tell."""
        if not shutil.which("gdb"):
            return ""
        return subprocess.run(["gdb", "-p", str(self.process.pid), "-batch", "-ex",
                               "thread apply all bt 16"], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=60, check=False).stdout[-8000:]


CONFIG = """log_level = "debug"
http_addr = "{http}"
default_application = "main"
rtp_start_port = {rtp}
rtp_end_port = {rtp_end}
{more}
[[applications]]
id = "main"
answer_url = "{answer_url}"
event_url = "{event_url}"
{application}
[proxy]
addr = "{host}"
udp_port = {port}
tcp_port = {port}
{proxy}
{tables}
"""
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|stack-overflow")


class Daemon(Process):
    """nccod with one application whose URLs are /answer and /event of the web application.

    more is TOML for the top of the file, application and proxy lines for those tables, tables what
    follows, "@/ there meaning the web application. errors: what lines of level error may say; any other fails the test at the end."""

    def __init__(self, web, more="", tables="", application="", proxy="", host="127.0.0.1",
                 errors=None, arguments=(), env=(), http="127.0.0.1:0"):
        self.sip_port, self.host, self._errors = free_sip_port(host), host, errors
        self.address = (host, self.sip_port)
        self.folder = tempfile.mkdtemp(prefix="nccod-e2e-")
        self.config_path = os.path.join(self.folder, "nccod.toml")
        rtp = random.randrange(10000, 31000, 2)  # below what the kernel gives to others
        self.configure(CONFIG.format(
            rtp=rtp, rtp_end=rtp + 1600, more=more, http=http, application=application, host=host,
            answer_url=web.url("/answer"), event_url=web.url("/event"), port=self.sip_port,
            proxy=proxy, tables=tables.replace('"@/', f'"{web.url("/")}')))
        state = os.path.join(self.folder, "state")
        os.mkdir(state)
        self._command = [NCCOD, "-c", self.config_path, *arguments]
        self._env = {**os.environ, "STATE_DIRECTORY": state,
                     "UBSAN_OPTIONS": "print_stacktrace=1", **dict(env)}
        super().__init__(self._command, self.folder, "nccod", env=self._env, cwd=ROOT)

    def restart_after_kill(self):
        """Kills nccod, as a power cut would, and starts it on what it has left."""
        self.process.kill()
        self.process.wait()
        super().__init__(self._command, self.folder, "nccod", env=self._env, cwd=ROOT)
        self.__enter__()

    def configure(self, text):
        self.config = text
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(text)

    def reload(self, text):
        """SIGHUP with another file; returns when it has been read."""
        before = len(re.findall("configuration reloaded|reload refused", self.log()))
        self.configure(text)
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(re.findall("configuration reloaded|reload refused",
                                          self.log())) > before, 10, "the reload")

    def uri(self, user):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"sip:{user}@{host}:{self.sip_port}"

    def url(self, path):
        """Of nccod's HTTP server."""
        return re.search(r"HTTP on (http://\S+):", self.log())[1] + path

    def recordings(self):
        """The paths of the files of recordings."""
        return sorted(glob.glob(os.path.join(self.folder, "state", "recordings", "*")))

    def __enter__(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"nccod ended:\n{self.log()}")
            return "SIP on" in self.log()
        try:
            wait_until(ready, 20, "nccod's start")
        except AssertionError:
            self.__exit__(True)
            raise
        return self

    def check_log(self):
        """Fails for what a sanitizer found and for errors that the test does not expect."""
        found = SANITIZER.search(self.log())
        if found:
            raise AssertionError(f"sanitizer:\n{self.log()[found.start() - 500:][:12000]}")
        for line in self.log().splitlines():
            if " level=error " in line and not (self._errors and re.search(self._errors, line)):
                raise AssertionError(f"nccod reports an error: {line}")

    def finish(self, signals=2, seconds=20):
        """Ends nccod; the second signal ends live calls at once."""
        status = self.stop(seconds, signals)
        self.check_log()
        if status != 0:
            raise AssertionError(f"nccod ended with {status}:\n{self.log()[-6000:]}")

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.finish()
            else:
                self.stop(20, 2)
                print(f"--- nccod's log\n{self.log()[-6000:]}")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log_of(self, call_id):
        """The lines of the call with this Call-ID."""
        lines = self.log().splitlines()
        found = next((l for l in lines if f"Call-ID {call_id}" in l), "")
        uuid = re.search(r" call=(\S+)", found)
        return [l for l in lines if uuid and f" call={uuid[1]} " in l]


# The machine

CANARY = """
import os, time
parent = os.getppid()
while os.getppid() == parent:
    began = time.monotonic()
    time.sleep(0.01)
    late = time.monotonic() - began - 0.01
    if late > 0.004:
        print(began, late, flush=True)
"""


class Canary:
    """A process that sleeps, and notes by how much it woke too late: so late may others be, too,
    whatever they do. What keeps its pace is held against that."""

    def __init__(self):
        self._late = []
        self._process = subprocess.Popen([sys.executable, "-I", "-S", "-c", CANARY], text=True,
                                         stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self._process.stdout:
            self._late.append(tuple(map(float, line.split())))

    def late(self, since):
        """Seconds, the worst since then."""
        return max((late for began, late in list(self._late) if began + late >= since), default=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()


# Phones

PHONE = """poll_method epoll
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
rtp_ports {rtp}-{rtp_end}
audio_source {source}
audio_player aubridge,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
snd_path {folder}
module_path {modules}
module stdio.so
module g711.so
module aubridge.so
module aufile.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
"""


class Phone(Process):
    """baresip without a sound card: it plays a tone or a file and keeps what it hears.

    answer: "auto" or "manual". codec: as in SDP. Output is in log(); calls say "Call
    established" and "terminated"."""

    def __init__(self, user="phone", answer="manual", tone=None, codec="PCMU/8000/1"):
        self.user, self.folder = user, tempfile.mkdtemp(prefix="phone-")
        self.port = free_phone_port()
        source = os.path.join(self.folder, "says.wav")
        with open(source, "wb") as file:
            file.write(wav_bytes(sine(tone, 60) if tone else array.array("h", bytes(960000))))
        modules = next((os.path.dirname(p) for p in glob.glob("/usr/lib/baresip/modules/g711.so") +
                        glob.glob("/usr/lib/*/baresip/modules/g711.so")), "/usr/lib/baresip/modules")
        rtp = 30000 + self.port % 4000 * 4
        self._write("config", PHONE.format(port=self.port, rtp=rtp, rtp_end=rtp + 40,
                                           source=f"aufile,{source}", folder=self.folder,
                                           modules=modules))
        self._write("accounts", f"<sip:{user}@127.0.0.1:{self.port}>;regint=0;answermode={answer};"
                                f"audio_codecs={codec};ptime=20\n")
        self._write("contacts", "")
        super().__init__(["baresip", "-v", "-4", "-f", self.folder], self.folder, "baresip",
                         stdin=subprocess.PIPE)

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def uri(self):
        return f"sip:{self.user}@127.0.0.1:{self.port}"

    def __enter__(self):
        self.wait_for("baresip is ready", 10)
        return self

    def __exit__(self, kind, *_):
        with contextlib.suppress(OSError):
            self.type("/quit\n")
            self.process.wait(5)
        with contextlib.suppress(AssertionError, OSError):
            self.stop()
        self.process.stdin.close()
        if kind is not None:
            print(f"--- {self.user}'s log\n{self.log()[-3000:]}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def type(self, keys):
        self.process.stdin.write(keys.encode())
        self.process.stdin.flush()

    def dial(self, uri):
        self.type(f"/dial {uri}\n")

    def hang_up(self):
        self.type("/hangup\n")

    def established(self, seconds=10):
        self.wait_for("Call established", seconds)

    def press(self, digits, gap=0.3):
        """Keys during a call, as RFC 4733 events."""
        for digit in digits:
            self.type(digit)
            time.sleep(gap)

    def heard(self):
        """Samples and rate of what came in the last call; whole once the call has ended."""
        files = sorted(glob.glob(os.path.join(self.folder, "dump-*-dec.wav")))
        if not files:
            raise AssertionError(f"{self.user} heard nothing:\n{self.log()[-3000:]}")
        return wav_read(files[-1])


def sipp(scenario, target, *options, seconds=60, calls=1):
    """Runs a scenario (a path) against HOST:PORT; returns sipp's output, raises when a call
    failed."""
    with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
        command = ["sipp", target, "-sf", os.path.realpath(scenario), "-i", "127.0.0.1", "-p",
                   str(free_port(socket.SOCK_DGRAM)), "-m", str(calls), "-nostdin",
                   "-trace_err", "-timeout", str(seconds), *options]
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", stdout=subprocess.PIPE, timeout=seconds + 10,
                              stderr=subprocess.STDOUT, check=False)
        errors = "".join(open(path, encoding="utf-8", errors="replace").read()
                         for path in glob.glob(os.path.join(folder, "*_errors.log")))
    if done.returncode != 0:
        raise AssertionError(f"sipp {scenario}: exit {done.returncode}\n{errors[-3000:]}"
                             f"{done.stdout[-1500:]}")
    return done.stdout


# Servers that misbehave

class RawServer:
    """A TCP server whose whole behaviour is a function of (connection, request bytes).

    connections counts those that were accepted, times when; a request is read up to its headers
    unless reads is false."""

    def __init__(self, behave, reads=True):
        self._behave, self._reads, self.times = behave, reads, []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        self._closing = threading.Event()

    @property
    def connections(self):
        return len(self.times)

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.times.append(time.monotonic())
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        request = b""
        with connection, contextlib.suppress(OSError):
            while self._reads and b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    return
                request += part
            self._behave(connection, request)

    def sleep(self, seconds):
        """To be called by behave: true when the test is over."""
        return self._closing.wait(seconds)


# Test cases

_numbers = itertools.count(15550100)


class Case(unittest.TestCase):
    """A test of the module's nccod and web application (lib.world), with numbers of its own, so
    that all tests of a file run at the same time."""

    def setUp(self):
        self.web, self.nccod = world.web, world.nccod
        self.calls = []

    def number(self, steps=None, **options):
        """A called number that nobody else has, and its script."""
        number = str(next(_numbers))
        if steps is not None:
            self.web.number(number, steps, **options)
        return number

    def call(self, number, **options):
        """A call that has not begun; closed when the test is over."""
        call = sip.Call(self.nccod.address, number, **options)
        call.number = number
        self.calls.append(call)
        self.addCleanup(call.close)
        return call

    def dial(self, steps=None, number=None, seconds=10, **options):
        """A call that has been answered by a script."""
        call = self.call(number or self.number(steps), **options)
        call.invite()
        call.answered(seconds)
        return call

    def until(self, ready, seconds=10, what="it"):
        return wait_until(ready, seconds, what)

    def statuses(self, number, count=4, seconds=10):
        """The statuses of a call, once there are that many."""
        wait_until(lambda: len(self.web.statuses(number)) >= count, seconds,
                   f"{count} statuses of {number}")
        return self.web.statuses(number)

    def paced(self, rtp, limit=0.06):
        """No pause between packets was longer, but for what the machine made late."""
        late = world.late(rtp.began)
        self.assertLess(rtp.longest_pause(), limit + 2 * late, f"the machine was {late:.3f} s late")

    def spans(self, rtp, hertz):
        """Where a tone was heard. nccod leaves out what it could not send in time: a hole that a
        late machine may have made is none."""
        found, late = [], 2 * world.late(rtp.began)
        for start, end in spans(rtp.samples(), RATE, hertz):
            if found and start - found[-1][1] <= late:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found

    def span(self, rtp, hertz, seconds=None):
        """Start and end of the only one, which lasts so long, up to a packet of 40 ms."""
        found = self.spans(rtp, hertz)
        self.assertEqual(len(found), 1, f"{hertz} Hz at {found}")
        if seconds is not None:
            self.assertAlmostEqual(found[0][1] - found[0][0], seconds,
                                   delta=0.041 + 2 * world.late(rtp.began))
        return found[0]

    def explain(self):
        """What nccod's log says about the calls of this test."""
        if not os.path.exists(self.nccod.log_path):  # a daemon of its own has shown it already
            return ""
        return "\n".join(line for call in self.calls for line in self.nccod.log_of(call.call_id))


class World:
    """What the tests of a file share; made by main()."""
    web = nccod = canary = None

    def late(self, since):
        return self.canary.late(since) if self.canary else 0


world = World()


def alone(test):
    """Marks a test that must not run beside others."""
    test.alone = True
    return test


def long(test):
    """Marks a test that waits for timers of minutes: only with --long of run."""
    return unittest.skipUnless(os.environ.get("E2E_LONG"), "needs --long")(test)


def _cases(suite):
    for item in suite:
        yield from _cases(item) if isinstance(item, unittest.TestSuite) else [item]


def _run_one(test):
    result, began = unittest.TestResult(), time.monotonic()
    test.run(result)
    problems = [text for _, text in result.failures + result.errors]
    skipped = bool(result.skipped)
    if problems and isinstance(test, Case) and test.nccod:
        problems.append(test.explain())
    return test.id().removeprefix("__main__."), time.monotonic() - began, problems, skipped


def _run_all(tests, workers):
    together = [t for t in tests if not hasattr(getattr(t, t._testMethodName), "alone")]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        yield from pool.map(_run_one, together)
    for test in tests:
        if test not in together:
            yield _run_one(test)


def main(workers=12, **daemon):
    """Runs the tests of the file that calls, many at a time, against one nccod (Daemon's
    arguments; none: the tests start what they need). Names on the command line choose tests."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    tests = [t for t in _cases(suite)
             if not sys.argv[1:] or any(name in t.id() for name in sys.argv[1:])]
    began, bad, left_out, stack = time.monotonic(), 0, 0, contextlib.ExitStack()
    try:
        with stack:
            world.canary = stack.enter_context(Canary())
            world.web = stack.enter_context(WebApp())
            if daemon is not None and not daemon.pop("none", False):
                world.nccod = stack.enter_context(Daemon(world.web, **daemon))
            for name, seconds, problems, skipped in _run_all(tests, workers):
                outcome = "FAIL" if problems else "skip" if skipped else "ok"
                print(f"{outcome:4} {name} ({seconds:.1f} s)", flush=True)
                bad, left_out = bad + bool(problems), left_out + skipped
                print(*problems, sep="\n", end="\n" if problems else "", flush=True)
    except Exception:  # of the world: nccod's start or end
        traceback.print_exc(file=sys.stdout)
        bad += 1
    print(f"Ran {len(tests)} tests in {time.monotonic() - began:.1f} s")
    print(f"FAILED (failures={bad}, skipped={left_out})" if bad else f"OK (skipped={left_out})")
    sys.exit(1 if bad else 0)
