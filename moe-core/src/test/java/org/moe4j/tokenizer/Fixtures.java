// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.moe4j.format.Config;
import tools.jackson.databind.ObjectMapper;

/**
 * What {@code make_tokenizer_fixtures.py} wrote: generated lines, small tokenizers, and the ids of
 * the reference.
 */
final class Fixtures {

  static final ObjectMapper MAPPER = new ObjectMapper();

  private Fixtures() {}

  /** The ids of one line: with special tokens as text, and with special tokens parsed. */
  static final class Expected {
    final int[] text;
    final int[] parsed;

    Expected(int[] text, int[] parsed) {
      this.text = text;
      this.parsed = parsed;
    }
  }

  static String read(String name) {
    String path = "/tokenizer/" + name;
    try (InputStream in = Objects.requireNonNull(Fixtures.class.getResourceAsStream(path), path);
        GZIPInputStream unzipped = new GZIPInputStream(in)) {
      return new String(unzipped.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  static List<String> lines() {
    return read("lines.txt.gz").lines().map(line -> MAPPER.readValue(line, String.class)).toList();
  }

  static List<Expected> expected(String name) {
    List<String> rows = new ArrayList<>(Arrays.asList(read(name).split("\n", -1)));
    List<Expected> all = new ArrayList<>();
    for (int i = 0; i + 1 < rows.size(); i += 2) {
      int[] text = numbers(rows.get(i));
      all.add(new Expected(text, rows.get(i + 1).equals("=") ? text : numbers(rows.get(i + 1))));
    }
    return all;
  }

  static int[] numbers(String row) {
    return row.isBlank()
        ? new int[0]
        : Arrays.stream(row.trim().split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  static Map<String, @Nullable Object> json(String text) {
    @SuppressWarnings("unchecked") // an object in JSON is such a map
    Map<String, @Nullable Object> map = MAPPER.readValue(text, LinkedHashMap.class);
    return map;
  }

  static Map<String, @Nullable Object> tokenizerJson(String name) {
    return json(read(name + "/tokenizer.json.gz"));
  }

  static ModelTokenizer tokenizer(String name) {
    return parse(tokenizerJson(name));
  }

  static ModelTokenizer parse(Map<String, @Nullable Object> tokenizerJson) {
    return Tokenizers.fromJson(Config.of("tokenizer.json", tokenizerJson), Optional.empty());
  }

  /** Compares the ids of every line, as text and parsed, and names the first lines that differ. */
  static void assertSameIds(ModelTokenizer tokenizer, List<String> lines, List<Expected> expected) {
    assertEquals(lines.size(), expected.size());
    StringBuilder different = new StringBuilder();
    int wrong = 0;
    for (int i = 0; i < lines.size(); i++) {
      for (boolean parse : new boolean[] {false, true}) {
        int[] want = parse ? expected.get(i).parsed : expected.get(i).text;
        int[] got = tokenizer.encode(lines.get(i), parse);
        if (!Arrays.equals(want, got) && ++wrong <= 5) {
          different
              .append(MAPPER.writeValueAsString(lines.get(i)))
              .append(parse ? " parsed" : " as text")
              .append("\n  expected ")
              .append(Arrays.toString(want))
              .append("\n  found    ")
              .append(Arrays.toString(got))
              .append('\n');
        }
      }
    }
    assertEquals(0, wrong, different.toString());
  }

  /** The folder that a system property names, if it does and there is one. */
  static Optional<Path> folder(String property, @Nullable String fallback) {
    return Optional.ofNullable(System.getProperty(property, fallback))
        .map(Path::of)
        .filter(Files::isDirectory);
  }
}
