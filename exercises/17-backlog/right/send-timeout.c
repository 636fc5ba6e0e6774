/* Blocking sockets with a time limit (SO_SNDTIMEO), a listening socket that takes IPv6 and IPv4, and accepted connections that
 * are closed with a reset. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void failed(const char *operation, const char *object)
{
    fprintf(stderr, "%s %s: %s\n", operation, object, strerror(errno));
    exit(1);
}

static long number(const char *text, long least, long most)
{
    char *end;
    long value = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;
    if (value < least || value > most || *end) {
        fprintf(stderr, "Usage: backlog PORT SIZE\n");
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    long port = number(argc == 3 ? argv[1] : "", 1, 65535), size = number(argv[2], 0, 400);
    struct sockaddr_in6 all = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval limit = {.tv_usec = 300000};
    struct linger reset = {.l_onoff = 1};
    int on = 1, off = 0, queued = 0, accepted = 0;

    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listening = socket(AF_INET6, SOCK_STREAM, 0);
    if (listening < 0)
        failed("socket", argv[1]);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(listening, (struct sockaddr *)&all, sizeof all) != 0)
        failed("bind", argv[1]);
    if (listen(listening, size) != 0)
        failed("listen", argv[1]);
    for (;;) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (client < 0)
            failed("socket", argv[1]);
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (connect(client, (struct sockaddr *)&self, sizeof self) != 0) {
            if (errno != EINPROGRESS)
                failed("connect", argv[1]);
            close(client);
            break;
        }
        queued++;
    }
    printf("queued: %d\n", queued);
    while (accepted < queued) {
        int connection = accept(listening, NULL, NULL);
        if (connection < 0)
            failed("accept", argv[1]);
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(connection);
        accepted++;
    }
    printf("accepted: %d\n", accepted);
    return 0;
}
