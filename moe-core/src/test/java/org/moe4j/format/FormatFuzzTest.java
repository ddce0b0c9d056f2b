// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.MixtureException;

/**
 * Whatever happens to the bytes of a file, it opens or is refused by a {@link MixtureException},
 * never otherwise.
 */
@Timeout(300)
class FormatFuzzTest {

  @TempDir private Path folder;

  private static byte[] fixture(String name) throws IOException {
    return Files.readAllBytes(FormatFiles.fixture(name));
  }

  private static void gguf(byte[] bytes) {
    GgufParser.Part part = GgufParser.parse("x", MemorySegment.ofArray(bytes));
    FormatFiles.touch(part.config(), part.tensors());
  }

  private static void safetensors(byte[] bytes) {
    SafetensorsFile file = SafetensorsFile.parse("x", MemorySegment.ofArray(bytes));
    FormatFiles.touch(Config.of("x", Map.of()), file.tensors());
  }

  /** Where the last byte that matters ends: whatever follows is padding. */
  private static int end(byte[] gguf) {
    MemorySegment data = MemorySegment.ofArray(gguf);
    return (int)
        GgufParser.parse("x", data).tensors().stream()
            .mapToLong(t -> t.data().address() + t.bytes())
            .max()
            .orElseThrow();
  }

  @Test
  void everyTruncationOfAGgufFileIsRefused() throws IOException {
    byte[] sound = fixture("reference.gguf");
    int end = end(sound);
    for (int length = 0; length < end; length++) {
      byte[] cut = Arrays.copyOf(sound, length);
      assertThrows(MixtureException.BadFile.class, () -> gguf(cut), "length " + length);
    }
    gguf(Arrays.copyOf(sound, end));
  }

  @Test
  void everyTruncationOfASafetensorsFileIsRefused() throws IOException {
    byte[] sound = fixture("sharded/model-00002-of-00002.safetensors");
    for (int length = 0; length < sound.length; length++) {
      byte[] cut = Arrays.copyOf(sound, length);
      assertThrows(MixtureException.BadFile.class, () -> safetensors(cut), "length " + length);
    }
    safetensors(sound);
  }

  @Test
  void everyTruncationOnDiskIsRefusedAndUnmapped() throws IOException {
    byte[] sound = fixture("reference.gguf");
    int end = end(sound);
    for (int length = 0; length < end; length += 7) {
      Path path = FormatFiles.write(folder, "cut.gguf", Arrays.copyOf(sound, length));
      assertThrows(MixtureException.BadFile.class, () -> ModelFile.open(path).close());
    }
    FormatFiles.assertNothingOpen(folder);
  }

  @Test
  void everyMutatedByteOfAGgufFileOpensOrIsRefused() throws IOException {
    mutateEveryByte(fixture("reference.gguf"), FormatFuzzTest::gguf);
  }

  @Test
  void everyMutatedByteOfASafetensorsFileOpensOrIsRefused() throws IOException {
    mutateEveryByte(
        fixture("sharded/model-00002-of-00002.safetensors"), FormatFuzzTest::safetensors);
  }

  @Test
  void everyMutatedByteOfTheJsonInADirectoryOpensOrIsRefused() throws IOException {
    List<String> names;
    try (Stream<Path> files = Files.list(FormatFiles.fixture("sharded"))) {
      names = files.map(file -> file.getFileName().toString()).toList();
    }
    for (String name : names) {
      FormatFiles.write(folder, name, fixture("sharded/" + name));
    }
    for (String name : names.stream().filter(each -> each.endsWith(".json")).toList()) {
      mutateEveryByte(
          fixture("sharded/" + name),
          bytes -> {
            FormatFiles.write(folder, name, bytes);
            try (ModelFile file = ModelFile.open(folder)) {
              FormatFiles.touch(file.config(), file.tensors());
            }
          });
      FormatFiles.write(folder, name, fixture("sharded/" + name));
    }
    ModelFile.open(folder).close();
    FormatFiles.assertNothingOpen(folder);
  }

  /** Flips each bit of each byte, and sets each byte to a few other values. */
  private static void mutateEveryByte(byte[] sound, Consumer<byte[]> reader) {
    Random random = new Random(20261123);
    int refused = 0;
    byte[] bytes = sound.clone();
    for (int at = 0; at < bytes.length; at++) {
      for (int change = 0; change < 12; change++) {
        bytes[at] = (byte) (change < 8 ? sound[at] ^ 1 << change : random.nextInt());
        refused += reads(reader, bytes) ? 0 : 1;
      }
      bytes[at] = sound[at];
    }
    assertNotEquals(0, refused);
  }

  @Test
  void manyMutationsAtOnceOpenOrAreRefused() throws IOException {
    byte[] gguf = fixture("reference.gguf");
    byte[] safetensors = fixture("sharded/model-00001-of-00002.safetensors");
    Random random = new Random(20261123);
    int opened = 0;
    for (int round = 0; round < 20_000; round++) {
      opened += reads(FormatFuzzTest::gguf, mutated(gguf, random)) ? 1 : 0;
      opened += reads(FormatFuzzTest::safetensors, mutated(safetensors, random)) ? 1 : 0;
    }
    assertNotEquals(0, opened);
  }

  /** Overwrites, with numbers that overflow among them, repeats and removes runs of bytes. */
  private static byte[] mutated(byte[] sound, Random random) {
    byte[] bytes = sound.clone();
    long[] numbers = {0, -1, 1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, 1L << 61, bytes.length};
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(bytes.length - 8);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 ->
            System.arraycopy(
                GgufBytes.int64(numbers[random.nextInt(numbers.length)]), 0, bytes, at, 8);
        case 2 ->
            System.arraycopy(
                bytes, random.nextInt(bytes.length - 8), bytes, at, 1 + random.nextInt(8));
        default -> {
          int gone = 1 + random.nextInt(8);
          System.arraycopy(bytes, at + gone, bytes, at, bytes.length - at - gone);
        }
      }
    }
    return bytes;
  }

  private static boolean reads(Consumer<byte[]> reader, byte[] bytes) {
    try {
      reader.accept(bytes);
      return true;
    } catch (MixtureException refusal) {
      assertEquals(1, refusal.getMessage().lines().count());
      return false;
    }
  }
}
