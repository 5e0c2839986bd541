runFuzz()
