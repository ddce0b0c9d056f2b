// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a safetensors file: eight bytes with the length of the header, the header in JSON, the
 * values of all tensors (little-endian, row-major). Values are asked for row by row, so that a file
 * may be larger than the heap.
 */
final class SafetensorsWriter {

  /** One row of a tensor. */
  @FunctionalInterface
  interface Rows {
    /** Puts the values of a row into the buffer. */
    void put(int row, ByteBuffer into);
  }

  private record Tensor(int rows, int rowBytes, Rows values) {}

  private final Map<String, Object> header = new LinkedHashMap<>();
  private final List<Tensor> tensors = new ArrayList<>();
  private long offset;

  /**
   * Adds a tensor of 4-byte values.
   *
   * @param type {@code F32} or {@code I32}
   * @param rows number of rows
   * @param width values of a row
   */
  void add(String name, String type, int rows, int width, Rows values) {
    add(name, type, List.of(rows, width), rows, width, values);
  }

  /** Adds a tensor of one dimension. */
  void addVector(String name, int[] values) {
    add(
        name,
        "I32",
        List.of(values.length),
        1,
        values.length,
        (row, into) -> into.asIntBuffer().put(values));
  }

  private void add(
      String name, String type, List<Integer> shape, int rows, int width, Rows values) {
    int rowBytes = Math.multiplyExact(width, 4);
    long end = Math.addExact(offset, Math.multiplyExact((long) rows, rowBytes));
    header.put(
        name,
        Map.of(
            "dtype", type,
            "shape", shape,
            "data_offsets", LongStream.of(offset, end).boxed().toList()));
    tensors.add(new Tensor(rows, rowBytes, values));
    offset = end;
  }

  /** Writes the file; one that is there is replaced when the new one is complete. */
  void write(Path file) throws IOException {
    Path target = file.toAbsolutePath();
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part), 1 << 16)) {
        write(out);
      }
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new Main.Problem(file + ": cannot be written: " + e, e);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void write(OutputStream out) throws IOException {
    byte[] json = JsonMapper.shared().writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + 7) / 8 * 8; // so that the values are aligned
    out.write(little(8).putLong(padded).array());
    out.write(json);
    out.write(" ".repeat(padded - json.length).getBytes(StandardCharsets.UTF_8));
    for (Tensor tensor : tensors) {
      byte[] bytes = new byte[tensor.rowBytes()];
      for (int row = 0; row < tensor.rows(); row++) {
        tensor.values().put(row, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        out.write(bytes);
      }
    }
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
