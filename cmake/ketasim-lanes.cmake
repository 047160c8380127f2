# Steps, and lanes for the processors that have wide registers, chosen when the program runs. Each is
# a source file of its own with its own instruction set, always optimised: src/lanes/lane_member.hpp says why, and
# tests/lanes shows that no function that others may call leaves such a file.
option(KETASIM_WIDE_LANES "Compile lanes for the wide registers of x86-64 processors" ON)
set(ketasim_lanes "${CMAKE_CURRENT_SOURCE_DIR}/src/lanes")
target_sources(ketasim_core PRIVATE "${ketasim_lanes}/baseline.cpp")
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  set_source_files_properties("${ketasim_lanes}/baseline.cpp" PROPERTIES COMPILE_OPTIONS "-O3")
endif()
if(KETASIM_WIDE_LANES AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND CMAKE_SYSTEM_PROCESSOR MATCHES
                                                                        "^(x86_64|AMD64|amd64)$")
  target_sources(ketasim_core PRIVATE "${ketasim_lanes}/avx2.cpp" "${ketasim_lanes}/avx512.cpp")
  target_compile_definitions(ketasim_core PRIVATE KETASIM_WIDE_LANES)
  set_source_files_properties("${ketasim_lanes}/avx2.cpp" PROPERTIES COMPILE_OPTIONS "-O3;-mavx2")
  set_source_files_properties(
    "${ketasim_lanes}/avx512.cpp" PROPERTIES COMPILE_OPTIONS
                                             "-O3;-mavx512f;-mavx512dq;-mavx512vl;-mprefer-vector-width=512")
endif()
