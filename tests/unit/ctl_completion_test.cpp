// What the completion scripts ask for while somebody types. The scripts themselves are tried in the
// shell that they are for (tests/net/test_completion.py).
#include "ctl/completion.hpp"

#include <CppUTest/TestHarness.h>

#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;
using ctl_sample::with;

TEST_GROUP(CtlCompletion){};

TEST(CtlCompletion, NamesAreThoseOfRoutersGroupsAndChecks) {
    const std::string text =
        with(healthy, R"("routers":[)",
             R"("units":[{"name":"edge","kind":"group"},{"name":"lan","kind":"router"}],)"
             R"("checks":[{"name":"uplink"}],"routers":[)");
    const Outcome outcome = show_names(text);
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    STRCMP_EQUAL("check uplink\ngroup edge\nrouter lan\nrouter transit\n", outcome.out.c_str());
}

TEST(CtlCompletion, AFamilyThatIsElectedApartIsANameOfItsOwn) {
    const Outcome outcome = show_names(with(
        healthy, R"("routers":[)", R"("units":[{"name":"lan-ipv4","kind":"router"}],"routers":[)"));
    STRCMP_EQUAL("group lan-ipv4\nrouter lan\nrouter transit\n", outcome.out.c_str());
}

TEST(CtlCompletion, NamesThatAShellWouldObeyAreLeftOut) {
    for (const char* name : {"$(reboot)", "a b", "`x`", "*", "-rf", ""})
        STRCMP_EQUAL("router transit\n", show_names(with(healthy, R"("name":"lan")",
                                                         R"("name":")" + std::string{name} + "\""))
                                             .out.c_str());
}

TEST(CtlCompletion, WithoutAnAnswerThereAreNoNamesAndNoNoise) {
    for (const Answer& answer :
         {Answer{fail(ExitCode::unreachable, "nobody")}, Answer{"{}"}, Answer{"no JSON"}}) {
        const Outcome outcome = show_names(answer);
        LONGS_EQUAL(ExitCode::ok, outcome.code);
        STRCMP_EQUAL("", (outcome.out + outcome.err).c_str());
    }
}
