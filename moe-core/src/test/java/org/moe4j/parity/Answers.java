// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The answers of the reference implementation, which the fixture scripts wrote as a safetensors
 * file. Read without the project's own reader, so that a mistake there cannot hide.
 */
final class Answers {

  private static final int LENGTH_BYTES = 8;

  private final ByteBuffer bytes;
  private final JsonNode header;
  private final int data;

  private Answers(ByteBuffer bytes) {
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(bytes.getLong(0));
    byte[] json = new byte[length];
    bytes.get(LENGTH_BYTES, json);
    header = new ObjectMapper().readTree(new String(json, StandardCharsets.UTF_8));
    data = LENGTH_BYTES + length;
  }

  static Answers read(Path file) {
    try {
      return new Answers(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How the file was made. */
  JsonNode facts() {
    String facts = header.path("__metadata__").path("facts").asString();
    return new ObjectMapper().readTree(facts);
  }

  /** Number of sequences. */
  int sequences() {
    return facts().path("sequences").asInt();
  }

  /** The tokens of a sequence. */
  int[] ids(int sequence) {
    return ints(sequence + ".ids");
  }

  /** The continuation of a sequence by the best token of each step. */
  int[] greedy(int sequence) {
    return ints(sequence + ".greedy");
  }

  /** Logits and routing of all positions of a sequence. */
  Trace trace(int sequence) {
    Trace trace = new Trace();
    trace.logits().addAll(rows(sequence + ".logits"));
    String experts = ".experts";
    String prefix = sequence + ".layer.";
    for (String name : header.propertyNames()) {
      if (name.startsWith(prefix) && name.endsWith(experts)) {
        String layer = name.substring(prefix.length(), name.length() - experts.length());
        trace.routing().put(Integer.valueOf(layer), choices(prefix + layer));
      }
    }
    return trace;
  }

  private List<Choice> choices(String layer) {
    ImmutableIntArray experts = ImmutableIntArray.copyOf(ints(layer + ".experts"));
    List<float[]> weights = rows(layer + ".weights");
    int perToken = weights.get(0).length;
    return java.util.stream.IntStream.range(0, weights.size())
        .mapToObj(row ->
            new Choice(
                experts.subArray(row * perToken, (row + 1) * perToken), doubles(weights.get(row))))
        .toList();
  }

  private static ImmutableDoubleArray doubles(float[] values) {
    ImmutableDoubleArray.Builder doubles = ImmutableDoubleArray.builder();
    for (float value : values) {
      doubles.add(value);
    }
    return doubles.build();
  }

  private int[] ints(String name) {
    ByteBuffer tensor = tensor(name, "I32");
    int[] values = new int[tensor.remaining() / Integer.BYTES];
    tensor.asIntBuffer().get(values);
    return values;
  }

  private List<float[]> rows(String name) {
    ByteBuffer tensor = tensor(name, "F32");
    int width = header.path(name).path("shape").path(1).asInt();
    List<float[]> rows = new java.util.ArrayList<>();
    while (tensor.hasRemaining()) {
      float[] row = new float[width];
      for (int i = 0; i < width; i++) {
        row[i] = tensor.getFloat();
      }
      rows.add(row);
    }
    return rows;
  }

  private ByteBuffer tensor(String name, String type) {
    JsonNode entry = header.path(name);
    if (!entry.path("dtype").asString("none").equals(type)) {
      throw new IllegalStateException("no " + type + " tensor " + name + ": " + entry);
    }
    int from = entry.path("data_offsets").path(0).asInt();
    int to = entry.path("data_offsets").path(1).asInt();
    return bytes.slice(data + from, to - from).order(ByteOrder.LITTLE_ENDIAN);
  }
}
