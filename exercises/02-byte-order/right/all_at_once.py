# Unusual and right: reads all its input before it answers, with the language's own helpers, and has much to say on standard error.
import ipaddress
import re
import struct
import sys

TYPES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i16": "h", "i32": "i", "i64": "q"}


def octets(text):
    if len(text) % 2 or not re.fullmatch("[0-9a-fA-F]*", text):
        raise ValueError("bad hex")
    return bytes.fromhex(text)


def answer(words):
    match words:
        case ["encode", kind, value]:
            return struct.pack("!" + TYPES[kind], int(value)).hex()
        case ["decode", kind, text]:
            return str(struct.unpack("!" + TYPES[kind], octets(text))[0])
        case ["sockaddr", ip, port]:
            packed = struct.pack("!H4s8x", int(port), ipaddress.IPv4Address(ip).packed)
            return (struct.pack("=H", 2) + packed).hex()
        case ["sockaddr-decode", text]:
            data = octets(text)
            family, port, ip = struct.unpack("=H", data[:2]) + struct.unpack("!H4s8x", data[2:])
            if family != 2:
                raise ValueError("another family")
            return f"{ipaddress.IPv4Address(ip)}:{port}"
    raise ValueError("unknown command")


lines = sys.stdin.buffer.read().split(b"\n")
if not lines[-1]:
    lines.pop()
for line in lines:
    print("now", line, file=sys.stderr)
    try:
        print(answer(line.decode("ascii", "replace").split()))
    except (ValueError, KeyError, struct.error) as error:
        print(f"error: {type(error).__name__}: {error!r}")
