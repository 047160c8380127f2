"""The errors of the package: one class for each kind of cause.

Every message names the value, its unit and a remedy.
"""

from __future__ import annotations


class KetasimError(Exception):
    """Root of all errors of the package.

    Examples
    --------
    >>> import ketasim as ks
    >>> try:
    ...     ks.Subject(weight_kg=7000)
    ... except ks.KetasimError as error:
    ...     print(error)
    weight_kg = 7000 is outside 2 to 300 kg for a human
    """


class ScenarioError(KetasimError, ValueError):
    """A scenario, a time or an option is not possible.

    Examples
    --------
    >>> import ketasim as ks
    >>> try:
    ...     ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="-1 d")
    ... except ks.ScenarioError as error:
    ...     print(error)
    until = '-1 d': the end must lie after 0 h, for example '14 d'
    """


class ParameterError(KetasimError, ValueError):
    """The value of a parameter is not finite or not possible.

    Examples
    --------
    >>> import ketasim as ks
    >>> try:
    ...     ks.steady_state(parameters={"mtor.tau_M": -1.0})
    ... except ks.ParameterError as error:
    ...     print(error)
    parameter mtor.tau_M = -1 h is not possible: it must lie within 0.003 to 3 h (plausible 0.03 to 0.3 h, default 0.12 h)
    """


class UnknownNameError(KetasimError, ValueError):
    """A name is not in its vocabulary; the message has the nearest names.

    Examples
    --------
    >>> import ketasim as ks
    >>> try:
    ...     ks.readouts()["madrs_chnge"]
    ... except ks.UnknownNameError as error:
    ...     print(error)
    unknown readout 'madrs_chnge': did you mean 'madrs_change' or 'hdrs_change' or 'cadss_change'?
    """


class EvidenceError(KetasimError, ValueError):
    """A table is malformed; the message has file, row, column and the expected content.

    Examples
    --------
    >>> import ketasim as ks
    >>> try:
    ...     ks.evidence.load("no_such_folder")
    ... except ks.EvidenceError as error:
    ...     print(error)
    no_such_folder: no such folder; give one with regimens.csv, arms.csv and observations.csv
    """


class OutputError(KetasimError, OSError):
    """A file cannot be written: unknown ending, missing folder, no permission or a full disk.

    Examples
    --------
    >>> import ketasim as ks
    >>> try:
    ...     ks.parameters().save("parameters.docx")
    ... except ks.OutputError as error:
    ...     print(error)
    cannot tell the format of 'parameters.docx' (ending '.docx'): use .csv, .json, .parquet or .nc
    """


class MissingLibraryError(KetasimError, ImportError):
    """An optional library is not installed; the message has the command that installs it.

    Examples
    --------
    >>> import ketasim as ks
    >>> issubclass(ks.MissingLibraryError, ImportError)
    True
    """
