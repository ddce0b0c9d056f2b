// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Small tokenizers with the families' own settings, against the ids that the reference library
 * gives.
 */
class ReferenceTokenizerTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2",
        "gpt2-prefix",
        "olmoe",
        "llama3",
        "qwen2",
        "qwen35",
        "gpt-4o",
        "tekken",
        "deepseek-v3",
        "deepseek-llm",
        "starcoder",
        "glm4",
        "seed-coder",
        "deepseek-coder",
        "bailing",
        "exaone-moe",
        "han-apart",
        "cl100k-removed",
        "nfkc",
        "mistral",
        "mistral-metaspace",
        "metaspace",
        "gemma",
        "unknown",
        "unknown-contiguous",
        "split-removed",
        "split-merged_with_previous",
        "split-contiguous",
        "added",
        "mistral-added",
        "unigram-t5",
        "unigram-xlmr",
        "unigram-bytes",
        "unigram-first",
        "unigram-ties",
        "unigram-unknown"
      })
  void encodesAndDecodesAsTheReference(String name) {
    ModelTokenizer tokenizer = Fixtures.tokenizer(name);
    Fixtures.assertSameIds(tokenizer, Fixtures.lines(), Fixtures.expected(name + "/ids.txt.gz"));
    for (String row : Fixtures.read(name + "/decoded.txt.gz").lines().toList()) {
      JsonNode pair = Fixtures.MAPPER.readTree(row);
      int[] ids = Fixtures.MAPPER.treeToValue(pair.get(0), int[].class);
      assertEquals(pair.get(1).asString(), tokenizer.decode(ids), () -> Arrays.toString(ids));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-4o", "llama3", "deepseek-v3", "starcoder", "mistral", "gemma"})
  void decodingGivesTheTextBack(String name) {
    ModelTokenizer tokenizer = Fixtures.tokenizer(name);
    boolean marksSpaces = tokenizer.id("\u2581").isPresent();
    for (String line : Fixtures.lines()) {
      // Where spaces are written as U+2581, that character itself comes back as a space.
      String text = marksSpaces ? line.replace('\u2581', ' ') : line;
      assertEquals(text, tokenizer.decode(tokenizer.encode(line)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen2",
        "mistral",
        "mistral-metaspace",
        "metaspace",
        "gemma",
        "added",
        "unigram-bytes",
        "unigram-t5"
      })
  void aStreamOfTokensGivesTheTextOfAllTokens(String name) {
    ModelTokenizer tokenizer = Fixtures.tokenizer(name);
    Random random = new Random(11);
    for (int round = 0; round < 2000; round++) {
      int[] ids = random.ints(random.nextInt(12), 0, tokenizer.size()).toArray();
      StreamDecoder stream = tokenizer.stream(true);
      List<String> pieces = Arrays.stream(ids).mapToObj(stream::add).collect(Collectors.toList());
      pieces.add(stream.finish());
      assertEquals(tokenizer.decode(ids), String.join("", pieces));
      for (String piece : pieces) {
        assertEquals(piece, ModelTokenizer.wellFormed(piece), "half a character in a piece");
      }
    }
  }
}
