// The flight record as JSON: what was saved runs through the state machine again.
#include "app/record.hpp"

#include <algorithm>

#include "../replay/causes.hpp"
#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;

TEST_GROUP(Record) {
    RememberingPorts ports;
    app::Engine engine{config_of({router({"192.0.2.1/24"})}), ports, noon};

    void turn(base::Instant now, app::Inputs inputs = {}) {
        (void)engine.turn(std::move(inputs), now);
    }
    void fly() {
        turn(noon, {.view = view_with(eth0(), {"192.0.2.2/24"})});
        turn(noon + 4s);
        base::Bytes datagram = from_hex("45c0002000000000ff700000c0000203e0000012");
        datagram.insert(datagram.end(), ports.first_advert.begin(), ports.first_advert.end());
        turn(noon + 4500ms, {.packets = {{kernel::LinkIndex{2}, datagram, noon + 4250ms}}});
        turn(noon + 9s);
    }
    [[nodiscard]] std::string text() const {
        return app::record_json(engine, {noon + 9s, app::WallClock{}});
    }
};

TEST(Record, OfAnEngineThatDidNothingHasNoEvents) {
    const auto record = app::read_record(text());
    STRCMP_EQUAL("lan (ipv4)", record.names.front().c_str());
    CHECK(record.occurrences.empty());
}

TEST(Record, ReplayGivesTheSameTransitions) {
    fly();
    const auto recorded = replay::recorded_causes(text());
    CHECK(std::ranges::count(recorded, "tie-lost") == 1);
    CHECK(std::ranges::count(recorded, "silence") == 2);
    CHECK(recorded == replay::replayed_causes(app::read_record(text())));
}

TEST(Record, ReplayNoticesAnEventThatIsMissing) {
    fly();
    app::Record record = app::read_record(text());
    const auto lost = std::ranges::find_if(record.occurrences, [](const auto& occurrence) {
        const auto* event = std::get_if<vrrp::Event>(&occurrence.what);
        return event != nullptr && std::holds_alternative<vrrp::event::Received>(*event);
    });
    record.occurrences.erase(lost);
    CHECK(replay::recorded_causes(text()) != replay::replayed_causes(record));
}
