/* Unusual and right: a child for each client, sendfile, blocks of 10,000 bytes, every path resolved by the kernel from the folder. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 10000 };

static int readn(int fd, void *out, size_t size)
{
    for (size_t had = 0; had < size;) {
        ssize_t n = read(fd, (char *)out + had, size - had);
        if (n <= 0)
            return -1;
        had += (size_t)n;
    }
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

static void header(int fd, unsigned char type, uint32_t length)
{
    unsigned char head[8] = {0x53, 0x43, 1, type};
    uint32_t travels = htonl(length);
    memcpy(head + 4, &travels, 4);
    writen(fd, head, sizeof head);
}

static void refuse(int fd, uint16_t code)
{
    uint16_t travels = htons(code);
    header(fd, 129, 4);
    writen(fd, &travels, 2);
    writen(fd, "no", 2);
}

static void get(int fd, int folder, uint64_t offset, const char *name)
{
    struct stat about;
    if (strchr(name, '/') != NULL || strcmp(name, "..") == 0)
        return refuse(fd, 17);
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
        return refuse(fd, 16);
    if (!S_ISREG(about.st_mode))
        return refuse(fd, 17);
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return refuse(fd, 16);
    uint64_t size = (uint64_t)about.st_size;
    if (offset > size) {
        close(file);
        return refuse(fd, 18);
    }
    uint64_t travels = htobe64(size);
    header(fd, 144, 8);
    writen(fd, &travels, 8);
    off_t at = (off_t)offset;
    while ((uint64_t)at < size) {
        uint64_t left = size - (uint64_t)at;
        size_t length = left < BLOCK ? (size_t)left : BLOCK;
        header(fd, 145, (uint32_t)length);
        while (length > 0) {
            ssize_t n = sendfile(fd, file, &at, length);
            if (n <= 0)
                _exit(1);
            length -= (size_t)n;
        }
    }
    header(fd, 145, 0);
    close(file);
}

static void serve(int fd, int folder)
{
    unsigned char head[8], payload[8 + 255 + 1];
    while (readn(fd, head, 8) == 0) {
        uint32_t length;
        uint64_t offset;
        memcpy(&length, head + 4, 4);
        length = ntohl(length);
        if (head[0] != 0x53 || head[1] != 0x43 || head[2] != 1 || head[3] != 16 || length < 8 || length > 8 + 255)
            return;
        if (readn(fd, payload, length) < 0)
            return;
        payload[length] = 0;
        memcpy(&offset, payload, 8);
        get(fd, folder, be64toh(offset), (char *)payload + 8);
    }
}

int main(int argc, char **argv)
{
    char *end = "";
    long port = argc == 3 ? strtol(argv[1], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end) {
        fprintf(stderr, "usage: %s PORT DIR\n", argv[0]);
        return 2;
    }
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int yes = 1, no = 0;
    int folder = open(argv[2], O_RDONLY | O_DIRECTORY);
    if (folder < 0)
        return perror(argv[2]), 1;
    int server = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port), .sin6_addr = in6addr_any};
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(server, (struct sockaddr *)&here, sizeof here) < 0 || listen(server, 10) < 0)
        return perror("bind or listen"), 1;
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0)
            continue;
        if (fork() == 0) {
            close(server);
            serve(client, folder);
            _exit(0);
        }
        close(client);
    }
}
