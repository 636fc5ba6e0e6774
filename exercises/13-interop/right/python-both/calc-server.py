# Unusual and right: one thread with a selector for all clients, struct for the bytes.
import re
import selectors
import socket
import struct
import sys

HEADER = struct.Struct("!HBBI")


def refuse(code, text):
    payload = struct.pack("!H", code) + text.encode()
    return HEADER.pack(0x5343, 1, 129, len(payload)) + payload


def reply(version, kind, payload):
    if version != 1:
        return refuse(4, "version")
    if kind not in (1, 2, 3, 4):
        return refuse(1, "type")
    if len(payload) != 8:
        return refuse(2, "length")
    a, b = struct.unpack("!ii", payload)
    if kind == 4 and b == 0:
        return refuse(3, "zéro")
    if kind == 4:
        quotient = abs(a) // abs(b)
        result = quotient if (a < 0) == (b < 0) else -quotient
    else:
        result = [a + b, a - b, a * b][kind - 1]
    return HEADER.pack(0x5343, 1, 128, 8) + struct.pack("!q", result)


class Client:
    def __init__(self, connection):
        self.connection = connection
        self.received = b""

    def serve(self):
        """Takes what is there; false when it is the end."""
        some = self.connection.recv(7)
        self.received += some
        while len(self.received) >= 8:
            magic, version, kind, length = HEADER.unpack_from(self.received)
            if magic != 0x5343 or length > 64:
                return False
            if len(self.received) < 8 + length:
                break
            payload = self.received[8 : 8 + length]
            self.received = self.received[8 + length :]
            self.connection.sendall(reply(version, kind, payload))
        return some != b""


def main():
    if len(sys.argv) != 2 or not re.fullmatch("[0-9]+", sys.argv[1]) or not 0 < int(sys.argv[1]) < 65536:
        print("usage: calc-server PORT", file=sys.stderr)
        sys.exit(2)
    try:
        listener = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=20)
    except OSError as error:
        print("calc-server:", error, file=sys.stderr)
        sys.exit(1)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                selector.register(connection, selectors.EVENT_READ, Client(connection))
                continue
            try:
                stays = key.data.serve()
            except OSError as error:
                print("calc-server:", error, file=sys.stderr)
                stays = False
            if not stays:
                selector.unregister(key.fileobj)
                key.fileobj.close()


main()
