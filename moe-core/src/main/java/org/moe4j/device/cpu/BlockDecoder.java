// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.MixtureException;
import org.moe4j.device.cpu.QuantizedTiles.Form;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/**
 * Takes rows of the stored quantised types apart: integers, and a scale and a minimum for each
 * group of columns, so that {@code weight = scale x (value + shift) + minimum}. The integers are
 * what a tile holds; {@link #shift} is what was taken off them to make them small.
 */
enum BlockDecoder {
  Q4_0(Form.NIBBLES, 0) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      scales[to] = half(in, at);
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      nibbles(in, at + 2, values, to);
    }
  },
  Q4_1(Form.CENTRED_NIBBLES, 8) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      scales[to] = half(in, at);
      minima[to] = half(in, at + 2);
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      nibbles(in, at + 4, values, to);
    }
  },
  Q5_0(Form.BYTES, 0) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      scales[to] = half(in, at);
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      fives(in, at + 2, values, to);
    }
  },
  Q5_1(Form.CENTRED_BYTES, 16) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      scales[to] = half(in, at);
      minima[to] = half(in, at + 2);
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      fives(in, at + 4, values, to);
    }
  },
  Q8_0(Form.BYTES, 0) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      scales[to] = half(in, at);
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      System.arraycopy(in, at + 2, values, to, 32);
    }
  },
  Q4_K(Form.CENTRED_NIBBLES, 8) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      groupScales(in, at, scales, minima, to);
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i++) {
        values[to + i] =
            (byte) (((in[at + 16 + i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4)) & 15) - 8);
      }
    }
  },
  Q5_K(Form.CENTRED_BYTES, 16) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      groupScales(in, at, scales, minima, to);
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i++) {
        int low = (in[at + 48 + i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4)) & 15;
        int high = (in[at + 16 + i % 32] >> (i / 32)) & 1;
        values[to + i] = (byte) (low + 16 * high - 16);
      }
    }
  },
  Q6_K(Form.BYTES_BY_16, 0) {
    @Override
    void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
      float d = half(in, at + 208);
      for (int g = 0; g < 16; g++) {
        scales[to + g] = d * in[at + 192 + g];
      }
    }

    @Override
    void values(byte[] in, int at, byte[] values, int to) {
      for (int i = 0; i < 256; i++) {
        int half = i / 128;
        int part = i / 32 % 4;
        int low = (in[at + 64 * half + 32 * (part % 2) + i % 32] >> (4 * (part / 2))) & 15;
        int high = (in[at + 128 + 32 * half + i % 32] >> (2 * part)) & 3;
        values[to + i] = (byte) (low + 16 * high - 32);
      }
    }
  };

  /** How a tile holds the weights. */
  final Form form;

  /** What is missing from the values where there is a minimum. */
  final int shift;

  BlockDecoder(Form form, int shift) {
    this.form = form;
    this.shift = shift;
  }

  /** The decoder of a tensor's type. */
  static BlockDecoder of(TensorData tensor) {
    return switch (tensor.type()) {
      case Q4_0 -> Q4_0;
      case Q4_1 -> Q4_1;
      case Q5_0 -> Q5_0;
      case Q5_1 -> Q5_1;
      case Q8_0 -> Q8_0;
      case Q4_K -> Q4_K;
      case Q5_K -> Q5_K;
      case Q6_K -> Q6_K;
      default ->
          throw new MixtureException.Unsupported(
              tensor.file() + ": " + tensor.name(),
              "tensor type " + tensor.type(),
              "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K");
    };
  }

  /** The stored type. */
  TensorType type() {
    return TensorType.valueOf(name());
  }

  /**
   * Scales and minima of the groups of one block.
   *
   * @param in bytes of rows
   * @param at where the block begins
   * @param scales receives the scales
   * @param minima receives the minima where the form is centred
   * @param to index of the first group
   */
  abstract void scales(byte[] in, int at, float[] scales, float[] minima, int to);

  /**
   * Values of one block.
   *
   * @param in bytes of rows
   * @param at where the block begins
   * @param values receives the values, in the order of columns
   * @param to index of the first value
   */
  abstract void values(byte[] in, int at, byte[] values, int to);

  private static float half(byte[] in, int at) {
    return Float.float16ToFloat((short) ((in[at] & 0xff) | (in[at + 1] << 8)));
  }

  /** 16 bytes; the low nibbles are the first 16 columns. */
  private static void nibbles(byte[] in, int at, byte[] values, int to) {
    for (int i = 0; i < 16; i++) {
      values[to + i] = (byte) ((in[at + i] & 15) - 8);
      values[to + i + 16] = (byte) ((in[at + i] >> 4 & 15) - 8);
    }
  }

  /** 4 bytes of fifth bits, then nibbles. */
  private static void fives(byte[] in, int at, byte[] values, int to) {
    for (int i = 0; i < 16; i++) {
      int first = in[at + i / 8] >> i % 8 & 1;
      int second = in[at + 2 + i / 8] >> i % 8 & 1;
      values[to + i] = (byte) ((in[at + 4 + i] & 15) + 16 * first - 16);
      values[to + i + 16] = (byte) ((in[at + 4 + i] >> 4 & 15) + 16 * second - 16);
    }
  }

  /** d, m, then for 8 groups 6 bits of scale and of minimum in 12 bytes. */
  private static void groupScales(byte[] in, int at, float[] scales, float[] minima, int to) {
    float d = half(in, at);
    float m = half(in, at + 2);
    for (int g = 0; g < 8; g++) {
      int scale;
      int minimum;
      if (g < 4) {
        scale = in[at + 4 + g] & 63;
        minimum = in[at + 8 + g] & 63;
      } else {
        scale = (in[at + 8 + g] & 15) | ((in[at + g] >> 2) & 48);
        minimum = ((in[at + 8 + g] >> 4) & 15) | ((in[at + 4 + g] >> 2) & 48);
      }
      scales[to + g] = d * scale;
      minima[to + g] = -(m * minimum);
    }
  }
}
