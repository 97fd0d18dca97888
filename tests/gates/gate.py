"""What the gates share: the list of source files, C text without comments, the verdict.

A gate is a program of its own in this folder. It prints one line for each fault,
"FILE:LINE: what is wrong", then one line of summary, and exits 1 if there was a fault.
"""
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
C_FOLDERS = ("src", "ncco", "tts-adapters", "asr-adapters", "fuzz", "bench", "tests", "examples")
SKIPPED_FOLDERS = {".git", "node_modules", "__pycache__", "autom4te.cache", "build-aux",
                   ".deps", ".libs", "out", "bin", ".venv"}
_faults = []


def files(folders=("",), suffixes=None):
    """Paths relative to the root, sorted; build directories (build-*, nccod-*) are left out."""
    found = []
    for folder in folders:
        for base, names, leaves in os.walk(os.path.join(ROOT, folder)):
            names[:] = [n for n in names if n not in SKIPPED_FOLDERS and
                        not n.startswith(("build-", "_build", "nccod-"))]
            for leaf in leaves:
                if leaf == ".git":  # a file in a work tree of git
                    continue
                if suffixes is None or leaf.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(base, leaf), ROOT))
    return sorted(set(found))


def c_files():
    return files(C_FOLDERS, (".c", ".h", ".cc"))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def code(text):
    """C text whose comments, strings and characters are blank; lines keep their numbers."""
    def blank(match):
        token = match.group()
        lines = "\n" * token.count("\n")
        return lines + (token[0] * 2 if token[0] in "\"'" else " ")
    return _TOKEN.sub(blank, text)


def fault(path, line, message):
    _faults.append((path, line, message))


def finish(summary):
    for path, line, message in sorted(_faults):
        print(f"{path}:{line}: {message}")
    print(f"{os.path.basename(sys.argv[0])}: {summary}, {len(_faults)} faults")
    sys.exit(1 if _faults else 0)
