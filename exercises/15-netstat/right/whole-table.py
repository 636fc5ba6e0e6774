# Slow to start, sorted output, IPv4 addresses of IPv6 sockets in another notation, others in capital letters, notes on stderr.
import ipaddress
import os
import struct
import sys

STATES = (
    "? ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING SYN_RECV".split()
)


def end(text):
    digits, port = text.split(":")
    words = [int(digits[i : i + 8], 16) for i in range(0, len(digits), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    ip = ipaddress.ip_address(packed)
    if ip.version == 6:
        mapped = ip.ipv4_mapped
        high, low = divmod(int(mapped), 65536) if mapped else (0, 0)
        ip = f"[::ffff:{high:x}:{low:x}]" if mapped else f"[{ip}]".upper()
    return f"{ip}:{int(port, 16) or '*'}"


def rows():
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as table:
                lines = table.readlines()[1:]
        except FileNotFoundError:
            continue
        print(len(lines), "sockets of", name, file=sys.stderr)
        for line in lines:
            field = line.split()
            send, receive = (int(queue, 16) for queue in field[4].split(":"))
            yield [name, receive, send, end(field[1]), end(field[2]), STATES[int(field[3], 16)]], field[9]


def owners():
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.scandir(f"/proc/{pid}/fd"):
                target = os.readlink(fd.path)
                if target.startswith("socket:["):
                    found.setdefault(target[8:-1], pid)
        except OSError as error:
            print(error, file=sys.stderr)
    return found


def main(options):
    if not set(options) <= {"-l", "-p"}:
        print("usage: netstat [-l] [-p]", file=sys.stderr)
        return 2
    known = owners() if "-p" in options else None
    for columns, inode in sorted(rows(), key=str):
        if "-l" in options and columns[5] != "LISTEN":
            continue
        if known is not None:
            columns.append(known.get(inode, "-"))
        print(*columns)
    return 0


sys.exit(main(sys.argv[1:]))
