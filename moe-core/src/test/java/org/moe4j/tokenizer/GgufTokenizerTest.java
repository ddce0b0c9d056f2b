// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;

class GgufTokenizerTest {

  /** The metadata that a converter would write for a {@code tokenizer.json} with byte-level BPE. */
  private static Map<String, @Nullable Object> twin(String name, String pre) {
    Config json = Config.of("tokenizer.json", Fixtures.tokenizerJson(name));
    Config vocabulary = json.section("model").section("vocab");
    List<String> tokens = new ArrayList<>(vocabulary.keys());
    tokens.sort((a, b) -> Long.compare(vocabulary.integer(a), vocabulary.integer(b)));
    List<Integer> types = new ArrayList<>(Collections.nCopies(tokens.size(), 1));
    for (Config added : json.sections("added_tokens")) {
      types.set(added.int32("id"), added.flag("special") ? 3 : 4);
    }
    List<String> merges = new ArrayList<>();
    for (Object pair : (List<?>) json.section("model").value("merges")) {
      merges.add(((List<?>) pair).get(0) + " " + ((List<?>) pair).get(1));
    }
    Map<String, @Nullable Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "gpt2");
    metadata.put("tokenizer.ggml.pre", pre);
    metadata.put("tokenizer.ggml.tokens", tokens);
    metadata.put("tokenizer.ggml.token_type", types);
    metadata.put("tokenizer.ggml.merges", merges);
    metadata.put("tokenizer.ggml.eos_token_id", 2);
    return metadata;
  }

  private static ModelTokenizer open(Map<String, @Nullable Object> metadata) {
    return Tokenizers.fromGguf(Config.of("model.gguf", metadata));
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, gpt-2",
    "olmoe, olmo",
    "llama3, llama-bpe",
    "qwen2, qwen2",
    "qwen35, qwen35",
    "gpt-4o, gpt-4o",
    "tekken, tekken",
    "deepseek-v3, deepseek-v3",
    "deepseek-llm, deepseek-llm",
    "starcoder, starcoder",
    "starcoder, smollm",
    "bailing, bailingmoe",
    "han-apart, kimi-k2",
    "exaone-moe, exaone-moe",
    "qwen2, hunyuan",
    "glm4, glm4",
    "glm4, dbrx",
    "gpt-4o, minimax-m2",
    "starcoder, refact",
    "deepseek-v3, hunyuan-dense",
    "deepseek-coder, deepseek-coder",
    "seed-coder, seed-coder"
  })
  void metadataGiveTheSameIdsAsTheTokenizerJson(String name, String pre) {
    ModelTokenizer tokenizer = open(twin(name, pre));
    List<String> lines = Fixtures.lines();
    List<Fixtures.Expected> expected = Fixtures.expected(name + "/ids.txt.gz");
    List<String> same = new ArrayList<>();
    List<Fixtures.Expected> ids = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      // Metadata know no normalizer: texts that are in normal form already are none the worse for
      // it.
      if (Normalizer.isNormalized(lines.get(i), Normalizer.Form.NFC)) {
        same.add(lines.get(i));
        ids.add(expected.get(i));
      }
    }
    assertTrue(same.size() > 1000);
    Fixtures.assertSameIds(tokenizer, same, ids);
  }

  @Test
  void gemma4sMetadataGiveTheSameIdsAsTheTokenizerJson() {
    Map<String, @Nullable Object> metadata = twin("gemma", "default");
    metadata.put("tokenizer.ggml.model", "gemma4");
    metadata.put("tokenizer.ggml.bos_token_id", 1);
    metadata.put("tokenizer.ggml.add_bos_token", false);
    List<Object> types = new ArrayList<>((List<?>) metadata.get("tokenizer.ggml.token_type"));
    Collections.fill(types.subList(3, 259), 6);
    metadata.put("tokenizer.ggml.token_type", types);
    ModelTokenizer tokenizer = open(metadata);
    List<String> same = new ArrayList<>();
    List<Fixtures.Expected> ids = new ArrayList<>();
    List<String> lines = Fixtures.lines();
    List<Fixtures.Expected> expected = Fixtures.expected("gemma/ids.txt.gz");
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      // A name by which llama.cpp too knows a token as an end; it is an ordinary one here.
      if (!line.contains("<|im_end|>")) {
        same.add(line);
        ids.add(expected.get(i));
        assertEquals(line.replace('\u2581', ' '), tokenizer.decode(tokenizer.encode(line)));
      }
    }
    assertTrue(same.size() > 1500);
    Fixtures.assertSameIds(tokenizer, same, ids);
    assertTrue(tokenizer.special().addBos(), "whatever the file says");
  }

  @Test
  void marksOfGemma4sTurnsAreSpecialAndStruckOutTextIsNot() {
    Map<String, @Nullable Object> metadata = tiny();
    metadata.put("tokenizer.ggml.model", "gemma4");
    metadata.put("tokenizer.ggml.merges", List.of());
    metadata.put(
        "tokenizer.ggml.tokens",
        List.of(
            "<unk>", "<bos>", "<eos>", "a", "</s>", "<turn|>", "<|tool_call>", "<b>", "b", "c"));
    metadata.put("tokenizer.ggml.token_type", List.of(2, 3, 3, 1, 4, 3, 4, 4, 1, 1));
    ModelTokenizer tokenizer = open(metadata);
    assertEquals(List.of(2, 5), tokenizer.special().ends());
    assertArrayEquals(new int[] {3, 4, 7, 3}, tokenizer.encode("a</s><b>a"));
    assertFalse(contains(tokenizer.encode("<|tool_call>"), 6));
    assertArrayEquals(new int[] {6}, tokenizer.encode("<|tool_call>", true));
  }

  /** The metadata that a converter would write for a unigram vocabulary. */
  private static Map<String, @Nullable Object> unigram(boolean prefix, boolean single) {
    Config json = Config.of("tokenizer.json", Fixtures.tokenizerJson("unigram-t5"));
    List<Object> tokens = new ArrayList<>();
    List<Object> scores = new ArrayList<>();
    List<Object> types = new ArrayList<>();
    for (Object entry : (List<?>) json.section("model").value("vocab")) {
      List<?> pair = (List<?>) entry;
      tokens.add(pair.get(0));
      scores.add(pair.get(1));
      types.add(pair.get(0).equals("<sep>") ? 4 : 1);
    }
    types.set(0, 2);
    types.set(1, 3);
    types.set(2, 3);
    List<Object> charsMap = new ArrayList<>();
    String encoded = json.section("normalizer").text("precompiled_charsmap");
    for (byte each : Base64.getDecoder().decode(encoded)) {
      charsMap.add(each & 0xFF);
    }
    Map<String, @Nullable Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "t5");
    metadata.put("tokenizer.ggml.tokens", tokens);
    metadata.put("tokenizer.ggml.scores", scores);
    metadata.put("tokenizer.ggml.token_type", types);
    metadata.put("tokenizer.ggml.unknown_token_id", 0);
    metadata.put("tokenizer.ggml.eos_token_id", 2);
    metadata.put("tokenizer.ggml.precompiled_charsmap", charsMap);
    metadata.put("tokenizer.ggml.add_space_prefix", prefix);
    metadata.put("tokenizer.ggml.remove_extra_whitespaces", single);
    return metadata;
  }

  @ParameterizedTest
  @CsvSource({"true, true, prefix-single", "true, false, prefix-all", "false, false, bare-all"})
  void unigramsGiveTheIdsOfLlamaCpp(boolean prefix, boolean single, String name) {
    ModelTokenizer tokenizer = open(unigram(prefix, single));
    List<String> lines = Fixtures.lines();
    List<String> rows =
        List.of(Fixtures.read("unigram-t5/llama-cpp-" + name + ".txt.gz").split("\n", -1));
    assertEquals(lines.size() + 1, rows.size());
    for (int i = 0; i < lines.size(); i++) {
      assertArrayEquals(
          Fixtures.numbers(rows.get(i)), tokenizer.encode(lines.get(i)), lines.get(i));
    }
    assertEquals("the fox", tokenizer.decode(tokenizer.encode("the fox")));
    assertEquals("unigram", tokenizer.kind());
  }

  @Test
  void aUnigramModelNeedsAnUnknownToken() {
    Map<String, @Nullable Object> metadata = unigram(true, true);
    metadata.remove("tokenizer.ggml.unknown_token_id");
    assertArrayEquals(new int[] {4, 0}, open(metadata).encode("\u2fe0"), "known by its type");
    List<Object> types = new ArrayList<>((List<?>) metadata.get("tokenizer.ggml.token_type"));
    types.set(0, 3);
    metadata.put("tokenizer.ggml.token_type", types);
    assertThrows(MixtureException.Unsupported.class, () -> open(metadata));
    metadata.put("tokenizer.ggml.unknown_token_id", 0);
    assertEquals(OptionalInt.of(0), open(metadata).special().unknown());
    metadata.put("tokenizer.ggml.precompiled_charsmap", List.of(1, 2, 3));
    assertThrows(MixtureException.BadFile.class, () -> open(metadata));
  }

  @Test
  void scoredMergesGiveTheIdsOfSentencePiece() {
    Map<String, @Nullable Object> model = Fixtures.json(Fixtures.read("sentencepiece.json.gz"));
    Map<String, @Nullable Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "llama");
    metadata.put("tokenizer.ggml.tokens", model.get("tokens"));
    metadata.put("tokenizer.ggml.scores", model.get("scores"));
    metadata.put("tokenizer.ggml.token_type", model.get("types"));
    metadata.put("tokenizer.ggml.unknown_token_id", 0);
    metadata.put("tokenizer.ggml.bos_token_id", 1);
    metadata.put("tokenizer.ggml.eos_token_id", 2);
    ModelTokenizer tokenizer = open(metadata);
    List<String> lines = Fixtures.lines();
    List<String> rows = Fixtures.read("sentencepiece-ids.txt.gz").lines().toList();
    assertTrue(rows.size() > 1000);
    for (String row : rows) {
      int colon = row.indexOf(':');
      String line = lines.get(Integer.parseInt(row.substring(0, colon)));
      int[] expected = Fixtures.numbers(row.substring(colon + 1));
      assertArrayEquals(expected, tokenizer.encode(line), line);
      assertEquals(line.replace('\u2581', ' '), tokenizer.decode(expected));
    }
    assertTrue(tokenizer.special().addBos());
    assertEquals(List.of(2), tokenizer.special().ends());
  }

  @Test
  void aVocabularyWithMillionsOfMergesIsRefused() {
    List<Object> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int as = 0; as < 129; as++) {
      for (int bs = as == 0 ? 1 : 0; bs < 129; bs++) {
        tokens.add("a".repeat(as) + "b".repeat(bs));
      }
    }
    Map<String, @Nullable Object> metadata = tiny();
    metadata.put("tokenizer.ggml.tokens", tokens);
    metadata.put("tokenizer.ggml.scores", Collections.nCopies(tokens.size(), -1.0));
    metadata.remove("tokenizer.ggml.token_type");
    MixtureException.Unsupported refusal =
        assertThrows(MixtureException.Unsupported.class, () -> open(metadata));
    assertTrue(refusal.getMessage().contains("2097152 ways"), refusal.getMessage());
  }

  private static Map<String, @Nullable Object> tiny() {
    Map<String, @Nullable Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "llama");
    metadata.put(
        "tokenizer.ggml.tokens",
        List.of("<unk>", "<s>", "</s>", "\u2581", "a", "\u2581a", "<tool>", "<", "/s>", "[PAD]"));
    metadata.put("tokenizer.ggml.scores", List.of(0, 0, 0, -3, -4, -1, 0, -5, -6, 0));
    metadata.put("tokenizer.ggml.token_type", List.of(2, 3, 3, 1, 1, 1, 4, 1, 1, 5));
    metadata.put("tokenizer.ggml.unknown_token_id", 0);
    metadata.put("tokenizer.ggml.bos_token_id", 1);
    metadata.put("tokenizer.ggml.eos_token_id", 2);
    return metadata;
  }

  @Test
  void aSpaceStandsBeforeTextUnlessTheFileSaysOtherwise() {
    Map<String, @Nullable Object> metadata = tiny();
    assertArrayEquals(new int[] {5}, open(metadata).encode("a"));
    assertArrayEquals(new int[] {2, 5}, open(metadata).encode("</s>a", true));
    assertEquals("a", open(metadata).decode(5));
    metadata.put("tokenizer.ggml.add_space_prefix", false);
    assertArrayEquals(new int[] {4}, open(metadata).encode("a"));
    assertEquals(" a", open(metadata).decode(5));
  }

  @Test
  void textNeverBecomesATokenThatEndsAnAnswer() {
    Map<String, @Nullable Object> metadata = tiny();
    ModelTokenizer tokenizer = open(metadata);
    // "<" and "/s>" are neighbours that make up the name of token 2.
    assertFalse(contains(tokenizer.encode("</s>"), 2));
    assertTrue(contains(tokenizer.encode("</s>", true), 2));
    // A file that takes the end token for one that is matched everywhere, or for an ordinary one.
    for (int type : new int[] {1, 4}) {
      metadata.put("tokenizer.ggml.token_type", List.of(2, 3, type, 1, 1, 1, 4, 1, 1, 5));
      assertTrue(open(metadata).isSpecial(2));
      assertFalse(contains(open(metadata).encode("a </s>"), 2));
    }
    assertTrue(contains(tokenizer.encode("a<tool>"), 6), "a user-defined token is not special");
  }

  private static boolean contains(int[] ids, int wanted) {
    for (int id : ids) {
      if (id == wanted) {
        return true;
      }
    }
    return false;
  }

  @Test
  void specialTokensOfPhi3TakeTheWhiteSpaceAfterThemAlong() {
    Map<String, @Nullable Object> metadata = tiny();
    int[] kept = open(metadata).encode("</s> \na", true);
    metadata.put("general.name", "Phi-3-mini");
    assertArrayEquals(new int[] {2, 5}, open(metadata).encode("</s> \na", true));
    assertTrue(kept.length > 2);
    assertTrue(open(metadata).encode("<s> a", true).length > 2, "the begin token does not");
  }

  @Test
  void tokensKnowWhatTheyStandFor() {
    ModelTokenizer tokenizer = open(tiny());
    assertEquals(10, tokenizer.size());
    assertEquals("SentencePiece BPE", tokenizer.kind());
    assertEquals("byte-level BPE (qwen2)", open(twin("qwen2", "qwen2")).kind());
    assertEquals("byte-level BPE", Fixtures.tokenizer("qwen2").kind());
    assertEquals("</s>", new String(tokenizer.bytes(2), UTF_8));
    assertEquals(" a", new String(tokenizer.bytes(5), UTF_8));
    assertEquals(0, tokenizer.bytes(9).length);
    assertEquals(OptionalInt.of(5), tokenizer.id("\u2581a"));
    assertEquals(OptionalInt.empty(), tokenizer.id("b"));
    assertThrows(MixtureException.BadRequest.class, () -> tokenizer.bytes(10));
    assertThrows(MixtureException.BadRequest.class, () -> tokenizer.isSpecial(-1));
    assertThrows(MixtureException.BadRequest.class, () -> tokenizer.decode(4, 10));
  }

  @Test
  void endTokensAreFoundByKeyAndByName() {
    Map<String, @Nullable Object> metadata = twin("llama3", "llama-bpe");
    metadata.put("tokenizer.ggml.eot_token_id", 1);
    ModelTokenizer tokenizer = open(metadata);
    // <|endoftext|> by its name, <|im_start|> as the end of a turn, <|im_end|> as the end of a
    // text.
    assertEquals(List.of(0, 1, 2), tokenizer.special().ends());
    assertFalse(tokenizer.special().addBos(), "there is no begin token to add");
    metadata.put("tokenizer.ggml.bos_token_id", 0);
    assertTrue(open(metadata).special().addBos());
    metadata.put("tokenizer.ggml.add_bos_token", false);
    assertFalse(open(metadata).special().addBos());
  }

  @Test
  void aMissingPreTokenizerIsTheDefaultOne() {
    Map<String, @Nullable Object> metadata = twin("gpt2", "default");
    int[] expected = open(metadata).encode("x+=1234567;");
    metadata.remove("tokenizer.ggml.pre");
    assertArrayEquals(expected, open(metadata).encode("x+=1234567;"));
  }

  @Test
  void unknownKindsAreRefusedByName() {
    Map<String, @Nullable Object> pre = twin("gpt2", "klingon");
    MixtureException.Unsupported refusal =
        assertThrows(MixtureException.Unsupported.class, () -> open(pre));
    assertTrue(refusal.getMessage().contains("klingon"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("qwen2"), refusal.getMessage());
    Map<String, @Nullable Object> model = tiny();
    model.put("tokenizer.ggml.model", "bert");
    refusal = assertThrows(MixtureException.Unsupported.class, () -> open(model));
    assertTrue(refusal.getMessage().contains("\"bert\""), refusal.getMessage());
  }

  @Test
  void contradictionsNameFileAndKey() {
    assertBad("tokenizer.ggml.token_type", "tokenizer.ggml.token_type", List.of(1, 1));
    assertBad(
        "tokenizer.ggml.token_type[0]", "tokenizer.ggml.token_type", Collections.nCopies(10, 9));
    assertBad("tokenizer.ggml.scores", "tokenizer.ggml.scores", List.of(1.0));
    assertBad("tokenizer.ggml.scores", "tokenizer.ggml.scores", null);
    assertBad("tokenizer.ggml.tokens", "tokenizer.ggml.tokens", null);
    assertBad("tokenizer.ggml.tokens", "tokenizer.ggml.tokens", Collections.nCopies(10, "a"));
    assertBad("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eos_token_id", 10);
    assertBad("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eos_token_id", -1);
    assertBad("tokenizer.ggml.model", "tokenizer.ggml.model", null);
    Map<String, @Nullable Object> merges = twin("gpt2", "gpt-2");
    merges.put("tokenizer.ggml.merges", List.of("a b", "nosuch token"));
    MixtureException.BadFile bad = assertThrows(MixtureException.BadFile.class, () -> open(merges));
    assertTrue(bad.getMessage().startsWith("model.gguf: tokenizer.ggml.merges["), bad.getMessage());
  }

  private static void assertBad(String part, String key, @Nullable Object value) {
    Map<String, @Nullable Object> metadata = tiny();
    metadata.put(key, value);
    MixtureException.BadFile bad =
        assertThrows(MixtureException.BadFile.class, () -> open(metadata));
    assertTrue(bad.getMessage().startsWith("model.gguf: " + part), bad.getMessage());
  }
}
