# Unusual and right: the standard library's create_connection, with a time limit, and a file object that is read in pieces.
import socket
import sys


def usage():
    print("usage: connect HOST PORT", file=sys.stderr)
    sys.exit(2)


def shown(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def main():
    arguments = sys.argv[1:]
    if len(arguments) != 2 or not (arguments[1].isdecimal() and arguments[1].isascii()):
        usage()
    host, port = arguments[0], int(arguments[1])
    if not 0 < port < 65536:
        usage()
    try:
        server = socket.create_connection((host, port), timeout=30)
    except socket.gaierror as error:
        print("connect:", error, file=sys.stderr)
        sys.exit(3)
    except OSError as error:
        sys.exit(f"connect: {host}: {error}")
    with server, server.makefile("rb") as file:
        print(f"{shown(server.getsockname())} -> {shown(server.getpeername())}", flush=True)
        # It has nothing to say.
        try:
            server.shutdown(socket.SHUT_WR)
        except OSError as error:
            print("connect: shutdown:", error, file=sys.stderr)
        try:
            while piece := file.read1(1000):
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
        except OSError as error:
            sys.exit(f"connect: read: {error}")


main()
