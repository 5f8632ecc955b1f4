#include <memory>

#include "platform/cli/commands.hpp"

namespace satchel_cli {
namespace {

// What the shell offers after `name`: its options, from the command line's own description.
std::string words_of(const CLI::App& command) {
  std::string words;
  const auto take = [&words](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
    }
  };
  take(command);
  for (const CLI::App* group : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (group->get_name().empty()) take(*group);
  }
  return words;
}

std::string bash_script(const CLI::App& app) {
  std::string names, cases;
  const std::string everywhere = words_of(app);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name().empty()) continue;
    names += command->get_name() + " ";
    cases += "      " + command->get_name() + ") words='" + words_of(*command) + everywhere + "' ;;\n";
  }
  return "# bash completion of satchel: source it, or put it where your shell looks for completions.\n"
         "_satchel() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" words='' word\n"
         "  COMPREPLY=()\n"
         "  case \"$previous\" in\n"
         "    --store|--schema|--ca-file|--token-file|--output|--copy)\n"
         "      COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
         "    completion) COMPREPLY=($(compgen -W bash -- \"$current\")); return ;;\n"
         "  esac\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$word\" in\n" +
         cases +
         "    esac\n"
         "    [ -n \"$words\" ] && break\n"
         "  done\n"
         "  [ -z \"$words\" ] && words='" + names + everywhere + "'\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _satchel satchel\n";
}

}  // namespace

void add_completion_command(CLI::App& app, Global&) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = add_command(app, "completion", "Prints the script that lets your shell complete commands",
                                  "source <(satchel completion bash)");
  command->add_option("shell", *shell, "bash")->required()->check(CLI::IsMember({"bash"}));
  // The option writes into `shell` while the line is parsed: the callback keeps it alive until then.
  command->callback([&app, shell] { std::cout << bash_script(app); });
}

}  // namespace satchel_cli
