// What a bench reports: each figure beside its baseline of the same run, on the same machine and disk, and beside what
// it is to reach. Figures of different machines or days cannot be compared; the ratio of one run can.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace satchel::bench {

// share: baseline / value, so that 1 means as quick as the baseline and 0.5 half as quick. times: value / baseline.
enum class Ratio { share, times };

struct Bar {
  enum class On { value, ratio } on = On::value;
  enum class Is { at_least, at_most } is = Is::at_most;
  double number = 0;
};
Bar value_under(double number);
Bar ratio_under(double number);
Bar ratio_over(double number);

struct Figure {
  std::string what, unit;
  double value = 0;
  std::optional<double> baseline = {};
  Ratio ratio_is = Ratio::times;
  std::optional<Bar> bar = {};
  std::optional<double> ratio = {};  // of several rounds the middle one; else by value and baseline

  std::optional<double> ratio_now() const;
  std::optional<bool> met() const;  // none: there is no bar
};

struct Report {
  std::string title, baseline, note;  // in words: what was done, what the baseline does, what to know beside it
  std::vector<Figure> figures;
  size_t rounds = 1;
  double load_from = 0, load_to = 0;  // of the machine, over the last minute: least and most between rounds
  bool small = false;                 // little of everything: the bars say nothing
};

// Of rounds with the same figures: the middle value, baseline and ratio of each. The ratio is taken within a round, where
// both sides had the same disk and the same neighbours.
std::vector<Figure> middle_of(const std::vector<std::vector<Figure>>& rounds);
double middle(std::vector<double> values);  // 0: there are none
// The machine's load average of the last minute; 0 where it is not told.
double load_now();
std::string as_table(const Report& report);
std::string as_json(const Report& report);

}  // namespace satchel::bench
