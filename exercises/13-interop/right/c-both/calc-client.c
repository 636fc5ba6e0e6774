/* Unusual and right: sends a byte at a time, half closes behind its request, and is noisy. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const names[] = {"", "add", "sub", "mul", "div"};

static int usage(void)
{
    fprintf(stderr, "usage: calc-client HOST PORT add|sub|mul|div A B\n");
    return 2;
}

static int number(const char *text, long long least, long long most, long long *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *text != 0 && *end == 0 && errno == 0 && *out >= least && *out <= most;
}

static int readn(int fd, unsigned char *out, size_t size)
{
    for (size_t had = 0; had < size;) {
        ssize_t n = recv(fd, out + had, size - had, MSG_WAITALL);
        if (n <= 0) {
            fprintf(stderr, "calc-client: the reply is not whole: %s\n", n < 0 ? strerror(errno) : "end of file");
            return -1;
        }
        had += (size_t)n;
    }
    return 0;
}

int main(int argc, char **argv)
{
    long long port, a, b;
    unsigned char type = 0;
    if (argc != 6 || !number(argv[2], 1, 65535, &port) || !number(argv[4], INT32_MIN, INT32_MAX, &a)
        || !number(argv[5], INT32_MIN, INT32_MAX, &b))
        return usage();
    for (unsigned char i = 1; i <= 4; i++)
        if (strcmp(argv[3], names[i]) == 0)
            type = i;
    if (type == 0)
        return usage();
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
    int error = getaddrinfo(argv[1], argv[2], &hints, &all);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", argv[1], gai_strerror(error));
        return 3;
    }
    int fd = -1, yes = 1;
    for (struct addrinfo *one = all; one != NULL; one = one->ai_next) {
        fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
        if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) == 0)
            break;
        fprintf(stderr, "connect %s: %s\n", argv[1], strerror(errno));
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        return 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    unsigned char request[16] = {0x53, 0x43, 1, type, 0, 0, 0, 8};
    uint32_t first = htonl((uint32_t)(int32_t)a), second = htonl((uint32_t)(int32_t)b);
    memcpy(request + 8, &first, 4);
    memcpy(request + 12, &second, 4);
    for (int i = 0; i < 16; i++)
        if (send(fd, request + i, 1, MSG_NOSIGNAL) != 1)
            return perror("send"), 1;
    shutdown(fd, SHUT_WR);
    fprintf(stderr, "asked, and waits\n");
    unsigned char head[8], payload[1024];
    if (readn(fd, head, 8) < 0)
        return 1;
    uint32_t length;
    memcpy(&length, head + 4, 4);
    length = ntohl(length);
    if (head[0] != 0x53 || head[1] != 0x43 || head[2] != 1 || length > sizeof payload) {
        fprintf(stderr, "calc-client: this is no reply\n");
        return 1;
    }
    if (readn(fd, payload, length) < 0)
        return 1;
    if (head[3] == 128 && length == 8) {
        uint64_t result;
        memcpy(&result, payload, 8);
        printf("%lld\n", (long long)be64toh(result));
        return 0;
    }
    if (head[3] == 129 && length >= 2)
        fprintf(stderr, "the server says: %.*s\n", (int)length - 2, payload + 2);
    else
        fprintf(stderr, "calc-client: a message of type %d and length %u\n", head[3], length);
    return 1;
}
