// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.moe4j.format.GgufBytes.int32;
import static org.moe4j.format.GgufBytes.int64;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.format.Config;
import org.moe4j.format.GgufBytes;
import org.moe4j.format.TensorType;
import org.moe4j.fuzz.Contract;
import org.moe4j.fuzz.LargeAttacks;
import org.moe4j.template.ChatTemplate;
import org.moe4j.tokenizer.ModelTokenizer;
import org.moe4j.tokenizer.Tokenizers;

/**
 * Attacks on programs that open model files, published ones by their number. Each is refused by a
 * typed error, or has no effect, within two seconds.
 */
class KnownAttacksTest {

  @TempDir private Path folder;

  // ------------------------------------------------------------------- helpers

  private static GgufBytes gguf() {
    return new GgufBytes().text("general.architecture", "llama");
  }

  private Path write(String name, byte[] bytes) {
    try {
      return Files.write(folder.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path write(String name, String text) {
    return write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Checks that a path is refused, when it is inspected as when it is opened. */
  private static MixtureException refused(Path path, String... named) {
    MixtureException refusal =
        Contract.withinTwoSeconds(
            path.toString(),
            () -> assertThrows(MixtureException.class, () -> MixtureModel.inspect(path)));
    Contract.withinTwoSeconds(
        path.toString(),
        () -> assertThrows(MixtureException.class, () -> MixtureModel.open(path).close()));
    for (String each : named) {
      assertTrue(
          refusal.getMessage().contains(each),
          () -> "expected \"" + each + "\" in: " + refusal.getMessage());
    }
    return refusal;
  }

  private MixtureException refusedGguf(GgufBytes file, String... named) {
    return refused(write("attack.gguf", file.build()), named);
  }

  private static byte[] safetensors(String header, int data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  /** A copy of a small sound model in safetensors. */
  private Path model() {
    try {
      Path fixture =
          Path.of(
              Objects.requireNonNull(KnownAttacksTest.class.getResource("/parity/mixtral-plain"))
                  .toURI());
      for (String name : List.of("config.json", "model.safetensors")) {
        Files.copy(fixture.resolve(name), folder.resolve(name));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    return folder;
  }

  private MixtureException refusedSetting(String key, String value) {
    try {
      String config = Files.readString(folder.resolve("config.json"));
      String changed = config.replaceFirst("\"" + key + "\": [^,\n]*", "\"" + key + "\": " + value);
      assertFalse(config.equals(changed), key);
      write("config.json", changed);
      MixtureException refusal = refused(folder);
      write("config.json", config);
      return refusal;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelTokenizer tokenizer(String json) {
    try {
      Path file = Files.createTempFile("moe4j", ".json");
      Files.writeString(file, json);
      try {
        return Tokenizers.fromJson(Config.readJson(file), Optional.empty());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String bpe(String vocabulary, String merges) {
    return """
    {"model": {"type": "BPE", "vocab": {%s}, "merges": [%s]}, "decoder": {"type": "Fuse"}}
    """
        .formatted(vocabulary, merges);
  }

  // ------------------------------------------------------- sizes that overflow

  /** The sizes of the tensors add up to 2^64, so that a sum of 64 bits asks for no memory. */
  @Test
  void cve202553630TheSumOfTensorSizesWrapsAround() {
    GgufBytes file = gguf();
    long size = 1L << 62;
    for (int i = 0; i < 4; i++) {
      file.header("t" + i, TensorType.I8, i * size, size);
    }
    refusedGguf(file.data(64), "t1");
    refusedGguf(
        gguf()
            .header("t0", TensorType.I8, 0, Long.MAX_VALUE - 31)
            .header("t1", TensorType.I8, Long.MAX_VALUE - 31, 64)
            .data(64),
        "t1");
  }

  /** The sum of the tensors just fits 64 bits, and what the reader adds for itself wraps it. */
  @Test
  void cve202627940TheSumAndTheReadersOwnShareWrapAround() {
    refusedGguf(
        gguf()
            .header("t0", TensorType.I8, 0, Long.MAX_VALUE - 31)
            .header("t1", TensorType.I8, 0, Long.MAX_VALUE - 31)
            .data(64),
        "t0");
    refusedGguf(
        gguf().claimTensors(Long.MAX_VALUE / 368).zeros("t", TensorType.F32, 1),
        "number of tensors");
  }

  /** A product of sizes wraps around to what the file really holds. */
  @Test
  void cve202633298TheBytesOfATensorWrapAround() {
    refusedGguf(gguf().header("t", TensorType.F32, 0, 1024, (1L << 52) + 1).data(4096), "t");
    refusedGguf(gguf().header("t", TensorType.F32, 0, 1152, (1L << 42) + 1).data(4608), "t");
    refusedGguf(
        gguf().header("t", TensorType.F16, 0, 1L << 21, 1L << 21, 1L << 21, 1).data(64), "2^63");
    refusedGguf(
        gguf().header("t", TensorType.Q4_0, 0, 1L << 32, 1L << 31, 2, 1).data(64), "beyond 2^63");
    write("config.json", "{\"model_type\": \"llama\"}");
    write(
        "model.safetensors",
        safetensors(
            """
            {"t": {"dtype": "F32", "shape": [4294967296, 4294967297], "data_offsets": [0, 64]}}\
            """,
            64));
    refused(folder, "t: F32 of shape");
  }

  @Test
  void aNumberOfTensorsThatOverflows() {
    for (long count : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 61) + 1}) {
      refusedGguf(gguf().claimTensors(count), "number of tensors");
    }
  }

  @Test
  void aNumberOfKeysThatOverflows() {
    for (long count : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 60) + 1}) {
      refusedGguf(gguf().claimKeys(count), "number of keys");
    }
  }

  @Test
  void aListLengthThatOverflows() {
    for (int type = 0; type <= 12; type++) {
      for (long count : new long[] {-1, 1L << 61, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE}) {
        refusedGguf(gguf().key("list", 9, int32(type), int64(count), new byte[64]), "list");
      }
    }
  }

  @Test
  void aStringLengthThatOverflows() {
    for (long length : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32}) {
      refusedGguf(gguf().key("general.name", 8, int64(length), new byte[64]), "general.name");
    }
  }

  @Test
  void anOffsetPlusASizeThatOverflows() {
    for (long offset : new long[] {-32, Long.MAX_VALUE - 31, Long.MIN_VALUE, 1L << 62}) {
      refusedGguf(gguf().header("t", TensorType.F32, offset, 16).data(64), "t");
    }
    write("config.json", "{\"model_type\": \"llama\"}");
    for (String offsets :
        List.of(
            "[9223372036854775744, 64]",
            "[64, 0]",
            "[-64, 0]",
            "[18446744073709551552, 18446744073709551616]")) {
      write(
          "model.safetensors",
          safetensors(
              "{\"t\": {\"dtype\": \"I8\", \"shape\": [64], \"data_offsets\": " + offsets + "}}",
              64));
      refused(folder, "model.safetensors");
    }
  }

  @Test
  void anAlignmentThatOverflowsOrDividesByZero() {
    for (long alignment : new long[] {0, 3, 0xffff_ffffL, 0x8000_0000L}) {
      refusedGguf(
          gguf().uint32("general.alignment", alignment).zeros("t", TensorType.F32, 16).data(64));
    }
    for (long alignment : new long[] {Long.MIN_VALUE, 1L << 62, -1}) {
      refusedGguf(
          gguf()
              .key("general.alignment", 10, int64(alignment))
              .header("t", TensorType.F32, 0, 16)
              .data(64));
    }
  }

  /** The padding before the data would reach beyond the file. */
  @Test
  void aPaddingBeyondTheFile() {
    byte[] sound = gguf().zeros("t", TensorType.F32, 4).build();
    refused(write("attack.gguf", Arrays.copyOf(sound, sound.length - 32)), "t");
    refusedGguf(
        gguf().uint32("general.alignment", 1L << 30).header("t", TensorType.F32, 0, 4).data(64),
        "t");
  }

  @Test
  void aSafetensorsHeaderLongerThanTheFile() {
    write("config.json", "{\"model_type\": \"llama\"}");
    for (long length : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40, 100, 0}) {
      write("model.safetensors", GgufBytes.int64(length));
      refused(folder, "header");
    }
  }

  // ------------------------------------------------------------ chat templates

  /** Templates that reach for the interpreter behind the renderer run nothing. */
  @Test
  void cve202434359AChatTemplateRunsCode() {
    Path proof = folder.resolve("proof");
    String command = "touch " + proof;
    List<String> attacks =
        List.of(
            "{{ ''.__class__.__mro__[1].__subclasses__() }}",
            "{{ ().__class__.__base__.__subclasses__() }}",
            "{% for c in ().__class__.__base__.__subclasses__() %}{% if 'warning' in c.__name__ %}"
                + "{{ c()._module.__builtins__['__import__']('os').popen(\"COMMAND\").read() }}"
                + "{% endif %}{% endfor %}",
            "{{ self.__init__.__globals__.__builtins__.__import__('os').system('COMMAND') }}",
            "{{ cycler.__init__.__globals__.os.popen('COMMAND').read() }}",
            "{{ joiner.__init__.__globals__.os.system('COMMAND') }}",
            "{{ namespace.__init__.__globals__.os.system('COMMAND') }}",
            "{{ lipsum.__globals__['os'].popen('COMMAND').read() }}",
            "{{ messages|attr('__class__')|attr('__mro__') }}",
            "{{ messages.__class__.__init__.__globals__ }}",
            "{{ raise_exception.__globals__ }}{{ strftime_now.__globals__ }}",
            "{{ '{0.__class__.__init__.__globals__}'.format(messages) }}",
            "{{ '%(x)s'|format(x=messages.__class__.__mro__) }}",
            "{{ 'x'.format_map({'x': 1}).__class__ }}",
            "{% import 'os' as os %}{{ os.popen('COMMAND').read() }}",
            "{% include '/etc/passwd' %}",
            "{% extends '/etc/passwd' %}",
            "{{ messages.getClass().forName('java.lang.Runtime').getRuntime().exec('COMMAND') }}",
            "{{ messages['class']['classLoader'] }}",
            "{{ ''.getClass().getProtectionDomain() }}",
            "{{ messages.stream().map('java.lang.Runtime') }}",
            "{{ ''.class.forName('java.lang.ProcessBuilder') }}",
            "{{ T(java.lang.Runtime).getRuntime().exec('COMMAND') }}",
            "${T(java.lang.Runtime).getRuntime().exec('COMMAND')}",
            "#{messages.getClass()}",
            "{{ beans.class }}{{ request.application.__globals__ }}{{ config.items() }}");
    for (String attack : attacks) {
      String source = attack.replace("COMMAND", command);
      String shown =
          Contract.withinTwoSeconds(
              attack,
              () -> {
                try {
                  return ChatTemplate.parse("attack", source)
                      .render(
                          List.of(Map.of("role", "user", "content", "x")), null, true, Map.of());
                } catch (MixtureException.BadFile | MixtureException.BadRequest e) {
                  return "";
                }
              });
      if (!shown.equals(source)) {
        for (String leak : List.of("class", "java.", "org.moe4j", "root:", "builtin", "function")) {
          assertFalse(shown.contains(leak), () -> attack + " shows " + shown);
        }
      }
      assertFalse(Files.exists(proof), attack);
    }
  }

  // ------------------------------------------------------- files that name files

  private MixtureException refusedIndex(String shard) {
    write("config.json", "{\"model_type\": \"llama\"}");
    write(
        "model.safetensors.index.json",
        "{\"weight_map\": {\"t\": \"" + shard.replace("\\", "\\\\") + "\"}}");
    return refused(folder);
  }

  @Test
  void anIndexThatPointsOutsideItsDirectory() throws IOException {
    Path outside = Files.createTempFile("moe4j", ".safetensors");
    Files.write(
        outside,
        safetensors("{\"t\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}", 4));
    Files.createDirectory(folder.resolve("sub"));
    Files.copy(outside, folder.resolve("sub/t.safetensors"));
    for (String name :
        List.of(
            outside.toString(),
            folder.relativize(outside).toString(),
            "../" + outside.getFileName(),
            "..",
            ".",
            "sub/t.safetensors",
            "sub/../../" + outside.getFileName(),
            "..\\" + outside.getFileName(),
            "C:\\windows\\t.safetensors",
            "file:" + outside,
            "\\u0000",
            "t\\u0000.safetensors",
            "/proc/self/environ",
            "")) {
      write("config.json", "{\"model_type\": \"llama\"}");
      write("model.safetensors.index.json", "{\"weight_map\": {\"t\": \"" + escape(name) + "\"}}");
      refused(folder, "weight_map.t", "expected the plain name of a file in this directory");
    }
    Files.delete(outside);
  }

  private static String escape(String name) {
    return name.contains("\\u0000") ? name : name.replace("\\", "\\\\");
  }

  /**
   * Caches of model hubs are made of links, so that a link is followed. What it leads to must be a
   * whole safetensors file, and what else it may be is not shown.
   */
  @Test
  void aLinkThatPointsOutsideTheDirectory() throws IOException {
    Path secret = Files.createTempFile("moe4j", ".txt");
    Files.writeString(secret, "password=hunter2\n".repeat(100));
    Files.createSymbolicLink(folder.resolve("link.safetensors"), secret);
    MixtureException refusal = refusedIndex("link.safetensors");
    assertFalse(refusal.getMessage().contains("hunter2"), refusal.getMessage());
    Files.delete(folder.resolve("link.safetensors"));
    for (String special : List.of("/dev/zero", "/dev/stdin", "/proc/self/mem", "/")) {
      if (Files.exists(Path.of(special))) {
        Files.createSymbolicLink(folder.resolve("link.safetensors"), Path.of(special));
        refusedIndex("link.safetensors");
        Files.delete(folder.resolve("link.safetensors"));
      }
    }
    Files.createSymbolicLink(
        folder.resolve("link.safetensors"), folder.resolve("link.safetensors"));
    refusedIndex("link.safetensors");
    Files.delete(secret);
  }

  // --------------------------------------------------------- counts like bombs

  @Test
  void settingsThatAskForBillionsOfParts() {
    model();
    for (String key :
        List.of(
            "num_hidden_layers",
            "num_local_experts",
            "num_attention_heads",
            "num_key_value_heads",
            "hidden_size",
            "intermediate_size",
            "vocab_size")) {
      for (String value : List.of("2147483647", "1073741824", "0", "-1", "1e300", "[]", "NaN")) {
        refusedSetting(key, value);
      }
    }
    refusedSetting("num_experts_per_tok", "2147483647");
    refusedSetting("num_experts_per_tok", "0");
  }

  @Test
  void aTokenIdThatAsksForATableOfBillions() {
    for (String id : List.of("2147483647", "16777216", "1000000", "-1", "1e18")) {
      Contract.withinTwoSeconds(
          id,
          () ->
              assertThrows(
                  MixtureException.class, () -> tokenizer(bpe("\"a\": 0, \"b\": " + id, ""))));
    }
  }

  @Test
  void aTemplateThatAsksForBillionsOfCharacters() {
    for (String attack :
        List.of(
            "{{ 'x' * 1000000000 }}",
            "{{ range(1000000000)|list }}",
            "{% for i in range(1000000000) %}{{ i }}{% endfor %}",
            "{{ '%1000000000d' % 1 }}",
            "{{ '{:1000000000}'.format(1) }}",
            "{{ 'x'|center(1000000000) }}",
            "{{ 9 ** 99999999 }}",
            "{% set ns = namespace(x='x') %}{% for i in range(40) %}{% set ns.x = ns.x + ns.x %}"
                + "{% endfor %}{{ ns.x }}")) {
      Contract.withinTwoSeconds(
          attack,
          () ->
              assertThrows(
                  MixtureException.BadRequest.class,
                  () -> ChatTemplate.parse("attack", attack).render(Map.of())));
    }
  }

  // -------------------------------------------------------------------- nesting

  @Test
  void deeplyNestedJson() {
    for (String open : List.of("[", "{\"a\":")) {
      String deep = "{\"a\":" + open.repeat(1_000_000);
      write("config.json", deep);
      write("model.safetensors", safetensors("{}", 0));
      refused(folder, "config.json");
      write("config.json", "{\"model_type\": \"llama\"}");
      write("model.safetensors", safetensors(deep, 0));
      refused(folder, "model.safetensors");
      write("model.safetensors", safetensors("{}", 0));
      for (String name :
          List.of("tokenizer.json", "tokenizer_config.json", "generation_config.json")) {
        write(name, deep);
        refused(folder, name);
        write(name, "{}");
      }
      write("model.safetensors", new byte[0]);
    }
  }

  @Test
  void deeplyNestedLists() {
    byte[] value = int64(0);
    for (int depth = 0; depth < 1000; depth++) {
      value = join(depth == 0 ? int32(4) : join(int32(9), int64(1)), value);
    }
    refusedGguf(gguf().key("deep", 9, value), "deep");
    for (String attack :
        List.of(
            "{{ " + "(".repeat(300_000) + " }}",
            "{{ " + "[".repeat(300_000) + " }}",
            "{% if 1 %}".repeat(100_000),
            "{{ " + "not ".repeat(200_000) + "1 }}")) {
      Contract.withinTwoSeconds(
          attack.substring(0, 20),
          () -> assertThrows(MixtureException.class, () -> ChatTemplate.parse("attack", attack)));
    }
  }

  private static byte[] join(byte[]... parts) {
    int length = Stream.of(parts).mapToInt(part -> part.length).sum();
    ByteBuffer all = ByteBuffer.allocate(length);
    Stream.of(parts).forEach(all::put);
    return all.array();
  }

  // ------------------------------------------------------------------ duplicates

  @Test
  void theSameNameTwice() {
    refusedGguf(gguf().text("general.architecture", "mixtral"), "general.architecture");
    refusedGguf(
        gguf().zeros("t", TensorType.F32, 1).zeros("t", TensorType.F32, 1),
        "t: two tensors have this name");
    String tensor = "\"t\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}";
    write("config.json", "{\"model_type\": \"llama\"}");
    write("model.safetensors", safetensors("{" + tensor + ", " + tensor + "}", 4));
    refused(folder, "model.safetensors", "uplicate");
    write("model.safetensors", safetensors("{" + tensor + "}", 4));
    write("config.json", "{\"model_type\": \"llama\", \"model_type\": \"mixtral\"}");
    refused(folder, "config.json", "model_type");
    write("config.json", "{\"model_type\": \"llama\", \"model\\u005ftype\": \"mixtral\"}");
    refused(folder, "config.json", "model_type");
    for (String vocabulary : List.of("\"a\": 0, \"a\": 1", "\"a\": 0, \"b\": 0")) {
      assertThrows(MixtureException.BadFile.class, () -> tokenizer(bpe(vocabulary, "")));
    }
  }

  // ---------------------------------------------------------------------- merges

  /**
   * Merges lengthen a token, but for those with an empty one, which lead back to where they began.
   */
  @Test
  void cyclicMerges() {
    String vocabulary = "\"\": 0, \"a\": 1, \"b\": 2, \"ab\": 3, \"ba\": 4, \"aba\": 5";
    String merges =
        """
        ["", "a"], ["a", ""], ["", ""], ["a", "b"], ["", "ab"], ["ab", ""], ["ab", "a"], ["a", "ba"],
        ["b", "a"], ["a", "b"]\
        """;
    Contract.withinTwoSeconds(
        "cyclic merges",
        () -> {
          try {
            ModelTokenizer tokenizer = tokenizer(bpe(vocabulary, merges));
            String text = "abba".repeat(2000);
            assertEquals(text, tokenizer.decode(tokenizer.encode(text, false)));
          } catch (MixtureException.BadFile e) {
            assertTrue(e.getMessage().contains("merges"), e.getMessage());
          }
          return true;
        });
  }

  // -------------------------------------------------------------------- the heap

  /** Large files that are little but names, numbers and brackets, in a Java process of 256 MB. */
  @Test
  void aHeapOf256MegabytesIsNeverExhausted() throws Exception {
    String said = Forked.run(Forked.SMALL_AND_CHECKED, LargeAttacks.class, folder.toString());
    assertTrue(said.contains("none got through"), said);
  }
}
