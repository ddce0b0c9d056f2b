// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.fuzz.Contract;

/**
 * Models that answer: what {@link ModelFuzz} only describes is opened and asked for a few tokens. A
 * {@code config.json} lies beside the tensors of the fixture whose settings it resembles most; a
 * GGUF file goes on as sensible numbers of most types.
 */
public final class StepFuzz {

  private static final int PROMPT = 11;
  private static final int TOKENS = 3;
  private static final byte[] GGUF_FILE = numbers();
  private static final Path FOLDER = folder();
  private static final Map<Path, Path> BESIDE = new HashMap<>();

  private static int dirty = GGUF_FILE.length;

  private StepFuzz() {}

  /** As floats about 0.01, as halves about 0.06 and 1, each with either sign. */
  private static byte[] numbers() {
    byte[] bytes = new byte[1 << 20];
    new Random(3).nextBytes(bytes);
    for (int i = 0; i < bytes.length; i += 4) {
      bytes[i + 1] = (byte) (bytes[i + 1] & 0x80 | 0x2c);
      bytes[i + 3] = (byte) (bytes[i + 3] & 0x80 | 0x3c);
    }
    return bytes;
  }

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("moe4j-fuzz");
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens one model and lets it answer.
   *
   * @param bytes its settings, or the beginning of its file
   */
  public static void fuzzerTestOneInput(byte[] bytes) {
    run(bytes);
  }

  /**
   * The same.
   *
   * @return processor time that the model's threads took, in nanoseconds
   */
  public static long run(byte[] bytes) {
    long[] nanos = new long[1];
    // The length picks the device, so that an input is always run on the same.
    String device = bytes.length % 4 == 3 ? "scalar" : "cpu";
    Contract.check(() -> {
      Path path = ModelFuzz.isGguf(bytes) ? gguf(bytes) : directory(bytes);
      try (MixtureModel model =
          MixtureModel.builder(path)
              .device(device)
              .threads(1)
              .batchRows(8)
              .contextLength(PROMPT + TOKENS)
              .memoryLimit(64 << 20)
              .open()) {
        int[] prompt = new int[PROMPT];
        for (int i = 0; i < prompt.length; i++) {
          prompt[i] = i * i % 7;
        }
        try {
          model.generate(
              Request.tokens(prompt).maxTokens(TOKENS).temperature(0).ignoreEnd(true).build());
        } finally {
          nanos[0] = processorTime();
        }
      }
    });
    return nanos[0];
  }

  private static long processorTime() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("moe4j"))
        .mapToLong(thread -> threads.getThreadCpuTime(thread.threadId()))
        .sum();
  }

  private static Path gguf(byte[] bytes) {
    Path path = FOLDER.resolve("fuzz.gguf");
    path.toFile().deleteOnExit();
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      int length = Math.min(bytes.length, GGUF_FILE.length);
      file.write(bytes, 0, length);
      if (dirty > length) {
        file.write(GGUF_FILE, length, dirty - length);
      }
      dirty = length;
      return path;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path directory(byte[] bytes) {
    Path folder = BESIDE.computeIfAbsent(ModelFuzz.closest(bytes), StepFuzz::copy);
    try {
      Files.write(folder.resolve("config.json"), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }

  /** A folder with the tensors of a fixture. */
  private static Path copy(Path fixture) {
    try (Stream<Path> files = Files.list(fixture)) {
      Path folder = Files.createDirectory(FOLDER.resolve(fixture.getFileName().toString()));
      folder.toFile().deleteOnExit();
      folder.resolve("config.json").toFile().deleteOnExit();
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith("model")) {
          Files.copy(file, folder.resolve(name));
          folder.resolve(name).toFile().deleteOnExit();
        }
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
