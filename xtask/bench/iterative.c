/* What the iterative server is measured against: the same steps in plain C, one client at a time. */
#include "echo.h"

int main(int argc, char **argv)
{
    int listener = listen_on(argc, argv);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            fail("accept");
        }
        echo(client);
        close(client);
    }
}
