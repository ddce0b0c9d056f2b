// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.ServiceLoader;
import org.moe4j.device.Device;
import org.moe4j.device.DeviceProvider;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Linear;

/** What the benchmarks share: a device by name and weights with random bits but sane scales. */
final class Bench {

  private Bench() {}

  /** Opens a device with as many threads as the process has cores. */
  static Device device(String name) {
    for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
      if (provider.name().equals(name)) {
        provider
            .unavailable()
            .ifPresent(reason -> {
              throw new IllegalStateException(name + ": " + reason);
            });
        return provider.open(Runtime.getRuntime().availableProcessors());
      }
    }
    throw new IllegalArgumentException("no device " + name);
  }

  /** A linear map of {@code outputs x inputs} random weights. */
  static Linear linear(Arena arena, TensorType type, int outputs, int inputs, long seed) {
    return Linear.of(weights(arena, type, seed, outputs, inputs));
  }

  /** Random weights: random quants, scales near 0.01, float values near 1. */
  static TensorData weights(Arena arena, TensorType type, long seed, long... shape) {
    long elements = 1;
    for (long size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    MemorySegment data = arena.allocate(type.bytes(elements), 64);
    Random random = new Random(seed);
    for (long i = 0; i + 8 <= data.byteSize(); i += 8) {
      data.set(ValueLayout.JAVA_LONG_UNALIGNED, i, random.nextLong());
    }
    int block = type.blockBytes();
    for (long at = 0; at < data.byteSize(); at += block) {
      calm(type, data, at, random);
    }
    return TensorData.of("bench", type + " weights", type, data, shape);
  }

  /** Overwrites the floating-point parts of a block, whose random bits could be NaN or huge. */
  private static void calm(TensorType type, MemorySegment data, long at, Random random) {
    short small = Float.floatToFloat16(0.005f + 0.01f * random.nextFloat());
    switch (type) {
      case F32 -> data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, random.nextFloat() - 0.5f);
      case F16 ->
          data.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              at,
              Float.floatToFloat16(random.nextFloat() - 0.5f));
      case BF16 ->
          data.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              at,
              (short) (Float.floatToIntBits(random.nextFloat() - 0.5f) >>> 16));
      case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ1_S ->
          data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, small);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, small);
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2, small);
      }
      case Q2_K -> {
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 80, small);
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 82, small);
      }
      case Q3_K -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 108, small);
      case TQ1_0 -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 52, small);
      case TQ2_0 -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 64, small);
      case MXFP4 -> data.set(ValueLayout.JAVA_BYTE, at, (byte) (119 + random.nextInt(2)));
      // The scales have no sign: near 2^-7.
      case NVFP4 -> data.set(ValueLayout.JAVA_INT_UNALIGNED, at, 0x02030403);
      // Four bits of each short are a nibble of the scale.
      case IQ1_M -> {
        for (int i = 0; i < 4; i++) {
          int rest = data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 48 + 2L * i) & 0x0fff;
          int nibble = (small >> (4 * i)) & 15;
          data.set(
              ValueLayout.JAVA_SHORT_UNALIGNED, at + 48 + 2L * i, (short) (rest | (nibble << 12)));
        }
      }
      case Q6_K -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 208, small);
      case F8_E4M3 -> eightBits(data, at);
      case E4M3_128 -> {
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, 0.001f * random.nextFloat());
        for (int i = 0; i < 128; i++) {
          eightBits(data, at + Float.BYTES + i);
        }
      }
      default -> throw new IllegalArgumentException("no benchmark weights of type " + type);
    }
  }

  /** Clears a bit of the exponent, so that no float of 8 bits is NaN. */
  private static void eightBits(MemorySegment data, long at) {
    data.set(ValueLayout.JAVA_BYTE, at, (byte) (data.get(ValueLayout.JAVA_BYTE, at) & 0xbf));
  }

  /** Rows of small random values. */
  static float[] rows(int rows, int width) {
    Random random = new Random(7);
    float[] values = new float[rows * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
