# Slow to start, as every Python program; standard input and the socket both behind Python's own buffers, a thread that
# only sends, and an answer cut short by the server is printed before the complaint.
import socket
import sys
import threading


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdecimal() or not 1 <= int(sys.argv[2]) <= 65535:
        sys.exit(usage())
    host, port = sys.argv[1], int(sys.argv[2])
    try:
        server = socket.create_connection((host, port))
    except socket.gaierror as error:
        print(f"cannot find {host}: {error}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"connect {host}:{port}: {error}", file=sys.stderr)
        return 1
    print("connected to", server.getpeername(), file=sys.stderr)
    try:
        return talk(server)
    except OSError as error:
        print(f"talking with {host}:{port}: {error}", file=sys.stderr)
        return 1


def usage():
    print("usage: echo-client HOST PORT (1 to 65535)", file=sys.stderr)
    return 2


def talk(server):
    last = b""
    for line in sys.stdin.buffer:
        if not line.endswith(b"\n"):
            last = line
            break
        sender = send(server, line)
        if not print_answer(server):
            print("the server is gone, and my line has no answer", file=sys.stderr)
            return 1
        sender.join()
    send(server, last, end=True)
    while piece := server.recv(65536):
        show(piece)
    return 0


def send(server, line, end=False):
    def run():
        try:
            server.sendall(line)
            if end:
                server.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the reader learns of it, too

    sender = threading.Thread(target=run, daemon=True)
    sender.start()
    return sender


def print_answer(server):
    """Copies up to the end of a line; what follows in the same piece is copied as well."""
    answer = b""
    try:
        while b"\n" not in answer:
            piece = server.recv(4096)
            if not piece:
                return False
            answer += piece
        return True
    finally:
        show(answer)


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
