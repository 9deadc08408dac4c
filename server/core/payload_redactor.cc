#include "core/payload_redactor.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace holter::core {
namespace {

constexpr std::string_view kMark = "<secret>";
constexpr size_t kShortestSecret = 4;

// Names of members that hold secrets in the dialects of the field: those that have such a word anywhere, and those that
// are a short word or end with one, which begins where a word can begin (listen_key, listenKey, KEY; not monkey,
// keyboard, design). Too much is left out rather than too little: a `key` may be that of a row.
#define HOLTER_SECRET_WORDS                                                                                \
  "(?:token|secret|passw|passphrase|passcode|authori[sz]ation|credential|cookie|signature|signed_?-?data|" \
  "(?:api|private|access|listen|auth)_?-?key|jwt|bearer)"
#define HOLTER_SHORT_WORDS "(?:key|sign|sig|auth|cred|pass|pwd)"
#define HOLTER_SHORT_WORDS_CAPITALIZED "(?-i:[a-z0-9](?:Key|Sign|Sig|Auth|Cred|Pass|Pwd))"

const re2::RE2& JsonMember() {
  // A string that is cut off has no closing quote.
  static const re2::RE2* const kPattern = new re2::RE2(
      R"re((?i)("(?:[^"\\]*)re" HOLTER_SECRET_WORDS R"re([^"\\]*|(?:[^"\\]*[^"\\a-z])?)re" HOLTER_SHORT_WORDS
      R"re(|[^"\\]*)re" HOLTER_SHORT_WORDS_CAPITALIZED R"re()"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s",}\]\[{]+))re",
      re2::RE2::Latin1);
  return *kPattern;
}

const re2::RE2& FormField() {
  static const re2::RE2* const kPattern =
      new re2::RE2(R"re((?i)((?:[\w-]*)re" HOLTER_SECRET_WORDS R"re([\w-]*|\b(?:[\w-]*[\d_-])?)re" HOLTER_SHORT_WORDS
                   R"re(|[\w-]*)re" HOLTER_SHORT_WORDS_CAPITALIZED R"re()=)[^&\s"<]+)re",
                   re2::RE2::Latin1);
  return *kPattern;
}

#undef HOLTER_SECRET_WORDS
#undef HOLTER_SHORT_WORDS
#undef HOLTER_SHORT_WORDS_CAPITALIZED

void ReplaceAll(std::string& text, std::string_view value) {
  for (size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + kMark.size())) {
    text.replace(at, value.size(), kMark);
  }
}

// The text may have been cut in the middle of the value.
void ReplaceBeginningAtEnd(std::string& text, std::string_view value) {
  for (size_t size = std::min(value.size() - 1, text.size()); size >= kShortestSecret; --size) {
    if (!std::string_view(text).ends_with(value.substr(0, size))) continue;
    text.replace(text.size() - size, size, kMark);
    return;
  }
}

}  // namespace

PayloadRedactor::PayloadRedactor(std::vector<Secret> known) : known_(std::move(known)) {
  std::erase_if(known_, [](const Secret& secret) { return secret.Reveal().size() < kShortestSecret; });
  std::sort(known_.begin(), known_.end(),
            [](const Secret& a, const Secret& b) { return a.Reveal().size() > b.Reveal().size(); });
}

std::string PayloadRedactor::Redact(std::string_view payload) const {
  std::string text(payload);
  for (const Secret& secret : known_) ReplaceAll(text, secret.Reveal());
  for (const Secret& secret : known_) ReplaceBeginningAtEnd(text, secret.Reveal());
  re2::RE2::GlobalReplace(&text, JsonMember(), R"(\1"<secret>")");
  re2::RE2::GlobalReplace(&text, FormField(), R"(\1<secret>)");
  return text;
}

}  // namespace holter::core
