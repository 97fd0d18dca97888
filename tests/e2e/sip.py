"""A telephone made of plain sockets: every byte of SIP and RTP that it sends is the test's choice,
and every packet that comes is kept with the kernel's time of arrival.

    call = sip.Call(nccod.address, "15550100")
    call.invite()
    call.wait(200)                 # a status, a method, or a function of the message
    call.rtp.press("1")
    call.wait("BYE", 10)           # answered with 200 by itself
    samples = call.rtp.samples()

One Call is one dialog on one socket, as caller or (Call.answering) as the one who is called.
Standard library only. Used by many threads at once, each with calls of its own.
"""
import array
import bisect
import collections
import hashlib
import math
import random
import re
import select
import socket
import struct
import threading
import time

SO_TIMESTAMPNS = 35  # Linux; the socket module does not name it
PACKET_S = 0.02
SHORT_NAMES = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact",
               "l": "content-length", "c": "content-type", "k": "supported", "s": "subject"}


def token(size=10):
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))


# Messages

class Message:
    """A request or a response. headers: [(name, value)] in order; status is 0 for requests."""

    def __init__(self, start, headers=(), body=b""):
        self.start, self.headers, self.body = start, list(headers), body
        self.source = self.wire = None
        self.time = time.time()
        first, _, rest = start.partition(" ")
        self.status = int(rest[:3]) if first == "SIP/2.0" else 0
        self.method = (self.get("CSeq").split() or ["", ""])[-1] if self.status else first
        self.uri = "" if self.status else rest.rpartition(" ")[0]

    @classmethod
    def parse(cls, data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        return cls(lines[0], [(name.strip(), value.strip()) for name, _, value in pairs], body)

    def all(self, name):
        return [v for n, v in self.headers
                if SHORT_NAMES.get(n.lower(), n.lower()) == name.lower()]

    def get(self, name, default=""):
        found = self.all(name)
        return found[0] if found else default

    def data(self):
        body = self.body.encode() if isinstance(self.body, str) else self.body
        lines = [self.start] + [f"{n}: {v}" for n, v in self.headers]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body

    def sdp(self, kind):
        """Values of the lines of a kind: sdp("m")."""
        return [line[2:] for line in self.body.decode().splitlines() if line[:2] == kind + "="]

    def __repr__(self):
        return f"<{self.start}>"


def tag_of(value):
    match = re.search(r";tag=([^;>\s]+)", value)
    return match[1] if match else ""


def uri_of(value):
    match = re.search(r"<([^>]*)>", value)
    return match[1] if match else value.split(";")[0].strip()


def address_of(uri):
    """Host and port of sip:user@host:port;parameters."""
    match = re.match(r"sips?:(?:[^@]*@)?(\[[^]]*\]|[^:;>?]*)(?::(\d+))?", uri)
    return match[1].strip("[]"), int(match[2] or 5060)


def bracketed(host):
    return f"[{host}]" if ":" in host else host


# Wires

class Wire:
    """A UDP socket, or a TCP connection to a peer, and a thread that reads messages from it."""

    def __init__(self, on_message, transport="udp", host="127.0.0.1", peer=None, connected=None,
                 local_port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        self.transport, self.host, self._on_message = transport, host, on_message
        self.socket = connected or socket.socket(family, kind)
        if not connected:
            self.socket.bind((host, local_port))
        if transport == "tcp" and not connected:
            self.socket.settimeout(5)
            self.socket.connect(peer)
            self.socket.settimeout(None)
        self.port = self.socket.getsockname()[1]
        self._closed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, data, peer):
        data = data.data() if isinstance(data, Message) else data
        try:
            if self.transport == "tcp":
                self.socket.sendall(data)
            else:
                self.socket.sendto(data, peer)
        except OSError:
            if not self._closed:
                raise

    def _read(self):
        stream = b""
        while not self._closed:
            try:
                if not select.select([self.socket], [], [], 0.2)[0]:
                    continue
                data, source = self.socket.recvfrom(65536)
            except (OSError, ValueError):
                return
            if self.transport == "udp":
                self._tell(data, source)
                continue
            if not data:
                return
            stream = self._split(stream + data, source)

    def _split(self, stream, source):
        while True:
            stream = stream.lstrip(b"\r\n")
            head, blank, rest = stream.partition(b"\r\n\r\n")
            if not blank:
                return stream
            length = int((re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head) or [0, 0])[1])
            if len(rest) < length:
                return stream
            self._tell(head + blank + rest[:length], source)
            stream = rest[length:]

    def _tell(self, data, source):
        if not data.strip():
            return
        message = Message.parse(data)
        message.source, message.wire = source, self
        self._on_message(message)

    def close(self):
        self._closed = True
        self.socket.close()


# Sound on the wire

def _law_table(name):
    def ulaw(code):
        code = ~code & 0xff
        value = (((code & 0x0f) << 3) + 0x84) << (code >> 4 & 7)
        return 0x84 - value if code & 0x80 else value - 0x84

    def alaw(code):
        code ^= 0x55
        value, segment = (code & 0x0f) << 4, code >> 4 & 7
        value = value + 8 if segment == 0 else (value + 0x108) << (segment - 1)
        return value if code & 0x80 else -value
    return [(ulaw if name == "PCMU" else alaw)(code) for code in range(256)]


LAWS = {"PCMU": _law_table("PCMU"), "PCMA": _law_table("PCMA")}
PAYLOAD_TYPES = {"PCMU": 0, "PCMA": 8}
_SORTED = {name: sorted((value, code) for code, value in enumerate(table))
           for name, table in LAWS.items()}


def encode(samples, codec):
    values = [value for value, _ in _SORTED[codec]]
    out = bytearray()
    for sample in samples:
        at = min(bisect.bisect(values, sample), 255)
        if at and sample - values[at - 1] < values[at] - sample:
            at -= 1
        out.append(_SORTED[codec][at][1])
    return bytes(out)


ROWS, COLUMNS, KEYS = (697, 770, 852, 941), (1209, 1336, 1477, 1633), "123A456B789C*0#D"


def key_tones(digits, seconds=0.1, gap=0.1):
    """Samples of keys as a telephone without events sends them."""
    out = array.array("h")
    for digit in digits:
        low, high = ROWS[KEYS.index(digit) // 4], COLUMNS[KEYS.index(digit) % 4]
        out.extend(int(7000 * (math.sin(2 * math.pi * low * i / 8000) +
                               math.sin(2 * math.pi * high * i / 8000)))
                   for i in range(int(seconds * 8000)))
        out.extend([0] * int(gap * 8000))
    return out


Packet = collections.namedtuple("Packet", "time source type sequence stamp marker payload")


class Rtp:
    """One side of a media stream. packets: what came, in order of arrival."""

    def __init__(self, host="127.0.0.1", codec="PCMU"):
        self.codec, self.host, self.packets, self.peer = codec, host, [], None
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET,
                                    socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((host, 0))
        self.port = self.socket.getsockname()[1]
        self._sequence, self._stamp = random.randrange(30000), random.randrange(1 << 30)
        self._ssrc, self._closed = random.randrange(1 << 32), False
        self.began, self._reading = time.monotonic(), False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while not self._closed:
            try:
                self._reading = False
                if not select.select([self.socket], [], [], 0.2)[0]:
                    continue
                self._reading = True
                data, extra, _, source = self.socket.recvmsg(2048, 64)
            except (OSError, ValueError):
                return
            if len(data) < 12:
                continue
            seconds, nanos = struct.unpack("qq", extra[0][2]) if extra else (time.time(), 0)
            _, kind, sequence, stamp, _ = struct.unpack("!BBHII", data[:12])
            self.packets.append(Packet(seconds + nanos / 1e9, source, kind & 0x7f, sequence,
                                       stamp, kind >> 7, data[12:]))

    def close(self):
        self._closed = True
        self.socket.close()

    # Hearing

    def settle(self, seconds=2):
        """Returns when what has arrived is in `packets`: the reader may be behind."""
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline and (
                    select.select([self.socket], [], [], 0)[0] or self._reading):
                time.sleep(0.001)
        except (OSError, ValueError):  # closed
            pass

    def sound(self):
        """The packets of the codec, in order of their time stamps, each once."""
        self.settle()
        wanted = PAYLOAD_TYPES[self.codec]
        by_stamp = {p.stamp: p for p in list(self.packets) if p.type == wanted}
        return [by_stamp[stamp] for stamp in sorted(by_stamp)]

    def samples(self):
        """What was heard, placed by time stamps; zeros where nothing came."""
        packets, law, out = self.sound(), LAWS[self.codec], array.array("h")
        for packet in packets:
            missing = packet.stamp - packets[0].stamp - len(out)
            if missing > 0:
                out.extend([0] * missing)
            out.extend(law[code] for code in packet.payload)
        return out

    def longest_pause(self):
        """Seconds between two arrivals, by the kernel's clock."""
        times = [p.time for p in list(self.packets)]
        return max((b - a for a, b in zip(times, times[1:])), default=0)

    # Speaking

    def send(self, payload, kind=None, marker=0, stamp=None, steps=160):
        kind = PAYLOAD_TYPES[self.codec] if kind is None else kind
        head = struct.pack("!BBHII", 0x80, kind | marker << 7, self._sequence & 0xffff,
                           (self._stamp if stamp is None else stamp) & 0xffffffff, self._ssrc)
        self._sequence += 1
        if stamp is None:
            self._stamp += steps
        self.socket.sendto(head + payload, self.peer)

    def speak(self, samples, packet=160):
        """Sends samples at their pace; returns when they are through."""
        data, start = encode(samples, self.codec), time.monotonic()
        for i in range(0, len(data) - packet + 1, packet):
            self.send(data[i:i + packet], steps=packet)
            time.sleep(max(0, start + (i + packet) / 8000 - time.monotonic()))

    def hush(self, seconds=0.2):
        """Silence, so that the other side knows where we are."""
        self.speak(array.array("h", bytes(2 * int(8000 * seconds))))

    def press(self, digits, ms=100, gap=0.1, kind=101):
        """RFC 4733 events; returns the wall time when the first packet left."""
        began = time.time()
        for digit in digits:
            event, stamp = "0123456789*#ABCD".index(digit), self._stamp
            for i in range(1, ms // 20 + 1):
                self.send(struct.pack("!BBH", event, 10, 160 * i), kind, i == 1, stamp)
                time.sleep(PACKET_S)
            for _ in range(3):
                self.send(struct.pack("!BBH", event, 0x80 | 10, 8 * ms), kind, 0, stamp)
            self._stamp += 8 * ms + int(8000 * gap)
            time.sleep(gap)
        return began


def sdp(host, port, codecs=("PCMU",), events=101, lines=(), direction="sendrecv"):
    """An SDP body with one audio stream."""
    version = "6" if ":" in host else "4"
    types = [PAYLOAD_TYPES[c] for c in codecs] + ([events] if events else [])
    maps = [f"a=rtpmap:{PAYLOAD_TYPES[c]} {c}/8000" for c in codecs]
    if events:
        maps += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-15"]
    head = ["v=0", f"o=- {random.randrange(1 << 30)} 1 IN IP{version} {host}", "s=-",
            f"c=IN IP{version} {host}", "t=0 0",
            f"m=audio {port} RTP/AVP {' '.join(map(str, types))}"]
    return "\r\n".join([*head, *maps, *lines, f"a={direction}", ""])


# Calls

class Call:
    """A dialog. messages: all that came and that no wait() has taken; requests: every request."""

    def __init__(self, peer, to="15550100", transport="udp", user="15550999", host="127.0.0.1",
                 codecs=("PCMU",), events=101, sdp_lines=(), auto_ack=True, local_port=0):
        self.peer, self.transport, self.host, self.auto_ack = peer, transport, host, auto_ack
        self.codecs, self.events, self.sdp_lines = codecs, events, sdp_lines
        self.messages, self.requests, self._changed = [], [], threading.Condition()
        self.responses = []
        self.silent = False  # then requests get no answer
        self.call_id, self.tag = f"{token(16)}@e2e", token()
        self.local_cseq, self.routes, self.remote_tag, self.invited = 0, [], "", None
        self.rtp = Rtp(host, codecs[0])
        self.contact = ""  # what is meant for who had the port before may come at once
        self.wire = Wire(self._on_message, transport, host, peer, local_port=local_port)
        there = f"{bracketed(peer[0])}:{peer[1]}"
        self.remote_uri = self.target = f"sip:{to}@{there}" if peer else ""
        self.local_uri = f"sip:{user}@{bracketed(host)}:{self.wire.port}"
        self.contact = f"<{self.local_uri}" + (";transport=tcp>" if transport == "tcp" else ">")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.wire.close()
        self.rtp.close()

    # Messages out

    def local_sdp(self, **changes):
        options = {"codecs": self.codecs, "events": self.events, "lines": self.sdp_lines}
        return sdp(self.host, self.rtp.port, **{**options, **changes})

    def request(self, method, body=b"", headers=(), kind="application/sdp", cseq=None, branch=None,
                uri=None, remote_tag=None):
        """Sends a request of the dialog and returns it."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        branch = branch or "z9hG4bK" + token()
        remote_tag = self.remote_tag if remote_tag is None else remote_tag
        remote = f"<{self.remote_uri}>" + (f";tag={remote_tag}" if remote_tag else "")
        via = f"SIP/2.0/{self.transport.upper()} {bracketed(self.host)}:{self.wire.port}"
        message = Message(f"{method} {uri or self.target} SIP/2.0", [
            ("Via", f"{via};branch={branch};rport"), ("Max-Forwards", "70"),
            ("From", f"<{self.local_uri}>;tag={self.tag}"), ("To", remote),
            ("Call-ID", self.call_id), ("CSeq", f"{cseq} {method}"), ("Contact", self.contact),
            *[("Route", route) for route in self.routes], *headers,
            *([("Content-Type", kind)] if body else [])], body)
        if method == "INVITE":
            self.invited = message  # before its answer can come
        self.wire.send(message, self.peer)
        return message

    def invite(self, body=None, headers=(), **more):
        """An INVITE with our offer, or with body ("" for none)."""
        body = self.local_sdp() if body is None else body
        return self.request("INVITE", body, headers, **more)

    def ack(self, response, body=b""):
        number = response.get("CSeq").split()[0]
        if response.status < 300:
            self._join(response)
            return self.request("ACK", body, cseq=number)
        branch = re.search(r"branch=([^;]+)", self.invited.get("Via"))[1]
        return self.request("ACK", cseq=number, branch=branch, uri=self.invited.uri,
                            remote_tag=tag_of(response.get("To")))

    def cancel(self):
        number = self.invited.get("CSeq").split()[0]
        branch = re.search(r"branch=([^;]+)", self.invited.get("Via"))[1]
        return self.request("CANCEL", cseq=number, branch=branch, uri=self.invited.uri)

    def prack(self, response):
        self._join(response)
        number = response.get("CSeq").split()[0]
        return self.request("PRACK", headers=[
            ("RAck", f"{response.get('RSeq')} {number} INVITE")])

    def bye(self):
        return self.request("BYE")

    def respond(self, request, status, phrase="OK", headers=(), body=b""):
        to = request.get("To")
        tagged = to if tag_of(to) or status == 100 else f"{to};tag={self.tag}"
        copied = [(n, v) for n, v in request.headers
                  if n.lower() in ("via", "from", "call-id", "cseq", "record-route")]
        extra = [("Content-Type", "application/sdp")] if body else []
        request.wire.send(Message(f"SIP/2.0 {status} {phrase}",
                                  [*copied, ("To", tagged), ("Contact", self.contact), *headers,
                                   *extra], body), request.source)

    # Messages in

    def _join(self, message):
        """Takes the remote side of the dialog from a response (or a provisional one)."""
        self.remote_tag = tag_of(message.get("To")) or self.remote_tag
        if message.get("Contact"):
            self.target = uri_of(message.get("Contact"))
        if message.sdp("m"):
            self._meet(message)

    def _meet(self, message):
        host = (message.sdp("c") or ["IN IP4 127.0.0.1"])[0].split()[-1]
        self.rtp.peer = (host, int(message.sdp("m")[0].split()[1]))

    def _on_message(self, message):
        if message.status:
            self._on_response(message)
        else:
            self.requests.append(message)
            if message.method in ("BYE", "OPTIONS", "UPDATE", "CANCEL") and not self.silent:
                self.respond(message, 200)
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def _on_response(self, message):
        self.responses.append(message)
        if message.method != "INVITE" or message.status < 200:
            return
        if message.status >= 300:
            self.ack(message)
        elif self.auto_ack:
            self.ack(message)

    def wait(self, what, seconds=5):
        """Takes the first message that matches: a status (of an INVITE), (status, method), a
        method, or a function."""
        def fits(m):
            if isinstance(what, int):
                return m.status == what and m.method == "INVITE"
            if isinstance(what, tuple):
                return (m.status, m.method) == what
            if isinstance(what, str):
                return not m.status and m.method == what
            return what(m)

        def find():
            return next((m for m in self.messages if fits(m)), None)
        with self._changed:
            if not self._changed.wait_for(find, seconds):
                raise AssertionError(f"no {what} in {seconds} s, but {self.messages}")
            message = find()
            self.messages.remove(message)
            return message

    def final(self, seconds=5):
        """The final answer to the INVITE."""
        return self.wait(lambda m: m.method == "INVITE" and m.status >= 200, seconds)

    def answered(self, seconds=5):
        """Waits for the 200; RTP goes where it says."""
        response = self.final(seconds)
        if response.status != 200:
            raise AssertionError(f"answered with {response.start}")
        self._join(response)
        return response

    def ended(self, seconds=10):
        return self.wait("BYE", seconds)

    def hang_up(self):
        self.bye()
        self.wait((200, "BYE"))

    def is_over(self):
        """Whether both sides know that there is no call (any more)."""
        return not self.invited or any(r.method in ("BYE", "CANCEL") for r in self.requests) or any(
            r.method == "BYE" or r.method == "INVITE" and r.status >= 300 for r in self.responses)

    def end(self):
        """What its user does to be rid of the call, whatever its state."""
        if any(r.method == "INVITE" and r.status == 200 for r in self.responses):
            self.bye()
        else:
            self.cancel()


def dial(peer, to, seconds=5, **options):
    """A call that has been answered."""
    call = Call(peer, to, **options)
    try:
        call.invite()
        call.answered(seconds)
    except AssertionError:
        call.close()
        raise
    return call


class Server(Call):
    """The other side of sip-caller: a phone, a registrar or a proxy on one port, for one dialog.

    handle(server, request) is called for each request but ACK, and answers with respond(). The
    dialog is joined by take()."""

    def __init__(self, handle, transport="udp", host="127.0.0.1", port=0, **options):
        self._handle, self._accepted, self._listener = handle, [], None
        if transport == "tcp":
            self._listener = socket.create_server((host, 0))
            self._port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, daemon=True).start()
        super().__init__((host, 0), transport="udp", host=host, local_port=port, **options)
        if transport == "udp":
            self._port = self.wire.port
        self.port = self._port
        self.uri = f"sip:{bracketed(host)}:{self._port}"
        self.contact = f"<sip:there@{bracketed(host)}:{self._port}" + (
            ";transport=tcp>" if transport == "tcp" else ">")

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._accepted.append(Wire(self._on_message, "tcp", self.host, connected=connection))

    def close(self):
        super().close()
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for wire in self._accepted:
            wire.close()

    def _on_message(self, message):
        if message.status:
            self._on_response(message)
        else:
            self.requests.append(message)
            if message.method != "ACK":
                self._handle(self, message)
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def join(self, invite):
        """Takes the remote side of the dialog from an INVITE."""
        self.call_id, self.remote_tag = invite.get("Call-ID"), tag_of(invite.get("From"))
        self.remote_uri, self.local_uri = (uri_of(invite.get(n)) for n in ("From", "To"))
        self.target = uri_of(invite.get("Contact"))
        self.wire, self.peer = invite.wire, invite.source
        self._meet(invite)

    def take(self, invite, headers=()):
        """180, then 200 with our SDP; from now on request() speaks in the dialog."""
        self.join(invite)
        self.respond(invite, 180, "Ringing", headers)
        self.respond(invite, 200, "OK", headers, self.local_sdp())


class Callee(Server):
    """A telephone that is called, once: it rings at once, then does what the test says.

    ring: the provisional response, 0 for none. tone: what it says when it has answered."""

    def __init__(self, user="there", ring=180, **options):
        self._ring, self.user, self.refused = ring, user, False
        super().__init__(Callee._serve, **options)
        self.uri = self.uri.replace("sip:", f"sip:{user}@")

    def _serve(self, request):
        if request.method == "INVITE" and not tag_of(request.get("To")):
            self.invited = request
            if self._ring:
                self.respond(request, self._ring, "Ringing")
        elif request.method == "INVITE":
            self._meet(request)
            self.respond(request, 200, "OK", body=self.local_sdp())
        elif request.method == "CANCEL":
            self.respond(request, 200)
            self.respond(self.invited, 487, "Request Terminated")
        else:
            self.respond(request, 200)

    def called(self, seconds=5):
        """The INVITE."""
        return self.wait("INVITE", seconds)

    def early(self):
        """183 with our SDP: what is spoken now is heard before the answer."""
        self._meet(self.invited)
        self.respond(self.invited, 183, "Session Progress", body=self.local_sdp())

    def answer(self, seconds=5):
        """Picks up, waiting for the call if need be; returns the INVITE."""
        invite = self.invited or self.called(seconds)
        self.join(invite)
        self.respond(invite, 200, "OK", body=self.local_sdp())
        self.wait("ACK", seconds)
        return invite

    def is_over(self):
        return self.refused or super().is_over()

    def end(self):
        if any(r.method == "ACK" for r in self.requests):
            self.bye()
        else:
            self.refuse(486)

    def refuse(self, status, phrase="No", seconds=5):
        invite = self.invited or self.called(seconds)
        self.refused = True
        self.respond(invite, status, phrase)
        self.wait("ACK", seconds)
        return invite

    def cancelled(self, seconds=5):
        return self.wait("CANCEL", seconds)


# Digest (RFC 8760)

def digest_is_right(header, method, password):
    """Whether an Authorization header was made with the password."""
    fields = {k.lower(): v.strip('"') for k, v in
              re.findall(r'(\w+)\s*=\s*("[^"]*"|[^,\s]+)', header)}
    hashing = hashlib.sha256 if fields.get("algorithm", "").upper() == "SHA-256" else hashlib.md5

    def digest(text):
        return hashing(text.encode()).hexdigest()
    first = digest(f'{fields.get("username")}:{fields.get("realm")}:{password}')
    second = digest(f'{method}:{fields.get("uri")}')
    if "qop" in fields:
        middle = ":".join(fields[k] for k in ("nonce", "nc", "cnonce", "qop"))
    else:
        middle = fields.get("nonce", "")
    return fields.get("response") == digest(f"{first}:{middle}:{second}")
