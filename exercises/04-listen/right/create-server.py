# Unusual and right: the standard library's create_server, which sets SO_REUSEADDR by itself; reads its input line by line.
import socket
import sys


def usage():
    print("usage: listen PORT [BACKLOG]", file=sys.stderr)
    sys.exit(2)


def main():
    arguments = sys.argv[1:]
    if len(arguments) not in (1, 2) or not all(one.isdecimal() and one.isascii() for one in arguments):
        usage()
    port = int(arguments[0])
    backlog = int(arguments[1]) if len(arguments) == 2 else 16
    if not 0 < port < 65536:
        usage()
    try:
        listener = socket.create_server(("", port), backlog=backlog)
    except OSError as error:
        sys.exit(f"listen: port {port}: {error}")
    with listener:
        print(f"listening on {listener.getsockname()[0]}:{port}")
        for line in sys.stdin.buffer:
            print(f"{len(line)} bytes of input, which mean nothing", file=sys.stderr)


main()
