"""What tests of calls over the API share: the configuration, and calls to telephones by REST."""
import re

import lib
import parties
import rest
import sip

# A port of its own for each telephone that is not called by its URI.
USERS = {user: lib.free_sip_port() for user in ("1001", "1002")}
NUMBERS = {number: lib.free_sip_port() for number in ("15550100", "15550101", "15550102")}
SECOND = lib.free_sip_port()
TABLES = "".join(f"""[[proxy.contacts]]
user = "{user}"
uri = "sip:{user}@127.0.0.1:{port}"
""" for user, port in USERS.items()) + "".join(f"""[[proxy.trunks]]
name = "{number}"
dest = "sip:127.0.0.1:{port}"
prefixes = ["{number}"]
""" for number, port in NUMBERS.items()) + f"""
[[proxy.trunks]]
name = "first"
dest = "sip:127.0.0.1:9"
prefixes = ["44"]
[[proxy.trunks]]
name = "second"
dest = "sip:127.0.0.1:{SECOND}"
[api]
keys = [
  {{ name = "main", key = "main-key", scopes = ["calls:read", "calls:write"], application = "main" }},
  {{ name = "other", key = "other-key", scopes = ["calls:read", "calls:write"], application = "other" }},
  {{ name = "all", key = "all-key", scopes = ["calls:read", "calls:write"] }},
]
[limits]
fetch_private_networks = true
[[applications]]
id = "other"
numbers = ["777"]
event_url = "@/event"
"""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
WAIT = {"action": "wait", "timeout": 60}


class Rest(parties.Case):
    def setUp(self):
        super().setUp()
        self.client = rest.Client(self.nccod, "main-key")

    def post(self, client=None, **body):
        return (client or self.client).ask("POST", "/v1/calls", {"from": "15550199", **body})

    def make(self, to, client=None, **body):
        """A call to a telephone or an endpoint; its uuid."""
        if isinstance(to, sip.Callee):
            to = [{"type": "sip", "uri": to.uri}]
        if not {"ncco", "answer_url", "steps"} & set(body):
            body["ncco"] = [WAIT]
        status, made = self.post(client, to=to, **body)
        self.assertEqual(status, 201, made)
        self.assertRegex(made["uuid"], UUID)
        self.assertEqual((made["status"], made["direction"]), ("started", "outbound"))
        self.assertEqual(made["conversation_uuid"][:4], "CON-")
        return made["uuid"]

    def get(self, uuid, client=None):
        status, call = (client or self.client).get(f"/v1/calls/{uuid}")
        self.assertEqual(status, 200, call)
        return call

    def events(self, uuid, count, path="/event"):
        """The events with a status, once there are so many."""
        def those():
            bodies = [r["json"] or r["query"] for r in list(self.web.requests)
                      if r["path"] == path]
            return [b for b in bodies if b.get("uuid") == uuid and "status" in b]
        self.until(lambda: len(those()) >= count, 5, f"{count} events of {uuid}")
        return those()

    def story(self, uuid, count, path="/event"):
        return [b["status"] for b in self.events(uuid, count, path)]

    def faults(self, client=None, **body):
        status, problem = (client or self.client).ask("POST", "/v1/calls", body)
        self.assertEqual(status, 400, problem)
        return [p["name"] for p in problem["invalid_parameters"]]
