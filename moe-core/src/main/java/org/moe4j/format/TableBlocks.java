// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.moe4j.format.Bits.bits;
import static org.moe4j.format.Bits.byteAt;
import static org.moe4j.format.Bits.half;
import static org.moe4j.format.Bits.shortAt;

/** Elements of 4 bits that index a table. */
@SuppressWarnings("ImmutableEnumChecker") // The table is filled once and never given away.
enum TableBlocks implements BlockDecoder {
  /** d, 16 bytes; the low nibbles are the first 16 elements. */
  IQ4_NL(32, TableBlocks.UNEQUAL) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      scales[to] = half(in, at);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      BasicBlocks.nibbles(in, at + 2, values, to, 0);
      lookUp(values, to, 32);
    }
  },

  /**
   * d, 8 pairs of high scale bits, 8 nibbles of low scale bits, 128 bytes: each 16 bytes are 32
   * elements as in IQ4_NL.
   */
  IQ4_XS(32, TableBlocks.UNEQUAL) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      int high = shortAt(in, at + 2);
      for (int g = 0; g < 8; g++) {
        int low = bits(in[at + 4 + g / 2], g % 2 * 4, 4);
        scales[to + g] = low + 16 * bits(high, 2 * g, 2) - 32;
      }
    }

    @Override
    public boolean hasUnits() {
      return true;
    }

    @Override
    public float unit(byte[] in, int at) {
      return half(in, at);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int g = 0; g < 8; g++) {
        BasicBlocks.nibbles(in, at + 8 + 16 * g, values, to + 32 * g, 0);
      }
      lookUp(values, to, 256);
    }
  },

  /**
   * An 8-bit exponent, 16 bytes as in IQ4_NL. The table holds twice the value of a float of 4 bits.
   *
   * @see <a
   *     href="https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf">OCP
   *     Microscaling Formats</a>
   */
  MXFP4(32, TableBlocks.E2M1) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      int exponent = byteAt(in, at);
      // 2^(exponent - 128), of which the two smallest are subnormal.
      scales[to] =
          Float.intBitsToFloat(exponent < 2 ? 0x00200000 << exponent : (exponent - 1) << 23);
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      BasicBlocks.nibbles(in, at + 1, values, to, 0);
      lookUp(values, to, 32);
    }
  },

  /**
   * Four scales, each a float with 4 bits of exponent and 3 of fraction, then for each 8 bytes of
   * 16 elements, the low nibbles the first 8. The table is that of MXFP4.
   */
  NVFP4(16, TableBlocks.E2M1) {
    @Override
    public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      for (int g = 0; g < 4; g++) {
        int bits = byteAt(in, at + g);
        int exponent = bits(bits, 3, 4);
        int fraction = bits(bits, 0, 3);
        float value =
            exponent == 0 ? fraction * 0x1p-9f : Math.scalb(1 + fraction / 8f, exponent - 7);
        scales[to + g] = bits == 0x7f ? 0 : value / 2;
      }
    }

    @Override
    public void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 64; i++) {
        values[to + i] = (byte) bits(in[at + 4 + i / 16 * 8 + i % 8], i / 8 % 2 * 4, 4);
      }
      lookUp(values, to, 64);
    }
  };

  private static final String UNEQUAL = "-127 -104 -83 -65 -49 -35 -22 -10 1 13 25 38 53 69 89 113";
  private static final String E2M1 = "0 1 2 3 4 6 8 12 0 -1 -2 -3 -4 -6 -8 -12";

  private final int group;
  private final byte[] table = new byte[16];
  private final int least;
  private final int most;

  TableBlocks(int group, String numbers) {
    this.group = group;
    int smallest = 0;
    int largest = 0;
    String[] each = numbers.split(" ", -1);
    for (int i = 0; i < table.length; i++) {
      table[i] = Byte.parseByte(each[i]);
      smallest = Math.min(smallest, table[i]);
      largest = Math.max(largest, table[i]);
    }
    least = smallest;
    most = largest;
  }

  final void lookUp(byte[] values, int from, int count) {
    for (int i = from; i < from + count; i++) {
      values[i] = table[values[i]];
    }
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
    return least;
  }

  @Override
  public int most() {
    return most;
  }
}
