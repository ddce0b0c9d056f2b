// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.moe4j.bench.peers.FileWriter.Content;
import org.moe4j.bench.peers.FileWriter.Region;
import org.moe4j.format.TensorType;

/**
 * Writes a GGUF file of version 3: settings, then tensors whose bytes are made while they are
 * written.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</a>
 */
final class GgufWriter {

  private static final int ALIGNMENT = 32;
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final Bytes settings = new Bytes();
  private final List<Tensor> tensors = new ArrayList<>();
  private long settingCount;

  private record Tensor(String name, TensorType type, List<Long> shape, Content content) {
    long bytes() {
      return type.bytes(shape.stream().reduce(1L, Math::multiplyExact));
    }
  }

  /** Little-endian bytes. */
  private static final class Bytes extends ByteArrayOutputStream {
    void int32(int value) {
      writeBytes(
          ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    void int64(long value) {
      writeBytes(
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    void text(String value) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      int64(utf8.length);
      writeBytes(utf8);
    }
  }

  private void key(String key, int type) {
    settingCount++;
    settings.text(key);
    settings.int32(type);
  }

  GgufWriter text(String key, String value) {
    key(key, STRING);
    settings.text(value);
    return this;
  }

  GgufWriter number(String key, int value) {
    key(key, UINT32);
    settings.int32(value);
    return this;
  }

  GgufWriter real(String key, float value) {
    key(key, FLOAT32);
    settings.int32(Float.floatToIntBits(value));
    return this;
  }

  GgufWriter texts(String key, List<String> values) {
    key(key, ARRAY);
    settings.int32(STRING);
    settings.int64(values.size());
    values.forEach(settings::text);
    return this;
  }

  GgufWriter numbers(String key, int... values) {
    key(key, ARRAY);
    settings.int32(INT32);
    settings.int64(values.length);
    for (int value : values) {
      settings.int32(value);
    }
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param name its name
   * @param type how its elements are stored
   * @param content makes exactly its bytes
   * @param shape outermost dimension first
   */
  void tensor(String name, TensorType type, Content content, long... shape) {
    List<Long> sizes = new ArrayList<>();
    for (long size : shape) {
      sizes.add(size);
    }
    tensors.add(new Tensor(name, type, sizes, content));
  }

  /** Writes the file; it appears under its name when it is whole. */
  void write(Path file) throws IOException {
    byte[] header = header().toByteArray();
    List<Region> regions = new ArrayList<>();
    long at = aligned(header.length);
    for (Tensor tensor : tensors) {
      regions.add(new Region(at, tensor.bytes(), tensor.content));
      at = aligned(at + tensor.bytes());
    }
    // Some readers want the padding after the last tensor, too.
    regions.add(new Region(at, ALIGNMENT, (part, offset) -> {}));
    FileWriter.write(file, header, regions);
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private Bytes header() {
    Bytes header = new Bytes();
    header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    header.int32(3);
    header.int64(tensors.size());
    header.int64(settingCount);
    header.writeBytes(settings.toByteArray());
    long offset = 0;
    for (Tensor tensor : tensors) {
      header.text(tensor.name);
      header.int32(tensor.shape.size());
      tensor.shape.reversed().forEach(header::int64);
      header.int32(id(tensor.type));
      header.int64(offset);
      offset += aligned(tensor.bytes());
    }
    return header;
  }

  private static int id(TensorType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q8_0 -> 8;
      case Q4_K -> 12;
      case Q6_K -> 14;
      case MXFP4 -> 39;
      default -> throw new IllegalArgumentException("nothing here writes " + type);
    };
  }
}
