// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.moe4j.format.TensorType;

/**
 * Random blocks of stored types whose values have a standard deviation near {@code 1 /
 * sqrt(inputs)}, so that activations neither vanish nor grow.
 */
final class RandomWeights {

  /** Standard deviation of a uniformly random nibble around its centre. */
  private static final double NIBBLE = 4.6;

  /** Standard deviation of a uniformly random signed byte. */
  private static final double BYTE = 73.9;

  /** Standard deviation of uniformly random 6-bit values. */
  private static final double SIX_BITS = 18.5;

  /** Standard deviation of the sixteen 4-bit floats. */
  private static final double FLOAT4 = 2.9;

  private final SplittableRandom random;

  RandomWeights(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Rows of random weights. */
  GgufWriter.Content matrix(TensorType type, long rows, int inputs) {
    return out -> {
      double deviation = 1 / Math.sqrt(inputs);
      byte[] row = new byte[Math.toIntExact(type.bytes(inputs))];
      for (long i = 0; i < rows; i++) {
        fill(type, row, deviation);
        out.write(row);
      }
    };
  }

  /** Values near a center, in F32. */
  GgufWriter.Content values(long count, float center) {
    return out -> writeFloats(out, count, center);
  }

  private void writeFloats(OutputStream out, long count, float center) throws IOException {
    ByteBuffer value = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < count; i++) {
      out.write(value.putFloat(0, center + 0.02f * (float) gaussian()).array());
    }
  }

  private double gaussian() {
    return random.nextGaussian();
  }

  private void fill(TensorType type, byte[] row, double deviation) {
    ByteBuffer bytes = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case F32 -> {
        while (bytes.hasRemaining()) {
          bytes.putFloat((float) (gaussian() * deviation));
        }
        return;
      }
      case F16 -> {
        while (bytes.hasRemaining()) {
          bytes.putShort(Float.floatToFloat16((float) (gaussian() * deviation)));
        }
        return;
      }
      default -> random.nextBytes(row);
    }
    for (int at = 0; at < row.length; at += type.blockBytes()) {
      scale(type, bytes, at, deviation);
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
