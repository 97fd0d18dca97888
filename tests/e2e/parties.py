"""What tests of calls of many parties share: telephones that are called, who hears whom."""
import threading

import lib
import sip

HEARD = 0.3  # seconds of a tone that count as heard


def stream(url, **options):
    return {"action": "stream", "streamUrl": [url], **options}


class Case(lib.Case):
    def callee(self, **options):
        """A telephone that waits to be called, with a name of its own."""
        callee = sip.Callee(user="c" + sip.token(6), **options)
        self.addCleanup(callee.close)
        return callee

    def connect(self, *callees, endpoint=None, **options):
        """The step that calls them."""
        return {"action": "connect", **options, "endpoint": [
            {"type": "sip", "uri": c.uri, **(endpoint or {})} for c in callees]}

    def place(self, *steps, **options):
        """A call to a script, not answered yet."""
        call = self.call(self.number(list(steps)), **options)
        call.invite()
        return call

    def tone(self, hertz, seconds):
        return self.web.tone(f"{hertz}-{seconds}.wav", hertz, seconds)

    def told_of(self, callee, count=1, seconds=5):
        """The events about a callee, once the given number of them has a status."""
        def statuses():
            return [b for b in self.web.told(callee.user) if "status" in b]
        self.until(lambda: len(statuses()) >= count, seconds, f"{count} events of {callee.user}")
        return statuses()

    def statuses_of(self, callee, count):
        return [b["status"] for b in self.told_of(callee, count)]

    def transfers(self, number):
        """The moves of a call between conversations, as it was told."""
        return [b for b in self.web.told(number) if "conversation_uuid_from" in b]

    def speak(self, seconds=0.8, **tones):
        """Telephones say their tones at the same time: speak(**{"440": phone})."""
        threads = [threading.Thread(target=phone.rtp.speak, args=(lib.sine(int(hertz), seconds),))
                   for hertz, phone in tones.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def hears(self, phone, hertz, seconds=HEARD, since=0):
        """Whether a tone was heard from a sample on, alone or among others."""
        return any(end - start >= seconds for start, end in lib.spans(
            phone.rtp.samples()[since:], 8000, hertz, least=0.15))

    def check_hearing(self, phones, deaf=(), seconds=0.8):
        """Each of {hertz: phone} says its tone: all others hear it, but for pairs
        (listener's hertz, speaker's hertz) in deaf, and nobody hears itself."""
        since = {hertz: len(phone.rtp.samples()) for hertz, phone in phones.items()}
        self.speak(seconds, **{str(hertz): phone for hertz, phone in phones.items()})
        for listener, phone in phones.items():
            for speaker in phones:
                if listener == speaker or (listener, speaker) in deaf:
                    continue
                self.until(lambda p=phone, s=speaker, l=listener: self.hears(
                    p, s, since=since[l]), 1, f"{listener} hearing {speaker}")
        for listener, phone in phones.items():
            for speaker in phones:
                if listener == speaker or (listener, speaker) in deaf:
                    self.assertFalse(self.hears(phone, speaker, 0.1, since[listener]),
                                     f"{listener} hears {speaker}")
