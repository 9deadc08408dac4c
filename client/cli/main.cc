#include <csignal>

#include "client/cli/run.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a write to a reader that went away fails instead
  holter::cli::Console console = holter::cli::StandardConsole();
  return static_cast<int>(holter::cli::Run(argc, argv, console));
}
