// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;

class JsonTokenizerTest {

  private static final String TINY =
      """
      {
        "added_tokens": [
          {"id": 0, "content": "<s>", "special": true},
          {"id": 6, "content": "<end>", "special": false, "normalized": false}
        ],
        "normalizer": null,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\\\s+"}, "behavior": "Isolated"},
        "decoder": {"type": "Fuse"},
        "model": {
          "type": "BPE",
          "vocab": {"<s>": 0, "a": 1, "b": 2, "ab": 3, "c": 4, "abc": 5},
          "merges": [["a", "b"], "ab c"]
        }
      }
      """;

  private static ModelTokenizer parse(String json) {
    return Fixtures.parse(Fixtures.json(json));
  }

  private static ModelTokenizer parse(String json, String settings) {
    return Tokenizers.fromJson(
        Config.of("tokenizer.json", Fixtures.json(json)),
        Optional.of(Config.of("tokenizer_config.json", Fixtures.json(settings))));
  }

  @Test
  void mergesMayBePairsOrTexts() {
    ModelTokenizer tokenizer = parse(TINY);
    assertArrayEquals(new int[] {5, 3, 1}, tokenizer.encode("abcaba"));
    assertEquals("abcaba", tokenizer.decode(5, 3, 1));
  }

  @Test
  void charactersWithoutATokenAreLeftOutWhereThereIsNoUnknownToken() {
    assertArrayEquals(new int[] {1, 4}, parse(TINY).encode("a-c"));
    assertArrayEquals(new int[] {3}, parse(TINY).encode("a-b"), "its neighbours meet");
  }

  @Test
  void settingsNameTheTokensThatBeginAndEndATextWhichThenAreSpecial() {
    ModelTokenizer tokenizer =
        parse(
            TINY,
            """
            {
              "bos_token": {"content": "<s>"}, "eos_token": "<end>", "pad_token": "[none]",
              "add_bos_token": true
            }
            """);
    SpecialTokens special = tokenizer.special();
    assertEquals(OptionalInt.of(0), special.bos());
    assertEquals(OptionalInt.of(6), special.eos());
    assertEquals(OptionalInt.empty(), special.padding());
    assertEquals(List.of(6), special.ends());
    assertTrue(special.addBos());
    assertArrayEquals(new int[] {1, 6}, tokenizer.encode("a<end>", true));
    assertArrayEquals(new int[] {1}, tokenizer.encode("a<end>"));
    assertArrayEquals(new int[] {1, 6}, parse(TINY).encode("a<end>"), "an ordinary added token");
    assertTrue(tokenizer.isSpecial(6));
    assertFalse(parse(TINY).isSpecial(6));
  }

  @Test
  void aTemplateTellsWhetherATextBeginsWithAToken() {
    String template =
        """
        "post_processor": {"type": "Sequence", "processors": [{"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]}]},
        "model": {\
        """;
    ModelTokenizer tokenizer = parse(TINY.replace("\"model\": {", template));
    assertTrue(tokenizer.special().addBos());
    assertEquals(OptionalInt.of(0), tokenizer.special().bos());
    assertFalse(
        parse(TINY.replace("\"model\": {", template), "{\"add_bos_token\": false}")
            .special()
            .addBos());
    assertFalse(parse(TINY).special().addBos());
  }

  @Test
  void mergesNeverMakeUpASpecialToken() {
    String json =
        TINY.replace("\"id\": 0, \"content\": \"<s>\"", "\"id\": 5, \"content\": \"abc\"");
    assertArrayEquals(new int[] {3, 4}, parse(json).encode("abc"));
    assertArrayEquals(new int[] {5}, parse(json).encode("abc", true));
  }

  @Test
  void aPieceThatIsASpecialTokenIsNotTakenWhole() {
    String json =
        TINY.replace("\"id\": 0, \"content\": \"<s>\"", "\"id\": 5, \"content\": \"abc\"")
            .replace("\"type\": \"BPE\"", "\"type\": \"BPE\", \"ignore_merges\": true");
    assertArrayEquals(new int[] {3, 4}, parse(json).encode("abc"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '`',
      value = {
        "`\"abc\": 5`           # `\"abc\": 3`                # model.vocab",
        "`\"abc\": 5`           # `\"abc\": -1`               # model.vocab",
        "`\"abc\": 5`           # `\"abc\": 3000000000`       # model.vocab",
        "`\"abc\": 5`           # `\"abc\": 16777215`         # model.vocab",
        "`\"abc\": 5`           # `\"abc\": \"5\"`            # model.vocab.abc",
        "`\"abc\": 5`           # `\"abd\": 5`                # model.merges[1]",
        "`\"ab c\"`             # `\"abc\"`                   # model.merges[1]",
        "`\"ab c\"`             # `\"a b c\"`                 # model.merges[1]",
        "`\"ab c\"`             # `[\"ab\"]`                  # model.merges[1]",
        "`\"ab c\"`             # `7`                         # model.merges[1]",
        "`\"ab c\"`             # `null`                      # model.merges[1]",
        "`[[\"a\", \"b\"], \"ab c\"]` # `{}`                  # model.merges",
        "`\"id\": 6`            # `\"id\": 5`                 # model.vocab",
        "`\"id\": 0`            # `\"id\": 1`                 # added_tokens[0]",
        "`\"content\": \"<s>\"` # `\"contents\": \"<s>\"`     # added_tokens[0].content",
        "`\"type\": \"BPE\"`    # `\"type\": \"BPE\", \"unk_token\": \"?\"` # model.unk_token",
        "`\"Isolated\"`         # `\"Isolation\"`             # pre_tokenizer.behavior",
        "`\"model\"`            # `\"modell\"`                # model",
      })
  void contradictionsNameFileAndKey(String from, String to, String part) {
    assertTrue(TINY.contains(from), from);
    String json = TINY.replace(from, to);
    MixtureException.BadFile bad = assertThrows(MixtureException.BadFile.class, () -> parse(json));
    assertTrue(bad.getMessage().startsWith("tokenizer.json: " + part + ": "), bad.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '`',
      value = {
        "`\"BPE\"`              # `\"WordLevel\"`             # `WordLevel`",
        "`\"BPE\"`              # `\"BPE\", \"dropout\": 0.1` # `dropout`",
        "`\"BPE\"`              # `\"BPE\", \"end_of_word_suffix\": \"</w>\"` # `</w>`",
        "`\"BPE\"`              # `\"BPE\", \"continuing_subword_prefix\": \"##\"` # `##`",
        "`\"normalizer\": null` # `\"normalizer\": {\"type\": \"Lowercase\"}` # `Lowercase`",
        "`\"type\": \"Split\"`  # `\"type\": \"Whitespace\"`  # `Whitespace`",
        "`\"type\": \"Fuse\"`   # `\"type\": \"WordPiece\"`   # `WordPiece`",
        "`\"decoder\"`          # `\"decoders\"`              # `decoder`",
        "`\\\\s+`               # `(?<=a)b`                   # `(?<=a)b`",
      })
  void whatIsNotKnownIsRefusedByName(String from, String to, String name) {
    assertTrue(TINY.contains(from), from);
    String json = TINY.replace(from, to);
    MixtureException.Unsupported refusal =
        assertThrows(MixtureException.Unsupported.class, () -> parse(json));
    assertTrue(refusal.getMessage().contains(name), refusal.getMessage());
    assertTrue(refusal.getMessage().startsWith("tokenizer.json: "), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 0}",
        "{'type': 'Fuse'}, {'type': 'Strip', 'content': ' ', 'start': 2, 'stop': 0}",
        "{'type': 'Fuse'}, {'type': 'ByteLevel'}",
        "{'type': 'ByteFallback'}, {'type': 'Replace', 'pattern': {'String': 'x'}, 'content': ''}",
        "{'type': 'Replace', 'pattern': {'Regex': 'x'}, 'content': ''}"
      })
  void decodersInAnOrderThatWouldDifferAreRefused(String decoders) {
    String sequence = "{'type': 'Sequence', 'decoders': [" + decoders + "]}";
    String json = TINY.replace("{\"type\": \"Fuse\"}", sequence.replace('\'', '"'));
    assertTrue(json.contains("decoders"));
    assertThrows(MixtureException.Unsupported.class, () -> parse(json));
  }

  @Test
  void bytesMustBeTheLastThingThatPiecesBecome() {
    String json =
        TINY.replace(
            "\"pre_tokenizer\": {",
            "\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": ["
                + "{\"type\": \"ByteLevel\"}, {");
    String closed = json.replace("\"Isolated\"}", "\"Isolated\"}]}");
    MixtureException.Unsupported refusal =
        assertThrows(MixtureException.Unsupported.class, () -> parse(closed));
    assertTrue(refusal.getMessage().contains("Split after ByteLevel"), refusal.getMessage());
  }

  @Test
  void stagesThatBlowUpTextAreRefused() {
    String doubling = "{'type': 'Replace', 'pattern': {'String': 'a'}, 'content': 'aa'}";
    String doublings = (doubling + ", ").repeat(29) + doubling;
    String normalizers = "{'type': 'Sequence', 'normalizers': [" + doublings + "]}";
    ModelTokenizer tokenizer =
        parse(
            TINY.replace(
                "\"normalizer\": null",
                "'normalizer': ".replace('\'', '"') + normalizers.replace('\'', '"')));
    assertArrayEquals(new int[] {2}, tokenizer.encode("b"));
    assertThrows(MixtureException.Unsupported.class, () -> tokenizer.encode("a"));
    String decoders = "{'type': 'Sequence', 'decoders': [" + doublings + "]}";
    String blown = TINY.replace("{\"type\": \"Fuse\"}", decoders.replace('\'', '"'));
    assertThrows(MixtureException.Unsupported.class, () -> parse(blown));
    String split = "{'type': 'Digits'}, ".repeat(5000) + "{'type': 'Digits'}";
    String many =
        TINY.replace(
            "\"type\": \"Split\"",
            "'type': 'Sequence', 'pretokenizers': [".replace('\'', '"')
                + split.replace('\'', '"')
                + "]");
    assertThrows(MixtureException.Unsupported.class, () -> parse(many));
    String longInsertion =
        TINY.replace(
            "\"normalizer\": null",
            "\"normalizer\": {\"type\": \"Prepend\", \"prepend\": \"" + "x".repeat(1000) + "\"}");
    assertThrows(MixtureException.Unsupported.class, () -> parse(longInsertion));
  }

  @Test
  void damagedFilesAreRefusedWithTheirName(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    assertBad(file);
    for (String content : List.of("", "[]", TINY.substring(0, 300), TINY + "}", "{\"model\": 3}")) {
      Files.writeString(file, content);
      assertBad(file);
    }
    Files.writeString(file, TINY);
    assertEquals(7, Tokenizers.fromJson(file).size());
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    MixtureException.BadFile bad =
        assertThrows(MixtureException.BadFile.class, () -> Tokenizers.fromJson(file));
    assertTrue(bad.getMessage().contains("tokenizer_config.json: eos_token: "), bad.getMessage());
  }

  private static void assertBad(Path file) {
    MixtureException.BadFile bad =
        assertThrows(MixtureException.BadFile.class, () -> Tokenizers.fromJson(file));
    assertTrue(bad.getMessage().startsWith(file.toString()), bad.getMessage());
  }

  @Test
  void idsMayLeaveGaps() {
    ModelTokenizer tokenizer = parse(TINY.replace("\"abc\": 5", "\"abc\": 500"));
    assertEquals(501, tokenizer.size());
    assertEquals("ab", tokenizer.decode(3, 400));
    assertEquals(0, tokenizer.bytes(400).length);
  }

  @Test
  void unpairedSurrogatesAreReplaced() {
    ModelTokenizer tokenizer = Fixtures.tokenizer("gpt2");
    int[] replaced = tokenizer.encode("a\ufffdb\ufffd\ud83e\udd99");
    assertArrayEquals(replaced, tokenizer.encode("a\ud800b\udc00\ud83e\udd99"));
    assertEquals("\ufffd", tokenizer.decode(tokenizer.encode("\ud800")));
  }

  @Test
  void noChangedByteOfAFileEndsInAnythingButATypedError() {
    byte[] bytes = TINY.getBytes(UTF_8);
    Random random = new Random(2);
    int sound = 0;
    for (int round = 0; round < 3000; round++) {
      byte[] changed = bytes.clone();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        changed[random.nextInt(changed.length)] =
            (byte) " {}[]\",:0129abcs<>".charAt(random.nextInt(18));
      }
      Map<String, @Nullable Object> json;
      try {
        json = Fixtures.json(new String(changed, UTF_8));
      } catch (RuntimeException malformed) {
        continue;
      }
      try {
        Fixtures.parse(json).encode("abc <s> <end>", true);
        sound++;
      } catch (MixtureException refused) {
        assertFalse(refused.getMessage().isEmpty());
      }
    }
    assertTrue(sound > 10, "only " + sound);
  }
}
