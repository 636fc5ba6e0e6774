/* Unusual and right: a v4 address from getpeername, which a dead client no longer has; SIGPIPE ignored; a queue of 1; blocks SIGUSR1 except while it waits in pselect. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static void nothing(int signal)
{
    (void)signal;
}

static long number(const char *text, long least, long most)
{
    char *end = "";
    long value = *text ? strtol(text, &end, 10) : -1;
    if (value < least || value > most || *end) {
        fprintf(stderr, "usage: accept PORT COUNT\n");
        exit(2);
    }
    return value;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int next(int listener, const sigset_t *open)
{
    for (;;) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(listener, &readable);
        if (pselect(listener + 1, &readable, NULL, NULL, NULL, open) < 0) {
            if (errno == EINTR)
                continue;
            fail("pselect");
        }
        int client = accept(listener, NULL, NULL);
        if (client >= 0)
            return client;
        if (errno != EINTR && errno != ECONNABORTED)
            fail("accept");
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        number("", 0, 0);
    long port = number(argv[1], 1, 65535);
    long count = number(argv[2], 0, 1 << 30);

    sigset_t usr1, open;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, &open);
    struct sigaction action = {.sa_handler = nothing};
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    if (listener < 0)
        fail("socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        fail("setsockopt");
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (listen(listener, 1) < 0)
        fail("listen");

    for (long turn = 0; turn < count; turn++) {
        int client = next(listener, &open);
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        if (getpeername(client, (struct sockaddr *)&peer, &size) < 0) {
            perror("getpeername");
        } else {
            char name[NI_MAXHOST], port_text[NI_MAXSERV], ip[INET_ADDRSTRLEN];
            int code = getnameinfo((struct sockaddr *)&peer, size, name, sizeof name, port_text, sizeof port_text, NI_NUMERICSERV);
            inet_ntop(AF_INET, &peer.sin_addr, ip, sizeof ip);
            if (code != 0)
                fprintf(stderr, "getnameinfo: %s\n", gai_strerror(code));
            printf("accepted %s (%s:%d)\n", code == 0 ? name : ip, ip, ntohs(peer.sin_port));
            if (send(client, "hello\n", 6, 0) < 0)
                perror("send");
        }
        close(client);
    }
    return 0;
}
