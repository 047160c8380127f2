# Compiler flags of our own targets; nothing here reaches those who link to us.
#
# -ffp-contract=off keeps a*b + c as two roundings on every machine, so that a result does not depend
# on whether the compiler found a fused multiply-add. There is no -ffast-math anywhere: it would break
# the checks for NaN that turn a bad step into a status.
#
# clang counts signed indices as -Wconversion where g++ does not; both are asked the same question.
function(ketasim_target_flags target)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options(
      ${target} PRIVATE -ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow
                        $<$<BOOL:${KETASIM_WERROR}>:-Werror>)
  elseif(MSVC)
    target_compile_options(${target} PRIVATE /fp:precise /W4 /bigobj $<$<BOOL:${KETASIM_WERROR}>:/WX>)
  endif()
endfunction()
