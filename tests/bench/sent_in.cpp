// Notes that were typed and sent in: what their histories cost beside the words, for ever.
#include "core/log/packing.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/shared.hpp"
#include "tests/bench/typed_notes.hpp"

namespace satchel::bench {
namespace {

class SentIn final : public Measurement {
 public:
  explicit SentIn(const Surroundings& around) : world_(around.shared->caseload()) {
    write_and_send_in(around.scale.typed_notes);
    title = std::to_string(notes_.size()) + " notes of the caseload typed in " + std::to_string(saves_) +
            " saves with corrections, and sent in";
    baseline = "their words";
  }

  std::vector<Figure> round(const std::filesystem::path&) override {
    const auto reader = must(world_.tablet().store->reader());
    uint64_t with = 0, without = 0;
    for (const RecordId& note : notes_) {
      merge::RecordState state = must(reader->record("visit_note", note)).value().state;
      with += log::pack(merge::encode(state)).size();
      for (merge::FieldState& field : state.fields) field.text = merge::TextState(field.text.plain(), {});
      without += log::pack(merge::encode(state)).size();
    }
    const auto each = [&](uint64_t bytes) { return static_cast<double>(bytes) / static_cast<double>(notes_.size()); };
    return {{.what = "a record at rest", .unit = "bytes", .value = each(with), .baseline = each(words_)},
            {.what = "- of it the text's history", .unit = "bytes", .value = each(with - without),
             .baseline = each(words_)}};
  }

 private:
  void write_and_send_in(size_t most) {
    const auto reader = must(world_.tablet().store->reader());
    SeededRandom random(1);
    for (const std::string& body : note_bodies(most)) {
      const RecordId note{random_128(random)};
      const std::string& scope = world_.cases()[notes_.size() % world_.cases().size()].scope;
      const auto change = [&](const char* action, nlohmann::json more) {
        more.update({{"action", action}, {"collection", "visit_note"}, {"record", note.text()}});
        write(world_.tablet(), *reader, {{"changes", {std::move(more)}}});
      };
      change("create", {{"scope", scope}});
      for (auto& edits : typed_saves(body, random)) {
        change("edit", {{"field", "body"}, {"edits", std::move(edits)}});
        ++saves_;
      }
      change("submit", {{"field", "body"}});
      notes_.push_back(note);
      const merge::RecordState state = must(reader->record("visit_note", note)).value().state;
      expect(state.field("body")->text.plain() == body, "a typed note is not what was typed");
      words_ += body.size();
    }
    world_.sync();
  }

  // The first ones of the caseload, with more than a few words.
  std::vector<std::string> note_bodies(size_t most) const {
    std::vector<std::string> bodies;
    for (const nlohmann::json* commit : world_.commits()) {
      for (const auto& change : commit->at("changes")) {
        if (change.value("collection", "") != "visit_note" || change.at("action") != "create") continue;
        const std::string body = change.at("fields").value("body", "");
        if (body.size() > 200 && bodies.size() < most) bodies.push_back(body);
      }
    }
    return bodies;
  }

  CaseloadWorld& world_;
  std::vector<RecordId> notes_;
  uint64_t words_ = 0, saves_ = 0;
};

}  // namespace

std::unique_ptr<Measurement> prepare_sent_in(const Surroundings& around) { return std::make_unique<SentIn>(around); }

}  // namespace satchel::bench
