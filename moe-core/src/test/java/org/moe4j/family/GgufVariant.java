// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.moe4j.MixtureException;
import org.moe4j.format.ModelFile;
import org.moe4j.model.ModelSpec;

/** A parity case's GGUF twin with other settings. */
final class GgufVariant {

  /** What a header's size must be a multiple of for the data to stay aligned. */
  private static final int ALIGNMENT = 32;

  private static final int KEYS = 16;
  private static final int FIRST_KEY = 24;
  private static final int UINT32 = 4;
  private static final int TEXT = 8;
  private static final int LIST = 9;

  private final Path path;
  private byte[] content;
  private ByteBuffer bytes;

  private GgufVariant(Path path, byte[] content) {
    this.path = path;
    this.content = content;
    bytes = littleEndian(content);
  }

  static GgufVariant of(String fixture, Path scratch) {
    try {
      Path twin =
          Path.of(GgufVariant.class.getResource("/parity/" + fixture + "/twin.gguf").toURI());
      Path path = Files.createTempFile(scratch, fixture, ".gguf");
      return new GgufVariant(path, Files.readAllBytes(twin));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Gives a key that is there another number. */
  GgufVariant with(String key, int value) {
    int type = after(key);
    assertEquals(UINT32, bytes.getInt(type), key);
    bytes.putInt(type + 4, value);
    return this;
  }

  /** Gives an entry of a list of 32-bit numbers that is there another number. */
  GgufVariant withEntry(String key, int index, int value) {
    int type = after(key);
    assertEquals(LIST, bytes.getInt(type), key);
    bytes.putInt(type + 16 + 4 * index, value);
    return this;
  }

  /** Takes a key or a tensor away by giving it another name. */
  GgufVariant renamed(String from, String to) {
    assertEquals(from.length(), to.length());
    int end = after(from);
    bytes.put(end - to.length(), to.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  /** Adds a number under a new key, and a text that keeps the data aligned. */
  GgufVariant adding(String key, int value) {
    String filler = "test.filler";
    int fixed = 8 + key.length() + 4 + 4 + 8 + filler.length() + 4 + 8;
    byte[] text = new byte[Math.ceilDiv(fixed, ALIGNMENT) * ALIGNMENT - fixed];
    byte[] more = new byte[content.length + fixed + text.length];
    ByteBuffer longer = littleEndian(more);
    longer.put(content, 0, FIRST_KEY).putLong(KEYS, bytes.getLong(KEYS) + 2);
    longer.putLong(key.length()).put(key.getBytes(StandardCharsets.US_ASCII));
    longer.putInt(UINT32).putInt(value);
    longer.putLong(filler.length()).put(filler.getBytes(StandardCharsets.US_ASCII));
    longer.putInt(TEXT).putLong(text.length).put(text);
    longer.put(content, FIRST_KEY, content.length - FIRST_KEY);
    content = more;
    bytes = longer;
    return this;
  }

  /** Where the name ends that a length stands before. */
  private int after(String name) {
    byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer wanted = littleEndian(new byte[8 + ascii.length]).putLong(ascii.length).put(ascii);
    int at = 0;
    while (bytes.slice(at, wanted.capacity()).compareTo(wanted.rewind()) != 0) {
      at++;
      assertTrue(at <= bytes.capacity() - wanted.capacity(), name);
    }
    return at + wanted.capacity();
  }

  /** Maps the model and looks at it while its file is open. */
  void map(Consumer<ModelSpec> look) {
    try {
      Files.write(path, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (ModelFile file = ModelFile.open(path)) {
      look.accept(Families.map(file));
    }
  }

  MixtureException.BadFile bad() {
    return assertThrows(MixtureException.BadFile.class, () -> map(spec -> {}));
  }

  MixtureException.Unsupported unsupported() {
    return assertThrows(MixtureException.Unsupported.class, () -> map(spec -> {}));
  }
}
