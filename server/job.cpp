#include "server/job.hpp"

namespace satchel::server {
namespace {

constexpr uint32_t retry_after_s = 5;

struct Answer {
  int status;
  const char* word;
};
Answer answer_for(Code code) {
  switch (code) {
    case Code::sign_in:
      return {401, "sign_in"};
    case Code::permission:
      return {403, "permission"};
    case Code::wrong_owner:
      return {409, "replica_taken"};
    case Code::limit:
      return {413, "too_large"};
    case Code::protocol:
    case Code::invalid:
      return {400, "protocol"};
    case Code::not_found:
      return {404, "not_found"};
    case Code::newer_format:
      return {426, "protocol_version"};
    case Code::busy:
    case Code::disk_full:
    case Code::io:
    case Code::closed:
      return {503, "unavailable"};
    default:
      return {500, "internal"};
  }
}

}  // namespace

Result<> decode_pushes(Job& job) {
  for (size_t i = 0; i < job.sync.push.size(); ++i) {
    const proto::Push& push = job.sync.push[i];
    if (push.sealed) {  // what is in it shows when it is opened
      job.pushes.push_back({push.sealed->content, std::nullopt});
      continue;
    }
    Push next{push.offer ? BytesView(push.offer->entry.bytes) : BytesView(push.transaction), std::nullopt};
    if (!push.offer || push.offer->entry.slot == model::Slot::content) {
      auto decoded = proto::decode_transaction(job.session.organisation, next.bytes);
      if (!decoded.ok()) {
        const std::string place = "push[" + std::to_string(i) + "] " + decoded.error().place;
        return make_error(Code::protocol, decoded.error().message, place);
      }
      next.decoded = std::move(decoded).value();
    }
    job.pushes.push_back(std::move(next));
  }
  return {};
}

proto::Verdict too_much(const proto::Push& push, const Push& decoded) {
  proto::Verdict verdict;
  verdict.kind = proto::VerdictKind::not_yet;
  verdict.id = push.offer ? push.offer->entry.id : decoded.decoded->transaction.header.id;
  if (push.offer) verdict.id.scope = push.offer->scope;
  return verdict;
}

void fail(Job& job, const Error& error, Logger& logger) {
  if (job.kind == Job::Kind::done) return;
  const Answer answer = answer_for(error.code);
  job.kind = Job::Kind::done;
  job.reply.status = answer.status;
  job.reply.park_ms = 0;
  job.reply.retry_after_s = answer.status == 503 ? retry_after_s : 0;
  // What went wrong inside is for the log; a person is told what to do.
  const bool inside = answer.status >= 500;
  const std::string message =
      inside ? "The central store cannot answer at the moment. It will be tried again." : error.message;
  job.reply.body = proto::encode(proto::Failure{answer.word, message, job.reply.retry_after_s});
  logger.log(inside ? LogLevel::error : LogLevel::info, "request_refused",
             {{"code", std::string(code_name(error.code))},
              {"status", std::to_string(answer.status)},
              {"what", inside ? error.message : ""},
              {"replica", job.reply.replica}});
}

}  // namespace satchel::server
