# Unusual and right: slow to connect, reads to the end of the reply through a file object.
import re
import socket
import struct
import sys
import time

KINDS = {"add": 1, "sub": 2, "mul": 3, "div": 4}


def number(text, least, most):
    if not re.fullmatch("[+-]?[0-9]+", text) or not least <= int(text) <= most:
        print("usage: calc-client HOST PORT OP A B", file=sys.stderr)
        sys.exit(2)
    return int(text)


def fail(why, status=1):
    print("calc-client:", why, file=sys.stderr)
    sys.exit(status)


def main():
    if len(sys.argv) != 6 or sys.argv[3] not in KINDS:
        fail("usage: calc-client HOST PORT OP A B", 2)
    host, kind = sys.argv[1], KINDS[sys.argv[3]]
    port = number(sys.argv[2], 1, 65535)
    a, b = (number(text, -(2**31), 2**31 - 1) for text in sys.argv[4:])
    time.sleep(0.02)
    try:
        server = socket.create_connection((host, port))
    except socket.gaierror as error:
        fail(error, 3)
    except OSError as error:
        fail(error)
    try:
        server.sendall(struct.pack("!HBBIii", 0x5343, 1, kind, 8, a, b))
        with server.makefile("rb") as stream:
            head = stream.read(8)
            if len(head) < 8:
                fail("no reply")
            magic, version, kind, length = struct.unpack("!HBBI", head)
            if magic != 0x5343 or version != 1 or length > 100_000:
                fail("this is no reply")
            payload = stream.read(length)
    except OSError as error:
        fail(error)
    if len(payload) < length:
        fail("the reply is cut off")
    if kind == 129 and length >= 2:
        fail(payload[2:].decode(errors="replace"))
    if kind != 128 or length != 8:
        fail("a strange reply")
    print(struct.unpack("!q", payload)[0])


main()
