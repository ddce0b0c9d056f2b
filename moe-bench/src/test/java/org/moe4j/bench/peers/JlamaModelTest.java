// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jlama's directory has the tensors of its Mixtral, one after the other. */
class JlamaModelTest {

  private static final Shape TINY = new Shape("tiny", "llama", 64, 1, 2, 1, 32, 96, 2, 1, 300);

  @Test
  void tensorsLieWithinTheFile(@TempDir Path folder) throws IOException {
    Path directory = new JlamaModel(TINY).in(folder);
    assertTrue(Files.readString(directory.resolve("config.json")).contains("\"mixtral\""));
    byte[] file = Files.readAllBytes(directory.resolve("model.safetensors"));
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String header = new String(file, Long.BYTES, length, StandardCharsets.UTF_8);
    // 96 x 64 nibbles, and a scale in F32 for each 32 of them.
    assertTrue(header.contains("experts.1.w3.weight\": {\"dtype\": \"Q4\", \"shape\": [96, 64]"));
    assertTrue(
        header.contains("experts.1.w3.weight.qb\": {\"dtype\": \"F32\", \"shape\": [96, 2]"));
    String end = header.strip().replaceAll("(?s).*, (\\d+)\\]\\}\\}$", "$1");
    assertEquals(file.length, Long.BYTES + length + Long.parseLong(end));
  }

  @Test
  void otherMixturesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new JlamaModel(Shape.of("gptoss-mini")));
  }
}
