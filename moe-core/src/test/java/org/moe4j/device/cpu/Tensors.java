// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.moe4j.format.BlockDecoder;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/** Random tensors of every type, with values of about {@code 1 / sqrt(columns)}. */
final class Tensors {

  private Tensors() {}

  static TensorData random(TensorType type, Random random, long... shape) {
    long elements = 1;
    for (long size : shape) {
      elements *= size;
    }
    byte[] bytes = new byte[(int) type.bytes(elements)];
    MemorySegment data = MemorySegment.ofArray(bytes);
    double deviation = shape.length < 2 ? 1 : 1 / Math.sqrt((double) shape[shape.length - 1]);
    switch (type) {
      case F32 -> {
        for (int i = 0; i < elements; i++) {
          data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, gaussian(random, deviation));
        }
      }
      case F16 -> {
        for (int i = 0; i < elements; i++) {
          half(data, 2L * i, gaussian(random, deviation));
        }
      }
      case BF16 -> {
        for (int i = 0; i < elements; i++) {
          int bits = Float.floatToIntBits(gaussian(random, deviation));
          data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) (bits >> 16));
        }
      }
      case F8_E4M3, F8_E5M2 -> {
        random.nextBytes(bytes);
        for (int i = 0; i < elements; i++) {
          bytes[i] = finite(bytes[i]);
        }
      }
      case E4M3_32, E4M3_128, E5M2_32, E5M2_128 -> {
        random.nextBytes(bytes);
        double largest = type.name().startsWith("E4M3") ? 448 : 57344;
        for (int at = 0; at < bytes.length; at += type.blockBytes()) {
          data.set(
              ValueLayout.JAVA_FLOAT_UNALIGNED,
              at,
              (float) ((0.5 + random.nextDouble()) * deviation * 4 / largest));
          for (int i = 4; i < type.blockBytes(); i++) {
            bytes[at + i] = finite(bytes[at + i]);
          }
        }
      }
      case INT4, INT5, INT8 -> {
        BlockDecoder range = BlockDecoder.of(type).orElseThrow();
        for (int at = 0; at < bytes.length; at += type.blockBytes()) {
          data.set(
              ValueLayout.JAVA_FLOAT_UNALIGNED,
              at,
              (float) ((0.5 + random.nextDouble()) * deviation / range.most()));
          for (int i = 4; i < type.blockBytes(); i++) {
            bytes[at + i] = (byte) random.nextInt(range.least(), range.most() + 1);
          }
        }
      }
      default -> {
        random.nextBytes(bytes);
        for (long at = 0; at < bytes.length; at += type.blockBytes()) {
          scales(type, data, at, (0.5 + random.nextDouble()) * deviation);
        }
      }
    }
    return TensorData.of("test", type + " tensor", type, data, shape);
  }

  /** A float of 8 bits that is neither NaN nor infinite. */
  private static byte finite(byte bits) {
    return (byte) ((bits & 0x7f) >= 0x7c ? bits & 0x83 : bits);
  }

  /** Puts sensible halves where a block has its scale and its minimum. */
  private static void scales(TensorType type, MemorySegment data, long at, double size) {
    switch (type) {
      case Q4_0 -> half(data, at, size / 5);
      case Q5_0 -> half(data, at, size / 9);
      case Q8_0 -> half(data, at, size / 74);
      case Q4_1 -> {
        half(data, at, size / 5);
        half(data, at + 2, -1.6 * size);
      }
      case Q5_1 -> {
        half(data, at, size / 9);
        half(data, at + 2, -1.7 * size);
      }
      case Q4_K -> {
        half(data, at, size / 5 / 32);
        half(data, at + 2, 1.5 * size / 32);
      }
      case Q5_K -> {
        half(data, at, size / 9 / 32);
        half(data, at + 2, 1.7 * size / 32);
      }
      case Q6_K -> half(data, at + 208, size / 18 / 64);
      case Q2_K -> {
        half(data, at + 80, size / 9);
        half(data, at + 82, 1.5 * size / 9);
      }
      case Q3_K -> half(data, at + 108, size / 2 / 18);
      case IQ4_NL -> half(data, at, size / 70);
      case IQ4_XS -> half(data, at, size / 70 / 18);
      case IQ2_XXS, IQ2_XS, IQ2_S -> half(data, at, size / 25 / 2);
      case IQ3_XXS -> half(data, at, size / 36 / 4);
      case IQ3_S -> half(data, at, size / 9 / 16);
      case IQ1_S -> half(data, at, size / 8);
      case IQ1_M -> {
        int bits = Float.floatToFloat16((float) size / 8);
        for (int i = 0; i < 4; i++) {
          int old = data.get(ValueLayout.JAVA_BYTE, at + 49 + 2L * i) & 15;
          data.set(
              ValueLayout.JAVA_BYTE,
              at + 49 + 2L * i,
              (byte) (old | ((bits >> (4 * i)) & 15) << 4));
        }
      }
      case TQ1_0 -> half(data, at + 52, size);
      case TQ2_0 -> half(data, at + 64, size);
      case MXFP4 ->
          data.set(
              ValueLayout.JAVA_BYTE, at, (byte) (128 + Math.getExponent(size / 6) + at / 17 % 2));
      case NVFP4 -> {
        // The scales have no sign: 4 bits of exponent with a bias of 7, 3 of fraction.
        int exponent = 8 + Math.getExponent(size / 6);
        for (int g = 0; g < 4; g++) {
          int fraction = data.get(ValueLayout.JAVA_BYTE, at + g) & 7;
          data.set(ValueLayout.JAVA_BYTE, at + g, (byte) (Math.max(exponent, 0) << 3 | fraction));
        }
      }
      default -> throw new IllegalArgumentException(type.toString());
    }
  }

  private static float gaussian(Random random, double deviation) {
    return (float) (random.nextGaussian() * deviation);
  }

  private static void half(MemorySegment data, long at, double value) {
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float) value));
  }
}
