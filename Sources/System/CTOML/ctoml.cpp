#include "ctoml.h"

#include <cstring>
#include <sstream>
#include <string>
#include <toml.hpp>

namespace {

ctoml_place place_of(const toml::value &value) {
    const auto location = value.location();
    return {static_cast<uint32_t>(location.line()), static_cast<uint32_t>(location.column())};
}

void tell(const toml::value &value, const char *key, const ctoml_reader &reader) {
    const ctoml_place place = place_of(value);
    switch (value.type()) {
    case toml::value_t::table:
        reader.begin_table(reader.context, key, place);
        for (const auto &entry : value.as_table()) tell(entry.second, entry.first.c_str(), reader);
        reader.end(reader.context);
        break;
    case toml::value_t::array:
        reader.begin_array(reader.context, key, place);
        for (const auto &element : value.as_array()) tell(element, nullptr, reader);
        reader.end(reader.context);
        break;
    case toml::value_t::string: {
        const std::string &text = value.as_string().str;
        reader.string(reader.context, key, text.data(), text.size(), place);
        break;
    }
    case toml::value_t::integer:
        reader.integer(reader.context, key, value.as_integer(), place);
        break;
    case toml::value_t::boolean:
        reader.boolean(reader.context, key, value.as_boolean(), place);
        break;
    case toml::value_t::floating:
        reader.other(reader.context, key, "a number with a fraction", place);
        break;
    default:
        reader.other(reader.context, key, "a date or time", place);
        break;
    }
}

// The first line says what is wrong; the others repeat the file.
std::string first_line(const char *what) {
    std::string text(what);
    text = text.substr(0, text.find('\n'));
    for (const char *prefix : {"[error] ", "toml::"}) {
        if (text.compare(0, std::strlen(prefix), prefix) == 0) text = text.substr(std::strlen(prefix));
    }
    const auto colon = text.find(": ");
    if (colon != std::string::npos) text = text.substr(colon + 2);
    return text.find_first_not_of(' ') == std::string::npos ? "this is no TOML" : text;
}

}  // namespace

extern "C" int ctoml_parse(
    const char *bytes, size_t count, const ctoml_reader *reader, char *message, size_t message_size, ctoml_place *place) {
    try {
        std::istringstream stream(std::string(bytes, count));
        tell(toml::parse(stream, "configuration"), nullptr, *reader);
        return 0;
    } catch (const toml::exception &error) {
        const auto location = error.location();
        *place = {static_cast<uint32_t>(location.line()), static_cast<uint32_t>(location.column())};
        std::strncpy(message, first_line(error.what()).c_str(), message_size - 1);
    } catch (const std::exception &error) {
        *place = {1, 1};
        std::strncpy(message, first_line(error.what()).c_str(), message_size - 1);
    }
    message[message_size - 1] = '\0';
    return 1;
}
