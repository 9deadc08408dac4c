// Columns of text.
#pragma once

#include <string>
#include <vector>

namespace holter::cli {

enum class Style { kPlain, kGood, kWarning, kBad, kDim };

struct Cell {
  std::string text;
  Style style = Style::kPlain;
};

// Every column as wide as its widest cell; the last one is not padded. `color`: styles become ANSI colours.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}

  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  // One line a row, the header first.
  std::vector<std::string> Lines(bool color) const;

 private:
  const std::vector<std::string> header_;
  std::vector<std::vector<Cell>> rows_;
};

// `text` in the colours of `style`.
std::string Paint(const std::string& text, Style style);

}  // namespace holter::cli
