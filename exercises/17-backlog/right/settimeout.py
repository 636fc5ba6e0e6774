# Slow to start; looks at the last connection every few milliseconds, talks on stderr, and its clients say hello, which nobody
# reads.
import errno
import os
import socket
import sys
import time


def usage():
    print("usage: backlog PORT SIZE", file=sys.stderr)
    sys.exit(2)


def number(text, least, most):
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        usage()
    return int(text)


def is_connected(client, server):
    start = time.monotonic()
    while True:
        # It may be late only because others had the processor: a last look.
        late = time.monotonic() - start >= 0.3
        error = client.connect_ex(server)
        if error in (0, errno.EISCONN):
            return True
        if error not in (errno.EINPROGRESS, errno.EALREADY):
            raise OSError(error, os.strerror(error))
        if late:
            return False
        time.sleep(0.004)


def main():
    if len(sys.argv) != 3:
        usage()
    port, size = number(sys.argv[1], 1, 65535), number(sys.argv[2], 0, 400)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("", port))
    listening.listen(size)
    clients = []
    while True:
        client = socket.socket()
        client.setblocking(False)
        if not is_connected(client, ("127.0.0.1", port)):
            client.close()
            break
        client.send(b"hello\n")
        clients.append(client)
        print("connected", len(clients), file=sys.stderr)
    print("queued:", len(clients))
    accepted = [listening.accept()[0] for _ in clients]
    print("accepted:", len(accepted))
    return 0


try:
    sys.exit(main())
except OSError as error:
    print(f"backlog: {error}", file=sys.stderr)
    sys.exit(1)
