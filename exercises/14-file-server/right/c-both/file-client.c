/* Unusual and right: asks a byte at a time, keeps what it has in `.HASH.part`, and says much on stderr. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char payload[64 * 1024];

static void fail(const char *what)
{
    fprintf(stderr, "file-client: %s: %s\n", what, errno ? strerror(errno) : "the transfer is not whole");
    exit(1);
}

static void readn(int fd, void *out, size_t size)
{
    for (size_t had = 0; had < size;) {
        errno = 0;
        ssize_t n = read(fd, (char *)out + had, size - had);
        if (n <= 0)
            fail("read");
        had += (size_t)n;
    }
}

static unsigned char next(int fd, uint32_t *length)
{
    unsigned char head[8];
    readn(fd, head, 8);
    memcpy(length, head + 4, 4);
    *length = ntohl(*length);
    errno = 0;
    if (head[0] != 0x53 || head[1] != 0x43 || head[2] != 1 || *length > sizeof payload)
        fail("this is no reply");
    readn(fd, payload, *length);
    if (head[3] == 129) {
        fprintf(stderr, "file-client: refused: %.*s\n", (int)*length - 2, payload + 2);
        exit(1);
    }
    return head[3];
}

/* FNV-1a: a number for OUT and NAME, whatever their length. */
static uint64_t hash(uint64_t number, const char *text)
{
    for (size_t i = 0; i <= strlen(text); i++)
        number = (number ^ (unsigned char)text[i]) * 0x100000001b3;
    return number;
}

int main(int argc, char **argv)
{
    char *end = "", part[PATH_MAX];
    long port = argc == 4 || argc == 5 ? strtol(argv[2], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end) {
        fprintf(stderr, "usage: file-client HOST PORT NAME [OUT]\n");
        return 2;
    }
    const char *name = argv[3], *out = argc == 5 ? argv[4] : name;
    const char *slash = strrchr(out, '/');
    int folder = slash ? (int)(slash + 1 - out) : 0;
    uint64_t both = hash(hash(0xcbf29ce484222325, out), name);
    snprintf(part, sizeof part, "%.*s.%016llx.part", folder, out, (unsigned long long)both);

    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
    int error = getaddrinfo(argv[1], argv[2], &hints, &all);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", argv[1], gai_strerror(error));
        return 3;
    }
    int fd = -1, yes = 1;
    for (struct addrinfo *one = all; one != NULL && fd < 0; one = one->ai_next) {
        fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
        if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) < 0) {
            fprintf(stderr, "connect %s: %s\n", argv[1], strerror(errno));
            close(fd);
            fd = -1;
        }
    }
    if (fd < 0)
        return 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);

    struct stat about;
    uint64_t had = stat(part, &about) == 0 ? (uint64_t)about.st_size : 0;
    unsigned char request[16 + 255] = {0x53, 0x43, 1, 16};
    uint32_t length = htonl(8 + (uint32_t)strlen(name));
    uint64_t offset = htobe64(had);
    memcpy(request + 4, &length, 4);
    memcpy(request + 8, &offset, 8);
    memcpy(request + 16, name, strlen(name));
    for (size_t i = 0; i < 16 + strlen(name); i++)
        if (send(fd, request + i, 1, MSG_NOSIGNAL) != 1)
            fail("send");
    fprintf(stderr, "has %llu bytes\n", (unsigned long long)had);

    if (next(fd, &length) != 144 || length != 8)
        fail("no size");
    uint64_t size;
    memcpy(&size, payload, 8);
    size = be64toh(size);
    int file = open(part, O_WRONLY | O_CREAT, 0644);
    if (file < 0)
        fail(part);
    for (;;) {
        if (next(fd, &length) != 145)
            fail("no block");
        if (length == 0)
            break;
        for (uint32_t done = 0; done < length;) {
            ssize_t n = pwrite(file, payload + done, length - done, (off_t)had);
            if (n < 0)
                fail(part);
            done += (uint32_t)n;
            had += (uint64_t)n;
        }
    }
    errno = 0;
    if (had != size)
        fail("the size");
    if (rename(part, out) < 0)
        fail(out);
    return 0;
}
