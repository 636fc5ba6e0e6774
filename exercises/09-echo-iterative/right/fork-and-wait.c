/* Unusual and right: starts slowly, serves each client in a child process, and waits for its end before it accepts the next one; SIGPIPE may kill the child. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void echo(int fd)
{
    char line[1024];
    size_t length = 0;
    char byte;
    for (;;) {
        ssize_t n = read(fd, &byte, 1);
        if (n < 0)
            perror("read");
        if (n == 1)
            line[length++] = byte;
        if (length > 0 && (n <= 0 || byte == '\n' || length == sizeof line)) {
            printf("server received %zu bytes\n", length);
            for (size_t sent = 0; sent < length;) {
                ssize_t m = write(fd, line + sent, length - sent);
                if (m < 0) {
                    perror("write");
                    return;
                }
                sent += (size_t)m;
            }
            length = 0;
        }
        if (n <= 0)
            return;
    }
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

int main(int argc, char **argv)
{
    char *end = "";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    usleep(100 * 1000);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    if (server < 0)
        fail("socket");
    if (setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        fail("setsockopt");
    if (bind(server, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (listen(server, 5) < 0)
        fail("listen");
    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        int client = accept(server, (struct sockaddr *)&peer, &size);
        if (client < 0) {
            if (errno == ECONNABORTED || errno == EINTR)
                continue;
            fail("accept");
        }
        char name[NI_MAXHOST];
        if (getnameinfo((struct sockaddr *)&peer, size, name, sizeof name, NULL, 0, 0) != 0)
            strcpy(name, inet_ntoa(peer.sin_addr));
        printf("server connected to %s (%s)\n", name, inet_ntoa(peer.sin_addr));
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            close(server);
            echo(client);
            exit(0);
        }
        if (child < 0)
            perror("fork");
        close(client);
        while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
}
