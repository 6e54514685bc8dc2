// The kinds of events, and the catalog and the manual page that explain each of them.
#include "base/event.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using base::EventKind;

namespace {

bool is_identifier(std::string_view text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::map<std::string, std::string> ids_by_name() {
    std::map<std::string, std::string> ids;
    for (const EventKind kind : base::all_event_kinds()) ids.emplace(name_of(kind), id_of(kind));
    return ids;
}

// The entries of the catalog, by identifier: all that stands below its heading.
std::map<std::string, std::string> catalog() {
    std::ifstream file{"systemd/tandem.catalog"};
    std::map<std::string, std::string> entries;
    std::string id;
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("-- "))
            id = line.substr(3);
        else if (!id.empty())
            entries[id] += line + "\n";
    return entries;
}

// What tandemd(8) lists: ".It Li NAME" and then ".Li ID".
std::map<std::string, std::string> manual() {
    constexpr std::string_view heading = ".It Li ";
    std::ifstream file{"man/tandemd.8"};
    std::map<std::string, std::string> ids;
    for (std::string line, next; std::getline(file, line);)
        if (line.starts_with(heading) && std::getline(file, next) && next.starts_with(".Li "))
            ids.emplace(line.substr(heading.size()), next.substr(4));
    return ids;
}

}  // namespace

TEST_GROUP(EventKinds){};

TEST(EventKinds, EachHasANameAndAnIdentifierOfItsOwn) {
    std::set<std::string_view> names;
    std::set<std::string_view> ids;
    for (const EventKind kind : base::all_event_kinds()) {
        names.insert(name_of(kind));
        ids.insert(id_of(kind));
        CHECK(is_identifier(id_of(kind)));
        CHECK(base::event_kind_called(name_of(kind)) == kind);
    }
    LONGS_EQUAL(base::event_kind_count, names.size());
    LONGS_EQUAL(base::event_kind_count, ids.size());
    CHECK_FALSE(base::event_kind_called("nonsense").has_value());
}

// Alarms and filters of users know them.
TEST(EventKinds, AnIdentifierNeverChanges) {
    STRCMP_EQUAL("2ea97e0febef4f92a143918a2a6cfd5e",
                 std::string{id_of(EventKind::state_changed)}.c_str());
    STRCMP_EQUAL("90b9c8025dab4dcdb04b76acdc0ddb09",
                 std::string{id_of(EventKind::check_failed)}.c_str());
}

TEST(EventKinds, TheCatalogExplainsEachAndNothingElse) {
    const auto entries = catalog();
    LONGS_EQUAL(base::event_kind_count, entries.size());
    for (const EventKind kind : base::all_event_kinds()) {
        const auto entry = entries.find(std::string{id_of(kind)});
        CHECK_TEXT(entry != entries.end(), std::string{name_of(kind)}.c_str());
        CHECK_TEXT(entry->second.starts_with("Subject: "), entry->second.c_str());
        const auto body = entry->second.find("\n\n");
        CHECK_TEXT(body != std::string::npos && entry->second.size() > body + 40,
                   entry->second.c_str());
    }
}

TEST(EventKinds, TheManualListsEachWithItsIdentifier) { CHECK(manual() == ids_by_name()); }
