// Runs the command line in this process, against a scripted server.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "client/cli/run.h"
#include "tests/unit/client/fake_service.h"

namespace holter::cli {

struct CliResult {
  ExitCode code = ExitCode::kOk;
  std::string out;
  std::string err;
};

inline CliResult RunCli(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::vector<const char*> argv = {"holter"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
  const ExitCode code = Run(static_cast<int>(argv.size()), argv.data(), console);
  return {code, out.str(), err.str()};
}

class CliTest : public ::testing::Test {
 protected:
  CliResult Cli(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.push_back("--server=" + server.address);
    return RunCli(arguments, input);
  }

  client::FakeServer server;
};

}  // namespace holter::cli
