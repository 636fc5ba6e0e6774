/* sscanf and inet_ntop; who holds a socket is looked up for each line anew, with readlink. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *states[] = {"",           "ESTABLISHED", "SYN_SENT", "SYN_RECV",   "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
                               "CLOSE",      "CLOSE_WAIT",  "LAST_ACK", "LISTEN",     "CLOSING",   "SYN_RECV"};

/* The words of an address come as numbers, whose memory is the address. */
static void show(int family, const char *digits, unsigned port)
{
    unsigned char bytes[16];
    char text[INET6_ADDRSTRLEN];
    unsigned word;
    for (int i = 0; i < (family == AF_INET ? 1 : 4); i++) {
        sscanf(digits + 8 * i, "%8x", &word);
        memcpy(bytes + 4 * i, &word, 4);
    }
    inet_ntop(family, bytes, text, sizeof text);
    printf(family == AF_INET ? " %s:" : " [%s]:", text);
    if (port)
        printf("%u", port);
    else
        printf("*");
}

static int holder(unsigned long inode)
{
    char wanted[64], path[600], target[64];
    int found = 0;
    DIR *processes = opendir("/proc");
    struct dirent *process, *descriptor;
    if (!processes || inode == 0)
        return 0;
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    while (!found && (process = readdir(processes))) {
        if (!isdigit((unsigned char)process->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/fd", process->d_name);
        DIR *descriptors = opendir(path);
        while (descriptors && (descriptor = readdir(descriptors))) {
            snprintf(path, sizeof path, "/proc/%s/fd/%s", process->d_name, descriptor->d_name);
            ssize_t length = readlink(path, target, sizeof target - 1);
            if (length > 0 && (target[length] = 0, strcmp(target, wanted) == 0))
                found = atoi(process->d_name);
        }
        if (descriptors)
            closedir(descriptors);
    }
    closedir(processes);
    return found;
}

static void list(const char *name, int family, int only_listening, int with_owner)
{
    char path[32], line[512], local[33], foreign[33];
    unsigned local_port, foreign_port, state, send, receive;
    unsigned long inode;
    snprintf(path, sizeof path, "/proc/net/%s", name);
    FILE *table = fopen(path, "r");
    if (!table) {
        if (family == AF_INET6)
            return;
        fprintf(stderr, "open %s: %s\n", path, strerror(errno));
        exit(1);
    }
    while (fgets(line, sizeof line, table)) {
        if (sscanf(line, " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %x:%x %*s %*s %*s %*s %lu", local, &local_port, foreign,
                   &foreign_port, &state, &send, &receive, &inode) != 8)
            continue;
        if (only_listening && state != 10)
            continue;
        printf("%-5s %6u %6u", name, receive, send);
        show(family, local, local_port);
        show(family, foreign, foreign_port);
        printf(" %s", states[state]);
        if (with_owner) {
            int pid = holder(inode);
            if (pid)
                printf(" %d", pid);
            else
                printf(" -");
        }
        printf("\n");
    }
    fclose(table);
}

int main(int argc, char **argv)
{
    int option, only_listening = 0, with_owner = 0;
    while ((option = getopt(argc, argv, "lp")) != -1) {
        if (option == 'l')
            only_listening = 1;
        else if (option == 'p')
            with_owner = 1;
        else
            return 2;
    }
    if (optind < argc) {
        fprintf(stderr, "Usage: netstat [-l] [-p]\n");
        return 2;
    }
    list("tcp", AF_INET, only_listening, with_owner);
    list("tcp6", AF_INET6, only_listening, with_owner);
    return 0;
}
