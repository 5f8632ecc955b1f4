#include <catch2/catch_test_macros.hpp>

#include "platform/codegen/languages.hpp"
#include "platform/codegen/names.hpp"
#include "platform/codegen/source.hpp"
#include "tests/support/text.hpp"

using namespace satchel_codegen;
using satchel::test::has;

namespace {

Model model_with(std::vector<Field> fields) {
  Model model;
  model.version = 7;
  model.collections = {{"note", "", false, false, std::move(fields)}};
  return model;
}

Field field(const std::string& name) {
  Field out;
  out.name = name;
  return out;
}

std::string clash(const Model& model, std::string (*write)(const Model&, const std::string&)) {
  try {
    write(model, "care");
  } catch (const NameClash& said) {
    return said.what();
  }
  return "";
}

}  // namespace

TEST_CASE("names are spelt as each language spells them") {
  CHECK(camel("lone_worker_risk") == "loneWorkerRisk");
  CHECK(pascal("lone_worker_risk") == "LoneWorkerRisk");
  CHECK(upper("none known") == "NONE_KNOWN");
  CHECK(snake("2nd call") == "_2nd_call");
  CHECK(camel("a__b") == "aB");
}

TEST_CASE("two fields that a language would spell alike are named, both") {
  const Model model = model_with({field("a_b"), field("a__b")});
  const std::string said = clash(model, write_kotlin);
  CHECK(has(said, "\"a_b\""));
  CHECK(has(said, "\"a__b\""));
  CHECK(has(write_cpp(model, "care"), "a__b;"));  // there they differ
}

TEST_CASE("a field of the name of something generated is refused by name") {
  CHECK(has(clash(model_with({field("unsent")}), write_cpp), "\"unsent\" would be called unsent"));
  CHECK(has(clash(model_with({field("is_unsent")}), write_kotlin), "\"is_unsent\" would be called isUnsent"));
  CHECK(has(clash(model_with({field("put_away")}), write_swift), "\"put_away\" would be called putAway"));
}

TEST_CASE("a keyword as a field's name is written so that it compiles") {
  const Model model = model_with({field("class"), field("when")});
  CHECK(has(write_cpp(model, "care"), "class_;"));
  CHECK(has(write_kotlin(model, "care"), "public val `class`: String?"));
  CHECK(has(write_kotlin(model, "care"), "public val `when`: String?"));
  CHECK(has(write_swift(model, "care"), "public let `class`: String?"));
  CHECK(has(write_swift(model, "care"), "public let when: String?"));
}

TEST_CASE("words of the schema cannot end a comment or a literal") {
  CHECK(quoted("say \"no\" for $5\\", "\\$") == R"("say \"no\" for \$5\\")");
  Source source(2);
  source.comment("//", "one */ two\n#error three /* four");
  CHECK(has(source.text(), "one * / two #error three / * four"));
}
