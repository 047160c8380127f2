# Eigen and threads: from the system where found, else from the wheel cmeel-eigen, which is a build
# requirement of the Python package.
find_package(Threads REQUIRED)
find_package(Eigen3 CONFIG QUIET)

if(NOT Eigen3_FOUND)
  find_package(Python QUIET COMPONENTS Interpreter)
  if(Python_FOUND)
    execute_process(
      COMMAND
        "${Python_EXECUTABLE}" -c
        "import os, sys; print(';'.join(d for d in (os.path.join(p, 'cmeel.prefix') for p in sys.path) if os.path.isdir(d)))"
      OUTPUT_VARIABLE ketasim_wheel_prefixes
      OUTPUT_STRIP_TRAILING_WHITESPACE)
    list(APPEND CMAKE_PREFIX_PATH ${ketasim_wheel_prefixes})
  endif()
  find_package(Eigen3 CONFIG REQUIRED)
endif()

if(Eigen3_VERSION VERSION_LESS 3.4)
  message(FATAL_ERROR "ketasim needs Eigen 3.4 or newer; found ${Eigen3_VERSION} in ${Eigen3_DIR}")
endif()
