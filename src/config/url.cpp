#include "config/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/address.hpp"

namespace config {
namespace {

// Before the path of a local socket, with another ':' before the path of the request.
constexpr std::string_view local_socket = "unix:";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name_character(char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
}
bool is_graphic(char c) { return c > ' ' && c < '\x7f'; }

std::string port_fault(std::string_view port) {
    int number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool is_whole = error == std::errc{} && end == port.data() + port.size();
    if (is_whole && is_digit(port.front()) && number >= 1 && number <= 65535) return {};
    return fmt::format("its port is 1 to 65535, not \"{}\"", port);
}

// A name whose last part is a number is an IPv4 address, and nothing else.
bool looks_like_ipv4(std::string_view host) {
    const std::string_view last = host.substr(host.find_last_of('.') + 1);
    return !last.empty() && std::ranges::all_of(last, is_digit);
}

std::string name_fault(std::string_view host) {
    if (host.empty()) return "it names no host";
    const bool has_empty_part = host.front() == '.' || host.find("..") != std::string_view::npos;
    if (has_empty_part || !std::ranges::all_of(host, is_name_character))
        return fmt::format("\"{}\" is neither an address nor a name", host);
    if (!looks_like_ipv4(host)) return {};
    const auto address = base::IpAddress::parse(host);
    if (address && address->family() == base::Family::ipv4) return {};
    return fmt::format("\"{}\" is not an address", host);
}

// Between the brackets. RFC 6874 section 2: a zone stands behind "%25".
std::string ipv6_fault(std::string_view host) {
    const std::string_view plain = host.substr(0, host.find('%'));
    const std::string_view zone = host.substr(plain.size());
    const auto address = base::IpAddress::parse(plain);
    const bool has_zone = zone.starts_with("%25") && zone.size() > 3;
    if (address && address->family() == base::Family::ipv6 && (zone.empty() || has_zone)) return {};
    return fmt::format("\"[{}]\" is not an IPv6 address", host);
}

// HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT.
std::string host_fault(std::string_view host) {
    const bool is_bracketed = host.starts_with('[');
    const auto end = is_bracketed ? host.find(']') : host.find(':');
    if (is_bracketed && end == std::string_view::npos) return "its '[' is never closed";
    const std::string_view name = host.substr(is_bracketed ? 1 : 0, end - (is_bracketed ? 1 : 0));
    std::string_view rest = host.substr(std::min(end, host.size()));
    if (is_bracketed) rest.remove_prefix(1);
    if (!is_bracketed && std::ranges::count(host, ':') > 1 && base::IpAddress::parse(host))
        return fmt::format("an IPv6 address stands in brackets: \"[{}]\"", host);
    if (std::string fault = is_bracketed ? ipv6_fault(name) : name_fault(name); !fault.empty())
        return fault;
    if (rest.empty()) return {};
    if (!rest.starts_with(':'))
        return fmt::format("nothing but a port follows ']', not \"{}\"", rest);
    return port_fault(rest.substr(1));
}

std::optional<std::string_view> behind(std::string_view text, std::string_view beginning) {
    if (!text.starts_with(beginning)) return std::nullopt;
    return text.substr(beginning.size());
}

}  // namespace

std::string url_fault(std::string_view url) {
    const auto plain = behind(url, "http://");
    const auto rest = plain ? plain : behind(url, "https://");
    if (!rest) return "it begins with http:// or https://";
    // RFC 3986 section 2.1.
    if (!std::ranges::all_of(url, is_graphic))
        return "a blank, or what is not ASCII, is written as %20 and the like";
    if (plain && plain->starts_with(local_socket))
        return plain->substr(local_socket.size()).starts_with('/') ? ""
                                                                   : "its socket has no whole path";
    const std::string_view authority = rest->substr(0, rest->find_first_of("/?#"));
    return host_fault(authority.substr(authority.find_last_of('@') + 1));
}

}  // namespace config
