/* Holds a pod's namespaces until it is told to end. */
#include <signal.h>
#include <sys/wait.h>

int main(void) {
  sigset_t set;
  int number;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, 0);
  for (;;) {
    sigwait(&set, &number);
    if (number == SIGTERM || number == SIGINT) return 0;
    if (number == SIGCHLD) /* in a shared pid namespace it inherits orphans */
      while (waitpid(-1, 0, WNOHANG) > 0) {}
  }
}
