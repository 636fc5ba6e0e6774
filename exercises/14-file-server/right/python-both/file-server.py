# Unusual and right: a thread for each client, real paths, links that stay inside are served.
import os
import re
import socket
import stat
import struct
import sys
import threading

HEADER = struct.Struct("!HBBI")


def message(kind, payload=b""):
    return HEADER.pack(0x5343, 1, kind, len(payload)) + payload


def refuse(code):
    return message(129, struct.pack("!H", code) + "nö".encode())


def look_up(folder, name):
    """The path of a file, or a code."""
    if b"/" in name or name in (b".", b".."):
        return 17
    if b"\0" in name or name == b"":
        return 16
    path = os.path.realpath(os.path.join(folder, name))
    if os.path.dirname(path) != os.path.realpath(folder):
        return 17
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return 16
    return path if stat.S_ISREG(mode) else 17


def get(connection, folder, offset, name):
    path = look_up(folder, name)
    if isinstance(path, int):
        connection.sendall(refuse(path))
        return
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if offset > size:
            connection.sendall(refuse(18))
            return
        connection.sendall(message(144, struct.pack("!Q", size)))
        file.seek(offset)
        while block := file.read(60_000):
            connection.sendall(message(145, block))
        connection.sendall(message(145))


def serve(connection, folder):
    with connection, connection.makefile("rb") as stream:
        while len(head := stream.read(8)) == 8:
            magic, version, kind, length = HEADER.unpack(head)
            if magic != 0x5343 or length > 8 + 255:
                break
            payload = stream.read(length)
            if len(payload) < length:
                break
            if version != 1 or kind != 16 or length < 8:
                connection.sendall(refuse(1))
                continue
            get(connection, folder, struct.unpack("!Q", payload[:8])[0], payload[8:])


def thread(connection, folder):
    try:
        serve(connection, folder)
    except OSError as error:
        print("file-server:", error, file=sys.stderr)


def main():
    if len(sys.argv) != 3 or not re.fullmatch("[0-9]+", sys.argv[1]) or not 0 < int(sys.argv[1]) < 65536:
        print("usage: file-server PORT DIR", file=sys.stderr)
        sys.exit(2)
    try:
        listener = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=20)
    except OSError as error:
        print("file-server:", error, file=sys.stderr)
        sys.exit(1)
    while True:
        connection, _ = listener.accept()
        folder = os.fsencode(sys.argv[2])
        threading.Thread(target=thread, args=(connection, folder), daemon=True).start()


main()
