/* Unusual and right: connects without blocking and waits in poll, asks getaddrinfo for stream and datagram addresses alike, and prints with stdio, byte by byte. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(void)
{
    fprintf(stderr, "usage: connect HOST PORT\n");
    return 2;
}

static int attempt(const struct addrinfo *to)
{
    int fd = socket(to->ai_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, to->ai_addr, to->ai_addrlen) < 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    while (poll(&wait, 1, -1) < 0 && errno == EINTR)
        ;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        close(fd);
        errno = error;
        return -1;
    }
    fcntl(fd, F_SETFL, 0);
    return fd;
}

static void print_end(const struct sockaddr_storage *end, socklen_t size)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    getnameinfo((const struct sockaddr *)end, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(end->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

int main(int argc, char **argv)
{
    char *end = "";
    long port = argc == 3 && *argv[2] ? strtol(argv[2], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end)
        return usage();
    struct addrinfo *list;
    int code = getaddrinfo(argv[1], argv[2], NULL, &list);
    if (code != 0) {
        fprintf(stderr, "connect: %s: %s\n", argv[1], gai_strerror(code));
        return 3;
    }
    int server = -1;
    for (struct addrinfo *one = list; one && server < 0; one = one->ai_next)
        if (one->ai_socktype == SOCK_STREAM)
            server = attempt(one);
    if (server < 0) {
        perror("connect");
        return 1;
    }
    freeaddrinfo(list);

    struct sockaddr_storage local, remote;
    socklen_t local_size = sizeof local, remote_size = sizeof remote;
    getsockname(server, (struct sockaddr *)&local, &local_size);
    getpeername(server, (struct sockaddr *)&remote, &remote_size);
    print_end(&local, local_size);
    printf(" -> ");
    print_end(&remote, remote_size);
    printf("\n");

    FILE *in = fdopen(server, "rb");
    int byte;
    while ((byte = getc(in)) != EOF)
        putchar(byte);
    if (ferror(in)) {
        perror("read");
        return 1;
    }
    return 0;
}
