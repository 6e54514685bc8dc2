// What a program leaves to the one that goes on in its place, as text: the body of its luggage
// (passage.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/chronicle.hpp"
#include "app/clock.hpp"
#include "app/delivery.hpp"
#include "app/reloader.hpp"
#include "app/snapshot.hpp"
#include "base/result.hpp"

namespace app {

struct Succession {
    Reloader::Ticket ticket = 0;  // of the reload that led to it, which is still to be done
    std::vector<config::Source> sources{};  // of the configuration in force
    std::string hash{};                     // of the same
    Time started{};                         // the first program
    Snapshot engine{};
    Chronicle::Standing events{};
};

std::string text_of(const Succession& succession);
// An error says what is wrong with it, such as a version that is not known here.
base::Result<Succession> succession_in(std::string_view text);

}  // namespace app
