// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.moe4j.fuzz.Contract;

/**
 * Safetensors files. An input that begins with a brace is an index instead, beside two sound files.
 */
public final class SafetensorsFuzz {

  private static final Path FOLDER = folder();

  private SafetensorsFuzz() {}

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("moe4j-fuzz");
      for (String name :
          new String[] {
            "config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "generation_config.json",
            "tokenizer_config.json"
          }) {
        Files.copy(FormatFiles.fixture("sharded/" + name), folder.resolve(name));
        folder.resolve(name).toFile().deleteOnExit();
      }
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Parses one file and reads all that it says it holds.
   *
   * @param bytes the file
   */
  public static void fuzzerTestOneInput(byte[] bytes) {
    Contract.check(() -> {
      if (bytes.length > 0 && bytes[0] == '{' && (bytes.length < 8 || bytes[7] != 0)) {
        index(bytes);
      } else {
        SafetensorsFile file = SafetensorsFile.parse("fuzz", MemorySegment.ofArray(bytes));
        FormatFiles.touch(Config.of("fuzz", Map.of()), file.tensors());
      }
    });
  }

  private static void index(byte[] bytes) {
    FormatFiles.write(FOLDER, "model.safetensors.index.json", bytes);
    FOLDER.resolve("model.safetensors.index.json").toFile().deleteOnExit();
    try (ModelFile file = ModelFile.open(FOLDER)) {
      FormatFiles.touch(file.config(), file.tensors());
    }
  }
}
