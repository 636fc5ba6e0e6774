# Unusual and right: a dual stack socket would print other addresses, so a plain one; greets through a buffered file object, and shuts down before it closes.
import signal
import socket
import sys


def usage():
    print("usage: accept PORT COUNT", file=sys.stderr)
    sys.exit(2)


def name_of(ip):
    try:
        return socket.gethostbyaddr(ip)[0]
    except OSError:
        return ip


def main():
    arguments = sys.argv[1:]
    if len(arguments) != 2 or not all(one.isdecimal() and one.isascii() for one in arguments):
        usage()
    port, count = map(int, arguments)
    if not 0 < port < 65536:
        usage()
    # Python calls accept again by itself after the handler has run (PEP 475).
    signal.signal(signal.SIGUSR1, lambda *_: print("interrupted", file=sys.stderr))
    try:
        listener = socket.create_server(("0.0.0.0", port), backlog=50)
    except OSError as error:
        sys.exit(f"accept: port {port}: {error}")
    for _ in range(count):
        client, (ip, client_port) = listener.accept()
        print(f"accepted {name_of(ip)} ({ip}:{client_port})")
        try:
            with client, client.makefile("wb") as file:
                file.write(b"hel")
                file.write(b"lo\n")
                file.flush()
                client.shutdown(socket.SHUT_WR)
        except OSError as error:
            print("a client is gone:", error, file=sys.stderr)


main()
