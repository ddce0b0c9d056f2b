// SPDX-License-Identifier: Apache-2.0
package org.moe4j.fuzz;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.format.GgufBytes;

/**
 * Opens files of many megabytes that would fill the Java heap many times over if what they say were
 * believed. For a process of its own with a small heap.
 */
public final class LargeAttacks {

  private static final int MEGABYTE = 1 << 20;

  private LargeAttacks() {}

  /** Writes a file of many parts. */
  private interface Parts {
    byte[] part(int index);
  }

  /**
   * Ends with status 0 if everything was refused as it should be.
   *
   * @param args a folder to write to
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    for (int bytes : new int[] {90 * MEGABYTE, 30 * MEGABYTE, 7 * MEGABYTE, MEGABYTE}) {
      json(folder, "empty lists", "{\"a\":[[]", ",[]", "]}", bytes);
      json(folder, "small objects", "{\"a\":[{}", ",{\"a\":1}", "]}", bytes);
      json(folder, "numbers", "{\"a\":[1", ",100000000000", "]}", bytes);
      json(folder, "a long text", "{\"a\":\"\u20ac", "xxxxxxxx", "\"}", bytes);
    }

    byte[] architecture = string("general.architecture", 8, "llama");
    int keys = 65_000;
    gguf(folder, "keys", 0, keys, architecture, i -> string("k" + i, 8, "v".repeat(100)));
    gguf(folder, "long keys", 0, 1 + 30, architecture, i -> text("k" + i, 4 * MEGABYTE));
    int tensors = 250_000;
    gguf(folder, "tensors", tensors, 1, architecture, i -> i < 0 ? new byte[0] : tensor(i));
    for (int count : new int[] {8_000_000, 2_000_000, 260_000}) {
      tokens(folder, "gpt2", count, 8);
      tokens(folder, "llama", count, 8);
    }
    tokens(folder, "gpt2", 120_000, 250);
    tokens(folder, "llama", 120_000, 250);
    System.out.println("none got through");
  }

  private static byte[] string(String key, int type, String value) {
    return GgufBytes.join(GgufBytes.string(key), GgufBytes.int32(type), GgufBytes.string(value));
  }

  /**
   * A text with one character that a byte cannot hold, so that each of its characters takes two.
   */
  private static byte[] text(String key, int length) {
    return string(key, 8, "\u20ac" + "x".repeat(length));
  }

  private static byte[] tensor(int index) {
    return GgufBytes.join(
        GgufBytes.string("t" + index),
        GgufBytes.int32(1),
        GgufBytes.int64(1),
        GgufBytes.int32(0),
        GgufBytes.int64(32L * index));
  }

  private static void json(
      Path folder, String what, String first, String repeated, String last, int bytes)
      throws IOException {
    Path directory = Files.createDirectories(folder.resolve("json"));
    Files.write(
        directory.resolve("model.safetensors"),
        GgufBytes.join(GgufBytes.int64(2), "{}".getBytes(StandardCharsets.US_ASCII)));
    String[] names = {
      "tokenizer.json", "generation_config.json", "tokenizer_config.json", "config.json"
    };
    Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"llama\"}");
    for (String name : names) {
      write(
          directory.resolve(name),
          first.getBytes(StandardCharsets.UTF_8),
          bytes / repeated.length(),
          i -> repeated.getBytes(StandardCharsets.UTF_8),
          last.getBytes(StandardCharsets.UTF_8));
      refused(directory, bytes / MEGABYTE + " MB of " + what + " in " + name + " as well");
    }
    for (String name : names) {
      Files.delete(directory.resolve(name));
    }
  }

  private static void gguf(
      Path folder, String what, int tensors, int keys, byte[] architecture, Parts parts)
      throws IOException {
    Path file = folder.resolve("large.gguf");
    write(
        file,
        header(tensors, keys, architecture),
        Math.max(tensors, keys - 1),
        parts,
        zeros(tensors));
    refused(file, what);
  }

  private static void tokens(Path folder, String model, int count, int length) throws IOException {
    Path file = folder.resolve("large.gguf");
    byte[] before =
        GgufBytes.join(
            string("general.architecture", 8, "llama"),
            string("tokenizer.ggml.model", 8, model),
            GgufBytes.string("tokenizer.ggml.tokens"),
            GgufBytes.int32(9),
            GgufBytes.int32(8),
            GgufBytes.int64(count));
    write(
        file,
        header(0, 3, before),
        count,
        i -> GgufBytes.string(String.format("%0" + length + "d", i)),
        new byte[0]);
    refused(file, count + " tokens of " + length + " characters for " + model);
  }

  private static byte[] header(int tensors, int keys, byte[] first) {
    return GgufBytes.join(
        "GGUF".getBytes(StandardCharsets.US_ASCII),
        GgufBytes.int32(3),
        GgufBytes.int64(tensors),
        GgufBytes.int64(keys),
        first);
  }

  private static byte[] zeros(int tensors) {
    return new byte[64 + 32 * tensors];
  }

  private static void write(Path file, byte[] first, int count, Parts parts, byte[] last)
      throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      out.write(first);
      for (int i = 0; i < count; i++) {
        out.write(parts.part(i));
      }
      out.write(last);
    }
  }

  /** What is refused must be so for its size, before memory runs out. */
  private static void refused(Path path, String what) {
    long start = System.nanoTime();
    String result;
    try {
      MixtureModel.inspect(path);
      result = "was read";
    } catch (MixtureException refusal) {
      result = String.valueOf(refusal.getMessage());
      if (result.contains("memory ran out")) {
        throw new IllegalStateException(what, refusal);
      }
    }
    System.out.printf("%-45s %5d ms  %s%n", what, (System.nanoTime() - start) / 1_000_000, result);
  }
}
