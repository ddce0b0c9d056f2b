// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.format.ModelFile;

class TextPartsTest {

  @TempDir Path folder;

  @BeforeEach
  void writeWeights() throws IOException {
    byte[] header =
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".getBytes(UTF_8);
    ByteBuffer weights = ByteBuffer.allocate(8 + header.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    weights.putLong(header.length).put(header);
    Files.write(folder.resolve("model.safetensors"), weights.array());
    write("config.json", "{\"model_type\": \"kimi_k2\"}");
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private TextParts parts() {
    try (ModelFile file = ModelFile.open(folder)) {
      return TextParts.of(file);
    }
  }

  @Test
  void aVocabularyMayLieInATiktokenModel() throws IOException {
    write("tiktoken.model", "YQ== 0\nYg== 1\nYWI= 2\n");
    assertNull(parts().tokenizer(), "without its settings it has no special tokens");
    write(
        "tokenizer_config.json",
        """
        {
          "tokenizer_class": "TikTokenTokenizer", "bos_token": "[BOS]",
          "added_tokens_decoder": {"3": {"content": "[BOS]", "special": true}}
        }\
        """);
    TextParts parts = parts();
    assertEquals(List.of(), parts.problems());
    assertArrayEquals(new int[] {2, 0}, Objects.requireNonNull(parts.tokenizer()).encode("aba"));
    assertEquals(Map.of("bos_token", "[BOS]"), parts.specialTokens());
  }

  @Test
  void aTokenizerThatCannotBeReadIsAProblemNotAnError() throws IOException {
    write("tiktoken.model", "YQ== 0\n");
    write("tokenizer_config.json", "{\"tokenizer_class\": \"HYTokenizer\"}");
    TextParts parts = parts();
    assertNull(parts.tokenizer());
    assertEquals(1, parts.problems().size());
  }
}
