// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.moe4j.MixtureException;

/**
 * The values that stored elements stand for, in plain loops: the reference that every faster kernel
 * is compared with. The results are bit-equal to those of the reference implementation of the
 * formats. Stateless.
 *
 * <p>Throughout, {@code d} is the scale of a block and {@code m} its minimum, both F16; products
 * and sums are rounded to single precision one by one, in the order written.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/tree/master/gguf-py/gguf">gguf.quants</a>
 */
public final class Dequantizer {

  private Dequantizer() {}

  /**
   * Dequantises consecutive elements of a row.
   *
   * @param type a {@linkplain TensorType#isSupported supported} type
   * @param data the tensor's bytes
   * @param byteOffset where the first block begins, at any address
   * @param out receives the values
   * @param outOffset where the first value goes
   * @param count elements, a whole number of blocks
   * @throws IndexOutOfBoundsException if the blocks reach beyond {@code data} or the values beyond
   *     {@code out}
   * @throws MixtureException.Unsupported if the type is not supported
   */
  public static void row(
      TensorType type, MemorySegment data, long byteOffset, float[] out, int outOffset, int count) {
    long bytes = type.bytes(count);
    Objects.checkFromIndexSize(outOffset, count, out.length);
    MemorySegment in = data.asSlice(byteOffset, bytes);
    switch (type) {
      case F32 -> MemorySegment.copy(in, GgufValue.FLOAT, 0, out, outOffset, count);
      case F16 -> f16(in, out, outOffset, count);
      case BF16 -> bf16(in, out, outOffset, count);
      default -> {
        int size = type.blockSize();
        for (int block = 0; block < count / size; block++) {
          block(type, in, (long) block * type.blockBytes(), out, outOffset + block * size);
        }
      }
    }
  }

  private static void block(TensorType type, MemorySegment in, long at, float[] out, int to) {
    switch (type) {
      case Q4_0 -> q4x0(in, at, out, to);
      case Q4_1 -> q4x1(in, at, out, to);
      case Q5_0 -> q5x0(in, at, out, to);
      case Q5_1 -> q5x1(in, at, out, to);
      case Q8_0 -> q8x0(in, at, out, to);
      case Q4_K -> q4k(in, at, out, to);
      case Q5_K -> q5k(in, at, out, to);
      case Q6_K -> q6k(in, at, out, to);
      default ->
          throw new MixtureException.Unsupported(
              "dequantisation", "tensor type " + type, TensorType.supportedNames());
    }
  }

  private static void f16(MemorySegment in, float[] out, int to, int count) {
    for (int i = 0; i < count; i++) {
      out[to + i] = half(in, 2L * i);
    }
  }

  private static void bf16(MemorySegment in, float[] out, int to, int count) {
    for (int i = 0; i < count; i++) {
      out[to + i] = Float.intBitsToFloat(in.get(GgufValue.SHORT, 2L * i) << 16);
    }
  }

  /** d, 16 bytes; the low nibbles are the first 16 elements. */
  private static void q4x0(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(in, at + 2 + i);
      out[to + i] = d * (bits(q, 0, 4) - 8);
      out[to + i + 16] = d * (bits(q, 4, 4) - 8);
    }
  }

  /** d, m, 16 bytes; the low nibbles are the first 16 elements. */
  private static void q4x1(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at);
    float m = half(in, at + 2);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(in, at + 4 + i);
      out[to + i] = d * bits(q, 0, 4) + m;
      out[to + i + 16] = d * bits(q, 4, 4) + m;
    }
  }

  /** d, 32 high bits, 16 bytes as in Q4_0. */
  private static void q5x0(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at);
    int high = in.get(GgufValue.INT, at + 2);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(in, at + 6 + i);
      out[to + i] = d * (bits(q, 0, 4) + 16 * bits(high, i, 1) - 16);
      out[to + i + 16] = d * (bits(q, 4, 4) + 16 * bits(high, i + 16, 1) - 16);
    }
  }

  /** d, m, 32 high bits, 16 bytes as in Q4_1. */
  private static void q5x1(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at);
    float m = half(in, at + 2);
    int high = in.get(GgufValue.INT, at + 4);
    for (int i = 0; i < 16; i++) {
      int q = unsigned(in, at + 8 + i);
      out[to + i] = d * (bits(q, 0, 4) + 16 * bits(high, i, 1)) + m;
      out[to + i + 16] = d * (bits(q, 4, 4) + 16 * bits(high, i + 16, 1)) + m;
    }
  }

  /** d, 32 signed bytes. */
  private static void q8x0(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at);
    for (int i = 0; i < 32; i++) {
      out[to + i] = d * in.get(ValueLayout.JAVA_BYTE, at + 2 + i);
    }
  }

  /**
   * d, m, 12 bytes of group scales and minima, 128 bytes: each 32 bytes hold two groups, the low
   * nibbles the first.
   */
  private static void q4k(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at);
    float m = half(in, at + 2);
    for (int group = 0; group < 8; group++) {
      float scale = d * groupScale(in, at + 4, group);
      float minimum = m * groupMinimum(in, at + 4, group);
      long low = at + 16 + 32L * (group / 2);
      int shift = group % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int q = bits(unsigned(in, low + i), shift, 4);
        out[to + 32 * group + i] = scale * q - minimum;
      }
    }
  }

  /**
   * As Q4_K, with 32 bytes before the nibbles whose bit {@code group} is the high bit of that
   * group's elements.
   */
  private static void q5k(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at);
    float m = half(in, at + 2);
    for (int group = 0; group < 8; group++) {
      float scale = d * groupScale(in, at + 4, group);
      float minimum = m * groupMinimum(in, at + 4, group);
      long low = at + 48 + 32L * (group / 2);
      int shift = group % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int high = bits(unsigned(in, at + 16 + i), group, 1);
        int q = bits(unsigned(in, low + i), shift, 4) + 16 * high;
        out[to + 32 * group + i] = scale * q - minimum;
      }
    }
  }

  /**
   * The 6-bit scale of a group: groups 4 to 7 have their upper two bits in the bytes of groups 0 to
   * 3.
   */
  private static int groupScale(MemorySegment in, long at, int group) {
    return group < 4
        ? bits(unsigned(in, at + group), 0, 6)
        : bits(unsigned(in, at + group + 4), 0, 4) + 16 * bits(unsigned(in, at + group - 4), 6, 2);
  }

  /** The 6-bit minimum of a group, packed like the scales. */
  private static int groupMinimum(MemorySegment in, long at, int group) {
    return group < 4
        ? bits(unsigned(in, at + group + 4), 0, 6)
        : bits(unsigned(in, at + group + 4), 4, 4) + 16 * bits(unsigned(in, at + group), 6, 2);
  }

  /**
   * 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed group scales, d. Each half of
   * the block is four runs of 32 elements: run r has its nibbles in the bytes 32 (r mod 2) on, low
   * for r &lt; 2, and its bits at 2 r.
   */
  private static void q6k(MemorySegment in, long at, float[] out, int to) {
    float d = half(in, at + 208);
    for (int run = 0; run < 8; run++) {
      int half = run / 4;
      int part = run % 4;
      long low = at + 64L * half + 32L * (part % 2);
      long high = at + 128 + 32L * half;
      for (int i = 0; i < 32; i++) {
        float scale = d * in.get(ValueLayout.JAVA_BYTE, at + 192 + 2L * run + i / 16);
        int q =
            bits(unsigned(in, low + i), 4 * (part / 2), 4)
                + 16 * bits(unsigned(in, high + i), 2 * part, 2);
        out[to + 32 * run + i] = scale * (q - 32);
      }
    }
  }

  /** Some bits of a value as a number of their own. */
  private static int bits(int value, int from, int count) {
    return (value >>> from) & ((1 << count) - 1);
  }

  private static float half(MemorySegment in, long at) {
    return Float.float16ToFloat(in.get(GgufValue.SHORT, at));
  }

  private static int unsigned(MemorySegment in, long at) {
    return in.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }
}
