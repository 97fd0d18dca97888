"""The text format of Prometheus (0.0.4), read strictly: what it refuses, a Prometheus may refuse.

    values = prometheus.read(text)
    values["nccod_calls_active", ()]
    values["nccod_calls_ended_total", (("application", "main"), ("status", "busy"))]
"""
import os
import re
import shutil
import subprocess

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")
KINDS = ("counter", "gauge", "histogram")


def family_of(name, types):
    plain = re.sub(r"_(bucket|sum|count)$", "", name)
    return plain if types.get(plain) == "histogram" else name


def check_histogram(name, values):
    """Buckets rise, end with +Inf, and that is the count."""
    series = {}
    for (sample, labels), value in values.items():
        if sample == f"{name}_bucket":
            rest = tuple(label for label in labels if label[0] != "le")
            series.setdefault(rest, []).append((float(dict(labels)["le"]), value))
    for labels, buckets in series.items():
        assert buckets == sorted(buckets), f"{name}{labels}: {buckets}"
        assert [v for _, v in buckets] == sorted(v for _, v in buckets), f"{name}{labels}"
        assert buckets[-1] == (float("inf"), values[f"{name}_count", labels]), f"{name}{labels}"
        assert (f"{name}_sum", labels) in values, f"{name}{labels}"


def read(text):
    """{(name, labels): value}; labels as sorted pairs."""
    assert text.endswith("\n")
    types, helped, values, current = {}, set(), {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            current = line.split(" ")[2]
            assert current not in helped, f"{current} has two heads"
            assert len(line.split(" ", 3)[3]) > 5, line
            helped.add(current)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current and kind in KINDS, line
            assert (kind == "counter") == name.endswith("_total"), line
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert family_of(name, types) == current, f"{name} among those of {current}"
            pairs = tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))
            assert (name, pairs) not in values, line
            values[name, pairs] = float(value)
    for name, kind in types.items():
        if kind == "histogram":
            check_histogram(name, values)
    promtool = shutil.which("promtool") or os.environ.get("PROMTOOL")
    if promtool:
        done = subprocess.run([promtool, "check", "metrics"], input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0 and not done.stdout, done.stdout
    return values
