// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.moe4j.format.Bits.bits;
import static org.moe4j.format.Bits.bitsOfEach;
import static org.moe4j.format.Bits.half;
import static org.moe4j.format.Bits.putEight;

/**
 * Blocks of 256 elements with a scale {@code d} and, for some, a minimum {@code m}, which are their
 * units, and a small integer scale and minimum for each group.
 */
enum KBlocks implements BlockDecoder {
  /**
   * 16 bytes with the scale of a group in the low and its minimum in the high nibble, 64 bytes, d,
   * m. Each 32 bytes hold four runs of 32 elements, two bits each.
   */
  Q2_K(16, true, 80, 0, 3) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 16; g++) {
        scales[to + g] = bits(in[at + g], 0, 4);
        minima[to + g] = bits(in[at + g], 4, 4);
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i += 8) {
        putEight(pairs(in, at + 16, i), 0, values, to + i);
      }
    }
  },

  /**
   * 32 bytes whose bit {@code run} is the high bit of that run's elements, 64 bytes as in Q2_K, 12
   * bytes of group scales, d. An element without its high bit is 4 less.
   */
  Q3_K(16, false, 108, -4, 3) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 16; g++) {
        int low = bits(in[at + 96 + g % 8], g / 8 * 4, 4);
        int high = bits(in[at + 104 + g % 4], g / 4 * 2, 2);
        scales[to + g] = low + 16 * high - 32;
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i += 8) {
        long high = bitsOfEach(in, at + i % 32, i / 32, 1);
        putEight(pairs(in, at + 32, i) + 4 * high, 4, values, to + i);
      }
    }
  },

  /**
   * d, m, 12 bytes of group scales and minima, 128 bytes: each 32 bytes hold two groups, the low
   * nibbles the first.
   */
  Q4_K(32, true, 0, 0, 15) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      sixBits(in, at, scales, minima, to);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i += 8) {
        putEight(nibbles(in, at + 16, i), 0, values, to + i);
      }
    }
  },

  /**
   * As Q4_K, with 32 bytes before the nibbles whose bit {@code group} is the high bit of that
   * group's elements.
   */
  Q5_K(32, true, 0, 0, 31) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      sixBits(in, at, scales, minima, to);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i += 8) {
        long high = bitsOfEach(in, at + 16 + i % 32, i / 32, 1);
        putEight(nibbles(in, at + 48, i) + 16 * high, 0, values, to + i);
      }
    }
  },

  /**
   * 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed group scales, d. Each half of
   * the block is four runs of 32 elements: run r has its nibbles in the bytes 32 (r mod 2) on, low
   * for r &lt; 2, and its bits at 2 r.
   */
  Q6_K(16, false, 208, -32, 31) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 16; g++) {
        scales[to + g] = in[at + 192 + g];
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i += 8) {
        int run = i / 32 % 4;
        long low = bitsOfEach(in, at + i / 128 * 64 + run % 2 * 32 + i % 32, run / 2 * 4, 4);
        putEight(low + 16 * pairs(in, at + 128, i), 32, values, to + i);
      }
    }
  };

  private final int group;
  private final boolean minima;

  /** Where in a block d is; m is behind it. */
  private final int unit;

  private final int least;
  private final int most;

  KBlocks(int group, boolean minima, int unit, int least, int most) {
    this.group = group;
    this.minima = minima;
    this.unit = unit;
    this.least = least;
    this.most = most;
  }

  @Override
  public TensorType type() {
    return TensorType.valueOf(name());
  }

  @Override
  public int group() {
    return group;
  }

  @Override
  public boolean hasMinima() {
    return minima;
  }

  @Override
  public boolean hasUnits() {
    return true;
  }

  @Override
  public float unit(byte[] in, int at) {
    return half(in, at + unit);
  }

  @Override
  public float minimumUnit(byte[] in, int at) {
    return minima ? -half(in, at + unit + 2) : 1;
  }

  @Override
  public int least() {
    return least;
  }

  @Override
  public int most() {
    return most;
  }

  /** Two bits of each of eight elements: 32 bytes hold four runs of 32 elements. */
  private static long pairs(byte[] in, int at, int element) {
    return bitsOfEach(in, at + element / 128 * 32 + element % 32, element / 32 % 4 * 2, 2);
  }

  /** Four bits of each of eight elements: 32 bytes hold two runs of 32 elements. */
  private static long nibbles(byte[] in, int at, int element) {
    return bitsOfEach(in, at + element / 64 * 32 + element % 32, element / 32 % 2 * 4, 4);
  }

  /**
   * After d and m for 8 groups 6 bits of scale and of minimum in 12 bytes: groups 4 to 7 have their
   * upper two bits in the bytes of groups 0 to 3.
   */
  private static void sixBits(byte[] in, int at, float[] scales, float[] minima, int to) {
    for (int g = 0; g < 8; g++) {
      int scale;
      int minimum;
      if (g < 4) {
        scale = bits(in[at + 4 + g], 0, 6);
        minimum = bits(in[at + 8 + g], 0, 6);
      } else {
        scale = bits(in[at + 8 + g], 0, 4) + 16 * bits(in[at + g], 6, 2);
        minimum = bits(in[at + 8 + g], 4, 4) + 16 * bits(in[at + 4 + g], 6, 2);
      }
      scales[to + g] = scale;
      minima[to + g] = minimum;
    }
  }
}
