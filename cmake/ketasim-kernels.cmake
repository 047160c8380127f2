# The target `kernels` writes the headers of include/ketasim/generated/ from the model headers. These
# compile without it, so that a model whose states have changed finds its way to new kernels.
if(ketasim_develop)
  find_package(Python QUIET COMPONENTS Interpreter)
endif()
if(ketasim_develop AND Python_Interpreter_FOUND)
  set(ketasim_codegen "${CMAKE_CURRENT_SOURCE_DIR}/src/codegen")
  add_executable(ketasim_record EXCLUDE_FROM_ALL "${ketasim_codegen}/record_derivative.cpp"
                                                 "${CMAKE_CURRENT_SOURCE_DIR}/src/model_rows.cpp")
  target_link_libraries(ketasim_record PRIVATE ketasim_headers)
  add_custom_target(
    kernels
    COMMAND ketasim_record > derivative.json
    COMMAND Python::Interpreter "${ketasim_codegen}/generate_kernels.py" --record derivative.json
    WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}"
    COMMENT "Writing the kernels from the model headers"
    VERBATIM)
endif()
