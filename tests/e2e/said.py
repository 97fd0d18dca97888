"""What flite and espeak-ng say, as samples of a telephone."""
import array
import functools
import os
import subprocess
import tempfile


@functools.lru_cache(None)
def said(text, voice="rms", rate=8000):
    """One utterance, with a moment of silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        wav, raw = os.path.join(folder, "said.wav"), os.path.join(folder, "said.raw")
        if voice == "espeak-ng":
            subprocess.run(["espeak-ng", "-v", "en-us", "-w", wav, text], check=True)
        else:
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", wav], check=True)
        subprocess.run(["sox", "-V1", "-D", wav, "-r", str(rate), "-c", "1", "-e", "signed", "-b",
                        "16", "-t", "raw", raw, "pad", "0.1", "0.1"], check=True)
        with open(raw, "rb") as file:
            return array.array("h", file.read())


def silence(seconds, rate=8000):
    return array.array("h", bytes(2 * int(seconds * rate)))


def click(seconds=0.06):
    """Loud, and too short to be a word."""
    return array.array("h", (20000 if i // 7 % 2 else -20000 for i in range(int(seconds * 8000))))
