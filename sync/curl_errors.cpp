#include "sync/curl_errors.hpp"

#include <string>

namespace satchel::sync {
namespace {

bool mentions(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

constexpr std::string_view kNothingSent = " Nothing was sent.";

std::string until(const std::optional<SeenCertificate>& seen) {
  if (!seen || seen->info.valid_until.empty()) return {};
  return ", valid until " + seen->info.valid_until;
}

std::string issued_by(const std::optional<SeenCertificate>& seen) {
  return seen && !seen->issuer.empty() ? " (issued by " + seen->issuer + until(seen) + ")" : std::string{};
}

std::string pin_mismatch(std::string_view host, const std::optional<SeenCertificate>& seen,
                         const std::vector<std::string>& pins) {
  std::string words = "The server at " + std::string(host) + " has a key that this app does not know";
  if (seen) words += ": " + seen->info.pin + until(seen);
  words += ". This app accepts only";
  for (size_t i = 0; i < pins.size(); ++i) words += (i == 0 ? " " : " or ") + pins[i];
  words += ". If you are on a guest network, use another one. If it goes on, update the app or tell your office.";
  return words;
}

}  // namespace

std::optional<SeenCertificate> seen_certificate(CURL* easy) {
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr || chain->num_of_certs < 1) {
    return std::nullopt;
  }
  SeenCertificate seen;
  bool found = false;
  for (const curl_slist* line = chain->certinfo[0]; line != nullptr; line = line->next) {
    const std::string_view text = line->data;
    const auto value = [&](std::string_view name) { return std::string(text.substr(name.size())); };
    if (text.starts_with("Subject:")) seen.subject = value("Subject:");
    if (text.starts_with("Issuer:")) seen.issuer = value("Issuer:");
    if (text.starts_with("X509v3 Subject Alternative Name:")) seen.names = value("X509v3 Subject Alternative Name:");
    if (!text.starts_with("Cert:")) continue;
    if (auto info = certificate_info(text.substr(5))) {
      seen.info = std::move(*info);
      found = true;
    }
  }
  if (!found) return std::nullopt;
  return seen;
}

std::string failure_detail(CURL* easy, CURLcode code, std::string_view buffer) {
  if (code != CURLE_PEER_FAILED_VERIFICATION || mentions(buffer, "certificate") || mentions(buffer, "SSL"))
    return std::string(buffer);
  long verified = 0;
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
  switch (verified) {  // OpenSSL's X509_V_ERR_...
    case 0:
    case 1:  // the chain is good, or libcurl stopped at the name before it asked
      return "SSL: the certificate is for another host name";
    case 9: return "SSL: the certificate is not yet valid";
    case 10: return "SSL: the certificate has expired";
    default: return "SSL: the certificate is not trusted (" + std::to_string(verified) + ")";
  }
}

bool is_certificate_failure(CURLcode code, std::string_view detail) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH ||
         code == CURLE_SSL_INVALIDCERTSTATUS || code == CURLE_SSL_ISSUER_ERROR ||
         (code == CURLE_SSL_CONNECT_ERROR && mentions(detail, "certificate"));
}

Error certificate_error(CURLcode code, std::string_view host, std::string_view detail,
                        const std::optional<SeenCertificate>& seen, const std::vector<std::string>& pins) {
  const std::string name(host);
  std::string words;
  if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH) {
    words = pin_mismatch(host, seen, pins);
  } else if (mentions(detail, "expired")) {
    words =
        "The certificate of " + name + " has expired" +
        (seen ? ": it was valid until " + seen->info.valid_until : std::string{}) +
        ". Check this tablet's date first. If the date is right, tell your office: the certificate must be renewed.";
  } else if (mentions(detail, "not yet valid")) {
    words = "The certificate of " + name + " is not valid yet" +
            (seen ? ": it starts on " + seen->info.valid_from : std::string{}) +
            ". Check this tablet's date. If the date is right, tell your office.";
  } else if (mentions(detail, "subject name") || mentions(detail, "host name")) {
    words = "The server that answered for " + name + " has a certificate for another address" +
            (seen && !(seen->names + seen->subject).empty()
                 ? " (" + (seen->names.empty() ? seen->subject : seen->names) + until(seen) + ")"
                 : std::string{}) +
            ". If you are on a guest network, sign in to it or use another one. Otherwise tell your office.";
  } else {
    words = "This tablet does not trust the certificate of " + name + issued_by(seen) +
            ". If you are on a guest network, sign in to it or use another one. Otherwise tell your office.";
  }
  return make_error(Code::certificate, words + std::string(kNothingSent), std::string(detail));
}

Error transfer_error(CURLcode code, std::string_view host, std::string_view detail) {
  const std::string name(host);
  const auto network = [&](const std::string& words) { return make_error(Code::network, words, std::string(detail)); };
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return network("The central store (" + name + ") cannot be found from this network.");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return network("The proxy of this network cannot be found.");
    case CURLE_COULDNT_CONNECT:
      return network("The central store (" + name + ") cannot be reached.");
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(Code::timeout, "The connection was too slow or stood still.", std::string(detail));
    case CURLE_SSL_CACERT_BADFILE:
      return make_error(Code::invalid, "The file with trusted certificates cannot be read.", "ca_file");
    case CURLE_SSL_CONNECT_ERROR:
      if (mentions(detail, "protocol version") || mentions(detail, "unsupported protocol")) {
        return make_error(
            Code::certificate,
            "The server at " + name + " only offers encryption that is too old to be safe. Nothing was sent.",
            std::string(detail));
      }
      if (mentions(detail, "wrong version number")) {
        return network("What answered at " + name +
                       " does not speak securely. This network may want you to sign in first.");
      }
      return network("The connection to the central store broke while it was being secured.");
    default:
      return network("The connection to the central store broke.");
  }
}

}  // namespace satchel::sync
