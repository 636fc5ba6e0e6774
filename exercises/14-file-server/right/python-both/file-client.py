# Unusual and right: half closes behind its request, keeps what it has in a folder of its own beside OUT.
import hashlib
import os
import re
import socket
import struct
import sys


def fail(why, status=1):
    print("file-client:", why, file=sys.stderr)
    sys.exit(status)


def readn(stream, count):
    some = stream.read(count)
    if len(some) < count:
        fail("the connection ended too soon")
    return some


def reply(stream):
    magic, version, kind, length = struct.unpack("!HBBI", readn(stream, 8))
    if magic != 0x5343 or version != 1 or length > 65536:
        fail("this is no reply")
    payload = readn(stream, length)
    if kind == 129:
        fail(payload[2:].decode(errors="replace"))
    return kind, payload


def fetch(server, name, out):
    folder = out + ".parts"
    part = os.path.join(folder, hashlib.sha256(name.encode()).hexdigest())
    had = os.path.getsize(part) if os.path.exists(part) else 0
    payload = struct.pack("!Q", had) + name.encode()
    server.sendall(struct.pack("!HBBI", 0x5343, 1, 16, len(payload)) + payload)
    server.shutdown(socket.SHUT_WR)
    with server.makefile("rb") as stream:
        kind, payload = reply(stream)
        if kind != 144:
            fail("no size")
        (size,) = struct.unpack("!Q", payload)
        os.makedirs(folder, exist_ok=True)
        with open(part, "ab") as file:
            while True:
                kind, payload = reply(stream)
                if kind != 145:
                    fail("no block")
                if payload == b"":
                    break
                file.write(payload)
    if os.path.getsize(part) != size:
        fail("the size is another")
    os.rename(part, out)


def main():
    if len(sys.argv) not in (4, 5) or not re.fullmatch("[0-9]+", sys.argv[2]) or not 0 < int(sys.argv[2]) < 65536:
        fail("usage: file-client HOST PORT NAME [OUT]", 2)
    name = sys.argv[3]
    try:
        server = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    except socket.gaierror as error:
        fail(error, 3)
    except OSError as error:
        fail(error)
    try:
        fetch(server, name, sys.argv[-1])
    except OSError as error:
        fail(error)


main()
