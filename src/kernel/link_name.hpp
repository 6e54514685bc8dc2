// An interface as people know it, for the text of an error.
#pragma once

#include <fmt/format.h>
#include <net/if.h>

#include <array>
#include <string>

#include "kernel/view.hpp"

namespace kernel {

// "eth0"; "interface 7" when there is none with this index any more.
inline std::string name_of_link(LinkIndex link) {
    std::array<char, IF_NAMESIZE> name{};
    if (::if_indextoname(static_cast<unsigned>(link.value), name.data()) != nullptr)
        return name.data();
    return fmt::format("interface {}", link.value);
}

}  // namespace kernel
