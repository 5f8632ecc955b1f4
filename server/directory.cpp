#include "server/directory.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace satchel::server {
namespace {

using nlohmann::json;

Error bad(const std::string& what, const std::string& place) { return make_error(Code::invalid, what, place); }

// The text of a member; numbers as they stand in the file. Empty: not there, null or of another kind.
std::string text(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number() ? found->dump() : std::string();
}

const json& member(const json& object, const char* name) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

const json& first_of(const json& list) {
  static const json nothing;
  return list.is_array() && !list.empty() ? list.front() : nothing;
}

void join(std::string& line, const std::string& part, const char* between) {
  if (part.empty()) return;
  if (!line.empty()) line += between;
  line += part;
}

std::string address_line(const json& address) {
  std::string line;
  for (const char* name : {"address_1", "address_2", "street", "city", "state_province", "region", "postal_code"}) {
    join(line, text(address, name), ", ");
  }
  return line;
}

std::string phones_line(const json& phones) {
  std::string line;
  if (!phones.is_array()) return line;
  for (const json& phone : phones) {
    std::string one = text(phone, "number");
    const std::string note = text(phone, "description");
    if (!one.empty() && !note.empty()) one += " (" + note + ")";
    join(line, one, "; ");
  }
  return line;
}

std::string day_words(const std::string& byday) {
  constexpr std::array<std::pair<const char*, const char*>, 7> days{
      {{"MO", "Mon"}, {"TU", "Tue"}, {"WE", "Wed"}, {"TH", "Thu"}, {"FR", "Fri"}, {"SA", "Sat"}, {"SU", "Sun"}}};
  std::string words;
  for (size_t from = 0; from < byday.size();) {
    const size_t comma = std::min(byday.find(',', from), byday.size());
    const std::string one = byday.substr(from, comma - from);
    std::string name = one;
    for (const auto& [code, word] : days) {
      // "2TU": the second Tuesday of the month
      if (one.size() >= 2 && one.substr(one.size() - 2) == code) name = one.substr(0, one.size() - 2) + word;
    }
    join(words, name, ", ");
    from = comma + 1;
  }
  return words;
}

std::string schedule_lines(const json& schedules) {
  std::string lines;
  if (!schedules.is_array()) return lines;
  for (const json& schedule : schedules) {
    std::string line = day_words(text(schedule, "byday"));
    const std::string opens = text(schedule, "opens_at"), closes = text(schedule, "closes_at");
    if (!opens.empty() || !closes.empty()) join(line, opens + "-" + closes, " ");
    join(line, text(schedule, "description"), " ");
    join(lines, line, "\n");
  }
  return lines;
}

class Reader {
 public:
  explicit Reader(const json& service) : service_(service) {}

  DirectoryService read() {
    row_.source_id = text(service_, "id");
    put("source_id", row_.source_id);
    for (const char* name : {"name", "description", "status", "email", "url", "category"})
      put(name, text(service_, name));
    put("last_modified", text(service_, "last_modified"));
    put("organization", text(member(service_, "organization"), "name"));
    put("category", taxonomy());
    put("phone", text(service_, "phone"));
    put("phone", phones_line(member(service_, "phones")));
    put("schedule", schedule_lines(member(service_, "schedule")));
    put("schedule", schedule_lines(member(service_, "schedules")));
    place();
    return std::move(row_);
  }

 private:
  void put(const char* field, const std::string& value) {
    if (!value.empty()) row_.fields.emplace(field, value);  // the first that says something
  }

  // The first term that the service is filed under (HSDS "attributes").
  std::string taxonomy() const {
    const json& attributes = member(service_, "attributes");
    if (!attributes.is_array()) return {};
    for (const json& attribute : attributes) {
      const std::string name = text(member(attribute, "taxonomy_term"), "name");
      if (!name.empty()) return name;
    }
    return {};
  }

  void place() {
    const json& location = member(first_of(member(service_, "service_at_locations")), "location");
    for (const json* at : {&service_, &location}) {
      const json& inline_address = member(*at, "address");
      const json& address = inline_address.is_object() ? inline_address : first_of(member(*at, "addresses"));
      put("address", address_line(address));
      put("postcode", text(address, "postal_code"));
      put("latitude", text(*at, "latitude"));
      put("longitude", text(*at, "longitude"));
    }
    const json& at_location = first_of(member(service_, "service_at_locations"));
    put("schedule", schedule_lines(member(at_location, "schedules")));
    put("phone", phones_line(member(at_location, "phones")));
  }

  const json& service_;
  DirectoryService row_;
};

}  // namespace

Result<std::vector<DirectoryService>> read_directory(std::string_view source) {
  const json feed = json::parse(source, nullptr, false);
  if (feed.is_discarded()) return bad("The directory is not JSON.", "");
  std::string place;
  const json* list = &feed;
  for (const char* name : {"services", "contents"}) {
    if (!feed.is_object() || !feed.contains(name)) continue;
    list = &feed[name];
    place = std::string("/") + name;
    break;
  }
  if (!list->is_array())
    return bad("The directory is not a list of services, alone or under \"services\" or \"contents\".", place);
  std::vector<DirectoryService> services;
  std::map<std::string, size_t> seen;  // real feeds name a service twice; word for word the same does no harm
  for (size_t i = 0; i < list->size(); ++i) {
    DirectoryService service = Reader((*list)[i]).read();
    const std::string here = place + "/" + std::to_string(i);
    if (service.source_id.empty()) return bad("This service has no \"id\".", here);
    if (service.fields.count("name") == 0) return bad("This service has no \"name\".", here);
    const auto [before, first] = seen.emplace(service.source_id, services.size());
    if (first) {
      services.push_back(std::move(service));
    } else if (services[before->second].fields != service.fields) {
      return bad("Two different services have the id \"" + service.source_id + "\".", here);
    }
  }
  return services;
}

}  // namespace satchel::server
