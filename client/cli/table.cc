#include "client/cli/table.h"

#include <algorithm>

namespace holter::cli {
namespace {

// Code points; wide characters do not occur in what is shown.
size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string Paint(const std::string& text, Style style) {
  const char* code = "";
  switch (style) {
    case Style::kPlain:
      return text;
    case Style::kGood:
      code = "32";
      break;
    case Style::kWarning:
      code = "33";
      break;
    case Style::kBad:
      code = "31";
      break;
    case Style::kDim:
      code = "2";
      break;
  }
  return std::string("\033[") + code + "m" + text + "\033[0m";
}

std::vector<std::string> Table::Lines(bool color) const {
  std::vector<size_t> widths;
  for (const std::string& title : header_) widths.push_back(WidthOf(title));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i].text));
  }
  const auto line_of = [&](size_t cells, auto cell_at) {
    std::string line;
    for (size_t i = 0; i < cells; ++i) {
      const Cell& cell = cell_at(i);
      line += color ? Paint(cell.text, cell.style) : cell.text;
      if (i + 1 < cells) line.append(widths[i] - WidthOf(cell.text) + 2, ' ');
    }
    return line;
  };
  std::vector<std::string> lines;
  lines.push_back(line_of(header_.size(), [&](size_t i) { return Cell{header_[i]}; }));
  for (const auto& row : rows_) lines.push_back(line_of(row.size(), [&](size_t i) { return row[i]; }));
  return lines;
}

}  // namespace holter::cli
