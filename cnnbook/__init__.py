"""Shared helpers of the book *A Simple Guide to Convolutional Neural Networks*.

Importing this package imports nothing heavy: each chapter imports the modules it uses.
"""

__version__ = "0.1.0"
