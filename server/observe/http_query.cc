#include "observe/http_query.h"

#include <boost/url/encode.hpp>
#include <boost/url/params_view.hpp>
#include <boost/url/parse_query.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace holter::observe {
namespace {

boost::urls::string_view ViewOf(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

HttpQuery::HttpQuery(std::string_view text) {
  const std::string whole(text);  // parse_query of Boost.URL 1.81 reads on to a zero, whatever the size of its view
  const auto parsed = boost::urls::parse_query(ViewOf(whole));
  if (!parsed) return;
  boost::urls::encoding_opts forms;
  forms.space_as_plus = true;
  for (const auto& parameter : boost::urls::params_view(ViewOf(whole), forms)) {
    parameters_.emplace_back(parameter.key, parameter.value);
  }
}

std::string_view HttpQuery::Get(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return {};
}

void AppendParameter(std::string& link, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  link += link.find('?') == std::string::npos ? '?' : '&';
  link.append(name).append("=").append(boost::urls::encode(ViewOf(value), boost::urls::unreserved_chars));
}

}  // namespace holter::observe
