/* Unusual and right: epoll, edge-triggered, each socket registered once for everything; a small buffer; no table by descriptor. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    int fd;
    size_t line;
    size_t begin, end; /* what is pending in the buffer */
    char buffer[3000];
};

static void greet(const struct sockaddr_in *address, socklen_t size)
{
    char ip[INET_ADDRSTRLEN], name[NI_MAXHOST];
    inet_ntop(AF_INET, &address->sin_addr, ip, sizeof ip);
    if (getnameinfo((const struct sockaddr *)address, size, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
        strcpy(name, ip);
    printf("server connected to %s (%s)\n", name, ip);
}

static void count_lines(struct client *client)
{
    for (size_t i = client->begin; i < client->end; i++) {
        client->line++;
        if (client->buffer[i] == '\n') {
            printf("server received %zu bytes\n", client->line);
            client->line = 0;
        }
    }
}

/* Goes on until a call would block. 0: the client has finished, or its connection broke. */
static int proceed(struct client *client)
{
    for (;;) {
        while (client->begin < client->end) {
            ssize_t n = send(client->fd, client->buffer + client->begin, client->end - client->begin, MSG_NOSIGNAL);
            if (n < 0)
                return errno == EAGAIN;
            client->begin += (size_t)n;
        }
        ssize_t n = recv(client->fd, client->buffer, sizeof client->buffer, 0);
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0) {
            if (client->line > 0)
                printf("server received %zu bytes\n", client->line);
            return 0;
        }
        client->begin = 0;
        client->end = (size_t)n;
        count_lines(client);
    }
}

static void watch(int events, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = what};
    if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) < 0)
        perror("epoll_ctl");
}

static void accept_all(int server, int events)
{
    for (;;) {
        struct sockaddr_in address;
        socklen_t size = sizeof address;
        int fd = accept4(server, (struct sockaddr *)&address, &size, SOCK_NONBLOCK);
        if (fd < 0 && (errno == EAGAIN || errno == EMFILE))
            return;
        if (fd < 0)
            continue;
        struct client *client = calloc(1, sizeof *client);
        client->fd = fd;
        greet(&address, size);
        watch(events, fd, client);
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
    setvbuf(stdout, NULL, _IOLBF, 0);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (server < 0 || bind(server, (struct sockaddr *)&here, sizeof here) < 0 || listen(server, 64) < 0) {
        perror("listen");
        return 1;
    }
    int events = epoll_create1(0);
    watch(events, server, NULL);
    for (;;) {
        struct epoll_event ready[7];
        int count = epoll_wait(events, ready, 7, -1);
        for (int i = 0; i < count; i++) {
            struct client *client = ready[i].data.ptr;
            if (client == NULL) {
                accept_all(server, events);
            } else if (!proceed(client)) {
                close(client->fd);
                free(client);
            }
        }
    }
}
