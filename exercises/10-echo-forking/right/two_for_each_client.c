// Unusual and right: a client has two processes, one that reads and counts, and its child that writes what comes through a pipe.
// Nobody waits for the first of them (SIGCHLD is ignored), the first waits for the second.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *operation, long port)
{
    fprintf(stderr, "%s 0.0.0.0:%ld: %s\n", operation, port, strerror(errno));
    return 1;
}

static void greet(int connection)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    char name[NI_MAXHOST], ip[INET_ADDRSTRLEN];
    if (getpeername(connection, (struct sockaddr *)&peer, &length) < 0)
        return;
    inet_ntop(AF_INET, &peer.sin_addr, ip, sizeof ip);
    if (getnameinfo((struct sockaddr *)&peer, length, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
        strcpy(name, ip);
    printf("server connected to %s (%s)\n", name, ip);
}

static int writen(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static void send_back(int from, int connection)
{
    char some[4096];
    ssize_t n;
    while ((n = read(from, some, sizeof some)) > 0 && writen(connection, some, (size_t)n) == 0)
        ;
    _exit(0);
}

static void work(int connection)
{
    int both[2];
    pid_t sender;
    signal(SIGCHLD, SIG_DFL);
    if (pipe(both) < 0 || (sender = fork()) < 0) {
        perror("pipe or fork");
        _exit(1);
    }
    if (sender == 0) {
        close(both[1]);
        send_back(both[0], connection);
    }
    close(both[0]);
    greet(connection);
    FILE *in = fdopen(connection, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, in)) > 0) {
        printf("server received %zd bytes\n", n);
        if (writen(both[1], line, (size_t)n) < 0)
            break;
    }
    close(both[1]);
    waitpid(sender, NULL, 0);
    exit(0);
}

int main(int argc, char **argv)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    char *end = "";
    int yes = 1;
    long port = argc == 2 && *argv[1] >= '0' && *argv[1] <= '9' ? strtol(argv[1], &end, 10) : 0;
    if (*end || port < 1 || port > 65535) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    any.sin_port = htons((uint16_t)port);
    if (bind(listening, (struct sockaddr *)&any, sizeof any) < 0)
        return fail("bind", port);
    if (listen(listening, 128) < 0)
        return fail("listen", port);
    for (;;) {
        int connection = accept(listening, NULL, NULL);
        if (connection < 0)
            continue;
        pid_t worker = fork();
        if (worker == 0) {
            close(listening);
            work(connection);
        }
        if (worker < 0)
            perror("fork");
        close(connection);
    }
}
