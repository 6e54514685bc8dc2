#include "health/http_client.hpp"

#include <CppUTest/TestHarness.h>

using health::Certificate;
using health::http_request;

TEST_GROUP(HealthHttpClient){};

TEST(HealthHttpClient, AnOrdinaryUrlIsAskedAsItIs) {
    const auto request = http_request("https://192.0.2.1:8443/health?x=1", Certificate::ignored);
    STRCMP_EQUAL("https://192.0.2.1:8443/health?x=1", request.url.c_str());
    STRCMP_EQUAL("", request.socket.c_str());
    CHECK(request.certificate == Certificate::ignored);
}

TEST(HealthHttpClient, AUnixSocketIsNamedBeforeThePath) {
    const auto request = http_request("http://unix:/run/app.sock:/health", Certificate::verified);
    STRCMP_EQUAL("http://localhost/health", request.url.c_str());
    STRCMP_EQUAL("/run/app.sock", request.socket.c_str());
}

TEST(HealthHttpClient, WithoutAPathTheTopIsAskedFor) {
    const auto request = http_request("http://unix:/run/app.sock", Certificate::verified);
    STRCMP_EQUAL("http://localhost/", request.url.c_str());
    STRCMP_EQUAL("/run/app.sock", request.socket.c_str());
}
