/* Unusual and right: the main thread leaves, a second one accepts, each client's thread detaches itself. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = write(fd, bytes, count);
        if (n < 0)
            return -1;
        bytes += n;
        count -= (size_t)n;
    }
    return 0;
}

static void echo(int fd)
{
    char buffer[1500];
    size_t line = 0;
    ssize_t count;
    while ((count = read(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            line++;
            if (buffer[i] == '\n') {
                printf("server received %zu bytes\n", line);
                line = 0;
            }
        }
        if (write_all(fd, buffer, (size_t)count) < 0) {
            perror("write");
            return;
        }
    }
    if (line > 0)
        printf("server received %zu bytes\n", line);
}

struct client {
    int fd;
    struct sockaddr_in address;
};

static void *serve(void *argument)
{
    struct client client = *(struct client *)argument;
    char ip[INET_ADDRSTRLEN], name[NI_MAXHOST];
    free(argument);
    pthread_detach(pthread_self());
    inet_ntop(AF_INET, &client.address.sin_addr, ip, sizeof ip);
    if (getnameinfo((struct sockaddr *)&client.address, sizeof client.address, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
        strcpy(name, ip);
    printf("server connected to %s (%s)\n", name, ip);
    echo(client.fd);
    close(client.fd);
    return NULL;
}

static void *accept_clients(void *argument)
{
    int server = (int)(intptr_t)argument;
    for (;;) {
        struct client *client = malloc(sizeof *client);
        socklen_t size = sizeof client->address;
        pthread_t thread;
        client->fd = accept(server, (struct sockaddr *)&client->address, &size);
        if (client->fd < 0) {
            perror("accept");
            free(client);
        } else if (pthread_create(&thread, NULL, serve, client) != 0) {
            close(client->fd);
            free(client);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    char *end = "";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (server < 0 || bind(server, (struct sockaddr *)&here, sizeof here) < 0 || listen(server, 5) < 0) {
        perror("listen");
        return 1;
    }
    pthread_t thread;
    pthread_create(&thread, NULL, accept_clients, (void *)(intptr_t)server);
    pthread_exit(NULL);
}
