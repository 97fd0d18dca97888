"""Tests of app.py: python3 -m unittest, in this directory. A real server on loopback."""
import http.client
import io
import json
import os
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request
import wave

import app


class IvrTest(unittest.TestCase):
    def setUp(self):
        handle, self.log = tempfile.mkstemp()
        os.close(handle)
        self.out = io.StringIO()
        self.app = app.Application(self.log, self.out)
        self.server = app.Server(("127.0.0.1", 0), self.app)
        self.base = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def tearDown(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.app.close()
        os.unlink(self.log)

    def request(self, path, body=None):
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        try:
            with urllib.request.urlopen(self.base + path, data, timeout=10) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def announce(self, length):
        """The status of a POST that only says how long its body will be."""
        connection = http.client.HTTPConnection(*self.server.server_address[:2], timeout=10)
        connection.putrequest("POST", "/event")
        connection.putheader("Content-Length", length)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    def test_answer_by_get_and_post_gives_the_same_script(self):
        status, body = self.request("/answer?from=1001&to=15550100&uuid=u1")
        posted = self.request("/answer", {"from": "1001", "to": "15550100", "uuid": "u2"})
        ncco = json.loads(body)
        self.assertEqual((status, body), posted)
        self.assertEqual([step["action"] for step in ncco], ["talk", "stream", "input"])
        self.assertTrue(ncco[0]["bargeIn"])
        self.assertEqual(ncco[1]["streamUrl"], [self.base + "/melody.wav"])
        self.assertEqual(ncco[2]["eventUrl"], [self.base + "/input"])
        self.assertEqual(ncco[2]["dtmf"]["maxDigits"], 4)

    def test_melody_is_a_telephone_wav(self):
        status, body = self.request("/melody.wav")
        self.assertEqual(status, 200)
        with wave.open(io.BytesIO(body)) as file:
            self.assertEqual((file.getnchannels(), file.getsampwidth(), file.getframerate()),
                             (1, 2, 8000))
            self.assertTrue(0.5 < file.getnframes() / 8000 < 3)
            self.assertTrue(any(file.readframes(4000)))

    def test_input_says_the_digits(self):
        cases = [({"dtmf": {"digits": "42#*", "timed_out": False}}, "You typed 4 2 hash star."),
                 ({"dtmf": {"digits": "", "timed_out": True}}, "You typed nothing."),
                 ({"dtmf": {"digits": None}}, "You typed nothing."),
                 ({"dtmf": "7"}, "You typed 7."),
                 ({}, "You typed nothing.")]
        for body, text in cases:
            ncco = json.loads(self.request("/input", body)[1])
            self.assertEqual(ncco, [{"action": "talk", "text": text + " Goodbye."},
                                    {"action": "hangup"}])
        query = urllib.parse.urlencode({"dtmf": json.dumps({"digits": "9"})})
        self.assertIn("You typed 9.", self.request("/input?" + query)[1].decode())

    def test_events_are_one_line_each_and_on_the_page(self):
        event = {"from": "1001", "to": "<b>", "status": "completed", "duration": "7",
                 "uuid": "u1\nforged", "timestamp": "2026-11-21T06:10:00.000Z"}
        self.assertEqual(self.request("/event", event), (204, b""))
        self.assertEqual(self.request("/event?status=ringing&from=1&to=2")[0], 204)
        lines = self.out.getvalue().splitlines()
        self.assertEqual(lines[0], "2026-11-21T06:10:00.000Z  completed  1001 -> <b>  duration=7"
                                   "  uuid=u1?forged")
        self.assertEqual(len(lines), 2)
        page = self.request("/")[1].decode()
        self.assertIn("1001 -&gt; &lt;b&gt;", page)
        self.assertNotIn("<b>", page)

    def test_log_has_one_json_line_per_webhook(self):
        self.request("/answer?from=1&to=2")
        self.request("/event", {"status": "started"})
        self.request("/melody.wav")
        with open(self.log, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual([(line["method"], line["path"], line["params"]) for line in lines],
                         [("GET", "/answer", {"from": "1", "to": "2"}),
                          ("POST", "/event", {"status": "started"})])

    def test_bad_requests_are_refused_and_the_server_lives_on(self):
        self.assertEqual(self.request("/nowhere")[0], 404)
        self.assertEqual(self.request("/event", b"not json")[0], 400)
        self.assertEqual(self.request("/event", b"[1]")[0], 400)
        self.assertEqual(self.request("/event", b"[" * 100000)[0], 400)
        self.assertEqual(self.announce(str(app.MAX_BODY + 1)), 413)
        self.assertEqual(self.announce("-1"), 411)
        self.assertEqual(self.announce("many"), 411)
        self.assertEqual(self.request("/")[0], 200)


if __name__ == "__main__":
    unittest.main()
