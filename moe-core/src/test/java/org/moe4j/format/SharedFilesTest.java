// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The real files beside a checkout. */
@Tag("shared")
class SharedFilesTest {

  private static final Path SHARED = Path.of(System.getProperty("moe4j.shared", "../../shared"));

  private static List<Path> ggufs(String folder) throws IOException {
    assumeTrue(Files.isDirectory(SHARED.resolve(folder)));
    try (Stream<Path> files = Files.walk(SHARED.resolve(folder))) {
      return files.filter(file -> file.toString().endsWith(".gguf")).toList();
    }
  }

  @Test
  void opensEveryModel() throws IOException {
    List<Path> files = ggufs("models");
    assertFalse(files.isEmpty());
    for (Path path : files) {
      try (ModelFile file = ModelFile.open(path)) {
        String family = file.config().text("general.architecture");
        int layers = file.config().int32(family + ".block_count");
        file.tensor("blk." + (layers - 1) + ".attn_q.weight");
        for (TensorData tensor : file.tensors()) {
          assertTrue(tensor.type().isSupported(), tensor::toString);
          float[] row = new float[(int) tensor.size(tensor.rank() - 1)];
          Dequantizer.row(tensor.type(), tensor.data(), 0, row, 0, row.length);
          for (float value : row) {
            assertTrue(Float.isFinite(value) && Math.abs(value) < 1000, tensor::toString);
          }
        }
      }
    }
  }

  @Test
  void opensEveryVocabulary() throws IOException {
    List<Path> files = ggufs("tokenizers");
    assertFalse(files.isEmpty());
    for (Path path : files) {
      try (ModelFile file = ModelFile.open(path)) {
        int size = file.config().strings("tokenizer.ggml.tokens").size();
        assertEquals(size, file.config().ints("tokenizer.ggml.token_type").length, path::toString);
      }
    }
  }
}
