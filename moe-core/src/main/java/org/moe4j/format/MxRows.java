// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.moe4j.MixtureException;

/**
 * MXFP4 as gpt-oss has it: bytes {@code [.., rows, groups, 16]} of which the low nibble is an
 * element and the high nibble the next, and exponents {@code [.., rows, groups]} with a bias of
 * 127. A GGUF block has the same exponent, and the first half of its elements in the low nibbles.
 *
 * @param blocks the elements
 * @param scales the exponents
 */
record MxRows(TensorData blocks, TensorData scales) implements PackedRows {

  MxRows {
    long[] shape = blocks.shape();
    if (blocks.type() != TensorType.U8
        || scales.type() != TensorType.U8
        || shape.length < 3
        || shape[shape.length - 1] != 16
        || !Arrays.equals(Arrays.copyOf(shape, shape.length - 1), scales.shape())) {
      throw new MixtureException.BadFile(
          blocks.file(),
          blocks.name(),
          "expected U8 of shape [.., groups, 16] and scales of shape [.., groups], found %s and %s"
              .formatted(blocks, scales),
          null);
    }
  }

  @Override
  public TensorType type() {
    return TensorType.MXFP4;
  }

  @Override
  public long[] shape() {
    long[] shape = Arrays.copyOf(blocks.shape(), blocks.rank() - 1);
    shape[shape.length - 1] *= 32;
    return shape;
  }

  @Override
  public void row(long row, MemorySegment out, long at) {
    int groups = Math.toIntExact(scales.size(scales.rank() - 1));
    MemorySegment nibbles = blocks.data();
    MemorySegment exponents = scales.data();
    for (int g = 0; g < groups; g++) {
      long from = (row * groups + g) * 16;
      long to = at + 17L * g;
      out.set(ValueLayout.JAVA_BYTE, to, exponents.get(ValueLayout.JAVA_BYTE, row * groups + g));
      for (int i = 0; i < 16; i++) {
        out.set(
            ValueLayout.JAVA_BYTE,
            to + 1 + i,
            (byte) (element(nibbles, from, i) | (element(nibbles, from, i + 16) << 4)));
      }
    }
  }

  private static int element(MemorySegment nibbles, long from, int index) {
    return Bits.bits(nibbles.get(ValueLayout.JAVA_BYTE, from + index / 2), index % 2 * 4, 4);
  }
}
