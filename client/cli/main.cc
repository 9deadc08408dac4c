#include <csignal>
#include <cstdlib>
#include <iostream>

#include "client/cli/run.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);                      // a write to a reader that went away fails instead
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // our own words say what failed
  holter::cli::Console console = holter::cli::StandardConsole();
  const int status = static_cast<int>(holter::cli::Run(argc, argv, console));
  std::cout.flush();
  std::cerr.flush();
  // Not by return: the last channel leaves the end of gRPC to a thread of the library's own, and that may still be at
  // it while the statics of the program are destroyed.
  std::_Exit(status);
}
