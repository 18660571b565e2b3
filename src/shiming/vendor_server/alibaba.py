def answered(*_):
    raise NotImplementedError
