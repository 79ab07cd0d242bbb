#!/usr/bin/env python3
"""The story, with the platform's store in PostgreSQL and the authority's in a file: neither
side can tell."""
import os

os.environ["SALURAN_TEST_STORES"] = "platform"
import test_story  # noqa: E402

if __name__ == "__main__":
    test_story.main()
