// Answers to requests that carried a request_id, so that the same request sent again changes nothing.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/error.h"
#include "registry/packed_text.h"
#include "store/store.h"

namespace google::protobuf {
class Message;
}

namespace holter::registry {

// One request as it is told from others.
struct RequestIdentity {
  std::string tenant;
  std::string id;  // UUID in lower case; empty: the request has none and is never remembered
  std::string method;
  std::string fingerprint;  // of everything else that the request says
};

// Any thread. Whoever asks holds the request's id (NameSequencer) until it has added the answer.
class RequestLog {
 public:
  static constexpr Duration kKept = std::chrono::hours(1);

  // Remembers at most `most_bytes` of answers, packed, and their keys; the oldest are forgotten first.
  explicit RequestLog(size_t most_bytes = size_t{64} << 20) : most_bytes_(most_bytes) {}

  // What the store has, the oldest first. Once, before all else.
  void Restore(std::vector<store::StoredRequest> requests);

  // The answer that the request got; none: it is new. INVALID_ARGUMENT, REQUEST_ID_REUSED: the id is that of another.
  absl::StatusOr<std::optional<std::string>> Find(const RequestIdentity& request, WallTime now) const;

  // What is to be committed together with the request's change: its answer, and that others are forgotten.
  std::vector<store::Change> Rows(const RequestIdentity& request, std::string answer, WallTime now);
  // Call when that is committed.
  void Add(const RequestIdentity& request, std::string answer, WallTime now);

  size_t size() const;

 private:
  struct Kept {
    explicit Kept(store::StoredRequest known) : request(std::move(known)), answer(request.answer) {
      std::string().swap(request.answer);  // an assignment would keep the storage
    }

    store::StoredRequest request;  // without its answer
    PackedText answer;
  };
  using Entry = std::shared_ptr<const Kept>;

  // Entries are found by tenant and id, which stand in them only.
  struct Key {
    std::string_view tenant;
    std::string_view id;

    friend bool operator==(const Key&, const Key&) = default;
  };
  static Key KeyOf(const Key& key) { return key; }
  static Key KeyOf(const Entry& entry) { return {.tenant = entry->request.tenant, .id = entry->request.id}; }
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(const auto& of) const {
      const Key key = KeyOf(of);
      return absl::HashOf(absl::string_view(key.tenant.data(), key.tenant.size()),
                          absl::string_view(key.id.data(), key.id.size()));
    }
  };
  struct KeyEqual {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return KeyOf(a) == KeyOf(b); }
  };

  static size_t BytesOf(const Kept& kept);
  void Insert(Entry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t most_bytes_;
  mutable absl::Mutex mutex_;  // a leaf
  absl::flat_hash_set<Entry, KeyHash, KeyEqual> by_key_ ABSL_GUARDED_BY(mutex_);
  std::deque<Entry> by_age_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// What tells this request from others. `request_id` is that of `request`, which says it in its field of that name. An
// id that is no UUID of version 4 is added to `violations`.
RequestIdentity IdentityOf(std::string_view method, const std::string& tenant, const std::string& request_id,
                           const google::protobuf::Message& request, std::vector<FieldViolation>& violations);

}  // namespace holter::registry
