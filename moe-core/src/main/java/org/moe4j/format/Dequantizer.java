// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.moe4j.MixtureException;

/**
 * The values that stored elements stand for, in plain loops: the reference that every faster kernel
 * is compared with. The results are bit-equal to those of the reference implementation of the
 * formats; products and sums are rounded to single precision one by one. Stateless.
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
      case F8_E4M3, F8_E5M2 -> {
        for (int i = 0; i < count; i++) {
          out[outOffset + i] = Float.float16ToFloat(half(type, in.get(ValueLayout.JAVA_BYTE, i)));
        }
      }
      default ->
          blocks(
              BlockDecoder.of(type)
                  .orElseThrow(() ->
                      new MixtureException.Unsupported(
                          "dequantisation", "tensor type " + type, TensorType.supportedNames())),
              in.toArray(ValueLayout.JAVA_BYTE),
              out,
              outOffset);
    }
  }

  /**
   * The half that has the value of a float of 8 bits.
   *
   * @param type {@link TensorType#F8_E4M3} or {@link TensorType#F8_E5M2}
   * @param bits the float
   * @see <a href="https://arxiv.org/abs/2209.05433">FP8 Formats for Deep Learning</a>
   */
  public static short half(TensorType type, byte bits) {
    if (type == TensorType.F8_E5M2) {
      return (short) (bits << 8);
    }
    int magnitude = bits & 0x7f;
    // As a half it is 2^8 times too small, exactly, for both exponents count from the same bits.
    float value =
        magnitude == 0x7f ? Float.NaN : Float.float16ToFloat((short) (magnitude << 7)) * 0x1p8f;
    return Float.floatToFloat16(bits < 0 ? -value : value);
  }

  private static void f16(MemorySegment in, float[] out, int to, int count) {
    for (int i = 0; i < count; i++) {
      out[to + i] = Float.float16ToFloat(in.get(GgufValue.SHORT, 2L * i));
    }
  }

  private static void bf16(MemorySegment in, float[] out, int to, int count) {
    for (int i = 0; i < count; i++) {
      out[to + i] = Float.intBitsToFloat(in.get(GgufValue.SHORT, 2L * i) << 16);
    }
  }

  private static void blocks(BlockDecoder decoder, byte[] in, float[] out, int to) {
    int size = decoder.type().blockSize();
    int group = decoder.group();
    byte[] values = new byte[size];
    float[] scales = new float[size / group];
    float[] minima = new float[size / group];
    for (int at = 0; at < in.length; at += decoder.type().blockBytes(), to += size) {
      decoder.scales(in, at, scales, minima, 0);
      decoder.values(in, at, values, 0);
      for (int i = 0; i < size; i++) {
        float product = scales[i / group] * values[i];
        out[to + i] = decoder.hasMinima() ? product + minima[i / group] : product;
      }
    }
  }
}
