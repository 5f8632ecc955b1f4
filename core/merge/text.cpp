// text: merged by the character (core/merge/text). The heads are the ops that no other op on the text saw; they say who
// wrote last, and who has not seen whom.
#include <algorithm>
#include <map>

#include "core/merge/kinds.hpp"
#include "core/merge/text/history.hpp"
#include "proto/codec.hpp"

namespace satchel::merge {
namespace {

// Whose words they are: a release brings back another one's.
const std::string& writer(const model::Header& header) {
  return header.origin ? header.origin->worker : header.worker;
}

bool one_worker(const Heads& heads) {
  return std::all_of(heads.begin(), heads.end(), [&](const Head* head) { return head->worker == heads[0]->worker; });
}

// What each person has, with all that they saw; the newest writer first. `heads`: newest first.
Resolved side_by_side(const text::Document& document, const Heads& heads) {
  struct Written {
    model::Version own;                           // with all that the replica wrote before, others have seen that or not
    std::vector<model::Version::Entry> releases;  // the centre's replica writes for many
  };
  std::map<std::string, Written> written;
  for (const Head* head : heads) {
    Written& by = written[head->worker];
    if (head->author == model::Author::worker) {
      by.own.raise(head->replica, head->counter);
    } else {
      by.releases.emplace_back(head->replica, head->counter);
    }
  }
  text::History history(document);
  auto made = std::make_shared<std::vector<Head>>();
  for (const Head* head : heads) {
    const auto mine = written.find(head->worker);
    if (mine == written.end()) continue;
    made->push_back(with_text(*head, history.text_at(mine->second.own, mine->second.releases)));
    written.erase(mine);
  }
  Resolved resolved;
  for (const Head& head : *made) resolved.standing.push_back(&head);
  const bool same = std::all_of(made->begin(), made->end(), [&](const Head& head) { return head.value == made->front().value; });
  if (!same) resolved.rule = Rule::all_kept;
  resolved.decide = !same;
  resolved.made = std::move(made);
  return resolved;
}

}  // namespace

Result<> text_fits(const FieldState& field, const model::Header& header) {
  const auto readable = field.text.open();
  if (!readable.ok()) return make_error(Code::protocol, readable.error().message, field.name);
  const text::Document* const document = field.text.look();
  if (document == nullptr || document->graph().may_come(header.id.replica, header.id.counter)) return {};
  return make_error(Code::protocol, "The history of a text holds something that was written later.", field.name);
}

void merge_text(FieldState& field, const Arrival& arrival) {
  const model::Header& header = arrival.header();
  const auto value = proto::decode_value(arrival.op.value);
  const auto* edits = value.ok() ? std::get_if<model::TextEdits>(&*value) : nullptr;
  text::Incoming incoming;
  incoming.replica = arrival.id().replica;
  incoming.counter = arrival.id().counter;
  incoming.worker = writer(header);
  incoming.shown = &header.shown;
  if (edits != nullptr) incoming.edits = edits->edits;
  if (header.origin) incoming.also = header.origin->saw;
  const bool submits = arrival.op.action == model::Action::submit;
  text::Document& document = field.text.change();
  // What changes nothing has an event only where its transaction has none here yet.
  const bool there = document.graph().includes(incoming.replica, incoming.counter);
  if (!incoming.edits.empty() || !there) document.apply(incoming);
  erase_seen(field.heads, arrival);
  std::erase_if(field.heads, [&](const Head& head) {
    return std::find(incoming.also.begin(), incoming.also.end(), model::Version::Entry(head.replica, head.counter)) !=
           incoming.also.end();
  });
  Head head = arrival.head();
  head.value.clear();
  insert(field.heads, std::move(head));
  if (submits) note_submit(field, arrival);
}

Resolved resolve_text(const FieldState& state, const model::Field* field) {
  if (!state.submits.empty()) return resolve_submitted(state);
  Heads heads;
  for (const Head& head : state.heads) heads.push_back(&head);
  Resolved resolved;
  if (heads.empty()) return resolved;
  sort_newest_first(heads);
  const bool alone = one_worker(heads);
  const text::Document* document = heads.size() < 2 ? nullptr : state.text.look();
  const bool apart = !alone && field != nullptr && field->between_people_keep_all;
  if (document != nullptr && apart) return side_by_side(*document, heads);
  auto made = std::make_shared<std::vector<Head>>();
  made->push_back(with_text(*heads.front(), state.text.plain()));
  if (document != nullptr) resolved.sentences = shared_sentences(*document);
  if (!resolved.sentences.empty()) {
    resolved.rule = Rule::same_sentence;
    text::History history(*document);
    for (size_t i = 1; i < heads.size(); ++i) {  // as each of the others left it
      const model::Version::Entry written(heads[i]->replica, heads[i]->counter);
      made->push_back(with_text(*heads[i], history.text_at({}, {&written, 1})));
    }
  }
  resolved.standing.push_back(&made->front());
  for (size_t i = 1; i < made->size(); ++i) resolved.others.push_back(&(*made)[i]);
  resolved.made = std::move(made);
  return resolved;
}

std::string text_at(const FieldState& state, const model::Version& shown) {
  const bool all = std::all_of(state.heads.begin(), state.heads.end(),
                               [&](const Head& head) { return shown.includes(head.replica, head.counter); });
  const text::Document* document = all ? nullptr : state.text.look();
  if (document == nullptr) return state.text.plain();
  return text::History(*document).text_at(shown);
}

}  // namespace satchel::merge
