"""A web application behind a WebSocket, made of plain sockets: everything that comes is kept with its
time, everything that goes out is the test's choice.

    with websocket.App(echo=True) as app:
        ... a script that connects to app.url() ...
        socket = app.wait()
        socket.wait_text(lambda m: m.get("event") == "websocket:connected")
        socket.send(b"...")
        socket.close(1000)

Standard library only; each connection has a thread that reads.
"""
import base64
import collections
import contextlib
import hashlib
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

Frame = collections.namedtuple("Frame", "time opcode data")


class Connection:
    """One WebSocket. frames: what came; texts: the JSON of it; code: of a close frame that came."""

    def __init__(self, app, sock):
        self.app, self.socket, self.frames, self.code, self.over = app, sock, [], None, False
        self.headers, self.path, self.opened = {}, "", None
        self._changed, self._sending = threading.Condition(), threading.Lock()
        self.paused = threading.Event()  # then nothing is read

    @property
    def texts(self):
        return [json.loads(f.data) for f in list(self.frames) if f.opcode == TEXT]

    @property
    def sound(self):
        return b"".join(f.data for f in list(self.frames) if f.opcode == BINARY)

    # Reading

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            while self.paused.is_set() and not self.app.closing.wait(0.02):
                pass
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionError("closed")
            data += part
        return data

    def _handshake(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._exactly(1)
        lines = head.decode().split("\r\n")
        self.path = lines[0].split()[1]
        self.headers = {k.lower(): v.strip() for k, _, v in (l.partition(":") for l in lines[1:] if l)}
        if self.app.status != 101:
            self.socket.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self.app.status)
            raise ConnectionError("refused")
        accept = base64.b64encode(
            hashlib.sha1(self.headers["sec-websocket-key"].encode() + GUID).digest())
        self.socket.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept +
                            b"\r\n\r\n")
        self.opened = time.time()

    def _frame(self):
        first, second = self._exactly(2)
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            length, = struct.unpack("!Q", self._exactly(8))
        if not second & 0x80:
            raise ValueError("a client must mask")
        mask, data = self._exactly(4), self._exactly(length)
        key = (mask * (length // 4 + 1))[:length]
        data = (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
        return Frame(time.time(), first & 0x0f, data)

    def _take(self, frame):
        if frame.opcode == PING:
            self._write(PONG, frame.data)
        elif frame.opcode == CLOSE:
            self.code = struct.unpack("!H", frame.data[:2])[0] if frame.data else 1005
            with contextlib.suppress(OSError):
                self._write(CLOSE, frame.data)
        elif frame.opcode == BINARY and self.app.echo:
            self._write(BINARY, frame.data)
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def run(self):
        with self.socket, contextlib.suppress(OSError, ValueError):
            self._handshake()
            self.app.add(self)
            while self.code is None:
                self._take(self._frame())
        with self._changed:
            self.over = True
            self._changed.notify_all()

    # Writing

    def _write(self, opcode, data):
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 65536:
            head += struct.pack("!BH", 126, len(data))
        else:
            head += struct.pack("!BQ", 127, len(data))
        with self._sending:
            self.socket.sendall(head + data)

    def send(self, message):
        """Bytes as sound, anything else as JSON."""
        if isinstance(message, (bytes, bytearray)):
            self._write(BINARY, bytes(message))
        else:
            self._write(TEXT, json.dumps(message).encode())

    def close(self, code=1000):
        self._write(CLOSE, struct.pack("!H", code))

    def drop(self):
        """No close frame, a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.shutdown(socket.SHUT_RD)
        self.socket.close()

    # Waiting

    def wait(self, ready, seconds=5, what="it"):
        with self._changed:
            if not self._changed.wait_for(ready, seconds):
                raise AssertionError(f"{what} did not happen in {seconds} s: {self.texts[-5:]}, "
                                     f"{len(self.frames)} frames, over {self.over}")

    def wait_text(self, fits, seconds=5):
        """The first JSON that fits, and when it came."""
        def find():
            for frame in self.frames:
                if frame.opcode == TEXT and fits(json.loads(frame.data)):
                    return frame
            return None
        self.wait(find, seconds, "a text")
        frame = find()
        return json.loads(frame.data), frame.time

    def wait_event(self, name, seconds=5):
        return self.wait_text(lambda m: m.get("event") == name, seconds)

    def wait_sound(self, size, seconds=5):
        self.wait(lambda: len(self.sound) >= size, seconds, f"{size} bytes of sound")
        return self.sound

    def wait_over(self, seconds=5):
        self.wait(lambda: self.over, seconds, "the end")
        return self.code


class App:
    """The server. echo: sound is sent back at once. status: other than 101 refuses. tls: an
    Authority, then it speaks TLS with a certificate of that kind."""

    def __init__(self, echo=False, status=101, tls=None, certificate="good"):
        self.echo, self.status, self.connections = echo, status, []
        self.closing, self._changed = threading.Event(), threading.Condition()
        self.tried = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._context = tls.context(certificate) if tls else None

    def url(self, path="/socket"):
        return f"ws{'s' if self._context else ''}://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.tried += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._context:
                sock = self._context.wrap_socket(sock, server_side=True)
        except (OSError, ssl.SSLError):
            sock.close()
            return
        Connection(self, sock).run()

    def add(self, connection):
        with self._changed:
            self.connections.append(connection)
            self._changed.notify_all()

    def wait(self, number=1, seconds=5):
        """The connection of that number, from 1."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.connections) >= number, seconds):
                raise AssertionError(f"no WebSocket number {number} in {seconds} s")
            return self.connections[number - 1]


class Authority:
    """A certificate authority of a test's own; file is what nccod's http.ca_file is given."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="authority-")
        self.file = os.path.join(self._folder, "ca.pem")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj",
                      "/CN=nccod test authority")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def context(self, kind):
        """Of a server on 127.0.0.1: "good", "self-signed", or for another "host"."""
        name = os.path.join(self._folder, kind)
        address = "IP:127.0.0.9" if kind == "host" else "IP:127.0.0.1"
        signer = [] if kind == "self-signed" else ["-CA", "ca.pem", "-CAkey", "ca.key"]
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-days", "2",
                      "-subj", "/CN=server", "-addext", f"subjectAltName={address}", "-addext",
                      "basicConstraints=critical,CA:FALSE", *signer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(name + ".pem", name + ".key")
        return context

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._folder, ignore_errors=True)
