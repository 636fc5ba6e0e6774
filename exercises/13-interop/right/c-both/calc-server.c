/* Unusual and right: a child for each client, a dual stack socket, one read a byte, and a reply in three writes. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int readn(int fd, unsigned char *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (read(fd, out + i, 1) != 1)
            return -1;
    return 0;
}

static void writen(int fd, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t n = write(fd, at, size);
        if (n < 0)
            _exit(1);
        at += n;
        size -= (size_t)n;
    }
}

static void reply(int fd, unsigned char type, const void *payload, uint32_t length)
{
    unsigned char head[4] = {0x53, 0x43, 1, type};
    uint32_t size = htonl(length);
    writen(fd, head, sizeof head);
    writen(fd, &size, sizeof size);
    writen(fd, payload, length);
}

static void refuse(int fd, uint16_t code, const char *text)
{
    char payload[256];
    uint16_t travels = htons(code);
    memcpy(payload, &travels, 2);
    memcpy(payload + 2, text, strlen(text));
    reply(fd, 129, payload, 2 + (uint32_t)strlen(text));
}

static void serve(int fd)
{
    unsigned char head[8], payload[64];
    while (readn(fd, head, sizeof head) == 0) {
        uint32_t length, a, b;
        memcpy(&length, head + 4, 4);
        length = ntohl(length);
        if (head[0] != 0x53 || head[1] != 0x43 || length > 64 || readn(fd, payload, length) < 0)
            return;
        memcpy(&a, payload, 4);
        memcpy(&b, payload + 4, 4);
        int64_t x = (int32_t)ntohl(a), y = (int32_t)ntohl(b), result = 0;
        if (head[2] != 1)
            refuse(fd, 4, "this server speaks version 1, and no other version of this protocol, now and for ever");
        else if (head[3] < 1 || head[3] > 4)
            refuse(fd, 1, "");
        else if (length != 8)
            refuse(fd, 2, "zwei Zahlen, bitte sch\xc3\xb6n");
        else if (head[3] == 4 && y == 0)
            refuse(fd, 3, "no");
        else {
            switch (head[3]) {
            case 1: result = x + y; break;
            case 2: result = x - y; break;
            case 3: result = x * y; break;
            case 4: result = x / y; break;
            }
            uint64_t travels = htobe64((uint64_t)result);
            reply(fd, 128, &travels, 8);
        }
    }
}

int main(int argc, char **argv)
{
    char *end = "";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGCHLD, SIG_IGN);
    int yes = 1, no = 0;
    int server = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port), .sin6_addr = in6addr_any};
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(server, (struct sockaddr *)&here, sizeof here) < 0 || listen(server, 10) < 0) {
        perror("bind or listen");
        return 1;
    }
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0)
            continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        fprintf(stderr, "somebody came\n");
        if (fork() == 0) {
            close(server);
            serve(client);
            _exit(0);
        }
        close(client);
    }
}
