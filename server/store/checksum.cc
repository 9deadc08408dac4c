#include "store/checksum.h"

#include <bit>
#include <boost/crc.hpp>
#include <string>

namespace holter::store {
namespace {

constexpr uint64_t kEcmaPolynomial = 0x42F0E1EBA9EA3693;
using Crc = boost::crc_optimal<64, kEcmaPolynomial, ~uint64_t{0}, ~uint64_t{0}, true, true>;

// The terminating NUL keeps ("ab", "c") apart from ("a", "bc"): words hold none.
void AddWord(Crc& crc, const std::string& word) { crc.process_bytes(word.c_str(), word.size() + 1); }

int64_t ValueOf(const Crc& crc) { return std::bit_cast<int64_t>(static_cast<uint64_t>(crc.checksum())); }

}  // namespace

int64_t ChecksumOf(const StoredSession& session) {
  Crc crc;
  AddWord(crc, session.name);
  crc.process_bytes(session.declaration.data(), session.declaration.size());
  return ValueOf(crc);
}

int64_t ChecksumOf(const StoredRequest& request) {
  Crc crc;
  for (const std::string* word : {&request.tenant, &request.id, &request.method}) {
    AddWord(crc, *word);
  }
  AddWord(crc, std::to_string(request.time.time_since_epoch().count()));
  AddWord(crc, std::to_string(request.fingerprint.size()));
  crc.process_bytes(request.fingerprint.data(), request.fingerprint.size());
  crc.process_bytes(request.answer.data(), request.answer.size());
  return ValueOf(crc);
}

}  // namespace holter::store
