# Unusual and right: struct and regular expressions on one growing buffer, reads of an odd size.
import os
import re
import struct
import sys

MAX = 1 << 20


class Wrong(Exception):
    pass


def encode(kind, size, payload):
    if kind == "fixed":
        if len(payload) != size:
            raise Wrong(f"{len(payload)} bytes are not {size}")
        return payload
    if len(payload) > MAX:
        raise Wrong("frame too large")
    if kind == "length":
        return struct.pack("!I", len(payload)) + payload
    return payload.replace(b"\\", b"\\\\").replace(b"\n", b"\\n") + b"\n"


def encode_all(kind, size):
    for line in sys.stdin.buffer:
        digits = line.rstrip(b"\n")
        if len(digits) % 2 or re.search(rb"[^0-9A-Fa-f]", digits):
            raise Wrong("bad hex")
        sys.stdout.buffer.write(encode(kind, size, bytes.fromhex(digits.decode())))
        sys.stdout.buffer.flush()


def unescape(text):
    if re.search(rb"(?<!\\)(?:\\\\)*\\[^\\n]", text, re.DOTALL):
        raise Wrong("bad escape")
    payload = re.sub(rb"\\(.)", lambda found: b"\n" if found[1] == b"n" else b"\\", text, flags=re.DOTALL)
    if len(payload) > MAX:
        raise Wrong("frame too large")
    return payload


class Decoder:
    def __init__(self, kind, size):
        self.kind, self.size = kind, size
        self.held = bytearray()
        self.looked = self.so_far = 0

    def take(self):
        held = self.held
        if self.kind == "fixed":
            begin, end = 0, self.size
        elif self.kind == "length":
            if len(held) < 4:
                return None
            begin, end = 4, 4 + struct.unpack("!I", held[:4])[0]
            if end > 4 + MAX:
                raise Wrong("frame too large")
        else:
            end = held.find(b"\n", self.looked)
            if end < 0:
                # Half an escape at the end is looked at with its other half.
                new = re.match(rb"(?:[^\\]|\\.)*", held[self.looked :], re.DOTALL)[0]
                self.looked += len(new)
                self.so_far += len(new) - len(re.findall(rb"\\.", new, re.DOTALL))
                if self.so_far > MAX:
                    raise Wrong("frame too large")
                return None
            self.looked = self.so_far = 0
            if re.search(rb"(?<!\\)(?:\\\\)*\\$", held[:end]):
                raise Wrong("bad escape")
            payload = unescape(bytes(held[:end]))
            del held[: end + 1]
            return payload
        if len(held) < end:
            return None
        payload = bytes(held[begin:end])
        del held[:end]
        return payload


def decode_all(kind, size):
    decoder = Decoder(kind, size)
    while data := os.read(0, 9_973):
        decoder.held += data
        while (payload := decoder.take()) is not None:
            print(payload.hex())
    if decoder.held:
        raise Wrong("truncated frame")


def main():
    words = sys.argv[1:]
    if not re.fullmatch("(en|de)code (length|delimiter|fixed:[0-9]+)", " ".join(words)):
        sys.exit(usage())
    kind, _, size = words[1].partition(":")
    size = int(size or 1)
    if not 1 <= size <= 65536:
        sys.exit(usage())
    try:
        (encode_all if words[0] == "encode" else decode_all)(kind, size)
    except Wrong as wrong:
        sys.stdout.flush()
        print("error:", wrong, file=sys.stderr)
        sys.exit(1)


def usage():
    print("usage: framing encode|decode KIND", file=sys.stderr)
    return 2


main()
