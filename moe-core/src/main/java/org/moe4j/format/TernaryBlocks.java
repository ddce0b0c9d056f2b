// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.moe4j.format.Bits.bits;
import static org.moe4j.format.Bits.half;

import java.util.Arrays;

/** Blocks of 256 elements minus 1, 0 or 1 with one scale {@code d} at their end. */
enum TernaryBlocks implements BlockDecoder {
  /**
   * 52 bytes, d. A byte has five elements as the first digits of a fraction in base 3. 32 bytes
   * hold five runs of 32 elements, the next 16 five runs of 16, the last 4 four runs of 4.
   */
  TQ1_0(1) {
    @Override
    float scale(byte[] in, int at) {
      return half(in, at + 52);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 160; i++) {
        values[to + i] = digit(in[at + i % 32], i / 32);
      }
      for (int i = 0; i < 80; i++) {
        values[to + 160 + i] = digit(in[at + 32 + i % 16], i / 16);
      }
      for (int i = 0; i < 16; i++) {
        values[to + 240 + i] = digit(in[at + 48 + i % 4], i / 4);
      }
    }
  },

  /** 64 bytes, d. Each 32 bytes hold four runs of 32 elements, two bits each. */
  TQ2_0(2) {
    @Override
    float scale(byte[] in, int at) {
      return half(in, at + 64);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i++) {
        int pair = bits(in[at + i / 128 * 32 + i % 32], i / 32 % 4 * 2, 2);
        values[to + i] = (byte) (pair - 1);
      }
    }
  };

  private static final int[] POWERS = {1, 3, 9, 27, 81};

  private final int most;

  TernaryBlocks(int most) {
    this.most = most;
  }

  abstract float scale(byte[] in, int at);

  /** The digit after {@code place} others, as minus 1, 0 or 1. */
  private static byte digit(byte fraction, int place) {
    int rest = (fraction * POWERS[place]) & 0xff;
    return (byte) (((rest * 3) >> 8) - 1);
  }

  @Override
  public TensorType type() {
    return TensorType.valueOf(name());
  }

  @Override
  public int group() {
    return 32;
  }

  @Override
  public boolean hasMinima() {
    return false;
  }

  @Override
  public int least() {
    return -1;
  }

  @Override
  public int most() {
    return most;
  }

  @Override
  public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
    Arrays.fill(scales, to, to + 8, scale(in, at));
  }
}
