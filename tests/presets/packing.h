// How peers pack what they say: the other side of core's decoder.
#pragma once

#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>

#include "holter/v1/heartbeat.pb.h"

namespace holter::presets {

// Of one connection: a zlib stream goes on from message to message.
class Packer {
 public:
  std::string Pack(v1::Compression compression, std::string_view text);

 private:
  struct End {
    void operator()(z_stream* stream) const;
  };
  using Stream = std::unique_ptr<z_stream, End>;

  static Stream Begin(int window_bits);
  static std::string Deflate(z_stream& stream, std::string_view text, int flush);

  Stream connection_;
};

}  // namespace holter::presets
