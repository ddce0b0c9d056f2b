// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.CacheType;
import org.moe4j.MixtureModel;
import org.moe4j.Scores;
import org.moe4j.demo.DemoModel;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The subcommands on the demo model; expected ids and texts are llama.cpp's. */
class CommandTest {

  private static final String PHOTOSYNTHESIS = "1083,1908,351,1628,86,2555,16";
  private static final String QUESTION = "1,497,201," + PHOTOSYNTHESIS + ",2,201,1,498,201";

  @TempDir Path folder;

  private static Invocation done(String... arguments) {
    Invocation result = Invocation.of(arguments);
    assertEquals(0, result.status(), result.err());
    return result;
  }

  @Test
  void runAnswersWithTheTemplateAround() {
    Invocation result =
        done("run", "--max-tokens", "9", "--temperature", "0", "Explain photosynthesis.");
    assertEquals("The photosynthetic cell is a\n", result.out());
    assertTrue(result.err().contains("MAX_TOKENS"), result.err());
  }

  @Test
  void runRawContinuesThePromptAsItIs() {
    String prompt = "<|im_start|>user\nExplain photosynthesis.<|im_end|>\n<|im_start|>assistant\n";
    Invocation result =
        done("run", "--raw", "--quiet", "--max-tokens", "9", "--temperature", "0", prompt);
    assertEquals("The photosynthetic cell is a\n", result.out());
    assertEquals("", result.err());
  }

  @Test
  void runEndsAtAStopString() {
    Invocation result =
        done(
            "run",
            "--temperature",
            "0",
            "--stop",
            "nope",
            "--stop",
            " cell",
            "--quiet",
            "Explain photosynthesis.");
    assertEquals("The photosynthetic\n", result.out());
  }

  @Test
  void runRepeatsWithASeed() {
    String[] arguments = {
      "run",
      "--quiet",
      "--max-tokens",
      "12",
      "--temperature",
      "1.5",
      "--seed",
      "42",
      "--top-k",
      "100",
      "--top-p",
      "0.95",
      "--min-p",
      "0.001",
      "Tell me about cells."
    };
    assertEquals(done(arguments).out(), done(arguments).out());
  }

  @Test
  void tokenizePrintsIdsWithSpecialTokensParsed() {
    assertEquals(PHOTOSYNTHESIS + "\n", done("tokenize", "Explain photosynthesis.").out());
    assertEquals("1,2\n", done("tokenize", "<|im_start|><|im_end|>").out());
    assertEquals("\n", done("tokenize", "").out());
  }

  @Test
  void textsThatLookLikeOptionsAreTexts() {
    for (String text : List.of("-", "- item", "-5", "-hello", "@file", "--- a rule ---")) {
      try (MixtureModel model = MixtureModel.open(DemoModel.path())) {
        assertEquals(ids(model.tokenizer().encode(text)), done("tokenize", text).out().strip());
      }
    }
  }

  private static String ids(int[] ids) {
    return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }

  @Test
  void tokenizeReadsAJsonStringALine() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("lines"),
            "\"Explain photosynthesis.\"\n\"\"\n\"Explain\\u0020photosynthesis.\"\n");
    assertEquals(
        PHOTOSYNTHESIS + "\n\n" + PHOTOSYNTHESIS + "\n",
        done("tokenize", "--file", file.toString()).out());
  }

  @Test
  void renderPrintsThePromptAndNothingElse() throws IOException {
    Path messages = messages("[{\"role\": \"user\", \"content\": \"Hi {{ 1 + 1 }}\"}]");
    assertEquals(
        "<|im_start|>user\nHi {{ 1 + 1 }}<|im_end|>\n<|im_start|>assistant\n",
        done("render", "--messages", messages.toString()).out());
    assertEquals(
        "<|im_start|>user\nHi {{ 1 + 1 }}<|im_end|>\n",
        done("render", "--messages", messages.toString(), "--no-generation-prompt").out());
  }

  @Test
  void renderTakesABareTemplateWithVariablesAndTools() throws IOException {
    Path template =
        Files.writeString(
            folder.resolve("chat.jinja"),
            "{{ bos_token }}{% for t in tools %}{{ t.name }} {% endfor %}"
                + "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
                + "{% if deep %}think{% endif %}");
    Path tools = Files.writeString(folder.resolve("tools.json"), "[{\"name\": \"search\"}]");
    Path messages = messages("[{\"role\": \"user\", \"content\": \"Hi\"}]");
    assertEquals(
        "<s>search [user]Hithink",
        done(
                "render",
                "--model",
                template.toString(),
                "--messages",
                messages.toString(),
                "--tools",
                tools.toString(),
                "--set",
                "bos_token=\"<s>\"",
                "--set",
                "deep=true")
            .out());
  }

  private Path messages(String json) throws IOException {
    return Files.writeString(folder.resolve("messages.json"), json);
  }

  @Test
  void inspectTellsWhatTheFileHolds() {
    String out = done("inspect", DemoModel.path().toString()).out();
    assertTrue(out.contains("qwen3moe"), out);
    assertTrue(out.contains("32 a layer, 4 used for a token"), out);
    assertFalse(out.contains("blk.0.attn_q.weight"), out);
    assertTrue(done("inspect", "--tensors").out().contains("blk.0.attn_q.weight"), out);
  }

  @Test
  void inspectTellsTheMemoryOfAContextOnADevice() {
    String[] options = {"inspect", "--json", "--device", "scalar", "--context", "512"};
    JsonNode memory = JsonMapper.shared().readTree(done(options).out()).get("memory");
    assertEquals("scalar", memory.get("device").stringValue());
    assertEquals(512, memory.get("context_length").intValue());
    assertEquals(512 * 6 * 2 * 2 * 64 * 2, memory.get("cache").intValue());
    assertTrue(memory.get("fits").booleanValue());
    String out = done("inspect", "--context", "1000000000", "--kv", "f32").out();
    assertTrue(out.contains("which does not fit"), out);
  }

  @Test
  void checkingValuesFindsWhatIsNoNumber() throws IOException {
    assertTrue(done("inspect", "--check-values").out().contains("all finite"));
    byte[] bytes = Files.readAllBytes(DemoModel.path());
    // Ones alone are NaN in a scale and in a float.
    Arrays.fill(bytes, bytes.length - 1024, bytes.length, (byte) -1);
    String damaged = Files.write(folder.resolve("damaged.gguf"), bytes).toString();
    Invocation inspected = Invocation.of("inspect", "--check-values", "--json", damaged);
    assertEquals(Main.REFUSED, inspected.status(), inspected.err());
    JsonNode bad = JsonMapper.shared().readTree(inspected.out()).get("bad_values");
    assertEquals(1, bad.size());
    assertEquals("NaN", bad.get(0).get("value").stringValue());
    String tensor = bad.get(0).get("tensor").stringValue();
    assertTrue(Invocation.of("inspect", "--check-values", damaged).out().contains(tensor));
    Invocation run = Invocation.of("run", "--check-values", "--model", damaged, "Hello");
    assertEquals(Main.REFUSED, run.status());
    assertTrue(run.err().contains(tensor), run.err());
  }

  @Test
  void inspectPrintsOneJsonObject() {
    JsonNode json = JsonMapper.shared().readTree(done("inspect", "--json").out());
    assertEquals("qwen3moe", json.get("family").stringValue());
    assertEquals(6, json.get("layers").intValue());
    assertEquals(32, json.get("experts").intValue());
    assertEquals(4, json.get("experts_per_token").intValue());
    assertEquals(1024, json.get("context_length").intValue());
    assertTrue(json.get("supported").booleanValue());
    assertFalse(json.has("tensors"));
    JsonNode tensors =
        JsonMapper.shared().readTree(done("inspect", "--json", "--tensors").out()).get("tensors");
    assertEquals(json.get("tensor_count").intValue(), tensors.size());
    assertEquals("token_embd.weight", tensors.get(0).get("name").stringValue());
  }

  @Test
  void traceWritesLogitsRoutingAndGreedyTokens() throws IOException {
    Path file = folder.resolve("trace.safetensors");
    done("trace", "--tokens", QUESTION, "--greedy", "6", "--out", file.toString());
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong()];
    bytes.get(header);
    ByteBuffer values = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    JsonNode json = JsonMapper.shared().readTree(new String(header, StandardCharsets.UTF_8));

    int[] ids = Arrays.stream(QUESTION.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    try (MixtureModel model =
        MixtureModel.builder(DemoModel.path()).cacheType(CacheType.F32).open()) {
      Scores scores = model.score(ids, Scores.Detail.LOGITS, Scores.Detail.ROUTING);
      float[] logits = floats(json, values, "logits", ids.length, 4096);
      int[] experts = ints(json, values, "layer.5.experts", ids.length, 4);
      float[] weights = floats(json, values, "layer.5.weights", ids.length, 4);
      for (int i = 0; i < ids.length; i++) {
        assertArrayEquals(scores.logits(i), Arrays.copyOfRange(logits, i * 4096, (i + 1) * 4096));
        assertArrayEquals(scores.experts(5, i), Arrays.copyOfRange(experts, i * 4, (i + 1) * 4));
        assertArrayEquals(scores.weights(5, i), Arrays.copyOfRange(weights, i * 4, (i + 1) * 4));
      }
    }
    assertArrayEquals(
        new int[] {418, 1908, 351, 1628, 1130, 1272}, ints(json, values, "greedy", 6));
    assertEquals(1 + 2 * 6 + 1, json.size(), "logits, two for each layer, greedy");
  }

  private static float[] floats(JsonNode header, ByteBuffer values, String name, int... shape) {
    float[] result = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    at(header, values, name, "F32", shape).asFloatBuffer().get(result);
    return result;
  }

  private static int[] ints(JsonNode header, ByteBuffer values, String name, int... shape) {
    int[] result = new int[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    at(header, values, name, "I32", shape).asIntBuffer().get(result);
    return result;
  }

  private static ByteBuffer at(
      JsonNode header, ByteBuffer values, String name, String type, int[] shape) {
    JsonNode tensor = header.get(name);
    assertEquals(type, tensor.get("dtype").stringValue());
    assertEquals(JsonMapper.shared().valueToTree(shape), tensor.get("shape"));
    int begin = tensor.get("data_offsets").get(0).intValue();
    int end = tensor.get("data_offsets").get(1).intValue();
    return values.slice(begin, end - begin).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void benchPrintsOneJsonObjectOnTheLastLine() {
    for (List<String> more : List.of(List.of("--batch", "2"), List.of("--depth", "3"))) {
      List<String> arguments =
          new java.util.ArrayList<>(
              List.of("bench", "--json", "--prompt", "4", "--gen", "3", "--reps", "1"));
      arguments.addAll(more);
      String out = done(arguments.toArray(new String[0])).out();
      JsonNode json = JsonMapper.shared().readTree(out.lines().toList().getLast());
      for (String name : List.of("pp", "tg", "load_s", "first_token_s", "rss_mb", "threads")) {
        assertTrue(json.get(name).isNumber(), name);
      }
      assertTrue(json.get("tg").doubleValue() > 0);
      assertTrue(json.get("device").isString());
    }
  }

  @Test
  @Tag("shared")
  void tokenizesAFileOfAFamilyThatCannotRun() throws IOException {
    Path tokenizers = Path.of(System.getProperty("moe4j.shared", "../../../shared"), "tokenizers");
    assumeTrue(Files.isDirectory(tokenizers));
    Path vocabulary = tokenizers.resolve("ggml-vocab-gpt-2.gguf");
    String inspected = done("inspect", vocabulary.toString()).out();
    assertTrue(inspected.contains("runs here       no"), inspected);

    String texts = Files.readString(tokenizers.resolve("ggml-vocab-gpt-2.gguf.inp"));
    List<String> lines =
        Arrays.stream(texts.split("\n__ggml_vocab_test__\n", -1))
            .map(JsonMapper.shared()::writeValueAsString)
            .toList();
    Path file = Files.write(folder.resolve("lines"), lines.subList(0, lines.size() - 1));
    List<String> expected =
        Files.readAllLines(tokenizers.resolve("ggml-vocab-gpt-2.gguf.out")).stream()
            .map(line -> line.strip().replace(' ', ','))
            .toList();
    assertEquals(
        expected,
        done("tokenize", "--model", vocabulary.toString(), "--file", file.toString())
            .out()
            .lines()
            .toList());
  }
}
