// Whether a text is a URL that a check of type "http" can ask.
//
// What a look would find out only when it fails: a port that does not exist, an address that is
// none. Names are left to whoever resolves them.
#pragma once

#include <string>
#include <string_view>

namespace config {

// What is wrong with it, as in "its port is 1 to 65535, not 0"; empty when nothing is.
std::string url_fault(std::string_view url);

}  // namespace config
