#include "tests/bench/figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace satchel::bench {
namespace {

// Three digits that count; bytes whole.
std::string number(double value, const std::string& unit = {}) {
  const double size = std::fabs(value);
  const bool whole = unit == "bytes" || size >= 1000;
  const int places = whole || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", places, value);
  return unit.empty() ? text : std::string(text) + " " + unit;
}

std::string bar_words(const Figure& figure) {
  if (!figure.bar) return "-";
  const Bar& bar = *figure.bar;
  const std::string side = bar.is == Bar::Is::at_least ? "from " : "under ";
  return side + (bar.on == Bar::On::value ? number(bar.number, figure.unit) : number(bar.number) + " x");
}

std::string padded(std::string text, size_t width, bool right) {
  if (text.size() >= width) return text;
  return right ? std::string(width - text.size(), ' ') + text : text + std::string(width - text.size(), ' ');
}

using Cells = std::vector<std::string>;

// The first column begins at the left, the others end at the right.
std::string grid(const std::vector<Cells>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "  " : "   ") + padded(row[i], widths[i], i > 0);
    out += "\n";
  }
  return out;
}

}  // namespace

Bar value_under(double number) { return {Bar::On::value, Bar::Is::at_most, number}; }
Bar ratio_under(double number) { return {Bar::On::ratio, Bar::Is::at_most, number}; }
Bar ratio_over(double number) { return {Bar::On::ratio, Bar::Is::at_least, number}; }

std::optional<double> Figure::ratio_now() const {
  if (ratio) return ratio;
  if (!baseline || *baseline <= 0 || value <= 0) return std::nullopt;
  return ratio_is == Ratio::share ? *baseline / value : value / *baseline;
}

std::optional<bool> Figure::met() const {
  if (!bar) return std::nullopt;
  const std::optional<double> measured = bar->on == Bar::On::value ? std::optional(value) : ratio_now();
  if (!measured) return false;
  return bar->is == Bar::Is::at_least ? *measured >= bar->number : *measured < bar->number;
}

double middle(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<Figure> middle_of(const std::vector<std::vector<Figure>>& rounds) {
  std::vector<Figure> figures = rounds.front();
  for (size_t i = 0; i < figures.size(); ++i) {
    std::vector<double> values, baselines, ratios;
    for (const auto& round : rounds) {
      const Figure& each = round.at(i);
      values.push_back(each.value);
      if (each.baseline) baselines.push_back(*each.baseline);
      if (const auto ratio = each.ratio_now()) ratios.push_back(*ratio);
    }
    figures[i].value = middle(values);
    if (!baselines.empty()) figures[i].baseline = middle(baselines);
    if (!ratios.empty()) figures[i].ratio = middle(ratios);
  }
  return figures;
}

double load_now() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

std::string as_table(const Report& report) {
  char load[128];
  std::snprintf(load, sizeof load, "%zu round%s; load of the machine %.1f to %.1f", report.rounds,
                report.rounds == 1 ? "" : "s, the middle of values and of ratios", report.load_from, report.load_to);
  std::string out = report.title + "\n";
  if (!report.baseline.empty()) out += "baseline: " + report.baseline + "\n";
  if (!report.note.empty()) out += report.note + "\n";
  out += std::string(load) + (report.small ? "; small: shows that it works, measures nothing" : "") + "\n\n";
  std::vector<Cells> rows = {{"", "value", "baseline", "ratio", "to reach", "met"}};
  for (const Figure& figure : report.figures) {
    const auto ratio = figure.ratio_now();
    const auto met = report.small ? std::nullopt : figure.met();
    rows.push_back({figure.what, number(figure.value, figure.unit),
                    figure.baseline ? number(*figure.baseline, figure.unit) : "-",
                    ratio ? number(*ratio) + (figure.ratio_is == Ratio::share ? " of it" : " x") : "-",
                    bar_words(figure), met ? (*met ? "yes" : "NO") : "-"});
  }
  return out + grid(rows);
}

std::string as_json(const Report& report) {
  nlohmann::ordered_json out;
  out["title"] = report.title;
  out["baseline"] = report.baseline;
  if (!report.note.empty()) out["note"] = report.note;
  out["rounds"] = report.rounds;
  out["load"] = {report.load_from, report.load_to};
  out["small"] = report.small;
  out["figures"] = nlohmann::ordered_json::array();
  for (const Figure& figure : report.figures) {
    nlohmann::ordered_json item = {{"what", figure.what}, {"unit", figure.unit}, {"value", figure.value}};
    if (figure.baseline) item["baseline"] = *figure.baseline;
    if (const auto ratio = figure.ratio_now()) {
      item["ratio"] = *ratio;
      item["ratio_is"] = figure.ratio_is == Ratio::share ? "baseline/value" : "value/baseline";
    }
    if (figure.bar) {
      item["to_reach"] = {{"on", figure.bar->on == Bar::On::value ? "value" : "ratio"},
                          {"is", figure.bar->is == Bar::Is::at_least ? "at least" : "under"},
                          {"number", figure.bar->number}};
      if (!report.small) item["met"] = *figure.met();
    }
    out["figures"].push_back(std::move(item));
  }
  return out.dump(2);
}

}  // namespace satchel::bench
