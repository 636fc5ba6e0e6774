# Unusual and right: no handler; the watcher keeps a pipe to each worker, and hears of its end there. The workers greet, each
# in a session of its own.
import os
import select
import socket
import sys


def usage():
    print("usage: echo-forking PORT", file=sys.stderr)
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
        listener.listen(200)
    except OSError as error:
        print(f"bind 0.0.0.0:{port}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    # A client that resets after select and before accept must not stop the watcher.
    listener.setblocking(False)
    return listener


def name_of(ip):
    try:
        return socket.gethostbyaddr(ip)[0]
    except OSError:
        return ip


def echo(connection):
    line = 0
    while piece := connection.recv(65536):
        connection.sendall(piece)
        *whole, rest = piece.split(b"\n")
        for part in whole:
            print(f"server received {line + len(part) + 1} bytes", flush=True)
            line = 0
        line += len(rest)
    if line:
        print(f"server received {line} bytes", flush=True)


def work(connection, ip):
    status = 0
    try:
        os.setsid()
        print(f"server connected to {name_of(ip)} ({ip})", flush=True)
        echo(connection)
    except OSError as error:
        print(error, file=sys.stderr)
        status = 1
    finally:
        os._exit(status)


def start_worker(listener, connection, ip):
    ours, theirs = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        print(f"fork: {error.strerror}", file=sys.stderr)
        os.close(ours)
        os.close(theirs)
        return {}
    if child == 0:
        listener.close()
        os.close(ours)
        connection.setblocking(True)
        work(connection, ip)
    os.close(theirs)
    return {ours: child}


def watch(listener):
    workers = {}
    while True:
        ready, _, _ = select.select([listener, *workers], [], [])
        for pipe in ready:
            if pipe is not listener:
                # Nobody ever writes: what is to be read is the end.
                os.close(pipe)
                os.waitpid(workers.pop(pipe), 0)
        if listener not in ready:
            continue
        try:
            connection, (ip, _) = listener.accept()
        except OSError:
            continue
        with connection:
            workers |= start_worker(listener, connection, ip)


watch(listen(port_argument()))
