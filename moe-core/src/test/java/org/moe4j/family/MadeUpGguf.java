// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.moe4j.MixtureException;
import org.moe4j.format.GgufBytes;
import org.moe4j.format.ModelFile;
import org.moe4j.model.ModelSpec;

/** GGUF files that a test makes up, and what becomes of them. */
final class MadeUpGguf {

  private MadeUpGguf() {}

  /** Maps a file; its tensors can be read while {@code look} runs. */
  static void map(GgufBytes bytes, Consumer<ModelSpec> look) {
    try {
      Path path = Files.createTempFile("model", ".gguf");
      try {
        Files.write(path, bytes.build());
        try (ModelFile file = ModelFile.open(path)) {
          look.accept(Families.map(file));
        }
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void assertUnsupported(GgufBytes bytes, String... words) {
    Refusals.assertNames(
        assertThrows(MixtureException.Unsupported.class, () -> map(bytes, spec -> {})), words);
  }

  static void assertBad(GgufBytes bytes, String... words) {
    Refusals.assertNames(
        assertThrows(MixtureException.BadFile.class, () -> map(bytes, spec -> {})), words);
  }
}
