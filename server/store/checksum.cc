#include "store/checksum.h"

#include <boost/crc.hpp>
#include <string>
#include <string_view>

namespace holter::store {
namespace {

constexpr uint64_t kEcmaPolynomial = 0x42F0E1EBA9EA3693;
using Crc64 = boost::crc_optimal<64, kEcmaPolynomial, ~uint64_t{0}, ~uint64_t{0}, true, true>;

// The terminating NUL keeps ("ab", "c") apart from ("a", "bc"): keys hold none.
void AddText(std::string_view text, Crc64& crc) {
  crc.process_bytes(text.data(), text.size());
  crc.process_byte(0);
}

int64_t ValueOf(const Crc64& crc) { return std::bit_cast<int64_t>(static_cast<uint64_t>(crc.checksum())); }

}  // namespace

int64_t ChecksumOf(const StoredSession& session) {
  Crc64 crc;
  AddText(session.name, crc);
  crc.process_bytes(session.declaration.data(), session.declaration.size());
  return ValueOf(crc);
}

int64_t ChecksumOf(const StoredRequest& request) {
  Crc64 crc;
  for (const std::string* word : {&request.tenant, &request.id, &request.method}) {
    AddText(*word, crc);
  }
  AddText(std::to_string(request.time.time_since_epoch().count()), crc);
  AddText(std::to_string(request.fingerprint.size()), crc);
  crc.process_bytes(request.fingerprint.data(), request.fingerprint.size());
  crc.process_bytes(request.answer.data(), request.answer.size());
  return ValueOf(crc);
}

int64_t ChecksumOf(const StoredLease& lease) {
  Crc64 crc;
  AddText("lease", crc);  // its words could be those of another kind of row
  AddText(lease.tenant, crc);
  AddText(lease.owner, crc);
  AddText(std::to_string(lease.expire_time.time_since_epoch().count()), crc);
  return ValueOf(crc);
}

}  // namespace holter::store
