# Symbols that avx2.cpp and avx512.cpp define for the linker to merge must name their packs or lanes.
execute_process(COMMAND "${NM}" -C -A "${LIBRARY}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ";" "," symbols "${symbols}")
string(REPLACE "\n" ";" symbols "${symbols}")
set(seen 0)
foreach(symbol IN LISTS symbols)
  if(NOT symbol MATCHES "avx(2|512)\\.cpp\\.o:.* [WVu] ")
    continue()
  endif()
  math(EXPR seen "${seen} + 1")
  if(NOT
     symbol
     MATCHES
     "avx(2|512)::Pack<[148]>|lanes::[A-Za-z_:]*<[48]>|lanes::step_for_avx(2|512)<|DW\\.ref\\.__gxx_personality_v0"
  )
    message(SEND_ERROR "compiled for a newer processor, yet shared with all: ${symbol}")
  endif()
endforeach()
if(seen LESS 20)
  message(FATAL_ERROR "only ${seen} symbols of the lanes were found in ${LIBRARY}: is the pattern right?")
endif()
