#include "platform/c/json_out.hpp"

namespace satchel::abi {
namespace {

using query::Difference;

void write_placed(JsonWriter& out, const std::vector<Difference::Placed>& placed, const model::Schema& schema,
                  merge::Language language) {
  out.open('[');
  for (const auto& each : placed) {
    out.open('{');
    out.name("at").number(each.at);
    write(out.name("record"), each.record, schema, language);
    out.close('}');
  }
  out.close(']');
}

}  // namespace

std::string record_json(const store::Record* record, const store::ReadToken& token, const model::Schema& schema,
                        merge::Language language) {
  JsonWriter out;
  out.open('{');
  out.name("record");
  if (record != nullptr) write(out, *record, schema, language);
  else out.nothing();
  out.name("token").text(token);
  out.close('}');
  return out.take();
}

std::string difference_json(const Difference& difference, const store::ReadToken& token, const model::Schema& schema,
                            merge::Language language) {
  JsonWriter out;
  out.open('{');
  out.name("first").flag(difference.first);
  write_placed(out.name("inserted"), difference.inserted, schema, language);
  out.name("moved").open('[');
  for (const auto& each : difference.moved) {
    out.open('{');
    out.name("from").number(each.from);
    out.name("id").text(each.id.text());
    out.name("to").number(each.to);
    out.close('}');
  }
  out.close(']');
  out.name("next").text(difference.next);
  out.name("removed").open('[');
  for (const auto& each : difference.removed) {
    out.open('{');
    out.name("from").number(each.from);
    out.name("id").text(each.id.text());
    out.close('}');
  }
  out.close(']');
  out.name("token").text(token);
  write_placed(out.name("updated"), difference.updated, schema, language);
  out.close('}');
  return out.take();
}

}  // namespace satchel::abi
