"""What the measurements stand on: the server and its load as processes, and what the kernel,
sipp and the meter know of them. One set of options for all: read by importing this."""
import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
WEB, SOCKET, SIP, CALLER, CALLEE, METER = 18080, 18081, 15062, 15060, 15070, 16000
# The applications: a called number and the web application's path.
(SETUP, HOLD, KEYS, BRIDGE, ROOM, ROOMS, WAV, MP3,
 WEBSOCKET) = (str(n) for n in range(1001, 1010))
PATHS = {SETUP: "ncco", HOLD: "long", KEYS: "keys", BRIDGE: "bridge", ROOM: "room",
         ROOMS: "rooms", WAV: "wav", MP3: "mp3", WEBSOCKET: "websocket"}
P95_LIMIT_MS, OK_SHARE = 250, 0.99  # what a rate must hold to count

options = argparse.ArgumentParser(
    description="What nccod costs: the server on core 0, the load on core 1.")
options.add_argument("--build", default=".", help="where nccod, nccoctl and bench/bin are")
options.add_argument("--only", default="", metavar="PART[,PART]", help="not all parts")
options.add_argument("--quick", action="store_true", help="a tenth of the load, to try the bench")
options.add_argument("--label", default="")
options.add_argument("--out", default=os.path.join(HERE, "out"))
options.add_argument("--server", help="another server that takes nccod's arguments")
args = options.parse_args()
BUILD = os.path.realpath(args.build)
SERVER = args.server or os.path.join(BUILD, "nccod")
OUT = os.path.realpath(args.out)
results = []


# Processes

def pinned(core, command, **options_):
    nice = ["nice", "-n", "-20"] if os.geteuid() == 0 else []
    return subprocess.Popen(["taskset", "-c", str(core)] + nice + command,
                            stdin=subprocess.DEVNULL, **options_)


def end(process, seconds=20):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def out(name):
    return os.path.join(OUT, name)


def wait_for(what, ready, process, seconds=10):
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"bench: {what} did not start; see {OUT}")
        time.sleep(0.05)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


CONFIG = f"""http_addr = ""
log_level = "warn"
rtp_start_port = 20000
rtp_end_port = 42000
[proxy]
addr = "127.0.0.1"
udp_port = {SIP}
tcp_port = {SIP}
[limits]
max_members = 2000
""" + "".join(f"""[[applications]]
id = "{path}"
numbers = ["{number}"]
answer_url = "http://127.0.0.1:{WEB}/{path}"
""" for number, path in PATHS.items())


@contextlib.contextmanager
def server():
    """A fresh nccod on core 0, with its web application on core 1."""
    with open(out("bench.toml"), "w", encoding="utf-8") as file:
        file.write(CONFIG)
    state = out("state")
    shutil.rmtree(state, ignore_errors=True)
    os.makedirs(state)
    web = pinned(1, [f"{BUILD}/bench/bin/webapp", str(WEB), out("answers.csv")])
    with open(out("nccod.log"), "ab") as log:
        daemon = pinned(0, [SERVER, "-c", out("bench.toml")], stderr=log, stdout=log,
                        env=dict(os.environ, STATE_DIRECTORY=state))
    try:
        wait_for("the web application", lambda: listens(WEB), web)
        wait_for("nccod", lambda: listens(SIP), daemon)
        time.sleep(0.5)
        yield daemon.pid
        if daemon.poll() is not None:
            sys.exit(f"bench: nccod ended with {daemon.returncode}; see {out('nccod.log')}")
    finally:
        daemon.send_signal(signal.SIGTERM) if daemon.poll() is None else None
        time.sleep(0.3)
        end(daemon)
        end(web)


def meter(mode, *more):
    process = pinned(1, [f"{BUILD}/bench/bin/meter", "-p", str(METER), "-m", mode, *more],
                     stdout=subprocess.PIPE)
    time.sleep(0.3)
    return process


def read_meter(process):
    text = end(process)
    return json.loads(text) if text else {}


def fresh(name):
    folder = out(name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def sipp(scenario, number, calls, rate, extra=()):
    folder = out("sipp")
    with open(os.path.join(folder, "screen"), "w", encoding="utf-8") as screen:
        return pinned(1, ["sipp", f"127.0.0.1:{SIP}", "-sf", f"{HERE}/sipp/{scenario}.xml",
                          "-s", number, "-i", "127.0.0.1", "-p", str(CALLER), "-mp", "17000",
                          "-nostdin", "-key", "meter", str(METER), "-m", str(calls),
                          "-l", str(calls), "-r", str(rate), "-trace_stat", "-fd", "5",
                          "-trace_rtt", "-rtt_freq", "1", "-trace_logs", "-log_file", "calls.log",
                          "-buff_size", "4194304", *extra],
                      cwd=folder, stdout=screen, stderr=subprocess.STDOUT)


@contextlib.contextmanager
def callee():
    """A telephone that answers any number of calls, with its sound at the meter's port."""
    folder = fresh("callee")
    with open(os.path.join(folder, "screen"), "w", encoding="utf-8") as screen:
        process = pinned(1, ["sipp", "-sf", f"{HERE}/sipp/answer.xml", "-i", "127.0.0.1", "-p",
                             str(CALLEE), "-mp", "17100", "-nostdin", "-key", "meter", str(METER),
                             "-trace_logs", "-log_file", "calls.log", "-buff_size", "4194304"],
                         cwd=folder, stdout=screen, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)


def sipp_wait(process, seconds):
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def sipp_files(ending):
    folder = out("sipp")
    for leaf in os.listdir(folder):
        if leaf.endswith(ending):
            with open(os.path.join(folder, leaf), encoding="utf-8") as file:
                yield from file.read().splitlines()


def sipp_counts():
    lines = [line.split(";") for line in sipp_files("_.csv")]
    if len(lines) < 2:
        return {"ok": 0, "failed": 0, "retransmissions": 0}
    last = dict(zip(lines[0], lines[-1]))
    return {"ok": int(last["SuccessfulCall(C)"]), "failed": int(last["FailedCall(C)"]),
            "retransmissions": int(last["Retransmissions(C)"])}


def quantiles(values, shares=(0.5, 0.95, 0.99)):
    values = sorted(values)
    found = {f"p{round(share * 100)}": round(values[min(len(values) - 1, int(share * len(values)))], 2)
             for share in shares} if values else {}
    return dict(found, n=len(values), max=round(values[-1], 2) if values else None)


def answer_times():
    """From INVITE to 200 in ms. sipp's clock has steps of a jiffy."""
    found = []
    for line in sipp_files("_rtt.csv"):
        with contextlib.suppress(ValueError, IndexError):
            found.append(float(line.split(";")[1]))
    return quantiles(found)


# What the kernel knows of the server

def cpu_seconds(pid):
    """Run time of all threads, as the scheduler counts it (/proc/stat only samples)."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    # The second also has what ended threads have used, in ticks.
    return max(total / 1e9, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])


def switches(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            total += sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", file.read()))
    return total


def emit(measure, **figures):
    row = {"measure": measure, "label": args.label, "time": time.strftime("%FT%TZ", time.gmtime()),
           **figures}
    results.append(row)
    with open(out("results.jsonl"), "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row), flush=True)


def busy_percent(seconds=1):
    def sample():
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(field) for field in file.readline().split()[1:9]]
        return sum(fields), fields[3] + fields[4]
    total, idle = sample()
    time.sleep(seconds)
    total_after, idle_after = sample()
    return 100 * (1 - (idle_after - idle) / max(1, total_after - total))
