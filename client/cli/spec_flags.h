// A session's spec from flags: the common part of the language, for `create` and `ping`. Files say all of it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "holter/v1/session.pb.h"

namespace holter::cli {

// Durations stay text here: the spec's rules judge them, with the path of the field.
struct SpecFlags {
  std::string url{};
  std::string preset{};
  std::vector<std::string> parameters{};
  std::vector<std::string> without{};
  std::vector<std::string> headers{};
  std::vector<std::string> subprotocols{};
  bool insecure_skip_verify = false;
  bool no_ping = false;
  std::string interval{};
  std::string timeout{};
  std::string beat{};
  std::string expect{};
  std::string expect_regex{};
  std::vector<std::string> expect_json{};
  std::string echo{};
};

void AddSpecFlags(CLI::App& command, SpecFlags& flags);

// INVALID_ARGUMENT names the flag.
absl::StatusOr<v1::SessionSpec> BuildSpec(const SpecFlags& flags);

}  // namespace holter::cli
