# Unusual and right: starts slowly, selectors with a callback for each socket, keeps up to 100 kB for a client and reads on meanwhile.
import selectors
import socket
import sys
import time

MOST = 100_000
events = selectors.DefaultSelector()


def usage():
    print("usage: echo-poll PORT", file=sys.stderr)
    sys.exit(2)


def port_argument():
    if len(sys.argv) != 2 or not (sys.argv[1].isascii() and sys.argv[1].isdigit()):
        usage()
    port = int(sys.argv[1])
    if not 1 <= port <= 65535:
        usage()
    return port


def listen(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("0.0.0.0", port))
        listener.listen(128)
    except OSError as error:
        print(f"bind 0.0.0.0:{port}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    listener.setblocking(False)
    return listener


def name_of(ip):
    try:
        return socket.gethostbyaddr(ip)[0]
    except OSError:
        return ip


class Client:
    def __init__(self, connection):
        self.connection = connection
        self.pending = bytearray()
        self.line = 0
        self.finished = False
        self.interest = selectors.EVENT_READ
        connection.setblocking(False)
        events.register(connection, self.interest, self.ready)

    def ready(self, mask):
        try:
            if mask & selectors.EVENT_READ and not self.finished:
                self.read()
            if self.pending:
                del self.pending[: self.connection.send(self.pending)]
        except BlockingIOError:
            pass
        except OSError as error:
            print(error, file=sys.stderr)
            self.finished = True
            self.pending.clear()
        self.wait()

    def read(self):
        piece = self.connection.recv(10_000)
        *whole, rest = piece.split(b"\n")
        for part in whole:
            print(f"server received {self.line + len(part) + 1} bytes", flush=True)
            self.line = 0
        self.line += len(rest)
        self.pending += piece
        if not piece:
            self.finished = True
            if self.line:
                print(f"server received {self.line} bytes", flush=True)

    def wait(self):
        interest = 0
        if not self.finished and len(self.pending) < MOST:
            interest |= selectors.EVENT_READ
        if self.pending:
            interest |= selectors.EVENT_WRITE
        if not interest:
            events.unregister(self.connection)
            self.connection.close()
        elif interest != self.interest:
            events.modify(self.connection, interest, self.ready)
            self.interest = interest


def main():
    port = port_argument()
    time.sleep(0.1)
    listener = listen(port)

    def accept(_):
        try:
            connection, (ip, _port) = listener.accept()
        except OSError:
            return
        print(f"server connected to {name_of(ip)} ({ip})", flush=True)
        Client(connection)

    events.register(listener, selectors.EVENT_READ, accept)
    while True:
        for key, mask in events.select():
            key.data(mask)


main()
