// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The tables of the codebook types: entries of 4 or 8 small integers. They lie one after the other
 * in a resource that {@code codebooks.py} writes, as indices of 2 or 4 bits into the few integers
 * of a table.
 */
@SuppressWarnings("ImmutableEnumChecker") // The tables are filled once and never given away.
enum Codebook {
  IQ2_XXS(256, 8, 8, 25, 43),
  IQ2_XS(512, 8, 8, 25, 43),
  IQ2_S(1024, 8, 8, 25, 43),
  IQ3_XXS(256, 4, 4, 12, 20, 28, 36, 44, 52, 62),
  IQ3_S(512, 4, 1, 3, 5, 7, 9, 11, 13, 15),
  /** Of IQ1_S and IQ1_M. */
  IQ1(2048, 8, -1, 0, 1);

  static {
    try (InputStream in = Codebook.class.getResourceAsStream("codebooks.bin")) {
      if (in == null) {
        throw new IllegalStateException("the resource codebooks.bin is missing");
      }
      for (Codebook each : values()) {
        each.read(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final int width;
  private final int[] integers;
  private final byte[] entries;

  Codebook(int count, int width, int... integers) {
    this.width = width;
    this.integers = integers;
    entries = new byte[count * width];
  }

  private void read(InputStream in) throws IOException {
    int bits = integers.length > 4 ? 4 : 2;
    int perByte = Byte.SIZE / bits;
    byte[] packed = in.readNBytes(entries.length / perByte);
    if (packed.length < entries.length / perByte) {
      throw new IllegalStateException("the resource codebooks.bin is too short");
    }
    for (int i = 0; i < entries.length; i++) {
      entries[i] = (byte) integers[Bits.bits(packed[i / perByte], i % perByte * bits, bits)];
    }
  }

  /** An entry with signs: one bit an element, set for minus. */
  void copy(int entry, int signs, byte[] values, int to) {
    for (int i = 0; i < width; i++) {
      int value = entries[entry * width + i];
      values[to + i] = (byte) (Bits.bits(signs, i, 1) == 0 ? value : -value);
    }
  }

  /** Eight times an entry, plus a shift. */
  void copyShifted(int entry, int shift, byte[] values, int to) {
    for (int i = 0; i < width; i++) {
      values[to + i] = (byte) (8 * entries[entry * width + i] + shift);
    }
  }
}
