"""Everything that writes a file writes it whole; nothing that reads a file executes it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "ketasim"
#: Where files are written that people keep.
WRITERS = sorted(
    path
    for folder in ("python/ketasim", "calibration", "explorer", "examples/notebooks", "src")
    for path in (ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts
)
#: They are called with the draft itself.
CALLED_WITH_A_DRAFT = {
    PACKAGE / "files" / "_save.py": {"path"},
    PACKAGE / "files" / "_whole_file.py": {"probe"},
}
#: Names of files that are not kept: drafts, and files in memory.
DRAFTS = {"draft", "buffer", "raw", "content", "archive"}

WRITE = {"write_text", "write_bytes", "touch"}
WRITE_TO_ARGUMENT = {
    "to_csv", "to_excel", "to_json_file", "to_netcdf", "to_parquet", "write_table",
    "savez", "savez_compressed", "save_npz", "tofile", "savetxt",
}  # fmt: skip


def names_in(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def text_of(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def opens_for_writing(call: ast.Call, mode: int) -> bool:
    given = [*call.args[mode : mode + 1], *(k.value for k in call.keywords if k.arg == "mode")]
    return any(set("wxa+") & set(text_of(one)) for one in given)


def written(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """Line and names of each place that is written."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Attribute):
            name, owner = call.func.attr, call.func.value
            if name in WRITE or (name == "open" and opens_for_writing(call, 0)):
                yield call.lineno, names_in(owner)
            elif (
                name == "savefig"
            ):  # in memory first, as its PDF fails in other ways on a full disk
                yield call.lineno, names_in(call.args[0]) - {"draft"}
            elif name in WRITE_TO_ARGUMENT:
                yield call.lineno, set().union(*map(names_in, call.args))
        elif names_in(call.func) == {"open"} and opens_for_writing(call, 1):
            yield call.lineno, names_in(call.args[0])


def test_only_drafts_are_written() -> None:
    assert len(WRITERS) > 100
    for path in WRITERS:
        drafts = DRAFTS | CALLED_WITH_A_DRAFT.get(path, set())
        for line, names in written(ast.parse(path.read_text(encoding="utf-8"))):
            assert names & drafts, f"{path.relative_to(ROOT)}:{line} writes without whole_file"


def test_the_rule_sees_a_writer() -> None:
    code = (
        "path.write_text('a')\nopen(name, 'w')\npath.open('xb')\nfigure.savefig(path)\n"
        "path.open()\nopen(name)\nopen(name, mode='a')\n"
    )
    assert [line for line, _ in written(ast.parse(code))] == [1, 2, 3, 4, 7]


#: Calls that run what they read.
EXECUTING = {"eval", "exec", "compile", "__import__"}
EXECUTING_OF = {
    "pickle": {"load", "loads", "Unpickler"},
    "marshal": {"load", "loads"},
    "shelve": {"open"},
    "yaml": {"load", "unsafe_load", "full_load"},
    "joblib": {"load"},
    "dill": {"load", "loads"},
    "runpy": {"run_path", "run_module"},
    "subprocess": {"run", "Popen", "call", "check_output", "check_call"},
    "os": {"system", "popen"},
    "pandas": {"read_pickle", "eval"},
}
#: Reads bytes that pickle itself has handed over, after their checksum.
ALLOWED = {("_wording/sealed.py", "pickle.loads")}


def executing(tree: ast.AST) -> Iterator[str]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        if isinstance(function, ast.Name) and function.id in EXECUTING:
            yield function.id
        elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            if function.attr in EXECUTING_OF.get(function.value.id, ()):
                yield f"{function.value.id}.{function.attr}"
            if (function.value.id, function.attr) == ("np", "load"):
                allow = {k.arg: k.value for k in call.keywords}.get("allow_pickle")
                if not (isinstance(allow, ast.Constant) and allow.value is False):
                    yield "np.load with pickles"


def test_nothing_that_is_read_is_executed() -> None:
    found = {
        (path.relative_to(PACKAGE).as_posix(), call)
        for path in PACKAGE.rglob("*.py")
        for call in executing(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == ALLOWED


def test_the_rule_sees_what_executes() -> None:
    code = "eval(a)\npickle.loads(b)\nyaml.load(c)\nnp.load(d)\nnp.load(e, allow_pickle=False)\n"
    assert [*executing(ast.parse(code))] == [
        "eval", "pickle.loads", "yaml.load", "np.load with pickles",
    ]  # fmt: skip
