"""How long Hypothesis searches: in the tests the same examples each time, under `./run fuzz` new ones.

`KETASIM_FUZZ_EXAMPLES` is the number of examples of every test. Whatever takes longer than 20 s
counts as a hang.
"""

import datetime
import os

from hypothesis import HealthCheck, settings

EXAMPLES = os.environ.get("KETASIM_FUZZ_EXAMPLES")

settings.register_profile(
    "fuzz",
    max_examples=int(EXAMPLES or 150),
    derandomize=EXAMPLES is None,
    deadline=datetime.timedelta(seconds=20),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("fuzz")
