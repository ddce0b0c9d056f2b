#!/usr/bin/env python3
"""Writes the tables of the codebook types, which are part of the GGUF format, as org.moe4j.format.Codebook reads them.

usage: codebooks.py OUT      (OUT = moe-core/src/main/resources/org/moe4j/format/codebooks.bin)

The numbers are those of gguf.quants (package gguf 0.19). A table is written as indices into the few integers that it
is made of: 2 bits for up to 4 of them, else 4 bits; the first index in the lowest bits of the first byte.

Needs: numpy, gguf.
"""
import pathlib
import sys

import numpy as np
from gguf import quants

packed = []
for kind in (quants.IQ2_XXS, quants.IQ2_XS, quants.IQ2_S, quants.IQ3_XXS, quants.IQ3_S, quants.IQ1_S):
    kind.init_grid()
    index = np.searchsorted(np.array(kind.grid_map, np.float32), kind.grid.reshape(-1))
    assert (np.array(kind.grid_map, np.float32)[index] == kind.grid.reshape(-1)).all()
    bits = 2 if len(kind.grid_map) <= 4 else 4
    parts = index.reshape(-1, 8 // bits) << np.arange(0, 8, bits)
    packed.append(parts.sum(-1).astype(np.uint8).tobytes())
pathlib.Path(sys.argv[1]).write_bytes(b"".join(packed))

# The signs of an entry are seven bits and their parity, which needs no table.
assert all(signs == i | (i.bit_count() & 1) << 7 for i, signs in enumerate(quants.IQ2_XXS.ksigns))
