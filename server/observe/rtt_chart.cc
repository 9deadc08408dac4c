#include "observe/rtt_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

#include "spec/words.h"

namespace holter::observe {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 120;
constexpr double kTop = 10;    // above the highest grid line
constexpr double kLeft = 52;   // for the numbers
constexpr size_t kColors = 6;  // classes of the style sheet
constexpr size_t kMostDots = 60;

double MillisecondsOf(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// The least 1, 2 or 5 times a power of ten that is not below.
double RoundUp(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

class Chart {
 public:
  Chart(HtmlWriter& html, const std::vector<RttLine>& lines, TimePoint begin, TimePoint end)
      : html_(html), lines_(lines), begin_(begin), span_(std::max<Duration>(end - begin, std::chrono::seconds(1))) {
    double slowest = 0.001;
    for (const RttLine& line : lines) {
      for (const RttLine::Answer& answer : line.answers) slowest = std::max(slowest, MillisecondsOf(answer.rtt));
    }
    most_ = RoundUp(slowest);
  }

  void Write() {
    html_.Markup("<svg class=\"chart\" viewBox=\"0 0 720 136\" role=\"img\" aria-label=\"Round trips\">");
    for (const double part : {0.0, 0.5, 1.0}) WriteGridLine(part * most_);
    for (size_t i = 0; i < lines_.size(); ++i) WriteLine(i);
    html_.Markup("</svg>\n");
  }

 private:
  double X(TimePoint at) const {
    const double part = std::chrono::duration<double>(at - begin_) / std::chrono::duration<double>(span_);
    return kLeft + std::clamp(part, 0.0, 1.0) * (kWidth - kLeft - 4);
  }
  double Y(double milliseconds) const { return kTop + (1 - milliseconds / most_) * kHeight; }

  void WriteGridLine(double value) {
    const std::string y = fmt::format("{:.1f}", Y(value));
    html_.Wrap("<line class=\"grid\" x1=\"52\" x2=\"720\" y1=\"", y, "\"").Wrap(" y2=\"", y, "\"/>");
    html_.Wrap("<text x=\"46\" y=\"", fmt::format("{:.1f}", Y(value) + 3.5), "\" text-anchor=\"end\">")
        .Text(fmt::format("{:g} ms", value))
        .Markup("</text>");
  }

  void WriteLine(size_t index) {
    const RttLine& line = lines_[index];
    const std::string color = fmt::format("{}", index % kColors);
    // A miss cuts the line: nothing is known of the time between.
    std::string points;
    const auto end_piece = [&] {
      if (!points.empty()) html_.Wrap("<polyline class=\"line c", color, "\"").Wrap(" points=\"", points, "\"/>");
      points.clear();
    };
    auto miss = line.misses.begin();
    for (const RttLine::Answer& answer : line.answers) {
      if (miss != line.misses.end() && *miss <= answer.at) end_piece();
      while (miss != line.misses.end() && *miss <= answer.at) ++miss;
      points += fmt::format("{:.1f},{:.1f} ", X(answer.at), Y(MillisecondsOf(answer.rtt)));
    }
    end_piece();
    if (line.answers.size() <= kMostDots) {
      for (const RttLine::Answer& answer : line.answers) {
        html_.Wrap("<circle class=\"dot c", color, "\" r=\"2\"")
            .Wrap(" cx=\"", fmt::format("{:.1f}", X(answer.at)), "\"")
            .Wrap(" cy=\"", fmt::format("{:.1f}", Y(MillisecondsOf(answer.rtt))), "\"/>");
      }
    }
    for (const TimePoint missed : line.misses) {
      const std::string x = fmt::format("{:.1f}", X(missed));
      html_.Wrap("<line class=\"miss\" y1=\"10\" y2=\"130\" x1=\"", x, "\"").Wrap(" x2=\"", x, "\"/>");
    }
  }

  HtmlWriter& html_;
  const std::vector<RttLine>& lines_;
  const TimePoint begin_;
  const Duration span_;
  double most_ = 1;
};

void WriteLegend(HtmlWriter& html, const std::vector<RttLine>& lines) {
  html.Markup("<ul class=\"legend\">\n");
  for (size_t i = 0; i < lines.size(); ++i) {
    const RttLine& line = lines[i];
    html.Wrap("<li><i class=\"key c", fmt::format("{}", i % kColors), "\"></i> <b>").Text(line.name).Markup("</b>: ");
    if (!line.answers.empty()) {
      std::vector<Duration> rtts;
      for (const RttLine::Answer& answer : line.answers) rtts.push_back(answer.rtt);
      std::sort(rtts.begin(), rtts.end());
      html.Text(fmt::format("last {} ms, median {}, slowest {}, of {} answers",
                            spec::Milliseconds(line.answers.back().rtt), spec::Milliseconds(rtts[rtts.size() / 2]),
                            spec::Milliseconds(rtts.back()), rtts.size()));
    } else {
      html.Markup("no answer yet");
    }
    if (!line.misses.empty()) html.Text(fmt::format(", {} missed", line.misses.size()));
    html.Markup("</li>\n");
  }
  html.Markup("</ul>\n");
}

}  // namespace

void WriteRttChart(HtmlWriter& html, const std::vector<RttLine>& lines, TimePoint begin, TimePoint end) {
  const bool any = std::any_of(lines.begin(), lines.end(),
                               [](const RttLine& line) { return !line.answers.empty() || !line.misses.empty(); });
  if (!any) return;
  Chart(html, lines, begin, end).Write();
  WriteLegend(html, lines);
}

}  // namespace holter::observe
