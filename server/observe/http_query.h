// The query of a URL: "sort=worst&q=feed%201".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holter::observe {

// What a client asked with. Decoded; "+" is a space, as forms send it. Of a name that comes twice the first counts.
class HttpQuery {
 public:
  // A query that is malformed has no parameters.
  explicit HttpQuery(std::string_view text);

  // Empty: there is none, or it is empty.
  std::string_view Get(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

// Appends "name=value" to the query of a link, with what stands between, and `value` encoded; nothing if it is empty.
void AppendParameter(std::string& link, std::string_view name, std::string_view value);

}  // namespace holter::observe
