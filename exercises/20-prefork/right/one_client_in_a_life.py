# Unusual and right: a worker serves one client in its life and is replaced; what it has accepted it tells by a byte in a pipe; it
# greets late; the first process looks around ten times a second.
import os
import signal
import socket
import sys
import time

stops = 0
busy = False


def on_stop(number, frame):
    global stops
    stops += 1


def on_leave(number, frame):
    if not busy:
        os._exit(0)


def usage():
    print("usage: echo-prefork PORT CHILDREN", file=sys.stderr)
    sys.exit(2)


def arguments():
    if len(sys.argv) != 3 or not all(word.isascii() and word.isdigit() for word in sys.argv[1:]):
        usage()
    port, children = map(int, sys.argv[1:])
    if not (1 <= port <= 65535 and 1 <= children <= 64):
        usage()
    return port, children


def listen(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("0.0.0.0", port))
        listener.listen(200)
    except OSError as error:
        print(f"bind 0.0.0.0:{port}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
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


def work(listener, tell):
    global busy
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGUSR1, on_leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    try:
        connection, (ip, _) = listener.accept()
        busy = True
        os.write(tell, b"c")
        listener.close()
        print(f"server connected to {name_of(ip)} ({ip})", flush=True)
        echo(connection)
    except OSError as error:
        print(error, file=sys.stderr)
    finally:
        os._exit(0)


def reap(workers):
    for worker in list(workers):
        if os.waitpid(worker, os.WNOHANG)[0]:
            workers.remove(worker)


def fill(workers, children, listener, tell):
    while len(workers) < children:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            worker = os.fork()
        except OSError as error:
            print(f"fork: {error.strerror}", file=sys.stderr)
            break
        finally:
            if os.getpid() == FIRST:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if worker == 0:
            work(listener, tell)
        workers.append(worker)


def count(told):
    try:
        return len(os.read(told, 65536))
    except BlockingIOError:
        return 0


FIRST = os.getpid()
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}
port, children = arguments()
signal.signal(signal.SIGINT, on_stop)
signal.signal(signal.SIGTERM, on_stop)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
told, tell = os.pipe()
os.set_blocking(told, False)
listener = listen(port)
workers = []
served = 0
while stops == 0:
    reap(workers)
    fill(workers, children, listener, tell)
    served += count(told)
    time.sleep(0.01 if len(workers) < 8 else 0.1)
listener.close()
for worker in workers:
    os.kill(worker, signal.SIGUSR1)
over = time.monotonic() + 5
while workers and stops < 2 and time.monotonic() < over:
    time.sleep(0.02)
    reap(workers)
for worker in workers:
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
served += count(told)
print(f"server stopped: {served} clients served", flush=True)
