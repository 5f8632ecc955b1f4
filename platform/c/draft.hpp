// draft: the changes of one commit, from JSON (docs/ABI.md) to ops. Knows what an app may leave out: the scope of a
// record that is there, ids of new things, the value of an element that is kept, where in a list something goes. What
// may be written is judged by core/store at commit, not here.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/merge/record.hpp"
#include "platform/c/json_in.hpp"
#include "platform/c/json_object.hpp"

namespace satchel::abi {

class DraftBuilder {
 public:
  DraftBuilder(const DraftContext& context, bool settles) : context_(context), settles_(settles) {}

  // One change; `pointer` names it in errors.
  Result<> add(const nlohmann::json& change, const std::string& pointer);
  store::Draft& draft() { return parsed_.draft; }
  // Everything added, with the places that the lists need.
  ParsedDraft take();

 private:
  struct Target {
    ScopeId scope;
    const model::Collection* collection = nullptr;
    RecordId record;
    std::string reason;
  };
  // What a list is to look like when the draft is done. Places are given once, at the end: two things that one draft
  // puts behind each other must not land in the same gap by chance.
  struct ListOrder {
    Target target;
    const model::Field* field = nullptr;
    merge::FieldState now;
    std::vector<std::string> wanted;
    std::set<std::string> moved;
  };

  // draft.cpp
  Result<Target> target(JsonObject& object, bool creates);
  Result<ScopeId> scope_of(JsonObject& object, const Target& target);
  Result<const model::Field*> field(const Target& target, const std::string& name, const std::string& place) const;
  void push(const Target& target, model::Op op);
  void push_record_op(const Target& target, model::Action action);
  Result<> fields(const Target& target, JsonObject& object);
  Result<> assign(const Target& target, const model::Field& field, const nlohmann::json& value,
                  const std::string& place);
  Result<> set(const Target& target, JsonObject& object);

  // draft_elements.cpp: sets and lists
  Result<> add_each(const Target& target, const model::Field& field, const nlohmann::json& values,
                    const std::string& place);
  Result<> element(const Target& target, JsonObject& object, model::Action action);
  Result<> item(const Target& target, const model::Field& field, const std::string& id, const nlohmann::json& parts,
                const std::string& place);
  Result<> plain(const Target& target, const model::Field& field, const std::string& id, JsonObject& object,
                 model::Action action);
  Result<merge::FieldState> now(const Target& target, const model::Field& field) const;
  Result<bool> ever_had(const Target& target, const model::Field& field, const std::string& id) const;
  Result<Bytes> value_kept(const Target& target, const model::Field& field, const std::string& id) const;
  Result<std::string> plain_id(const model::Field& field, const nlohmann::json& value, const std::string& place) const;
  Result<std::string> named_element(const model::Field& field, JsonObject& object);

  // draft_text.cpp
  Result<> edit(const Target& target, JsonObject& object);
  Result<> submit(const Target& target, JsonObject& object);

  // draft_lists.cpp: where in a list
  Result<> move(const Target& target, JsonObject& object);
  Result<> order(const Target& target, JsonObject& object);
  Result<std::string> listed_element(const ListOrder& list, const nlohmann::json& given,
                                     const std::string& place) const;
  Result<ListOrder*> list(const Target& target, const model::Field& field);
  Result<> put_where_asked(const Target& target, const model::Field& field, const std::string& id, JsonObject& object);
  Result<> put_last(const Target& target, const model::Field& field, const std::string& id);
  Result<> take_out(const Target& target, const model::Field& field, const std::string& id);
  void push_places();

  const DraftContext& context_;
  const bool settles_;
  ParsedDraft parsed_;
  std::map<model::RecordKey, ScopeId> made_here_;
  std::map<std::pair<model::RecordKey, std::string>, ListOrder> lists_;
};

// RFC 6901.
std::string escaped(std::string_view member);

}  // namespace satchel::abi
