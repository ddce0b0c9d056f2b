// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.moe4j.format.Bits.bits;
import static org.moe4j.format.Bits.bitsOfEach;
import static org.moe4j.format.Bits.half;
import static org.moe4j.format.Bits.intAt;
import static org.moe4j.format.Bits.putEight;

/** Blocks of 32 elements with one scale {@code d} and, for some, one minimum {@code m}. */
enum BasicBlocks implements BlockDecoder {
  /** d, 16 bytes. */
  Q4_0(false, -8, 7) {
    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      nibbles(in, at + 2, values, to, 8);
    }
  },

  /** d, m, 16 bytes. */
  Q4_1(true, 0, 15) {
    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      nibbles(in, at + 4, values, to, 0);
    }
  },

  /** d, 32 high bits, 16 bytes. */
  Q5_0(false, -16, 15) {
    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      nibbles(in, at + 6, values, to, 16);
      highBits(intAt(in, at + 2), values, to);
    }
  },

  /** d, m, 32 high bits, 16 bytes. */
  Q5_1(true, 0, 31) {
    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      nibbles(in, at + 8, values, to, 0);
      highBits(intAt(in, at + 4), values, to);
    }
  },

  /** d, 32 signed bytes. */
  Q8_0(false, -128, 127) {
    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      System.arraycopy(in, at + 2, values, to, 32);
    }
  };

  private final boolean minima;
  private final int least;
  private final int most;

  BasicBlocks(boolean minima, int least, int most) {
    this.minima = minima;
    this.least = least;
    this.most = most;
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
    return minima;
  }

  @Override
  public int least() {
    return least;
  }

  @Override
  public int most() {
    return most;
  }

  @Override
  public void scales(byte[] in, int at, float[] scales, float[] minimaOut, int to) {
    scales[to] = half(in, at);
    if (minima) {
      minimaOut[to] = half(in, at + 2);
    }
  }

  /** 16 bytes; the low nibbles are the first 16 elements. Each is so much less. */
  static void nibbles(byte[] in, int at, byte[] values, int to, int less) {
    for (int i = 0; i < 16; i += 8) {
      putEight(bitsOfEach(in, at + i, 0, 4), less, values, to + i);
      putEight(bitsOfEach(in, at + i, 4, 4), less, values, to + i + 16);
    }
  }

  private static void highBits(int high, byte[] values, int to) {
    for (int i = 0; i < 32; i++) {
      values[to + i] += (byte) (16 * bits(high, i, 1));
    }
  }
}
