// One copy of equal values, for as long as somebody uses it.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace holter::registry {

// `Value::Key()` gives the bytes by which values are equal; they live in the value and never change. Any thread. Values
// may outlive the interner.
template <class Value>
class WeakInterner {
 public:
  // The value that is equal to `candidate`, which becomes it if there was none.
  std::shared_ptr<const Value> Intern(Value candidate) { return shelf_->Intern(std::move(candidate), shelf_); }

  // Null: there is none with this key.
  std::shared_ptr<const Value> Find(std::string_view key) const { return shelf_->Find(key); }

  size_t size() const { return shelf_->size(); }

 private:
  class Shelf {
   public:
    std::shared_ptr<const Value> Intern(Value candidate, const std::shared_ptr<Shelf>& self) {
      absl::MutexLock lock(&mutex_);
      const auto found = values_.find(candidate.Key());
      if (found != values_.end()) {
        if (std::shared_ptr<const Value> shared = found->second.lock()) return shared;
        values_.erase(found);  // its last user is just letting go of it
      }
      std::shared_ptr<const Value> value(new Value(std::move(candidate)),
                                         [self](const Value* dying) { self->Forget(dying); });
      values_.emplace(value->Key(), value);
      return value;
    }

    std::shared_ptr<const Value> Find(std::string_view key) const {
      absl::MutexLock lock(&mutex_);
      const auto found = values_.find(key);
      return found == values_.end() ? nullptr : found->second.lock();
    }

    size_t size() const {
      absl::MutexLock lock(&mutex_);
      return values_.size();
    }

   private:
    void Forget(const Value* dying) {
      {
        absl::MutexLock lock(&mutex_);
        const auto found = values_.find(dying->Key());
        // The place may have gone to a newer value with an equal key.
        if (found != values_.end() && found->first.data() == dying->Key().data()) values_.erase(found);
      }
      delete dying;
    }

    mutable absl::Mutex mutex_;  // a leaf
    std::unordered_map<std::string_view, std::weak_ptr<const Value>> values_ ABSL_GUARDED_BY(mutex_);
  };

  std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();
};

}  // namespace holter::registry
