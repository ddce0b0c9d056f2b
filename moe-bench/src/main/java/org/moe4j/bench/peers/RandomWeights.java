// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.moe4j.bench.peers.FileWriter.Content;
import org.moe4j.format.TensorType;

/**
 * Random blocks of stored types whose values have a standard deviation near {@code 1 /
 * sqrt(inputs)}, so that activations neither vanish nor grow.
 */
final class RandomWeights {

  /** Standard deviation of a uniformly random nibble around its centre. */
  static final double NIBBLE = 4.6;

  /** Standard deviation of a uniformly random signed byte. */
  private static final double BYTE = 73.9;

  /** Standard deviation of uniformly random 6-bit values. */
  private static final double SIX_BITS = 18.5;

  /** Standard deviation of the sixteen 4-bit floats. */
  private static final double FLOAT4 = 2.9;

  /** Root mean square of values that are uniform in [1, 2). */
  private static final double MANTISSA = 1.5275;

  private final SplittableRandom seeds;

  RandomWeights(long seed) {
    seeds = new SplittableRandom(seed);
  }

  /**
   * Rows of random weights.
   *
   * @param inputs length of a row
   */
  Content matrix(TensorType type, int inputs) {
    double deviation = 1 / Math.sqrt(inputs);
    long seed = seeds.nextLong();
    return (part, offset) -> {
      fillWithBits(part, new SplittableRandom(seed ^ offset));
      shape(type, part, deviation);
    };
  }

  /** Random bytes. */
  Content bytes() {
    long seed = seeds.nextLong();
    return (part, offset) -> fillWithBits(part, new SplittableRandom(seed ^ offset));
  }

  /** Values near a center, in F32. */
  Content values(float center) {
    long seed = seeds.nextLong();
    return (part, offset) -> {
      SplittableRandom random = new SplittableRandom(seed ^ offset);
      while (part.hasRemaining()) {
        part.putFloat(center + 0.02f * (float) random.nextGaussian());
      }
    };
  }

  private static void fillWithBits(ByteBuffer part, SplittableRandom random) {
    int at = 0;
    for (; at + Long.BYTES <= part.limit(); at += Long.BYTES) {
      part.putLong(at, random.nextLong());
    }
    for (; at < part.limit(); at++) {
      part.put(at, (byte) random.nextInt());
    }
  }

  /** Makes floating-point numbers of random bits, or gives blocks of them their scales. */
  private static void shape(TensorType type, ByteBuffer part, double deviation) {
    int exponent = (int) Math.round(Math.log(deviation / MANTISSA) / Math.log(2));
    switch (type) {
      case F32 -> {
        for (int at = 0; at < part.limit(); at += Float.BYTES) {
          part.putInt(at, (part.getInt(at) & 0x807f_ffff) | (exponent + 127) << 23);
        }
      }
      case F16 -> {
        for (int at = 0; at < part.limit(); at += Short.BYTES) {
          part.putShort(at, (short) ((part.getShort(at) & 0x83ff) | (exponent + 15) << 10));
        }
      }
      default -> {
        for (int at = 0; at < part.limit(); at += type.blockBytes()) {
          scale(type, part, at, deviation);
        }
      }
    }
  }

  /** Overwrites the scales of a block. */
  private static void scale(TensorType type, ByteBuffer block, int at, double deviation) {
    switch (type) {
      case Q4_0 -> block.putShort(at, half(deviation / NIBBLE));
      case Q8_0 -> block.putShort(at, half(deviation / BYTE));
      case MXFP4 ->
          block.put(at, (byte) (127 + Math.round(Math.log(deviation / FLOAT4) / Math.log(2))));
      case Q4_K -> {
        // Scale 32 and minimum 30 in every group; the minima move the nibbles' mean to zero.
        block.putShort(at, half(deviation / NIBBLE / 32));
        block.putShort(at + 2, half(deviation / NIBBLE * 7.5 / 30));
        for (int group = 0; group < 4; group++) {
          block.put(at + 4 + group, (byte) (32 | 2 << 6));
          block.put(at + 8 + group, (byte) (30 | 1 << 6));
          block.put(at + 12 + group, (byte) (0 | 14 << 4));
        }
      }
      case Q6_K -> {
        for (int group = 0; group < 16; group++) {
          block.put(at + 192 + group, (byte) 16);
        }
        block.putShort(at + 208, half(deviation / SIX_BITS / 16));
      }
      default -> throw new IllegalArgumentException("no random weights of type " + type);
    }
  }

  private static short half(double value) {
    return Float.floatToFloat16((float) value);
  }
}
