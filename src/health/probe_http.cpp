#include "health/probe_http.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "health/latency.hpp"

namespace health {

namespace {

// A page that has no end is no reason to read it all day.
constexpr std::size_t most_of_a_body = 1024UL * 1024;

Certificate certificate_of(const kind::Http& wanted) {
    return wanted.verify ? Certificate::verified : Certificate::ignored;
}

}  // namespace

HttpProbe::HttpProbe(kind::Http wanted, Waker& waker, HttpClient& client)
    : wanted_{std::move(wanted)},
      waker_{waker},
      transfer_{client, http_request(wanted_.url, certificate_of(wanted_)), *this},
      search_{wanted_.contains} {}

std::optional<Outcome> HttpProbe::start(base::Instant now) {
    search_.begin();
    body_size_ = 0;
    started_ = now;
    if (const auto begun = transfer_.begin(); !begun)
        return Outcome{.is_well = false, .text = begun.error().text()};
    return std::nullopt;
}

std::optional<Outcome> HttpProbe::on_ready(int /*descriptor*/, base::Instant /*now*/) {
    return std::nullopt;  // libcurl's descriptors are the client's
}

Outcome HttpProbe::give_up(base::Instant /*now*/) {
    const HttpProgress progress = transfer_.progress();
    transfer_.cancel();
    const auto failed = [](const char* text) { return Outcome{.is_well = false, .text = text}; };
    switch (progress) {
        case HttpProgress::resolving: return failed("its name is not resolved");
        case HttpProgress::connecting: return failed("no connection");
        case HttpProgress::waiting: return failed("connected, but no answer");
        case HttpProgress::receiving: break;
    }
    return failed("the answer does not end");
}

HttpListener::Go HttpProbe::on_body(std::string_view piece) {
    body_size_ += piece.size();
    search_.add(piece);
    return body_size_ < most_of_a_body ? Go::on : Go::away;
}

void HttpProbe::on_end(long code, const std::string& error, base::Instant now) {
    if (code == 0) return waker_.finish(*this, {.is_well = false, .text = error});
    waker_.finish(*this, judge(code, now - started_));
}

Outcome HttpProbe::judge(long code, base::Duration taken) const {
    if (std::ranges::find(wanted_.expect, code) == wanted_.expect.end())
        return {.is_well = false, .text = fmt::format("answered with {}", code)};
    if (!search_.is_found())
        return {.is_well = false,
                .text = fmt::format("answered with {}, without \"{}\"", code, search_.text())};
    return {.is_well = true, .text = within(fmt::format("answered with {}", code), taken)};
}

}  // namespace health
