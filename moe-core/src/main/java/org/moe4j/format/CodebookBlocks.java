// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.moe4j.format.Bits.bits;
import static org.moe4j.format.Bits.byteAt;
import static org.moe4j.format.Bits.half;
import static org.moe4j.format.Bits.intAt;
import static org.moe4j.format.Bits.shortAt;

/**
 * Blocks of 256 elements, of which each 8 (or twice 4) are an entry of a {@link Codebook} with
 * signs or a shift. {@code d} is the scale of a block; groups have odd scales of 4 or 5 bits, of
 * which the file has all but the last bit. The unit of a block is a fraction of {@code d}.
 */
enum CodebookBlocks implements BlockDecoder {
  /**
   * d, then for each 32 elements four entries of 8 bits, and 32 bits with four {@link #evenSigns
   * sign sets} and the scale.
   */
  IQ2_XXS(32, 43, 0.125f) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 8; g++) {
        scales[to + g] = odd(intAt(in, at + 6 + 8 * g) >>> 28);
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 32; i++) {
        int entry = byteAt(in, at + 2 + i / 4 * 8 + i % 4);
        int signs = bits(intAt(in, at + 6 + i / 4 * 8), i % 4 * 7, 7);
        Codebook.IQ2_XXS.copy(entry, evenSigns(signs), values, to + 8 * i);
      }
    }
  },

  /** d, 32 entries of 9 bits with 7 bits of signs, 16 scales of 4 bits. */
  IQ2_XS(16, 43, 0.125f) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      nibbleScales(in, at + 66, scales, to);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 32; i++) {
        int entry = shortAt(in, at + 2 + 2 * i);
        Codebook.IQ2_XS.copy(bits(entry, 0, 9), evenSigns(bits(entry, 9, 7)), values, to + 8 * i);
      }
    }
  },

  /** d, 32 low bytes of entries, 32 bytes of signs, 32 high bit pairs, 16 scales of 4 bits. */
  IQ2_S(16, 43, 0.125f) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      nibbleScales(in, at + 74, scales, to);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 32; i++) {
        int entry = byteAt(in, at + 2 + i) + 256 * bits(in[at + 66 + i / 4], i % 4 * 2, 2);
        Codebook.IQ2_S.copy(entry, byteAt(in, at + 34 + i), values, to + 8 * i);
      }
    }
  },

  /** d, 64 entries of 8 bits, then for each 32 elements four sign sets and the scale. */
  IQ3_XXS(32, 62, 0.25f) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 8; g++) {
        scales[to + g] = odd(intAt(in, at + 66 + 4 * g) >>> 28);
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 64; i++) {
        int signs = evenSigns(bits(intAt(in, at + 66 + i / 8 * 4), i / 2 % 4 * 7, 7));
        int own = i % 2 == 0 ? signs : signs >> 4;
        Codebook.IQ3_XXS.copy(byteAt(in, at + 2 + i), own, values, to + 4 * i);
      }
    }
  },

  /** d, 64 low bytes of entries, 64 high bits, 32 bytes of signs, 8 scales of 4 bits. */
  IQ3_S(32, 15, 1) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 8; g++) {
        scales[to + g] = odd(bits(in[at + 106 + g / 2], g % 2 * 4, 4));
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 64; i++) {
        int entry = byteAt(in, at + 2 + i) + 256 * bits(in[at + 66 + i / 8], i % 8, 1);
        int signs = byteAt(in, at + 74 + i / 2) >> (i % 2 * 4);
        Codebook.IQ3_S.copy(entry, signs, values, to + 4 * i);
      }
    }
  },

  /**
   * d, 32 low bytes of entries, then for each 32 elements 16 bits: four times 3 high bits, 3 bits
   * of scale, and whether an eighth is taken off or added to every element. The integers are in
   * eighths.
   */
  IQ1_S(32, 9, 0.125f) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 8; g++) {
        scales[to + g] = odd(bits(shortAt(in, at + 34 + 2 * g), 12, 3));
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 32; i++) {
        int high = shortAt(in, at + 34 + i / 4 * 2);
        int entry = byteAt(in, at + 2 + i) + 256 * bits(high, i % 4 * 3, 3);
        Codebook.IQ1.copyShifted(entry, bits(high, 15, 1) == 0 ? 1 : -1, values, to + 8 * i);
      }
    }
  },

  /**
   * 32 low bytes of entries, 32 nibbles of 3 high bits and the direction of the eighth, 16 scales
   * of 3 bits in four shorts, whose upper four bits together are d.
   */
  IQ1_M(16, 9, 0.125f) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 16; g++) {
        scales[to + g] = odd(bits(shortAt(in, at + 48 + g / 4 * 2), g % 4 * 3, 3));
      }
    }

    @Override
    float d(byte[] in, int at) {
      int half = 0;
      for (int i = 0; i < 4; i++) {
        half |= bits(shortAt(in, at + 48 + 2 * i), 12, 4) << (4 * i);
      }
      return Float.float16ToFloat((short) half);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 32; i++) {
        int high = bits(in[at + 32 + i / 2], i % 2 * 4, 4);
        int entry = byteAt(in, at + i) + 256 * bits(high, 0, 3);
        Codebook.IQ1.copyShifted(entry, bits(high, 3, 1) == 0 ? 1 : -1, values, to + 8 * i);
      }
    }
  };

  private final int group;
  private final int most;
  private final float fraction;

  CodebookBlocks(int group, int most, float fraction) {
    this.group = group;
    this.most = most;
    this.fraction = fraction;
  }

  /** Seven signs, and an eighth that makes the number of minus signs even. */
  private static int evenSigns(int seven) {
    return seven | (Integer.bitCount(seven) & 1) << 7;
  }

  private static int odd(int scale) {
    return 2 * scale + 1;
  }

  private static void nibbleScales(byte[] in, int at, float[] scales, int to) {
    for (int g = 0; g < 16; g++) {
      scales[to + g] = odd(bits(in[at + g / 2], g % 2 * 4, 4));
    }
  }

  float d(byte[] in, int at) {
    return half(in, at);
  }

  @Override
  public boolean hasUnits() {
    return true;
  }

  @Override
  public float unit(byte[] in, int at) {
    return d(in, at) * fraction;
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
    return false;
  }

  @Override
  public int least() {
    return -most;
  }

  @Override
  public int most() {
    return most;
  }
}
