import pytest

pytest.register_assert_rewrite("tests.journal.conformance", "tests.journal.conformance_cursors")
