// The daemon: reads its configuration, builds every part in order, serves, and stops in the opposite order.
#pragma once

namespace holter::app {

// Runs holterd until SIGTERM or SIGINT; SIGHUP has it read again what may change while it runs, SIGUSR1
// writes a backup. Exit status: 0 stopped
// as asked; 1 a part failed, and said so in the log; 2 wrong usage.
int Main(int argc, char** argv);

}  // namespace holter::app
