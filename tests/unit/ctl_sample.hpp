// A status answer as tandemd gives it, for the tests of tandemctl.
#pragma once

#include <string>
#include <string_view>

namespace ctl_sample {

// Two sessions, "lan" active and "transit" backup, all fine. On one line, as on the socket.
inline const std::string healthy =
    R"({"schema":1,"node":"r1","version":"0.1.0","pid":4711,"time":"2026-03-05T11:40:02.118042Z",)"
    R"("uptime_seconds":1042.5,"health":"ok","problems":[],"realtime":true,"memory_locked":true,)"
    R"("log_dropped":0,"config":{"file":"/etc/tandem/tandem.conf","hash":"7c1e04a2",)"
    R"("loaded":"2026-03-02T09:12:00.000000Z"},"routers":[)"
    R"({"name":"lan","interface":"eth1","vrid":10,"family":"ipv4","vrrp":3,)"
    R"("transport":"multicast","state":"active","since":"2026-03-02T09:14:07.300112Z",)"
    R"("since_seconds":267000.3,"reason":"silence",)"
    R"("reason_text":"no advert from 192.0.2.3 (priority 200) for 3612 ms","blockers":[],)"
    R"("priority":{"base":200,"effective":200},"preempt":{"enabled":true,"after_ms":0},)"
    R"("timers":{"advertise_ms":1000.0,"active_advertise_ms":1000.0,"skew_ms":218.75,)"
    R"("down_ms":3218.75,"remaining_ms":812.4},)"
    R"("checksum":{"configured":"auto","sending":"rfc9568"},"source":"192.0.2.2",)"
    R"("mac":"02:00:00:00:00:01","addresses":["192.0.2.1/24","192.0.2.9/24"],)"
    R"("wanted":["192.0.2.1/24","192.0.2.9/24"],"installed":["192.0.2.1/24","192.0.2.9/24"],)"
    R"("failed":[],"peers":[{"address":"192.0.2.3","priority":100,)"
    R"("last_seen":"2026-03-05T11:40:02.078042Z","last_seen_ms":40.2,"checksum":"rfc9568"}],)"
    R"("counters":{"sent":1330012,"received":4211,"priority_zero_sent":0,)"
    R"("priority_zero_received":1,"transitions":2,"announcements_sent":10,"send_errors":0,)"
    R"("restored":3,"discarded":{"checksum-errors":2,"ttl-errors":1}}},)"
    R"({"name":"transit","interface":"bond0.120","vrid":111,"family":"ipv4","vrrp":2,)"
    R"("transport":"multicast","state":"backup","since":"2026-03-05T11:35:49.218042Z",)"
    R"("since_seconds":252.9,"reason":"stronger-advert",)"
    R"("reason_text":"198.51.100.3 has priority 250","blockers":[],)"
    R"("priority":{"base":200,"effective":80},"preempt":{"enabled":true,"after_ms":2000.0},)"
    R"("timers":{"advertise_ms":1000.0,"active_advertise_ms":200.0,"skew_ms":218.75,)"
    R"("down_ms":3218.75,"remaining_ms":2812.4},"checksum":null,"source":"198.51.100.2",)"
    R"("mac":"02:00:00:00:00:02","addresses":["198.51.100.1/24"],"wanted":[],"installed":[],)"
    R"("failed":[],"peers":[{"address":"198.51.100.3","priority":250,)"
    R"("last_seen":"2026-03-05T11:39:30.118042Z","last_seen_ms":32000.0,"checksum":null}],)"
    R"("counters":{"sent":0,"received":250,"priority_zero_sent":0,"priority_zero_received":0,)"
    R"("transitions":1,"announcements_sent":0,"send_errors":0,"restored":0,"discarded":{}}}]})";

// The text with one part replaced: a test says what is different.
inline std::string with(std::string text, std::string_view part, std::string_view replacement) {
    const auto at = text.find(part);
    if (at == std::string::npos) return "the sample has no " + std::string{part};
    return text.replace(at, part.size(), replacement);
}

// "lan" waits for its interface; "transit" is active and its addresses are in disorder.
inline std::string degraded() {
    std::string text = healthy;
    text = with(text, R"("health":"ok","problems":[])",
                R"("health":"degraded","problems":["lan (ipv4): waiting: interface eth1 does )"
                R"(not exist","clock jumped by 3 s"])");
    text = with(text, R"("realtime":true)", R"("realtime":false)");
    text = with(text, R"("state":"active")", R"("state":"waiting")");
    text = with(text, R"("blockers":[])", R"("blockers":["interface eth1 does not exist"])");
    text = with(text, R"(no advert from 192.0.2.3 (priority 200) for 3612 ms)",
                "interface eth1 does not exist");
    text = with(text, R"("wanted":["192.0.2.1/24","192.0.2.9/24"])", R"("wanted":[])");
    text = with(text, R"("installed":["192.0.2.1/24","192.0.2.9/24"])", R"("installed":[])");
    text = with(text, R"("state":"backup")", R"("state":"active")");
    text = with(text, R"("addresses":["198.51.100.1/24"],"wanted":[],"installed":[],"failed":[])",
                R"("addresses":["198.51.100.1/24","198.51.100.7/24"],)"
                R"("wanted":["198.51.100.1/24","198.51.100.7/24"],)"
                R"("installed":["198.51.100.99/24"],"failed":[{"address":"198.51.100.1/24",)"
                R"("error":"add 198.51.100.1/24 to bond0.120: No such device"}])");
    return text;
}

// All that a daemon may tell besides: "lan" is drained, has routes, a check and a hook at work.
inline std::string detailed() {
    std::string text = healthy;
    text = with(text, R"("loaded":"2026-03-02T09:12:00.000000Z"},)",
                R"("loaded":"2026-03-02T09:12:00.000000Z","unconfirmed_ms":42000},)"
                R"("reloads":{"done":2,"failed":1,"last_succeeded":false},)"
                R"("runner":{"deaths":3,"trouble":"the runner does not answer"},)"
                R"("checks":[{"name":"web","type":"http","state":"failed","text":"answered 500",)"
                R"("since_seconds":7.0,"on_fail":{"penalty":60},"runs":1200,"failures":2,)"
                R"("duration_ms":3.25}],)"
                R"("units":[{"name":"lan","kind":"router","checks":["web"],)"
                R"("held_back_ms":25654.82,"preparing_ms":812.4,)"
                R"("drained":{"since":"2026-03-05T11:30:00.5Z","until":"2026-03-05T12:30:00.5Z",)"
                R"("reason":"new kernel"},"hooks":[{"kind":"router","name":"lan",)"
                R"("phase":"drained","idle":false,"superseded":4,"results":[]}]}],)");
    text = with(text, R"("name":"lan","interface")",
                R"("name":"lan","unit":"lan","preferred":true,)"
                R"("accept":false,"lease_ms":5000.0,"up_for_ms":2000.0,"interface")");
    text = with(text, R"("failed":[],"peers":[{"address":"192.0.2.3","priority":100,)",
                R"("failed":[],"routes":[{"text":"default via 192.0.2.254","installed":true,)"
                R"("error":null},{"text":"10.0.0.0/8 via 192.0.2.9","installed":false,)"
                R"("error":"Network is unreachable"}],)"
                R"("rules":[{"text":"from 10.0.0.0/8 table 9","installed":false,"error":null}],)"
                R"("conditions":[{"kind":"rejected","with":"192.0.2.7","text":"a wrong VRID",)"
                R"("since":"2026-03-05T11:39:00.5Z"}],)"
                R"("peers":[{"address":"192.0.2.3","priority":0,"interval_ms":1000.0,)");
    return with(text, R"("restored":3,)", R"("restored":3,"older_version_ignored":12,)");
}

}  // namespace ctl_sample
