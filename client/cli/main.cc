#include <csignal>
#include <cstdlib>

#include "client/cli/run.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);                      // a write to a reader that went away fails instead
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // our own words say what failed
  holter::cli::Console console = holter::cli::StandardConsole();
  return static_cast<int>(holter::cli::Run(argc, argv, console));
}
