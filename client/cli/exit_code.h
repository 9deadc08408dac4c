// What `holter` exits with. The footer of --help says the same.
#pragma once

namespace holter::cli {

enum class ExitCode : int {
  kOk = 0,
  kFailure = 1,      // heartbeats lost, no connection, waited in vain, not serving, output that cannot be written
  kUsage = 2,        // bad flags, or a file that cannot be read, does not parse or cannot be explained
  kRefused = 3,      // the server said no
  kUnreachable = 4,  // the server cannot be reached, or did not answer in time
  kDiffers = 5,      // --dry-run --exit-code: something would change
};

inline constexpr char kExitCodeFooter[] =
    "Exit codes:\n"
    "  0  it is done\n"
    "  1  heartbeats were lost, no connection came about, the wait was in vain, the server does not serve,\n"
    "     or the output could not be written\n"
    "  2  bad flags, or a file that cannot be read, does not parse or cannot be explained; nothing was sent\n"
    "  3  the server said no; the message says why\n"
    "  4  the server cannot be reached, or did not answer in time\n"
    "  5  apply --dry-run --exit-code: something would change\n";

}  // namespace holter::cli
