#include "store/checksum.h"

#include <bit>
#include <boost/crc.hpp>

namespace holter::store {

int64_t ChecksumOf(const StoredSession& session) {
  constexpr uint64_t kEcmaPolynomial = 0x42F0E1EBA9EA3693;
  boost::crc_optimal<64, kEcmaPolynomial, ~uint64_t{0}, ~uint64_t{0}, true, true> crc;
  // The terminating NUL keeps ("ab", "c") apart from ("a", "bc"): names hold none.
  crc.process_bytes(session.name.c_str(), session.name.size() + 1);
  crc.process_bytes(session.declaration.data(), session.declaration.size());
  return std::bit_cast<int64_t>(static_cast<uint64_t>(crc.checksum()));
}

}  // namespace holter::store
