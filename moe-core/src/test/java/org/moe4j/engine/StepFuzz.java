// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.fuzz.Contract;

/**
 * Models that answer: what {@link ModelFuzz} only describes is opened and asked for a few tokens. A
 * {@code config.json} lies beside the tensors of the fixture whose settings it resembles most; a
 * GGUF file goes on as sensible numbers of most types.
 *
 * <p>Any other input is two bytes that choose one of the seeds, and three bytes for each byte that
 * is changed in it: where, and to what. Most of these open. What one of them finds is kept as the
 * file that it makes, because the choice changes with the seeds.
 */
public final class StepFuzz {

  private static final int PROMPT = 11;
  private static final int TOKENS = 3;

  /** What a GGUF file is where an input does not say otherwise. */
  private static final byte[] GGUF_FILE = numbers();

  private static final Path FOLDER = folder();

  /** The folder with its tensors that was made for a fixture. */
  private static final Map<Path, Path> BESIDE = new HashMap<>();

  private static final List<byte[]> SEEDS = seeds();

  /** How far behind its header a seed in GGUF is changed. */
  private static final int WEIGHTS = 256;

  /** Bytes at the beginning of the file on disk that are not those of {@link #GGUF_FILE}. */
  private static int dirty = GGUF_FILE.length;

  private StepFuzz() {}

  /** As floats about 0.01, as halves about 0.06 and 1, each with either sign. */
  private static byte[] numbers() {
    byte[] bytes = new byte[1 << 20];
    new Random(3).nextBytes(bytes);
    for (int i = 0; i < bytes.length; i += 4) {
      bytes[i + 1] = (byte) ((bytes[i + 1] & 0x80) | 0x2c);
      bytes[i + 3] = (byte) ((bytes[i + 3] & 0x80) | 0x3c);
    }
    return bytes;
  }

  private static List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (String target : List.of("/fuzz/model", "/fuzz/step")) {
      try (Stream<Path> files =
          Files.list(Path.of(Objects.requireNonNull(StepFuzz.class.getResource(target)).toURI()))) {
        for (Path file : files.sorted().toList()) {
          if (file.getFileName().toString().startsWith("seed-")) {
            seeds.add(Files.readAllBytes(file));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }
    return seeds;
  }

  private static byte[] changed(byte[] changes) {
    byte[] seed = SEEDS.get(number(changes, 0) % SEEDS.size());
    byte[] file = seed.clone();
    if (ModelFuzz.isGguf(seed)) {
      file = Arrays.copyOf(GGUF_FILE, seed.length + WEIGHTS);
      System.arraycopy(seed, 0, file, 0, seed.length);
    }
    for (int i = 2; i + 2 < changes.length; i += 3) {
      file[number(changes, i) % file.length] = changes[i + 2];
    }
    return file;
  }

  private static int number(byte[] bytes, int at) {
    return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8;
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
   * @param bytes its settings, the beginning of its file, or changes to a seed
   */
  public static void fuzzerTestOneInput(byte[] bytes) {
    run(bytes);
  }

  /**
   * The same.
   *
   * @param input settings, the beginning of a file, or changes to a seed
   * @return processor time that the model's threads took, in nanoseconds
   */
  public static long run(byte[] input) {
    boolean whole = input.length < 2 || input[0] == '{' || ModelFuzz.isGguf(input);
    byte[] bytes = whole ? input : changed(input);
    long[] nanos = new long[1];
    // The bytes pick the device, so that an input is always run on the same.
    String device = Arrays.hashCode(bytes) % 4 == 3 ? "scalar" : "cpu";
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
