"""The expression language: our own grammar as a gatekeeper, static types, and MiniJinja as the evaluator.

Only text that passed the grammar is evaluated, and it is written anew from its syntax tree, so nothing MiniJinja offers beyond the
documented language (methods of values, debugging, formatting) can be reached.
"""
