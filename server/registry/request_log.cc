#include "registry/request_log.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <boost/crc.hpp>

#include "registry/session_uid.h"

namespace holter::registry {
namespace {

bool IsVersion4(const Uid& uid) { return (uid[6] & 0xF0) == 0x40 && (uid[8] & 0xC0) == 0x80; }

// Equal for equal requests of one and the same build; a request that outlives an upgrade may be taken for another.
std::string FingerprintOf(const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> rest(request.New());
  rest->CopyFrom(request);
  if (const auto* field = rest->GetDescriptor()->FindFieldByName("request_id")) {
    rest->GetReflection()->ClearField(rest.get(), field);
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    rest->SerializeToCodedStream(&coded);
  }
  // Against mistakes; whoever wants to fool it can only fool himself.
  constexpr uint64_t ecma_polynomial = 0x42F0E1EBA9EA3693;
  boost::crc_optimal<64, ecma_polynomial, ~uint64_t{0}, ~uint64_t{0}, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return fmt::format("{:016x}-{}", crc.checksum(), bytes.size());
}

}  // namespace

RequestIdentity IdentityOf(std::string_view method, const std::string& tenant, const std::string& request_id,
                           const google::protobuf::Message& request, std::vector<FieldViolation>& violations) {
  if (request_id.empty()) return {};
  const std::optional<Uid> id = ParseUid(request_id);
  if (!id.has_value() || !IsVersion4(*id)) {
    violations.push_back({.field = "request_id",
                          .description = "expected a UUID of version 4, such as "
                                         "\"9f1c7a52-0c3e-4b7a-8d52-6f0a4d1e2b3c\", or nothing"});
    return {};
  }
  return {.tenant = tenant, .id = FormatUid(*id), .method = std::string(method), .fingerprint = FingerprintOf(request)};
}

size_t RequestLog::BytesOf(const Kept& kept) {
  constexpr size_t k_overhead = 300;  // of the entry itself, in both containers
  return k_overhead + kept.request.tenant.size() + kept.request.id.size() + kept.answer.size();
}

void RequestLog::Insert(Entry entry) {
  bytes_ += BytesOf(*entry);
  by_key_.erase(entry);  // the id was used before, and what was is forgotten
  by_key_.insert(entry);
  by_age_.push_back(std::move(entry));
}

void RequestLog::Restore(std::vector<store::StoredRequest> requests) {
  absl::MutexLock lock(&mutex_);
  for (store::StoredRequest& request : requests) {
    Insert(std::make_shared<Kept>(std::move(request)));
  }
}

absl::StatusOr<std::optional<std::string>> RequestLog::Find(const RequestIdentity& request, WallTime now) const {
  absl::MutexLock lock(&mutex_);
  const auto found = by_key_.find(Key{.tenant = request.tenant, .id = request.id});
  if (found == by_key_.end() || now - (*found)->request.time > kKept) return std::nullopt;
  const store::StoredRequest& known = (*found)->request;
  if (known.method == request.method && known.fingerprint == request.fingerprint) return (*found)->answer.Text();
  return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                   fmt::format("the request_id {} was that of another request, a {}; draw a new one for each",
                               request.id, known.method),
                   {{"request_id", request.id}, {"method", known.method}});
}

std::vector<store::Change> RequestLog::Rows(const RequestIdentity& request, std::string answer, WallTime now) {
  std::vector<store::Change> rows;
  absl::MutexLock lock(&mutex_);
  while (!by_age_.empty() && (bytes_ > most_bytes_ || now - by_age_.front()->request.time > kKept)) {
    const Entry oldest = std::move(by_age_.front());
    by_age_.pop_front();
    bytes_ -= BytesOf(*oldest);
    const auto found = by_key_.find(oldest);
    if (*found != oldest) continue;  // its id was used anew since
    by_key_.erase(found);
    rows.emplace_back(store::DeleteRequestChange{.tenant = oldest->request.tenant, .id = oldest->request.id});
  }
  rows.emplace_back(store::PutRequestChange{.request = {.tenant = request.tenant,
                                                        .id = request.id,
                                                        .method = request.method,
                                                        .fingerprint = request.fingerprint,
                                                        .answer = std::move(answer),
                                                        .time = now}});
  return rows;
}

void RequestLog::Add(const RequestIdentity& request, std::string answer, WallTime now) {
  auto entry = std::make_shared<Kept>(store::StoredRequest{.tenant = request.tenant,
                                                           .id = request.id,
                                                           .method = request.method,
                                                           .fingerprint = request.fingerprint,
                                                           .answer = std::move(answer),
                                                           .time = now});
  absl::MutexLock lock(&mutex_);
  Insert(std::move(entry));
}

size_t RequestLog::size() const {
  absl::MutexLock lock(&mutex_);
  return by_key_.size();
}

}  // namespace holter::registry
