/// Lets tests written for Catch2 2.13 build with Catch2 3, where this header is gone.
#pragma once

#include <catch2/catch_all.hpp>

using Catch::Approx;
