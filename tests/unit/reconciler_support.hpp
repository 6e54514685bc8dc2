// A reconciler, and a kernel that answers it.
#pragma once

#include <algorithm>

#include "app/reconciler.hpp"
#include "app_support.hpp"
// CppUTest redefines `new`: after the standard headers.
#include <CppUTest/TestHarness.h>

namespace support {

// Remembers what it was asked for in one call, and refuses with `error`.
struct RefusingKernel final : PortsWithoutMacvlans {
    base::Result<void> listen(const kernel::Link&, base::Family) override { return {}; }
    void stop_listening(kernel::LinkIndex, base::Family) override {}
    base::Result<void> watch_sources(const kernel::Link&,
                                     const std::set<base::IpAddress>&) override {
        return {};
    }
    base::Result<void> send_advert(const kernel::Link&, base::ByteView,
                                   const vrrp::Route&) override {
        return {};
    }
    base::Result<void> watch_claims(const kernel::Link&, base::Family,
                                    const std::vector<base::IpAddress>&) override {
        return {};
    }
    kernel::SentFrames send_frames(const kernel::Link&,
                                   std::span<const base::Bytes> frames) override {
        return {frames.size(), std::nullopt};
    }
    std::vector<base::Result<void>> apply(std::span<const kernel::Request> requests) override {
        slices.emplace_back(requests.begin(), requests.end());
        if (error == 0) return std::vector<base::Result<void>>(requests.size());
        return std::vector<base::Result<void>>(requests.size(), base::os_failure("try", error));
    }
    void tell_runner(const health::ToRunner&) override {}
    base::Result<void> set_filter(const kernel::Refusals&) override { return {}; }
    int error = 0;
    std::vector<std::vector<kernel::Request>> slices;
};

struct ReconcilerTest : public Utest {
    RefusingKernel ports;
    kernel::View view = view_with(eth0(), {});
    app::Reconciler reconciler;
    base::Instant now = noon;

    static kernel::AddressWish wish(int i) {
        kernel::AddressWish made{
            .key = {eth0().index, with_prefix(fmt::format("10.0.{}.{}/16", i / 250, i % 250 + 1))},
            .how = {}};
        made.how.lease = 10s;
        return made;
    }
    void want(int count) {
        kernel::Desired desired;
        for (int i = 0; i < count; ++i) desired.addresses.push_back(wish(i));
        desired.put_in_order();
        reconciler.want(std::move(desired), now);
    }
    std::vector<app::Upkeep> work() { return reconciler.work(view, ports, now); }
    // Until nothing is due; what was told.
    std::vector<app::Upkeep> work_all() {
        std::vector<app::Upkeep> told;
        do {
            for (app::Upkeep& fact : work()) told.push_back(std::move(fact));
        } while (reconciler.deadline(now) == now);
        return told;
    }
    void somebody_removes(int i) {
        view.apply(kernel::event::AddressGone{wish(i).key});
        reconciler.look_again();
    }
    [[nodiscard]] std::size_t count_of_requests() const {
        std::size_t count = 0;
        for (const auto& slice : ports.slices) count += slice.size();
        return count;
    }
    template <typename Kind>
    [[nodiscard]] std::size_t count_of() const {
        std::size_t count = 0;
        for (const auto& slice : ports.slices)
            count += static_cast<std::size_t>(std::ranges::count_if(
                slice, [](const auto& request) { return std::holds_alternative<Kind>(request); }));
        return count;
    }
};

}  // namespace support
