// Signals that end what goes on until somebody stops it. Made before the library starts threads: they are blocked, so that
// only wait() sees them.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace satchel_cli {

class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }
  // Ends the wait, from any thread.
  void end() const { kill(getpid(), SIGTERM); }

 private:
  sigset_t set_;
};

}  // namespace satchel_cli
