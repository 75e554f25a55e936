// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "output.hpp"

namespace cli {
namespace {

/// Made from the library's own table, so that it cannot say anything else.
std::string exit_codes_help() {
  std::map<int, std::string> names;
  for (int i = 0; i <= static_cast<int>(ex::ErrorKind::cancelled); ++i) {
    const auto kind = static_cast<ex::ErrorKind>(i);
    names[exit_code(kind)] += ' ' + std::string(to_string(kind));
  }
  std::string help = "Exit codes, by the error's kind:\n  0    done\n";
  for (const auto& [code, kinds] : names) {
    const std::string number = std::to_string(code);
    help += "  " + number + std::string(4 - number.size(), ' ') + kinds + '\n';
  }
  return help;
}

std::string footer() {
  return "Environment:\n"
         "  MOVIO_CLIENT_ID, MOVIO_CLIENT_SECRET   the credentials, unless they come from a file or directory\n"
         "  MOVIO_REGION                           eu or us, unless an option names the region or both URLs\n"
         "  MOVIO_ISSUER_URL, MOVIO_API_URL        both URLs, in place of a region\n"
         "  MOVIO_TOKEN_STORE                      the token store, unless --token-store names it\n"
         "  MOVIO_REDIS_PASSWORD                   its password, or MOVIO_REDIS_PASSWORD_FILE: a file that holds it\n"
         "  MOVIO_CA_FILE, SSL_CERT_FILE           the CA file, unless --ca-file names it\n"
         "  HTTPS_PROXY, ALL_PROXY, NO_PROXY       as libcurl reads them; loopback goes past any proxy\n\n" +
         exit_codes_help() +
         "Errors are one line on standard error: exhibitor: <kind>: <message>\n"
         "What the API says of them, and why a record was rejected, is told in further lines there. These may hold\n"
         "personal data.";
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--region", options.region, "eu or us; there is no default")->type_name("REGION");
  app.add_option("--issuer-url", options.issuer_url, "token endpoint, together with --api-url")->type_name("URL");
  app.add_option("--api-url", options.api_url, "the API, which is also the token's audience")->type_name("URL");
  app.add_option("--ca-file", options.ca_file, "PEM file of the CAs to trust, instead of the system's")
      ->type_name("FILE");
  app.add_option("--client-auth", options.client_auth,
                 "how the issuer gets the credentials: basic (the default) or post")
      ->type_name("STYLE");
  app.add_option("--scope", options.scope, "space separated scopes to ask for")->type_name("SCOPE");
  app.add_option("--credentials-file", options.credentials_file, "JSON file with client_id and client_secret")
      ->type_name("FILE");
  app.add_option("--credentials-dir", options.credentials_dir, "directory with the files client_id and client_secret")
      ->type_name("DIR");
  app.add_flag("--credentials-any-user", options.credentials_any_user,
               "accept such files although every user of this machine can read or change them")
      ->disable_flag_override();
  app.add_option(
         "--token-store", options.token_store,
         "where runs share their token, sealed: file (the default: below the user's cache directory), file:DIR, "
         "redis://[USER@]HOST[:PORT][/DB], rediss://... or none")
      ->type_name("STORE");
  app.add_option("--timeout", options.timeout, "for a whole call, its token included; 120 by default")
      ->type_name("SECONDS");
  app.add_flag("--allow-http", options.allow_http, "accept plain http, to a loopback host only")
      ->disable_flag_override();
  app.add_flag("--verbose", options.verbose, "tell what happens on standard error")->disable_flag_override();
}

CLI::App* add_command(CLI::App& app, Options& options, Command command, const char* name, const char* description) {
  CLI::App* const added = app.add_subcommand(name, description);
  added->callback([&options, command] { options.command = command; });
  return added;
}

void add_resource(CLI::App* command, Options& options) {
  command->add_option("RESOURCE", options.resource, "cinemas, films, items, tickets, members or transactions")
      ->required()
      ->type_name("");
}

/// CLI11 takes an empty text for a number that was not given.
template <class Number>
void add_number(CLI::App* command, const char* name, Number& number, const char* description) {
  const auto problem = [](const std::string& text) { return text.empty() ? "a number is missing" : std::string(); };
  command->add_option(name, number, description)->type_name("N")->check(problem);
}

void add_bulk_options(CLI::App* command, Options& options) {
  add_number(command, "--in-flight", options.in_flight, "requests at a time; 8 by default");
  add_number(command, "--max-rejects", options.max_rejects, "stop beyond so many; 1000 by default");
  command->add_option("--rejects", options.rejects, "put down what was rejected, and why, as NDJSON; not -")
      ->type_name("FILE");
  command->add_option("--journal", options.journal, "put down what is done; the same command resumes from it; not -")
      ->type_name("FILE");
  command->add_flag("--no-progress", options.no_progress, "show nothing meanwhile")->disable_flag_override();
}

void add_commands(CLI::App& app, Options& options) {
  CLI::App* const token = add_command(app, options, Command::token, "token", "Get a token and describe it in JSON");
  token->add_flag("--show", options.show, "with the access token itself, which cannot be revoked")
      ->disable_flag_override();
  CLI::Option* const forget =
      token->add_flag("--forget", options.forget, "instead, remove the token of these credentials from the store")
          ->disable_flag_override()
          ->excludes("--show");
  token->add_flag("--all", options.all, "with --forget: those of all credentials, for example after a leak")
      ->disable_flag_override()
      ->needs(forget);

  CLI::App* const request =
      add_command(app, options, Command::request, "request", "Send a request, print the answer's body");
  request->add_option("METHOD", options.method, "GET, PUT, POST, PATCH, DELETE")->required()->type_name("");
  request->add_option("PATH", options.path, "for example /members")->required()->type_name("");
  request->add_option("--data", options.data, "the body, or a file that holds it; @- is standard input")
      ->type_name("JSON|@FILE");

  CLI::App* const upload = add_command(app, options, Command::upload, "upload",
                                       "Create or replace the records of an NDJSON file. A record that exists is "
                                       "replaced as a whole: a field that is absent is erased");
  add_resource(upload, options);
  upload->add_option("FILE", options.file, "a record on each line; - is standard input")->required()->type_name("");
  add_number(upload, "--batch-size", options.batch_size, "records in a request; 5000 by default");
  add_bulk_options(upload, options);

  CLI::App* const subscriptions =
      add_command(app, options, Command::subscriptions, "subscriptions", "Replace all the subscriptions of a member");
  subscriptions->add_option("MEMBER_ID", options.id, "the member's id, as it is")->required()->type_name("");
  subscriptions->add_option("FILE", options.file, "a JSON array; - is standard input")->required()->type_name("");

  add_command(app, options, Command::categories, "categories",
              "Print what members can subscribe to, a JSON object on each line");

  CLI::App* const remove = add_command(app, options, Command::remove, "delete",
                                       "Delete a record, or many. This is a soft delete: Movio keeps history");
  add_resource(remove, options);
  remove->add_option("ID", options.id, "the record's id, as it is")->type_name("");
  remove->add_option("--ids", options.file, "file with an id on each line, as it is; - is standard input")
      ->type_name("FILE")
      ->excludes("ID");
  add_bulk_options(remove, options);

  add_command(app, options, Command::check, "check",
              "Examine configuration, proxy, TLS, clock, token and API; writes nothing");
}

/// How many letters must be put in, left out or replaced to make one word of the other (Levenshtein's distance).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// " (did you mean X?)" of the name that is spelled most alike; empty when none is.
std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  const auto nearer = [word](const auto& a, const auto& b) { return distance(word, a) < distance(word, b); };
  const auto nearest = std::min_element(names.begin(), names.end(), nearer);
  constexpr std::size_t most = 2;
  if (nearest == names.end() || distance(word, *nearest) > most) return {};
  return " (did you mean " + *nearest + "?)";
}

std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  std::string list;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    list += (list.empty() ? "" : ", ") + names.back();
  }
  return "there is no command" + if_plain(word) + suggestion(word, names) + "; the commands are " + list;
}

std::string unknown_option(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  const auto add = [&names](const CLI::App& of) {
    for (const CLI::Option* option : of.get_options()) {
      if (option->get_name().compare(0, 2, "--") == 0) names.push_back(option->get_name());
    }
  };
  add(app);
  for (const CLI::App* command : app.get_subcommands()) add(*command);
  return "there is no option " + name + " here" + suggestion(name, names);
}

/// What is wrong with the arguments that belong to nothing.
std::string problem_of(const CLI::App& app, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument.size() < 2 || argument.front() != '-') continue;
    const bool is_long = argument[1] == '-';
    return unknown_option(app, is_long ? argument.substr(0, argument.find('=')) : argument.substr(0, 2));
  }
  return app.get_subcommands().empty() ? unknown_command(app, arguments.front()) : "an argument too many, or unknown";
}

/// The option that an error is about; empty when that is unknown.
std::string option_in(std::string_view text) {
  const auto begin = text.find("--");
  if (begin == std::string_view::npos) return {};
  return ' ' + std::string(text.substr(begin, text.find_first_of(" =:", begin) - begin));
}

/// What CLI11 says, but for the errors whose text quotes values.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  const bool lacks_command = app.get_subcommands().empty();
  std::string problem = error.what();
  if (!unknown.empty() && (lacks_command || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)) {
    problem = problem_of(app, unknown);
  } else if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    problem = "the value of the option" + option_in(problem) + " is not acceptable";
  } else if (lacks_command && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    problem = "a command is missing";
  }
  return problem + "; see exhibitor --help";
}

ex::Result<Options> parse(CLI::App& app, Options& options, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    options.text = std::string("exhibitor ") + ex::version + '\n';
    options.command = Command::print;
  } catch (const CLI::CallForHelp&) {
    options.text = app.get_formatter()->make_help(&app, "exhibitor", CLI::AppFormatMode::All);  // of all commands
    options.command = Command::print;
  } catch (const CLI::ParseError& error) {
    return failure(ex::ErrorKind::invalid_argument, usage_problem(app, error));
  }
  return std::move(options);
}

}  // namespace

ex::Result<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app("Gets tokens from Movio's issuer and calls the Movio Exhibitor API.", "exhibitor");
  app.fallthrough();  // before the commands are added: they inherit it, and options may then follow them
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string());
  app.footer(footer());
  app.get_formatter()->column_width(36);
  add_options(app, options);
  add_commands(app, options);
  return parse(app, options, argc, argv);
}

}  // namespace cli
