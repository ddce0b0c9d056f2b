// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.moe4j.MixtureException;

/**
 * What the tests of this package share: fixtures, files to write, and the ways in which a file is
 * refused.
 */
final class FormatFiles {

  /**
   * More than any small file may make the reader allocate; the counts that hostile files claim need
   * far more.
   */
  private static final long MODEST = 4 << 20;

  private FormatFiles() {}

  /** A committed file that the reference packages wrote. */
  static Path fixture(String name) {
    try {
      return Path.of(FormatFiles.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Path write(Path folder, String name, byte[] bytes) {
    try {
      return Files.write(folder.resolve(name), bytes);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Path write(Path folder, String name, String text) {
    return write(folder, name, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A safetensors file with a header as given and so many bytes of data. */
  static byte[] safetensors(String header, int data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  /**
   * Checks that a GGUF file is refused as damaged with modest memory, and that the message names
   * certain things.
   */
  static MixtureException refusedGguf(GgufBytes file, String... named) {
    byte[] bytes = file.build();
    return refused(
        MixtureException.BadFile.class,
        () -> GgufParser.parse("hostile.gguf", MemorySegment.ofArray(bytes)),
        named);
  }

  /**
   * Checks that a safetensors file is refused as damaged with modest memory, and that the message
   * names certain things.
   */
  static MixtureException refusedSafetensors(byte[] bytes, String... named) {
    return refused(
        MixtureException.BadFile.class,
        () -> SafetensorsFile.parse("hostile.safetensors", MemorySegment.ofArray(bytes)),
        named);
  }

  /**
   * Checks that something is refused with modest memory, and that the message names certain things.
   */
  static <E extends MixtureException> E refused(Class<E> type, Runnable work, String... named) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    E refusal = assertThrows(type, work::run);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < MODEST, () -> "allocated " + allocated + " bytes to say " + refusal);
    for (String each : named) {
      assertTrue(
          refusal.getMessage().contains(each),
          () -> "expected \"" + each + "\" in: " + refusal.getMessage());
    }
    assertEquals(1, refusal.getMessage().lines().count(), refusal::getMessage);
    return refusal;
  }

  /**
   * Checks that this process neither maps nor has open any file below a folder. Linux only;
   * elsewhere it sees nothing.
   */
  static void assertNothingOpen(Path folder) throws IOException {
    if (!Files.isDirectory(Path.of("/proc/self/fd"))) {
      return;
    }
    String prefix = folder.toRealPath().toString();
    List<String> mapped =
        Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1).stream()
            .filter(line -> line.contains(prefix))
            .toList();
    assertEquals(List.of(), mapped);
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      assertEquals(
          List.of(), open.map(FormatFiles::target).filter(t -> t.startsWith(prefix)).toList());
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // closed since the listing
    }
  }

  static float[] floats(TensorData tensor) {
    float[] values = new float[(int) tensor.elements()];
    Dequantizer.row(tensor.type(), tensor.data(), 0, values, 0, values.length);
    return values;
  }

  /** Reads every byte and setting of a model, so that nothing can hide behind laziness. */
  static int touch(Config config, Iterable<TensorData> tensors) {
    int sum = 0;
    for (String key : config.keys()) {
      sum += String.valueOf(config.value(key)).hashCode();
    }
    for (TensorData tensor : tensors) {
      sum += Arrays.hashCode(tensor.shape());
      for (long at = 0; at < tensor.bytes(); at++) {
        sum += tensor.data().get(ValueLayout.JAVA_BYTE, at);
      }
    }
    return sum;
  }
}
