"""How a function of MiniStack is replaced, and how each replacement gets a name that a test can switch off."""

import functools


def replaces(module, name):
    """Puts a function in the place of another of MiniStack, which it receives as its first argument."""
    original = getattr(module, name)  # Fails at the start when an upgrade has renamed it.

    def replace(function):
        setattr(module, name, functools.wraps(original)(functools.partial(function, original)))
        return function

    return replace


class Named(dict):
    """Replacements by name, in the order in which they are installed."""

    def __call__(self, name):
        def register(install):
            self[name] = install
            return install

        return register

    def install(self):
        for install in self.values():
            install()
