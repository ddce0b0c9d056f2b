// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Optional;
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
      default -> {
        byte[] stored = in.toArray(ValueLayout.JAVA_BYTE);
        Optional<Float8> floats = Float8.of(type);
        if (floats.isPresent()) {
          f8(floats.get(), type, stored, out, outOffset);
        } else {
          BlockDecoder decoder =
              BlockDecoder.of(type)
                  .orElseThrow(() ->
                      new MixtureException.Unsupported(
                          "dequantisation", "tensor type " + type, TensorType.supportedNames()));
          blocks(decoder, stored, out, outOffset);
        }
      }
    }
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

  private static void f8(Float8 floats, TensorType type, byte[] in, float[] out, int to) {
    int size = type.blockSize();
    int before = type.blockBytes() - size;
    for (int at = before; at < in.length; at += type.blockBytes()) {
      float scale = before == 0 ? 1 : Float.intBitsToFloat(Bits.intAt(in, at - before));
      for (int i = 0; i < size; i++) {
        out[to++] = floats.value(in[at + i]) * scale;
      }
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
      float unit = decoder.unit(in, at);
      float minimumUnit = decoder.minimumUnit(in, at);
      for (int i = 0; i < size; i++) {
        float product = unit * scales[i / group] * values[i];
        out[to + i] = decoder.hasMinima() ? product + minimumUnit * minima[i / group] : product;
      }
    }
  }
}
