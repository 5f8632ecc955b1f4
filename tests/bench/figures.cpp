#include "tests/bench/figures.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

namespace satchel::bench {
namespace {

double per_second(const Figure& figure) {
  return figure.seconds > 0 ? static_cast<double>(figure.notes) / figure.seconds : 0;
}

std::string cell(const char* format, std::optional<double> value) {
  if (!value) return "-";
  char text[64];
  std::snprintf(text, sizeof text, format, *value);
  return text;
}

std::optional<double> ratio(const Figure& figure) {
  if (figure.times_baseline) return figure.times_baseline;
  if (!figure.baseline_seconds || *figure.baseline_seconds <= 0) return std::nullopt;
  return figure.seconds / *figure.baseline_seconds;
}

std::string line(const std::vector<std::string>& cells) {
  char text[256];
  std::snprintf(text, sizeof text, "%-44s %9s %10s %10s %10s %10s %10s %10s\n", cells[0].c_str(), cells[1].c_str(),
                cells[2].c_str(), cells[3].c_str(), cells[4].c_str(), cells[5].c_str(), cells[6].c_str(),
                cells[7].c_str());
  return text;
}

}  // namespace

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void set_steps(Figure& figure, std::vector<double> step_ms) {
  if (step_ms.empty()) return;
  std::sort(step_ms.begin(), step_ms.end());
  figure.median_ms = step_ms[step_ms.size() / 2];
  figure.high_ms = step_ms[step_ms.size() * 99 / 100];
}

Report middle_of(const std::vector<Report>& rounds) {
  Report report = rounds.front();
  report.rounds = rounds.size();
  for (const Report& round : rounds) {
    report.load_from = std::min(report.load_from, round.load_from);
    report.load_to = std::max(report.load_to, round.load_to);
  }
  for (size_t i = 0; i < report.figures.size(); ++i) {
    Figure& figure = report.figures[i];
    const auto over = [&](auto&& value) {
      std::vector<double> values;
      for (const Report& round : rounds) {
        if (const std::optional<double> each = value(round.figures.at(i))) values.push_back(*each);
      }
      std::sort(values.begin(), values.end());
      return values.empty() ? std::optional<double>() : values[values.size() / 2];
    };
    figure.times_baseline = over([](const Figure& each) { return ratio(each); });
    figure.seconds = *over([](const Figure& each) { return std::optional(each.seconds); });
    figure.baseline_seconds = over([](const Figure& each) { return each.baseline_seconds; });
    figure.median_ms = over([](const Figure& each) { return each.median_ms; });
    figure.high_ms = over([](const Figure& each) { return each.high_ms; });
  }
  return report;
}

double load_now() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

std::string as_table(const Report& report) {
  char load[96];
  std::snprintf(load, sizeof load, "%zu rounds, the middle of each; load of the machine %.1f to %.1f", report.rounds,
                report.load_from, report.load_to);
  std::string out = report.title + "\nbaseline: " + report.baseline + "\n" + load + "\n\n";
  out += line({"", "seconds", "notes/s", "x baseline", "median ms", "99% ms", "least CPU", "KiB"});
  for (const Figure& figure : report.figures) {
    std::optional<double> kib;
    if (figure.bytes) kib = static_cast<double>(*figure.bytes) / 1024;
    out += line({figure.what, cell("%.3f", figure.seconds), cell("%.0f", per_second(figure)),
                 cell("%.2f", ratio(figure)), cell("%.3f", figure.median_ms), cell("%.3f", figure.high_ms),
                 cell("%.3f", figure.least_cpu_ms), cell("%.0f", kib)});
  }
  return out;
}

std::string as_json(const Report& report) {
  nlohmann::ordered_json out;
  out["title"] = report.title;
  out["baseline"] = report.baseline;
  out["rounds"] = report.rounds;
  out["load"] = {report.load_from, report.load_to};
  out["figures"] = nlohmann::ordered_json::array();
  for (const Figure& figure : report.figures) {
    nlohmann::ordered_json item;
    item["what"] = figure.what;
    item["notes"] = figure.notes;
    item["seconds"] = figure.seconds;
    item["notes_per_second"] = per_second(figure);
    if (const auto times = ratio(figure)) item["times_baseline"] = *times;
    if (figure.median_ms) item["step_median_ms"] = *figure.median_ms;
    if (figure.high_ms) item["step_99_of_100_ms"] = *figure.high_ms;
    if (figure.least_cpu_ms) item["step_least_cpu_ms"] = *figure.least_cpu_ms;
    if (figure.bytes) item["bytes"] = *figure.bytes;
    out["figures"].push_back(std::move(item));
  }
  return out.dump(2);
}

}  // namespace satchel::bench
