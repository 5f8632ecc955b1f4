#include "tests/bench/measuring.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace satchel::bench {
namespace {

double clock_ms(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) throw std::runtime_error("a process that is measured has ended");
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// The number behind `name` in a status file of /proc; 0: it is not there.
uint64_t status_number(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stoull(line.substr(name.size() + 1));
  }
  return 0;
}

std::filesystem::path of_process(pid_t process) { return "/proc/" + std::to_string(process); }

double cpu_of(const std::function<void()>& step) {
  const double before = cpu_ms();
  step();
  return cpu_ms() - before;
}

}  // namespace

double cpu_ms() { return clock_ms(CLOCK_PROCESS_CPUTIME_ID); }

double cpu_ms_of(pid_t process) {
  clockid_t clock{};
  if (clock_getcpuclockid(process, &clock) != 0) throw std::runtime_error("a process that is measured has ended");
  return clock_ms(clock);
}

uint64_t resident_now(pid_t process) { return status_number(of_process(process) / "status", "VmRSS") << 10; }
uint64_t resident_most(pid_t process) { return status_number(of_process(process) / "status", "VmHWM") << 10; }

uint64_t waits_of(pid_t process) {
  uint64_t waits = 0;
  for (const auto& task : std::filesystem::directory_iterator(of_process(process) / "task")) {
    waits += status_number(task.path() / "status", "voluntary_ctxt_switches");
  }
  return waits;
}

Pair least_cpu_ms(unsigned times, const std::function<void()>& ours, const std::function<void()>& baseline) {
  Pair least{1e12, 1e12};
  for (unsigned i = 0; i < times; ++i) {
    least.ours = std::min(least.ours, cpu_of(ours));
    least.baseline = std::min(least.baseline, cpu_of(baseline));
  }
  return least;
}

}  // namespace satchel::bench
