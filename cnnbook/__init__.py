"""Shared helpers of the book.

Importing this package imports nothing heavy: each chapter imports the modules it uses.
"""

__version__ = "0.1.0"
