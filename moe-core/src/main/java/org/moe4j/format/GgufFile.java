// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.moe4j.MixtureException;

/**
 * A GGUF file, or a set of files that one was split into. The metadata are those of the first part.
 *
 * <p>Keys and tensor names must be sound UTF-8. Text values need not be, since vocabularies hold
 * raw bytes: there, what is no UTF-8 reads as U+FFFD.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
public final class GgufFile extends ModelFile {

  private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
  private static final String NUMBER = "split.no";
  private static final String COUNT = "split.count";
  private static final String TENSORS = "split.tensors.count";

  GgufFile(Path path, Arena arena, Config config, Map<String, TensorData> tensors, long bytes) {
    super(path, arena, config, tensors, bytes);
  }

  static GgufFile read(Path path, Arena arena, boolean copy) {
    MemorySegment data = FileBytes.load(path, arena, copy);
    GgufParser.Part first = GgufParser.parse(path.toString(), data);
    Map<String, TensorData> tensors = new LinkedHashMap<>();
    add(first.tensors(), tensors);
    long bytes = data.byteSize();
    int parts = first.config().int32(COUNT, 1);
    if (parts > 1) {
      int number = 1;
      for (Path other : otherParts(path, first.config(), parts)) {
        MemorySegment more = FileBytes.load(other, arena, copy);
        GgufParser.Part part = GgufParser.parse(other.toString(), more);
        checkPart(part.config(), other, number++, parts);
        add(part.tensors(), tensors);
        bytes += more.byteSize();
      }
      long expected = first.config().integer(TENSORS, tensors.size());
      if (expected != tensors.size()) {
        throw new MixtureException.BadFile(
            path.toString(),
            TENSORS,
            "expected %d tensors in %d parts, found %d".formatted(expected, parts, tensors.size()),
            null);
      }
    }
    return new GgufFile(path, arena, first.config(), tensors, bytes);
  }

  private static void add(List<TensorData> part, Map<String, TensorData> all) {
    for (TensorData tensor : part) {
      TensorData other = all.put(tensor.name(), tensor);
      if (other != null) {
        throw new MixtureException.BadFile(
            tensor.file(), tensor.name(), "is also in " + other.file(), null);
      }
    }
  }

  /** The paths of all parts but the first, which the given one must be. */
  private static List<Path> otherParts(Path first, Config config, int parts) {
    Matcher name = PART.matcher(String.valueOf(first.getFileName()));
    int number = config.int32(NUMBER, 0);
    if (number != 0) {
      String hint = name.matches() ? ": " + partName(name.group(1), 0, parts) : "";
      throw new MixtureException.BadFile(
          first.toString(),
          NUMBER,
          "this is part %d of %d, open the first%s".formatted(number + 1, parts, hint),
          null);
    }
    String expected = partName(name.matches() ? name.group(1) : "NAME", 0, parts);
    if (!expected.equals(String.valueOf(first.getFileName()))) {
      throw new MixtureException.BadFile(
          first.toString(),
          COUNT,
          "the first of %d parts must be called %s to find the others".formatted(parts, expected),
          null);
    }
    return IntStream.range(1, parts)
        .mapToObj(part -> first.resolveSibling(partName(name.group(1), part, parts)))
        .toList();
  }

  private static String partName(String prefix, int number, int parts) {
    return "%s-%05d-of-%05d.gguf".formatted(prefix, number + 1, parts);
  }

  private static void checkPart(Config config, Path path, int number, int parts) {
    if (config.int32(NUMBER) != number || config.int32(COUNT) != parts) {
      throw new MixtureException.BadFile(
          path.toString(),
          NUMBER,
          "expected part %d of %d, found part %d of %d"
              .formatted(number + 1, parts, config.int32(NUMBER) + 1L, config.int32(COUNT)),
          null);
    }
  }

  @Override
  public Optional<String> chatTemplate() {
    String key = "tokenizer.chat_template";
    return config().has(key) ? Optional.of(config().text(key)) : Optional.empty();
  }
}
