#include "core/merge/words.hpp"

namespace satchel::merge {
namespace {

struct Words {
  std::string_view english, welsh;
};

constexpr Words of_rule(Rule rule) {
  switch (rule) {
    case Rule::only_one:
      return {"Nobody else changed this at the same time.", "Ni newidiodd neb arall hwn yr un pryd."};
    case Rule::latest:
      return {"Two people changed this. The newest change is shown, the other one is kept for you to see.",
              "Newidiodd dau berson hwn. Mae'r newid diweddaraf i'w weld, a chedwir y llall i chi ei weld."};
    case Rule::all_kept:
      return {"More than one person wrote here. Everything is kept. Please choose when you can.",
              "Ysgrifennodd mwy nag un person yma. Mae popeth wedi'i gadw. Dewiswch pan allwch chi."};
    case Rule::highest:
      return {
          "People wrote different things here. "
          "The more serious one is shown, the other one is kept for you to see.",
          "Ysgrifennodd pobl bethau gwahanol yma. "
          "Mae'r un mwyaf difrifol i'w weld, a chedwir y llall i chi ei weld."};
    case Rule::precedence:
      return {
          "Two different things were recorded. "
          "The one that counts more is shown, the other one is kept for you to see.",
          "Cofnodwyd dau beth gwahanol. Mae'r un sy'n cyfrif fwyaf i'w weld, a chedwir y llall i chi ei weld."};
    case Rule::states_differ:
      return {"Two different things were recorded. Both are kept. Please choose one when you can.",
              "Cofnodwyd dau beth gwahanol. Mae'r ddau wedi'u cadw. Dewiswch un pan allwch chi."};
    case Rule::first_sent:
      return {"This was sent in more than once. The first one counts, the other one is kept for you to see.",
              "Anfonwyd hwn fwy nag unwaith. Yr un cyntaf sy'n cyfrif, a chedwir y llall i chi ei weld."};
    case Rule::centre_writes:
      return {"Only the office can change this. What the office wrote is shown.",
              "Dim ond y swyddfa all newid hwn. Yr hyn a ysgrifennodd y swyddfa sydd i'w weld."};
    case Rule::element_kept:
      return {"One person took this out while another was still working on it. It stays, so that nothing is lost.",
              "Tynnodd un person hwn allan tra oedd un arall yn dal i weithio arno. Mae'n aros, fel na chollir dim."};
    case Rule::moved:
      return {"Two people moved this. It stands where it was moved last.",
              "Symudodd dau berson hwn. Mae'n sefyll lle cafodd ei symud ddiwethaf."};
    case Rule::same_sentence:
      return {"A sentence was changed in two places at once. Both changes are in it. Please read it through.",
              "Newidiwyd brawddeg mewn dau le ar unwaith. Mae'r ddau newid ynddi. Darllenwch hi."};
    case Rule::submitted:
      return {"This was sent in, so it stays as it is. What others wrote is kept, and goes into a new draft.",
              "Anfonwyd hwn, felly mae'n aros fel y mae. Cedwir yr hyn a ysgrifennodd eraill, mewn drafft newydd."};
    case Rule::presence_kept:
      return {"One person removed this while another was still working on it. It stays, so that nothing is lost.",
              "Tynnodd un person hwn tra oedd un arall yn dal i weithio arno. Mae'n aros, fel na chollir dim."};
  }
  return {};
}

}  // namespace

std::optional<Language> language_of(std::string_view tag) {
  const std::string_view primary = tag.substr(0, tag.find('-'));
  if (primary == "en") return Language::english;
  if (primary == "cy") return Language::welsh;
  return std::nullopt;
}

std::string_view rule_words(Rule rule, Language language) {
  const Words words = of_rule(rule);
  return language == Language::welsh ? words.welsh : words.english;
}

}  // namespace satchel::merge
