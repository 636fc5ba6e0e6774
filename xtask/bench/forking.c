/* What the forking server is measured against: the same steps in plain C, a child for each client. */
#include "echo.h"
#include <signal.h>
#include <sys/wait.h>

static void reap(int signal)
{
    int kept = errno;
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = kept;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGCHLD, &action, NULL) < 0)
        fail("sigaction");

    int listener = listen_on(argc, argv);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            fail("accept");
        }
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            echo(client);
            _exit(0);
        }
        if (child < 0)
            perror("fork");
        close(client);
    }
}
