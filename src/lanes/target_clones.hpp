/// KETASIM_WIDEST before a function compiles it for AVX-512, AVX2 and the baseline; the loader of
/// the program chooses. Every instruction set rounds alike (-ffp-contract=off), so the bits are the
/// same.
#pragma once

#include <cstddef>  // defines __GLIBC__

// The choice at load time needs g++ and the indirect functions of glibc. The sanitizer of threads is
// called in every function, also in that which chooses, and is not there yet at that time.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_THREAD__)
#define KETASIM_WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define KETASIM_WIDEST
#endif

/// Where KETASIM_CHOOSES_FUNCTIONS is defined, a file may define a function once for each instruction
/// set that lanes::available_instructions() tells of.
#if defined(KETASIM_WIDE_LANES) && defined(__GNUC__) && !defined(__clang__)
#define KETASIM_CHOOSES_FUNCTIONS
#endif

/// With KETASIM_INLINE_ALL, the functions that it calls are compiled for the same instruction set.
#if defined(__GNUC__) && !defined(__clang__)
#define KETASIM_INLINE_ALL __attribute__((flatten))
#else
#define KETASIM_INLINE_ALL
#endif

#if defined(__GNUC__)
#define KETASIM_NO_INLINE __attribute__((noinline))
#else
#define KETASIM_NO_INLINE
#endif
